"""`lianhe node audit`: a village's book is sound, or what was changed in its file is told."""

import sqlite3
from pathlib import Path

from click.testing import CliRunner, Result

from lianhe.commands.node import command
from tests.node.village import COOP, Village


def audited(folder: Path) -> Result:
    return CliRunner().invoke(command, ["audit", "--data", str(folder), "--cooperative", COOP])


def test_a_village_audits_its_own_file(village: Village, tmp_path: Path) -> None:
    village.founded()
    village.paid_loan()
    source = village.node.engine.url.database
    assert source
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / f"{COOP}.sqlite").symlink_to(source)
    sound = audited(tmp_path / "data")
    assert (sound.exit_code, sound.stdout) == (
        0,
        "账簿 books 2, 账头 heads told 0, 不符 differences 0\n",
    )
    with sqlite3.connect(source) as file:
        for (trigger,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            file.execute(f"DROP TRIGGER {trigger}")
        changed = file.execute("UPDATE movement SET amount = amount + 1 WHERE debit = '115'")
        assert changed.rowcount == 1
    found = audited(tmp_path / "data")
    assert found.exit_code == 1
    assert f"N-{COOP} · " in found.stdout
