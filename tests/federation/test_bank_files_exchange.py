"""Files between county and bank: there wholly or not at all, taken once."""

from pathlib import Path

from services.federation.bank_files.exchange import put, take, waiting


def test_files_wait_in_the_order_of_their_names(tmp_path: Path) -> None:
    folder = tmp_path / "to_bank"
    assert waiting(folder) == []
    for name in ("b.xml", "a.xml", "c.xml"):
        put(folder, name, name.encode())
    assert [path.name for path in waiting(folder)] == ["a.xml", "b.xml", "c.xml"]


def test_an_unfinished_file_is_not_seen(tmp_path: Path) -> None:
    put(tmp_path, "whole.xml", b"<a/>")
    (tmp_path / ".half.xml.part").write_bytes(b"<a")
    assert [path.name for path in waiting(tmp_path)] == ["whole.xml"]


def test_a_taken_file_waits_no_more_and_is_kept(tmp_path: Path) -> None:
    path = put(tmp_path, "a.xml", b"<a/>")
    taken = take(path)
    assert waiting(tmp_path) == []
    assert (taken.parent.name, taken.read_bytes()) == ("taken", b"<a/>")


def test_the_same_name_again_replaces_the_file(tmp_path: Path) -> None:
    put(tmp_path, "a.xml", b"old")
    assert put(tmp_path, "a.xml", b"new").read_bytes() == b"new"
