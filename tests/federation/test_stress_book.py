"""What insight reads of the county: guarantees, pools, claims and what came back of them."""

from collections.abc import Iterator
from datetime import date

import pytest
import sqlalchemy as sa

from services.federation.insight.book import county_book, example_book
from services.federation.insight.cohorts import cohorts
from services.federation.insight.fill import PLANS, lay_out
from services.federation.insight.model import StressLoan, StressPool
from services.federation.insight.triangles import Base, Event
from tests.federation.pool_office import register
from tests.federation.stress_book import assume
from tests.support.pool import AGREEMENT, BANK, PoolVillage
from tests.support.village import COOP, fen


@pytest.fixture
def village(county_engine: sa.Engine) -> Iterator[PoolVillage]:
    """A village with money in custody, registered with grade B."""
    with county_engine.connect() as conn, conn.begin():
        register(conn, "B")
        one = PoolVillage(conn).founded()
        one.fund("300_000.00")
        yield one


def test_a_running_guarantee_counts_with_what_is_outstanding(village: PoolVillage) -> None:
    village.e1()
    first = village.running(1, "20_000.00")
    repaid = {"bank": BANK, "amount": fen("4_000.00"), "repaid_on": village.today.isoformat()}
    village.act("guarantee.repaid", first, "maker@bank", repaid, person="b1")
    reserved = village.reserve(2, "30_000.00")
    assert reserved
    book = county_book(village.conn)
    days = (date.fromisoformat(village.county_case(first).terms["due_on"]) - village.today).days
    assert book.loans == (
        StressLoan(id=first, village=COOP, industry="养殖", grade="B",
                   principal_fen=fen("16_000.00"), months_left=-(-days // 30)),
    )  # fmt: skip
    assert book.pools == (StressPool(village=COOP, grade="B", stake_fen=fen("200_000.00")),)


def test_a_claim_takes_its_loan_out_of_the_book_and_lowers_the_stake(village: PoolVillage) -> None:
    village.e1()
    village.second_group()
    village.lost(1, "20_000.00")
    left = village.running(4, "30_000.00")
    book = county_book(village.conn)
    assert [loan.id for loan in book.loans] == [left]
    assert [pool.stake_fen for pool in book.pools] == [fen("184_000.00")]


def test_the_pool_of_variant_1_is_its_members_deposits_without_a_match(
    village: PoolVillage,
) -> None:
    village.agree(variant="v1", match_ppm=0, grades=["A"])
    for number in (1, 2):
        said = {"line": f"pooled-{number}", "amount": fen("10_000.00"), "agreement": AGREEMENT,
                "member": f"m{number}", "pooling": f"pooling-{number}"}  # fmt: skip
        village.act("receipt.pooled", f"pooled-{number}", "system:bank_line", said)
    assert county_book(village.conn).pools == (
        StressPool(village=COOP, grade="B", stake_fen=fen("20_000.00"), members=2, matched=False),
    )


def test_the_countys_own_book_can_be_put_under_stress(village: PoolVillage) -> None:
    village.e1()
    village.running(1, "20_000.00")
    layout = lay_out(county_book(village.conn), assume(), slots_max=6_000)
    assert layout.principal.sum(axis=1).tolist() == [
        fen("20_000.00"), *(times * fen("200_000.00") for times in range(5, 11))
    ]  # fmt: skip


def test_cohorts_are_what_was_paid_out_what_the_pool_paid_and_what_came_back(
    village: PoolVillage,
) -> None:
    village.e1()
    village.second_group()
    guarantee, claim = village.lost(1, "20_000.00")
    began, paid_on = (
        date.fromisoformat(village.county_case(name).terms["paid_on"])
        for name in (guarantee, claim)
    )
    told = {"bank": BANK, "amount": fen("10_000.00")}
    village.act("claim.recovered", claim, "checker@bank", told, person="b2")
    received = village.act(
        "claim.receive", claim, "system:bank_line", {"amount": fen("8_000.00")}
    ).acts[0].value_date  # fmt: skip
    village.reserve(4, "30_000.00")
    found = cohorts(village.conn)
    assert found.loans == (Base(began, fen("20_000.00")),)
    assert found.claims == (Event(began, paid_on, fen("16_000.00")),)
    assert found.paid == (Base(paid_on, fen("16_000.00")),)
    assert found.recoveries == (Event(paid_on, received, fen("8_000.00")),)


def test_the_example_book_is_300_loans_that_nobody_owes() -> None:
    book = example_book()
    assert book.example
    assert (len(book.loans), len(book.pools)) == (300, 12)
    layout = lay_out(book, assume(), slots_max=6_000)
    assert layout.principal[0].sum() == sum(loan.principal_fen for loan in book.loans)
    assert [plan.leverage for plan in PLANS] == [0, 5, 6, 7, 8, 9, 10]
