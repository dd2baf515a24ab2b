"""The county's command line: set up from a directory, close nights, tell figures."""

import json
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from click.testing import CliRunner, Result

from lianhe.commands.federation import command
from services.federation.cases import policies, registers
from verifier.certificate import from_pem


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


def test_a_new_county_has_a_certificate_whose_fingerprint_goes_on_paper(
    empty_database: Callable[[], str], tmp_path: Path
) -> None:
    data = ["--data", str(tmp_path / "county")]
    assert "run init" in run("certificate", *data).output
    assert run(
        "init", *data, "--database", empty_database(), "--county", "two_villages"
    ).exit_code == 0  # fmt: skip
    told = run("certificate", *data)
    assert (told.exit_code, len(told.output)) == (0, 65)
    pem = run("certificate", *data, "--pem").output.encode()
    authority, signer = from_pem(pem, "pem")
    assert authority.fingerprint == told.output.strip()
    assert signer.signed_by(authority)
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "county/keys").iterdir()}
    assert modes == {0o600}


def test_a_grade_is_told_by_staff_with_its_source(
    empty_database: Callable[[], str], tmp_path: Path
) -> None:
    where = ["--data", str(tmp_path / "county"), "--database", empty_database()]
    assert run("init", *where, "--county", "two_villages").exit_code == 0
    source = ["--source", "县扶贫办 2012 年度评级"]
    told = run("grade", *where, "--cooperative", "dongcun", *source, "C")
    assert (told.exit_code, told.output) == (0, "dongcun C\n")
    refused = run("grade", *where, "--cooperative", "nowhere", *source, "C")
    assert refused.exit_code == 1
    assert "nowhere" in refused.output
    assert run("grade", *where, "--cooperative", "dongcun", *source, "E").exit_code == 2


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


def test_a_parameter_is_changed_for_the_county_and_every_village_or_not_at_all(
    empty_database: Callable[[], str], tmp_path: Path
) -> None:
    url = empty_database()
    where = ["--data", str(tmp_path / "county"), "--database", url]
    assert run("init", *where, "--county", "two_villages").exit_code == 0
    before = held(url)
    wrong = run("policy", *where, "--set", "loan.capp='1'", "--set", "intercoop.rate='99'")
    assert wrong.exit_code == 1
    assert "loan.capp" in wrong.output
    assert "intercoop.rate" in wrong.output
    early = run("policy", *where, "--set", "notice.days=7", "--set", "intercoop.service_fee='5'")
    assert "联合社没有自有资金子账户" in early.output
    assert held(url) == before
    assert run("own-account", *where, "999000000000016").output.strip() == "999000000000016"
    twice = run("own-account", *where, "999000000000026")
    assert "已登记" in twice.output
    done = run(
        "policy",
        *where,
        "--set",
        "intercoop.service_fee='5'",
        "--set",
        "intercoop.mode='principal'",
    )
    assert done.exit_code == 0, done.output
    assert held(url) == dict.fromkeys(before, ("principal", 5000, 5))
    assert run("policy", *where, "--set", "notice.days=").exit_code == 1


def held(url: str) -> dict[str, tuple[str, int, int]]:
    """Mode, service fee (ppm) and days of notice as county ("") and each village were told."""
    engine = sa.create_engine(url)
    with engine.connect() as conn:
        told = {
            one: policies.policy_for(conn, one)
            for one in ("", *(coop.id for coop in registers.cooperatives(conn)))
        }
    engine.dispose()
    return {
        one: (
            policy.text("intercoop.mode"),
            policy.ppm("intercoop.service_fee"),
            policy.days("notice.days"),
        )
        for one, policy in told.items()
    }
