"""A county opens with running books: its cash is in K(i) from the first day, and I9 holds (L23)."""

from collections.abc import Callable

import pytest

from contracts.facts.opening import Opening
from infra.bank_simulator import orders
from kernel.errors import Rejected
from services.federation.cases import night, opening, reconcile
from services.federation.setup import CooperativePlan
from tests.federation.life import Life, sub_account
from tests.federation.money import proven

STATEMENT = Opening(
    amount=5_000_00, members=3, shares=3_000_00, loans=1, principal=6_000_00, surplus=482_00,
    paper="县审计第7号",
)  # fmt: skip


@pytest.fixture
def life(new_life: Callable[..., Life]) -> Life:
    """One village with 5,000 in its sub-account before the county's first statement."""
    plan = CooperativePlan(
        id="baiguo", name="白果村互助社", sub_account=sub_account(1), opening=STATEMENT
    )
    life = new_life("baiguo", cooperatives=(plan,))
    life.bank.order(orders.Credit(
        id="before", sub_account=sub_account(1), amount_fen=5_000_00, payer_name="村",
        payer_account="1",
    ))  # fmt: skip
    # The statement of the days before go-live is none of the county's.
    life.bank.close_day(life.today)
    for step in night.STEPS:
        life.step(step)
    return life


def test_the_first_statement_begins_with_what_the_openings_said(life: Life) -> None:
    assert proven(life.night())
    with life.engine.connect() as conn:
        told = reconcile.reconcile(conn)
    assert told is not None
    assert (told.bank_fen, told.books_fen, told.breaks) == (5_000_00, 5_000_00, ())
    assert [one.difference_fen for one in told.sub_accounts] == [0, 0]
    assert life.findings() == []


def test_the_village_follows_its_opening_cash_and_its_mirror_agrees(life: Life) -> None:
    baiguo = life.villages["baiguo"]
    for _ in range(2):
        assert proven(life.everyone_closes())
    assert baiguo.balances("10201", "33201") == {"10201": 5_000_00, "33201": 5_000_00}
    assert life.custody("baiguo") == (5_000_00, 0)
    assert life.findings() == []


def test_an_opening_is_told_once(life: Life) -> None:
    other = Opening(amount=1, members=0, shares=0, loans=0, principal=0)
    with life.engine.begin() as conn:
        opening.tell_opening(conn, life.county, "baiguo", STATEMENT)
        with pytest.raises(Rejected):
            opening.tell_opening(conn, life.county, "baiguo", other)
    assert life.custody("baiguo") == (5_000_00, 0)
