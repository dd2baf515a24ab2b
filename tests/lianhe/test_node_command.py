"""`lianhe node` as scripts call it: set up, close, carry by USB, import, export."""

import json
import stat
from pathlib import Path

import pytest
import xlsxwriter
from click.testing import CliRunner, Result

from contracts.codec import encode
from contracts.sync import CountyCard
from lianhe.commands.node import command

CARD = CountyCard(key="county-1", signing="00" * 32, sealing="")


def run(folder: Path, *words: str) -> Result:
    pin = {"LIANHE_NODE_PIN": "135790"}
    return CliRunner().invoke(command, [words[0], "--data", str(folder), *words[1:]], env=pin)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one node set up."""
    card = tmp_path / "county.json"
    card.write_bytes(encode(CARD))
    done = run(
        tmp_path / "nodes", "init", "--cooperative", "baiguo", "--name", "白果村互助社",
        "--county-card", str(card), "--open-date", "2017-01-03", "--operator", "李建国",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    return tmp_path / "nodes"


def operator(folder: Path) -> str:
    again = run(folder, "export", "--cooperative", "baiguo", "--books", str(folder / "b.csv"))
    assert again.exit_code == 0
    return "p-0000000000000001"


def test_init_leaves_files_only_the_owner_reads_and_a_card_to_register(folder: Path) -> None:
    names = {path.name for path in folder.iterdir() if "-" not in path.name}
    assert names == {"baiguo.sqlite", "baiguo.token", "baiguo.keycard.json"}
    for path in folder.iterdir():
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path
    card = json.loads((folder / "baiguo.keycard.json").read_text(encoding="utf-8"))
    assert (card["type"], card["cooperative"]) == ("key_card.v1", "baiguo")
    assert "李建国" not in (folder / "baiguo.sqlite").read_bytes().decode("utf-8", "ignore")


def test_a_node_is_set_up_once(folder: Path, tmp_path: Path) -> None:
    again = run(
        folder, "init", "--cooperative", "baiguo", "--name", "x",
        "--county-card", str(tmp_path / "county.json"), "--operator", "x",
    )  # fmt: skip
    assert again.exit_code == 1
    assert "已存在" in again.output


def test_missed_days_are_closed_and_closing_again_does_nothing(folder: Path) -> None:
    words = ("close-day", "--cooperative", "baiguo", "--through", "2017-01-05")
    assert run(folder, *words).output.count("2017-01-0") == 3
    assert run(folder, *words).output == ""


def test_without_the_county_deliver_says_so_and_usb_goes(folder: Path, tmp_path: Path) -> None:
    away = run(folder, "deliver", "--cooperative", "baiguo")
    assert away.exit_code == 1
    assert "连不上" in away.output
    stick = tmp_path / "stick"
    stick.mkdir()
    run(folder, "export", "--cooperative", "baiguo", "--usb", str(stick))
    assert [path.suffix for path in stick.iterdir()] == [".lianhe"]
    (stick / "bad.lianhe").write_bytes(b"x")
    bad = run(folder, "usb-import", "--cooperative", "baiguo", str(stick / "bad.lianhe"))
    assert bad.exit_code == 1
    assert "报文格式有误" in bad.output


def test_import_names_bad_rows_and_ends_with_two(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "m.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("社员")
        sheet.write_row(0, 0, ["户号", "姓名", "卡号"])
        sheet.write_row(1, 0, ["H1", "王", "12"])
    person = operator(folder)
    done = run(folder, "import", "--cooperative", "baiguo", str(path), "--operator", person)
    assert done.exit_code == 2
    assert "社员 2 一卡通" in done.output


def test_an_unknown_cooperative_is_named(folder: Path) -> None:
    assert "houba" in run(folder, "close-day", "--cooperative", "houba").output
