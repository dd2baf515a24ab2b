"""P14, P4.5: the federation's provision over a year's end, some of it lost, some recovered.

Six loans of 3 ‰ a month through the federation, all funded on 1 June 2009. Every figure was worked
out by hand from P14 (1, 2, 25 % of a class's sum, rounded once), R-060 and P4.5.
"""

from collections.abc import Iterator
from datetime import date

import pytest
import sqlalchemy as sa

from contracts.ids import FEDERATION_BOOK
from contracts.ledger import Actor
from journal.perform import World
from services.federation.cases import intercoop, own_money, settlement
from services.federation.cases.actors import BANK_LINE
from tests.federation.lending import DAY, POVERTY_OFFICE, STAFF, county_act, next_day
from tests.federation.principal import (
    council,
    debt_digest_of,
    empty,
    enter,
    f,
    propose,
    settle,
    sign,
    the,
    world,
)

FUND = 10_000_000
LOANS = {
    "intercoop-0": ("xiaojiaba", 600_000, 4),
    "intercoop-1": ("xiaojiaba", 3_000_000, 4),
    "intercoop-2": ("xiaojiaba", 1_000_001, 4),
    "intercoop-3": ("houba", 1_000_001, 4),
    "intercoop-4": ("xiaojiaba", 800_025, 5),
    "intercoop-5": ("houba", 700_050, 12),
}
"""Contract → borrower, fen, months."""
RECOVERED, LOST, LOST_LATER, GIVEN, LATE, FINE = (f"{name}-out" for name in LOANS)
REVIEWER, LEADERS = (
    Actor(role=f"{role}@federation", operator=f"p-{role}") for role in ("reviewer", "leading_group")
)


@pytest.fixture
def conn(county_engine: sa.Engine) -> Iterator[sa.Connection]:
    with county_engine.connect() as connection:
        with connection.begin():
            enter(connection)
            county_act(
                connection, world(), "own_money", "own-2", "receive", BANK_LINE,
                parties={"federation": FEDERATION_BOOK},
                facts={"amount": FUND, "line": "line-own-2"},
            )  # fmt: skip
        yield connection


def lent(conn: sa.Connection, here: World) -> None:
    """All six signed and funded in one cycle; then the borrowers have nothing left."""
    for name, (borrower, amount, months) in LOANS.items():
        made = propose(
            conn, here, case=name, borrower=borrower, amount=amount, term_months=months
        )  # fmt: skip
        for loan, speaks in zip(
            made, (council("lender", "baiguo"), council("borrower", borrower)), strict=True
        ):
            steps = here.policy(conn, "").steps("intercoop.sign", loan.terms)
            above = any(step.role == POVERTY_OFFICE.role for step in steps)
            sign(conn, here, loan.id, speaks, STAFF, *([POVERTY_OFFICE] if above else []))
    settle(conn, here, DAY)
    for borrower in ("xiaojiaba", "houba"):
        empty(conn, here, borrower, 0)


def night(conn: sa.Connection, here: World, on: date, *, comes_in: int = 0) -> None:
    """One settlement night, with money for Xiaojiaba before it."""
    next_day(conn, on)
    if comes_in:
        county_act(
            conn, here, "receipt", f"line-{on}", "unclaimed", BANK_LINE,
            parties={"coop": "xiaojiaba", "county": ""},
            facts={"amount": comes_in, "line": f"line-{on}"},
        )  # fmt: skip
    settle(conn, here, on)
    settlement.finished(conn, here, on)


def month_end(conn: sa.Connection, here: World, on: date) -> None:
    """The month's last business day ends."""
    next_day(conn, on)
    assert own_money.month_end(conn, here, on, here.calendar.next_business_day(on))


def given_up(conn: sa.Connection, here: World, on: date, case: str, act: str, *by: Actor) -> None:
    next_day(conn, on)
    if the(conn, case).state == "active":
        intercoop.suspend(conn, here, the(conn, case), "suspend", STAFF, "未还 unpaid")
    for hand in by:
        debt = debt_digest_of(conn, case)
        intercoop.give_up(conn, here, the(conn, case), act, hand, terms=debt)


def to_november(conn: sa.Connection, here: World) -> None:
    """Funded; four loans late since 1 October, one since 1 November; their lender has its money."""
    lent(conn, here)
    for on in (date(2009, 6, 30), date(2009, 7, 31), date(2009, 8, 31), date(2009, 9, 30)):
        month_end(conn, here, on)
    assert f(conn, "118", "523") == [71_001, 71_001]
    night(conn, here, date(2009, 10, 1))
    month_end(conn, here, date(2009, 10, 30))
    assert f(conn, "118", "523") == [112_000 + 15_001, 127_001]
    night(conn, here, date(2009, 11, 2))
    month_end(conn, here, date(2009, 11, 30))
    assert f(conn, "118", "523") == [128_001 + 7_001, 135_002]


def to_december(conn: sa.Connection, here: World) -> None:
    """One written off and paid in part after all, one recovered whole; then the year ends."""
    to_november(conn, here)
    given_up(conn, here, date(2009, 12, 10), LOST, "write_off", REVIEWER, LEADERS)
    assert f(conn, "118", "523", "902") == [0, 3_000_000, 3_000_000]
    given_up(conn, here, date(2009, 12, 11), RECOVERED, "suspend")
    night(conn, here, date(2009, 12, 15), comes_in=600_000 + 11_640)
    assert the(conn, RECOVERED).state == "recovered"
    night(conn, here, date(2009, 12, 18), comes_in=1_000_000)
    month_end(conn, here, date(2009, 12, 31))


def test_p14_the_years_last_provision_is_of_what_is_still_in_the_books(
    conn: sa.Connection,
) -> None:
    """25 % of 2 × 10,000.01 (91 days), 2 % of 8,000.25 (60 days), 1 % of 7,000.50."""
    with conn.begin():
        to_december(conn, world())
    needed = 500_001 + 16_001 + 7_001
    assert f(conn, "118", "523") == [needed, 3_000_000 + needed]
    assert f(conn, "11301") == [2 * 1_000_001 + 800_025 + 700_050]
    # 59,100 of the 10,000.00 was fee, and all of it income: what is lost is not asset again.
    assert f(conn, "902", "502") == [3_000_000 - 940_900, 1_000_000]
    owed = sum(int(the(conn, f"{name}-out").terms["outstanding"]) for name in LOANS)
    assert sum(f(conn, "11301", "902")) == owed


def test_p4_2_the_years_fee_is_whole_on_both_sides_and_a_lost_loan_earned_nothing(
    conn: sa.Connection,
) -> None:
    with conn.begin():
        to_december(conn, world())
    lent_fee = 2 * 21_000 + 16_801 + 14_701
    assert f(conn, "11305", "501") == [lent_fee, lent_fee + 11_640]
    # Four months to the lender, five and a day on one, and what runs on to 31 December.
    borrowed = 7_200 + 36_000 + 2 * 12_000 + 12_080 + 14_701
    assert f(conn, "521", "21101", "20102") == [borrowed, 14_701, 700_050]


def test_p12_3_after_the_year_last_years_fee_is_a_loss_and_this_years_no_income(
    conn: sa.Connection,
) -> None:
    """One written off, one waived in January; 31 January is a Sunday, and 91 days late that day."""
    here = world()
    with conn.begin():
        to_december(conn, here)
        given_up(conn, here, date(2010, 1, 15), LOST_LATER, "write_off", REVIEWER, LEADERS)
        lost = 3_000_000 + 523_003 + (1_000_001 - 523_003) + 21_000
        assert f(conn, "118", "523", "902") == [0, lost, 2_059_100 + 1_000_001]
        given_up(conn, here, date(2010, 1, 20), GIVEN, "waive", council("borrower", "houba"),
                 STAFF, LEADERS)  # fmt: skip
        assert the(conn, GIVEN).state == "waived"
        lost += 1_000_001 + 21_000
        assert f(conn, "118", "523", "902") == [0, lost, 3_059_101]
        month_end(conn, here, date(2010, 1, 29))
    assert f(conn, "118", "523") == [200_006 + 7_001, lost + 207_007]
    assert f(conn, "11305", "501") == [19_201 + 16_801, 85_142 + 2_400 + 2_100]
    assert f(conn, "11301") == [800_025 + 700_050]


def test_p14_what_is_recovered_gives_its_provision_back(conn: sa.Connection) -> None:
    here = world()
    with conn.begin():
        to_december(conn, here)
        next_day(conn, date(2010, 2, 10))
        before = f(conn, "118", "523")
        county_act(
            conn, here, "receipt", "line-feb", "unclaimed", BANK_LINE,
            parties={"coop": "xiaojiaba", "county": ""},
            facts={"amount": 800_025 + 19_921, "line": "line-feb"},
        )  # fmt: skip
        intercoop.set_aside(conn, here, the(conn, LATE), 800_025 + 19_921, act_id="all-of-it")
        settle(conn, here, date(2010, 2, 10))
        assert settlement.finished(conn, here, date(2010, 2, 10)) == [LATE]
        month_end(conn, here, date(2010, 2, 26))
    # 150 days late: substandard still; the fine one is due in June.
    needed = 500_001 + 7_001
    assert f(conn, "118", "523") == [needed, before[1] - (before[0] - needed)]
    assert the(conn, FINE).state == "active"
