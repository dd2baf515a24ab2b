"""``[federation]`` of a county directory: the federation's own account, and who needs one."""

from datetime import date
from pathlib import Path

import pytest

from contracts.ids import FEDERATION_BOOK
from infra.bank_simulator.orders import Credit, OpenAccount
from infra.county_directory import load
from infra.county_plan import plan_of
from infra.demonstration import outside
from tests.support.county_files import copy_of, found_in, replace

OWN = """[federation]
own_fund = "2000.00"
own_fund_on = 2012-03-05

[parameters]
"intercoop.mode" = "principal"
"intercoop.service_fee" = "5"

[bank]"""


@pytest.mark.parametrize(
    ("key", "value"), [("intercoop.mode", "principal"), ("intercoop.service_fee", "5")]
)
def test_a_federation_that_is_party_or_is_paid_needs_an_account(
    key: str, value: str, tmp_path: Path
) -> None:
    folder = copy_of("two_villages", tmp_path)
    replace(folder, "county.toml", "[bank]", f'[parameters]\n"{key}" = "{value}"\n[bank]')
    assert ("county.toml", 0, f"parameters.{key}", "FEDERATION_MISSING") in found_in(folder)


def test_its_account_is_opened_and_its_fund_announced_and_paid(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    replace(folder, "county.toml", "[bank]", OWN)
    directory = load(folder)
    plan = plan_of(directory)
    assert date(2012, 3, 5) in directory.event_days()
    own = plan.account.federation
    assert own
    opened = next(one for one in outside.opening(directory) if isinstance(one, OpenAccount))
    assert own in {one.number for one in opened.sub_accounts}
    (announced,) = [one for one in plan.expected if one.cooperative == FEDERATION_BOOK]
    assert (announced.amount, announced.expected_on) == (200_000, "2012-03-05")
    assert list(outside.own_fund(directory, date(2012, 3, 4))) == []
    (paid,) = outside.own_fund(directory, date(2012, 3, 5))
    assert isinstance(paid, Credit)
    assert (paid.sub_account, paid.amount_fen) == (own, 200_000)
    assert paid.reference == announced.reference


def test_a_county_without_the_section_has_no_such_account(tmp_path: Path) -> None:
    directory = load(copy_of("two_villages", tmp_path))
    assert plan_of(directory).account.federation == ""
    assert list(outside.own_fund(directory, directory.calendar.first_day)) == []
