"""Exports of a kept data directory: every act and fen is in them, and other programs read them."""

import csv
import io
import re
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from python_calamine import CalamineWorkbook

from contracts.ledger import Movement
from contracts.money import show
from infra.export.beancount import beancount
from infra.export.rows import Book
from infra.migrate import COUNTY, upgrade
from infra.postgres import Postgres
from infra.supervisor import Supervisor
from journal import heads, read
from journal.engine import open_engine
from lianhe.commands.export import command
from tests.infra.waiting import port_answers
from tests.journal import county
from tests.journal.ledger import DAY, a_draft, posted

BOOK = "N-lijia"


@pytest.fixture
def kept(tmp_path: Path, database: str, county_engine: sa.Engine, node_engine: sa.Engine) -> Path:
    """A kept directory: the county's books by URL, one village's in its own file."""
    county.live(county_engine)
    county.live(node_engine)
    with node_engine.begin() as conn:
        conn.exec_driver_sql("DROP TRIGGER head_no_delete")
        conn.exec_driver_sql("DELETE FROM head WHERE book NOT IN ('N-lijia', 'K-lijia')")
    node_engine.dispose()
    folder = tmp_path / "kept"
    (folder / "nodes").mkdir(parents=True)
    shutil.copyfile(tmp_path / "node.sqlite", folder / "nodes" / "lijia.sqlite")
    (folder / "lianhe.toml").write_text(
        f'county_url = "{database}"\n[nodes]\nlijia = "nodes/lijia.sqlite"\n', encoding="utf-8"
    )
    return folder


def export(folder: Path, *options: str) -> Result:
    return CliRunner().invoke(command, ["--data", str(folder), *options])


def test_books_are_listed_with_where_they_are_read_from(kept: Path) -> None:
    listed = [line.split("\t") for line in export(kept, "--list-books").stdout.splitlines()]
    assert [(cells[0], cells[-1]) for cells in listed] == [
        ("K-0", "postgresql"),
        ("K-baiguo", "postgresql"),
        ("N-baiguo", "postgresql"),
        ("K-lijia", "postgresql"),
        ("N-lijia", "lijia.sqlite"),
    ]
    assert {cells[2] for cells in listed} == {county.DAY.isoformat()}


def test_csv_has_every_movement_and_every_act_without_one(kept: Path) -> None:
    done = export(kept, "--book", BOOK, "--format", "csv")
    assert done.exit_code == 0
    assert done.stdout.startswith("\ufeff")
    heading, *rows = csv.reader(io.StringIO(done.stdout.removeprefix("\ufeff")))
    assert len(heading) == len(set(heading)) == 23
    assert {len(row) for row in rows} == {23}
    assert sorted({int(row[0]) for row in rows}) == list(range(1, len({r[0] for r in rows}) + 1))
    moved = [row for row in rows if row[-1]]
    assert ["10201", "银行存款—互助资金子账户", "mutual-aid sub-account", ""] in [
        row[13:17] for row in moved
    ]
    assert [row[5:7] for row in rows if not row[-1]][:2] == [
        ["village_book", "open"],
        ["member", "apply"],
    ]


def test_csv_adds_up_to_the_balances(kept: Path, county_engine: sa.Engine) -> None:
    done = export(kept, "--book", "K-lijia", "--format", "csv")
    _, *rows = csv.reader(io.StringIO(done.stdout.removeprefix("\ufeff")))
    sums: dict[str, int] = {}
    for row in rows:
        fen = int(row[-1].replace(".", "") or 0)
        for account, sign in ((row[13], 1), (row[17], -1)):
            if account:
                sums[account] = sums.get(account, 0) + sign * fen
    with county_engine.connect() as conn:
        trial = read.trial_balance(conn, "K-lijia")
    assert {account: fen for account, fen in sums.items() if fen} == {
        row.account: row.debit_fen - row.credit_fen for row in trial
    }


def test_excel_has_movements_balances_and_accounts(kept: Path, tmp_path: Path) -> None:
    out = tmp_path / "book.xlsx"
    done = export(kept, "--book", BOOK, "--format", "xlsx", "--out", str(out))
    assert done.exit_code == 0, done.output
    book = CalamineWorkbook.from_path(str(out))
    assert book.sheet_names == ["凭证 movements", "余额 balances", "科目 accounts"]
    movements = book.get_sheet_by_index(0).to_python()
    balances = book.get_sheet_by_index(1).to_python()[1:]
    assert movements[1][3] == "village-lijia:open"
    debit, credit = (sum(round(float(str(row[n])) * 100) for row in balances) for n in (4, 5))
    assert debit == credit > 0


def check_beancount(text: str) -> dict[str, int]:
    """Read the file as strictly as bean-check: opened accounts, zero sums, true balances."""
    opened: set[str] = set()
    sums: dict[str, int] = {}
    weight: dict[str, int] | None = None
    asserted: dict[str, int] = {}
    account = r"(?:Assets|Liabilities|Equity|Income|Expenses)(?::[A-Z0-9][A-Za-z0-9-]*)+"
    amount = r"-?[\d,]+\.\d\d"
    string = r'"(?:[^"\\]|\\.)*"'
    day = r"\d{4}-\d\d-\d\d"
    for line in text.splitlines():
        if weight is not None and (m := re.fullmatch(rf"  ({account})  ({amount}) CNY", line)):
            assert m[1] in opened
            weight[m[1]] = weight.get(m[1], 0) + int(m[2].replace(".", ""))
            continue
        if re.fullmatch(rf" {{2,4}}[a-z][a-z-]*: (?:{string}|\d+|{day})", line):
            continue
        if weight is not None:
            assert sum(weight.values()) == 0
            for name, fen in weight.items():
                sums[name] = sums.get(name, 0) + fen
            weight = None
        if m := re.fullmatch(rf"{day} open ({account}) CNY", line):
            assert m[1] not in opened
            opened.add(m[1])
        elif re.fullmatch(rf"{day} \* {string} {string} \^[A-Za-z0-9_/.-]+", line):
            weight = {}
        elif m := re.fullmatch(rf"{day} balance ({account})  ({amount}) CNY", line):
            asserted[m[1]] = int(m[2].replace(".", ""))
        else:
            custom = rf'{day} custom "act" {string} {string} {string}'
            assert re.fullmatch(rf'|option "[a-z_]+" {string}|{custom}', line), line
    assert {name: fen for name, fen in sums.items() if fen} == asserted
    return asserted


@pytest.mark.parametrize("book", ["N-lijia", "K-lijia", "K-0"])
def test_beancount_file_is_read_and_its_balances_hold(kept: Path, book: str) -> None:
    done = export(kept, "--book", book, "--format", "beancount")
    assert done.exit_code == 0, done.output
    asserted = check_beancount(done.stdout)
    assert sum(asserted.values()) == 0
    assert len(asserted) >= (2 if book == "K-lijia" else 0)


def test_beancount_survives_hostile_text(node_engine: sa.Engine) -> None:
    nasty = 'quote " back \\ line\nbreak \x85 ^tag #tag 中文'
    with node_engine.begin() as conn:
        heads.create(conn, BOOK, DAY)
    move = Movement("10201", "", "30101", nasty, "own", 12_345_67)
    posted(node_engine, a_draft(1, move, book=BOOK, id=nasty, case=nasty))
    with node_engine.connect() as conn:
        text = "\n".join(beancount(Book(conn=conn, name=BOOK)))
    assert check_beancount(text) == {"Assets:10201": 12_345_67, "Equity:30101": -12_345_67}
    assert show(12_345_67).replace(",", "") in text


def test_csv_text_is_never_a_formula(kept: Path) -> None:
    engine = open_engine(f"sqlite:///{kept / 'nodes' / 'lijia.sqlite'}")
    move = Movement("10201", "", "30101", "=cmd|' /C calc'!A0", "own", 1)
    posted(engine, a_draft(900, move, book=BOOK, case="@SUM(A1)"))
    engine.dispose()
    rows = list(csv.reader(io.StringIO(export(kept, "--book", BOOK, "--format", "csv").stdout)))
    assert rows[-1][4] == "'@SUM(A1)"
    assert rows[-1][20] == "'=cmd|' /C calc'!A0"


def test_kept_cluster_is_started_for_the_export_and_stopped_again(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        cluster = Postgres(tmp_path / "postgres", durable=False)
        cluster.start(supervisor)
        engine = open_engine(cluster.url())
        upgrade(engine, COUNTY)
        county.live(engine)
        engine.dispose()
        # While somebody keeps it running, the export joins in and leaves it running.
        while_running = export(tmp_path, "--book", "K-0", "--format", "csv")
        assert port_answers(cluster.port)
    assert while_running.exit_code == 0, while_running.output
    afterwards = export(tmp_path, "--book", "K-0", "--format", "csv")
    assert afterwards.exit_code == 0, afterwards.output
    assert afterwards.stdout == while_running.stdout
    assert not port_answers(cluster.port)


def test_what_is_not_there_is_said(kept: Path, tmp_path: Path) -> None:
    no_book = export(kept, "--book", "N-nowhere", "--format", "csv")
    assert no_book.exit_code == 2
    assert "N-lijia" in no_book.output
    empty = tmp_path / "empty"
    empty.mkdir()
    no_data = export(empty, "--list-books")
    assert no_data.exit_code == 2
    assert "lianhe.toml" in no_data.output
    assert export(kept).exit_code == 2
