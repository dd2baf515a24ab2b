"""The county's command line: set up from a directory, close nights, tell figures."""

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner, Result

from lianhe.commands.federation import command


def run(*args: str) -> Result:
    """The command's result; a failure shows what it printed."""
    return CliRunner().invoke(command, list(args))


def test_a_county_directory_becomes_a_county_that_closes_its_nights(
    empty_database: Callable[[], str], tmp_path: Path
) -> None:
    where = ["--data", str(tmp_path / "county"), "--database", empty_database()]
    made = run("init", *where, "--county", "two_villages")
    assert made.exit_code == 0, made.output
    card = json.loads(made.output)
    assert card["key"].startswith("county-")
    assert "PRIVATE" not in made.output
    done = run("night", *where, "--date", "2012-03-05")
    assert done.exit_code == 0, done.output
    # Saturday and Sunday are no business dates.
    assert [line[:10] for line in done.output.splitlines()] == [
        "2012-03-01", "2012-03-02", "2012-03-05",
    ]  # fmt: skip
    told = json.loads(run("report", *where).output)
    assert (told["as_of"], told["cooperatives"]) == ("2012-03-05", 2)
    assert run("migrate", *where).exit_code == 0


def test_a_wrong_card_or_directory_is_said_and_nothing_is_done(
    empty_database: Callable[[], str], tmp_path: Path
) -> None:
    where = ["--data", str(tmp_path / "county"), "--database", empty_database()]
    (tmp_path / "empty").mkdir()
    refused = run("init", *where, "--county", str(tmp_path / "empty"))
    assert refused.exit_code == 1
    assert "county check" in refused.output
    assert run("init", *where, "--county", "two_villages").exit_code == 0
    (tmp_path / "card.json").write_text("{}")
    refused = run("register", *where, str(tmp_path / "card.json"))
    assert refused.exit_code == 1
    assert "key card" in refused.output
