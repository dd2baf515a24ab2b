"""`lianhe federation user`: officers are entered whole, or refused with everything wrong."""

import sqlalchemy as sa
from click.testing import CliRunner, Result

from journal.engine import open_engine
from lianhe.commands.federation import command
from services.federation.console import users
from services.federation.console.queries import people
from services.federation.console.queries.people import Held

DATA = ("--data", "/nonexistent")
PASSWORD = "correct-horse-9"


def run(database: str, *args: str, typed: str = PASSWORD) -> Result:
    words = ["user", *args, *DATA, "--database", database]
    return CliRunner().invoke(command, words, input=f"{typed}\n")


def test_an_officer_is_entered_changed_and_let_in_no_more(database: str) -> None:
    added = run(
        database, "add", "shang", "--name", "尚玉兰", "--person", "p-shang",
        "--role", "staff@federation",
    )  # fmt: skip
    assert added.output == "ok\n"
    entered = _account(database)
    assert entered is not None
    assert entered.first_password, "somebody else chose it"
    assert run(database, "roles", "shang", "--role", "cpo@federation").output == "ok\n"
    assert run(database, "password", "shang", typed="another-horse-7").output == "ok\n"
    assert "otpauth://totp/Lianhe:shang" in run(database, "code", "shang").output
    account = _account(database)
    assert account is not None
    assert account.officer.held == (Held("cpo@federation"),)
    assert account.second_factor
    assert users.check_password(account, "another-horse-7")
    assert account.first_password, "given anew, it is to be changed again"
    assert run(database, "remove", "shang").output == "ok\n"
    assert _account(database) is None


def test_a_wrong_officer_is_refused_with_everything_wrong(database: str) -> None:
    refused = run(
        database, "add", "Shang!", "--name", "尚玉兰", "--person", "nobody",
        "--role", "township@node:nowhere", typed="short",
    )  # fmt: skip
    assert refused.exit_code == 1
    for place in ("user:", "person:", "roles.township@node:", "password:"):
        assert place in refused.output
    unknown = run(database, "remove", "nobody")
    assert unknown.exit_code == 1
    assert "no such user" in unknown.output


def _account(database: str) -> people.Account | None:
    engine: sa.Engine = open_engine(database)
    with engine.connect() as conn:
        found = people.account(conn, "shang")
    engine.dispose()
    return found
