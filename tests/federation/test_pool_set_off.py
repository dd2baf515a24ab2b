"""Variant 1 through bank and books: a pooled deposit pays its member's own loan (P6.2, P6.7)."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from contracts.money import yuan
from infra.bank_simulator import orders
from kernel.loans import loan_of
from services.federation.cases import pool_money, proofs, reconcile
from tests.federation.life import STAFF
from tests.federation.pool_life import CHECKER, POOL, PoolLife
from tests.federation.villager import Villager, card_number

AGREEMENT, LOAN = "agreement-baiguo-1", "loan-baiguo-0001"


@pytest.fixture
def life(county_engine: sa.Engine, tmp_path: Path) -> PoolLife:
    """A loan of 5,000 paid out, 4,000 of it pooled from the member's card."""
    found = PoolLife(county_engine, tmp_path, "baiguo")
    village = found.villages["baiguo"].elected().joined(share="100000.00")
    found.agreement(village, variant="v1", match_ppm=0, grades=["A"])
    village.loan()
    while village.case(LOAN).state != "active":
        found.everyone_closes()
    pooled(found, village, "4000.00")
    return found


def pooled(life: PoolLife, village: Villager, amount: str) -> None:
    form, fen = "pooling-baiguo-0001", int(yuan(amount))
    village.do("pooling", form, "apply", "member", {
        "agreement": AGREEMENT, "member": village.member(1), "person": village.person["m1"],
        "loan": LOAN, "amount": fen, "mutual": True,
    }, by=("m1",))  # fmt: skip
    village.synchronise()
    life.order(orders.Repay, card=card_number(village.number, 1), sub_account=POOL,
               amount_fen=fen, text=form)  # fmt: skip
    life.everyone_closes()


def test_p67_a_deposit_pays_its_members_loan_through_the_bank(life: PoolLife) -> None:
    village, name = life.villages["baiguo"], "transfer-baiguo-r1"
    assert life.totals("K-baiguo", "702", "805") == {"702": 400_000, "805": 400_000}
    before = village.balances("10201")["10201"]
    owed = loan_of(village.case(LOAN)).outstanding
    wish = pool_money.Wish(
        name=name, amount=300_000, kind="set_off", member=village.member(1), loan=LOAN
    )
    with life.engine.begin() as conn:
        pool_money.release(conn, life.county.world, life.case(AGREEMENT), wish, STAFF)
    assert life.totals("K-baiguo", "805", "8051") == {"805": 100_000, "8051": 300_000}
    for actor in (CHECKER, STAFF):
        with life.engine.begin() as conn:
            pool_money.decide(conn, life.county.world, life.case(name), "sign", actor)
    while life.case(name).state != "done":
        life.everyone_closes()
    life.everyone_closes()
    assert life.totals("K-baiguo", "702", "805", "8051") == {
        "702": 100_000, "805": 100_000, "8051": 0,
    }  # fmt: skip
    assert village.balances("10201", "10901", "21102") == {
        "10201": before + 300_000, "10901": 100_000, "21102": 100_000,
    }  # fmt: skip
    loan = loan_of(village.case(LOAN))
    assert owed - loan.outstanding == 300_000 - loan.fee_paid
    with life.engine.connect() as conn:
        counted = proofs.counters(conn)
        told = reconcile.reconcile(conn)
    assert [counted[proof][1] for proof in ("I5", "I6", "I9", "I19")] == [0] * 4
    assert told is not None
    assert (told.difference_fen, told.breaks) == (0, ())
