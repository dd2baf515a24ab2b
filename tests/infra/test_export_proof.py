"""An export the county signed is proven alone: signature, files, chains, balances, tables."""

import contextlib
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.batch import BATCH_DOMAIN, Envelope
from contracts.codec import encode
from contracts.envelopes import seal_bytes
from lianhe.commands.export import command
from services.federation.identity import make_keys, save_keys
from tests.journal import county
from tests.support.json_places import places, put
from tests.support.steady import seeded
from verifier import bundle, container, export
from verifier.app import verify
from verifier.falsehood import Falsehood

BOOKS = ("K-0", "K-baiguo", "N-baiguo", "K-lijia", "N-lijia")
KEYS = make_keys(seeded("export"))
PUBLIC = KEYS.card().signing


@pytest.fixture
def kept(tmp_path: Path, database: str, county_engine: sa.Engine) -> Path:
    """A kept directory: the county's books by URL and its keys."""
    county.live(county_engine)
    folder = tmp_path / "kept"
    folder.mkdir()
    save_keys(KEYS, folder / "keys")
    (folder / "lianhe.toml").write_text(
        f'county = "试验县"\ncounty_url = "{database}"\n', encoding="utf-8"
    )
    return folder


@pytest.fixture
def zipped(kept: Path, tmp_path: Path) -> Path:
    """The proof of every book of the county."""
    out = tmp_path / "books.zip"
    done = CliRunner().invoke(
        command, ["--data", str(kept), "--format", "proof", "--out", str(out)]
    )
    assert done.exit_code == 0, done.output
    assert f"--key {PUBLIC}" in done.stderr
    return out


def test_every_book_of_the_county_is_proven(
    zipped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(zipped, "", PUBLIC) == 0
    said = capsys.readouterr().out
    assert "全部属实 TRUE" in said
    for book in BOOKS:
        assert f"  {book}: " in said
    assert verify(zipped, "", "") == 2
    assert "SIGNATURE NOT CHECKED" in capsys.readouterr().out
    assert verify(zipped, "", make_keys(seeded("other")).card().signing) == 1
    assert "[signature_false]" in capsys.readouterr().out


def test_one_book_unpacked_is_proven_by_python_alone(kept: Path, tmp_path: Path) -> None:
    out, alone, folder = tmp_path / "b.zip", tmp_path / "lianhe-verify.pyz", tmp_path / "b"
    CliRunner().invoke(
        command,
        ["--data", str(kept), "--book", "N-lijia", "--format", "proof", "--out", str(out)],
    )
    alone.write_bytes(bundle.zipapp())
    folder.mkdir()
    for name, body in container.unpack(out.read_bytes(), "zip").items():
        (folder / name).write_bytes(body)
    assert sorted(path.name for path in folder.iterdir()) == [
        "N-lijia.acts", "N-lijia.csv", "export.json",
    ]  # fmt: skip

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-I", "-S", "-B", str(alone), str(folder), "--key", PUBLIC],
            env={"PYTHONIOENCODING": "utf-8"}, capture_output=True, text=True,
            encoding="utf-8", timeout=120, check=False,
        )  # fmt: skip

    assert run().returncode == 0
    table = folder / "N-lijia.csv"
    table.write_bytes(table.read_bytes().replace(b".00\r\n", b".01\r\n", 1))
    done = run()
    assert (done.returncode, "[file_altered]" in done.stdout) == (1, True)
    assert "不成立 FALSE: N-lijia.csv" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_byte_anywhere_is_found(zipped: Path) -> None:
    files = container.unpack(zipped.read_bytes(), "zip")
    for name, body in files.items():
        # Only the name of the key stands outside what is signed.
        start = body.index(b'"body":') + 7 if name == export.MANIFEST else 0
        for at in range(start, len(body), max(len(body) // 40, 1)):
            changed = bytearray(body)
            changed[at] ^= 1
            with pytest.raises(Falsehood):
                export.check({**files, name: bytes(changed)}, PUBLIC)


Change = Callable[[dict[str, bytes], dict[str, object]], None]


def _table(files: dict[str, bytes], _: dict[str, object]) -> None:
    files["K-lijia.csv"] = files["K-lijia.csv"].replace(b".00\r\n", b".01\r\n", 1)


def _row(files: dict[str, bytes], _: dict[str, object]) -> None:
    files["K-lijia.csv"] = files["K-lijia.csv"].rsplit(b"\r\n", 2)[0] + b"\r\n"


def _act(files: dict[str, bytes], _: dict[str, object]) -> None:
    files["N-lijia.acts"] = files["N-lijia.acts"].replace(b'"state":"', b'"state":"x', 1)


def _gone(files: dict[str, bytes], _told: dict[str, object]) -> None:
    _, rest = files["N-lijia.acts"].split(b"\n", 1)
    files["N-lijia.acts"] = rest


def _balance(_: dict[str, bytes], told: dict[str, object]) -> None:
    books = told["books"]
    assert isinstance(books, list)
    next(one for one in books if one["balances"])["balances"][0][2] += 1


def _seq(_: dict[str, bytes], told: dict[str, object]) -> None:
    books = told["books"]
    assert isinstance(books, list)
    books[0]["seq"] += 1


def _more(files: dict[str, bytes], told: dict[str, object]) -> None:
    files["note.txt"] = b"x"
    told["unlisted"] = ["note.txt"]


@pytest.mark.parametrize(
    ("change", "name"),
    [(_table, "cell_differs"), (_row, "cell_differs"), (_act, "chain_broken"),
     (_gone, "sequence_gap"), (_balance, "totals_differ"), (_seq, "sequence_gap"),
     (_more, "file_unlisted")],
)  # fmt: skip
def test_what_a_key_s_owner_signed_must_still_add_up(
    zipped: Path, change: Change, name: str
) -> None:
    """The county itself cannot sign a false sum: what can be recomputed is recomputed."""
    files = container.unpack(zipped.read_bytes(), "zip")
    told = json.loads(files.pop(export.MANIFEST))["body"]
    change(files, told)
    unlisted = told.pop("unlisted", [])
    told["files"] = [
        [one, hashlib.sha256(body).hexdigest()]
        for one, body in files.items() if one not in unlisted
    ]  # fmt: skip
    with pytest.raises(Falsehood) as caught:
        export.check({export.MANIFEST: encode(_sealed(told)), **files}, PUBLIC)
    assert caught.value.name == name


def _sealed(told: dict[str, object]) -> Envelope:
    body = json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()
    return seal_bytes(body, export.DOMAIN, KEYS.key, KEYS.signing)


def test_a_batch_is_no_export_though_the_same_key_signed_it(zipped: Path) -> None:
    files = container.unpack(zipped.read_bytes(), "zip")
    body = json.dumps(json.loads(files[export.MANIFEST])["body"], separators=(",", ":"),
                      ensure_ascii=False).encode()  # fmt: skip
    files[export.MANIFEST] = encode(seal_bytes(body, BATCH_DOMAIN, KEYS.key, KEYS.signing))
    with pytest.raises(Falsehood) as caught:
        export.check(files, PUBLIC)
    assert caught.value.name == "signature_false"


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_an_export_says_the_verifier_answers(data: st.DataObject, zipped: Path) -> None:
    files = container.unpack(zipped.read_bytes(), "zip")
    whole = json.loads(files[export.MANIFEST])
    path = data.draw(st.sampled_from(places(whole)[1:]))
    new: object = data.draw(
        st.none() | st.integers() | st.text() | st.just([]) | st.just({}) | st.just([[]])
    )
    body = json.dumps(put(whole, path, new), separators=(",", ":"), ensure_ascii=False)
    with contextlib.suppress(Falsehood):
        export.check({**files, export.MANIFEST: body.encode("utf-8", "replace")}, "")


def test_a_directory_without_the_county_s_key_gives_no_proof(kept: Path) -> None:
    (kept / "keys").rename(kept / "elsewhere")
    told = ["--data", str(kept), "--format", "proof", "--out", str(kept / "x.zip")]
    done = CliRunner().invoke(command, told)
    assert (done.exit_code, "the county's key is not here" in done.output) == (2, True)
    assert CliRunner().invoke(command, [*told, "--keys", str(kept / "elsewhere")]).exit_code == 0
