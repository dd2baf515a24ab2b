"""`lianhe federation audit`: a county at work is sound; whatever was changed is told, by book."""

from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from contracts.codec import encode
from contracts.ids import custody_book
from lianhe.commands.federation import command
from services.federation.cases import night
from services.federation.identity import save_keys
from services.federation.queries import report
from services.federation.settings import read_settings
from tests.federation.life import Life
from tests.federation.money import funded


@pytest.fixture
def county(life: Life, tmp_path: Path) -> Life:
    """Two closed dates, and the county's keys where its commands look for them."""
    funded(life)
    for _ in range(2):
        on = life.today
        life.receive(life.bank.close_day(on))
        with life.engine.begin() as conn:
            night.close_date(conn, life.county, on)
    save_keys(life.county.keys, read_settings({}, datadir=tmp_path).keys)
    return life


def audited(life: Life, folder: Path, *more: str) -> Result:
    url = life.engine.url.render_as_string(hide_password=False)
    return CliRunner().invoke(command, ["audit", "--data", str(folder), "--database", url, *more])


def changed(life: Life, statement: str) -> None:
    """What somebody with the database's own rights does, past every guard."""
    with life.engine.begin() as conn:
        conn.execute(sa.text("SET LOCAL ROLE NONE"))
        for table in ("act", "movement", "balance", "heads_vector"):
            conn.execute(sa.text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        assert conn.execute(sa.text(statement)).rowcount > 0


def test_a_sound_county_has_no_difference(county: Life, tmp_path: Path) -> None:
    with county.engine.connect() as conn:
        (tmp_path / "report.json").write_bytes(encode(report(conn)))
    answer = audited(county, tmp_path, "--told", str(tmp_path / "report.json"))
    assert (answer.exit_code, answer.stdout.endswith("不符 differences 0\n")) == (0, True)
    assert "100 %" not in answer.stdout, "progress goes beside the answer"
    assert custody_book("baiguo") in answer.stderr


def test_a_balance_changed_by_hand_is_told_with_its_book(county: Life, tmp_path: Path) -> None:
    changed(county, "UPDATE balance SET amount = amount + 1 WHERE book = 'K-baiguo'")
    answer = audited(county, tmp_path)
    assert answer.exit_code == 1
    assert "K-baiguo · " in answer.stdout


def test_heads_the_county_never_signed_are_told(county: Life, tmp_path: Path) -> None:
    changed(county, "UPDATE heads_vector SET signature = decode(repeat('00', 64), 'hex')")
    with county.engine.connect() as conn:
        nights = conn.scalar(sa.text("SELECT count(*) FROM heads_vector"))
    answer = audited(county, tmp_path)
    assert (answer.exit_code, answer.stdout.count("heads_are_signed")) == (1, nights)


def test_a_head_told_outside_finds_a_chain_that_was_built_anew(
    county: Life, tmp_path: Path
) -> None:
    with county.engine.connect() as conn:
        told = msgspec.to_builtins(report(conn))
    seq, _ = told["heads"][custody_book("baiguo")]
    told["heads"][custody_book("baiguo")] = (seq, "00" * 32)
    (tmp_path / "report.json").write_bytes(msgspec.json.encode(told))
    answer = audited(county, tmp_path, "--told", str(tmp_path / "report.json"))
    assert answer.exit_code == 1
    assert "head_is_the_one_told" in answer.stdout
    (tmp_path / "report.json").write_text("{}", encoding="utf-8")
    refused = audited(county, tmp_path, "--told", str(tmp_path / "report.json"))
    assert (refused.exit_code, "不是县汇总" in refused.output) == (1, True)
