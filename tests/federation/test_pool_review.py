"""Ways to lose or strand a fen of the pool between bank, county and village (P6)."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from contracts.ids import node_book
from infra.bank_simulator import orders
from journal import store
from journal.perform import Command, perform
from journal.tables import balance
from kernel.cases import Case
from services.federation.bank_files.messages import Direction, StatementLine
from services.federation.cases import (
    bank_register,
    packages,
    pool_money,
    pool_receipts,
    pool_sweep,
    proofs,
    reconcile,
    references,
    registers,
)
from tests.federation.life import STAFF
from tests.federation.pool_life import CHECKER, POOL, STAFF2, PoolLife


@pytest.fixture
def life(county_engine: sa.Engine, tmp_path: Path) -> PoolLife:
    found = PoolLife(county_engine, tmp_path, "baiguo", "heping")
    found.villages["baiguo"].elected().joined(share="100000.00")
    return found


def told(life: PoolLife, case: Case | None, sub_account: str, text: str) -> str:
    """What becomes of 100 yuan that came in: its state and reason, "" when the pool leaves it."""
    line = StatementLine(
        line_id="L-review", sub_account=sub_account, direction=Direction.IN, amount_fen=10_000,
        value_date=life.today, reference=case.id if case else None, text=text,
    )  # fmt: skip
    with life.engine.begin() as conn:
        account = registers.the_bank_account(conn)
        assert account is not None
        owners = registers.by_sub_account(conn)
        booked = pool_receipts.book(conn, life.county, owners, account, case, line)
    return f"{booked.state} {booked.reason}" if booked else ""


def test_p66_a_recovery_is_in_the_pool_only_where_the_money_is(life: PoolLife) -> None:
    claim = Case(id="claim-x", process="claim", version=1, home="county", state="paid",
                 parties={"coop": "baiguo", "bank": "", "county": ""})  # fmt: skip
    with life.engine.connect() as conn:
        numbers = {own: number for number, own in registers.by_sub_account(conn).items()}
    assert told(life, claim, numbers["baiguo"], "") == ""
    assert told(life, claim, POOL, "") == "open unexpected"


def test_i9_a_stake_moved_twice_is_a_break_in_both_sub_accounts_until_taken_back(
    life: PoolLife,
) -> None:
    village = life.villages["baiguo"]
    life.agreement(village)
    life.order(orders.Fail, fault=orders.FaultKind.DOUBLE_LINE)
    life.staked(village, "1000.00")
    with life.engine.connect() as conn:
        doubled = bank_register.lines_of(conn, bank_register.OPEN)
    assert [(one.reason, abs(one.line.amount_fen)) for one in doubled] == [("doubled", 100_000)] * 2
    assert life.totals("K-baiguo", "702") == {"702": 100_000}
    life.order(orders.Correct, line_id=doubled[0].line.line_id)
    life.everyone_closes()
    with life.engine.connect() as conn:
        assert bank_register.lines_of(conn, bank_register.OPEN) == []
        told = reconcile.reconcile(conn)
    assert told is not None
    assert (told.difference_fen, told.breaks) == (0, ())


def test_r081_no_village_takes_a_deposit_by_the_name_of_anothers_form(life: PoolLife) -> None:
    process = life.county.world.registry.table["pooling"]
    with life.engine.begin() as conn:
        for village in ("baiguo", "heping"):
            form = Case(
                id="pooling-heping-1", process="pooling", version=process.version, home="node",
                state="applied", step=1, parties={"coop": village}, opened=life.today,
                terms={"agreement": f"agreement-{village}-1", "member": f"member-{village}-001",
                       "loan": "l", "amount": 10_000},
            )  # fmt: skip
            store.save(conn, node_book(village), form, process)
    assert told(life, None, POOL, "pooling-heping-1") == "open unknown_pool_in"


def test_a_case_the_night_cannot_move_on_stops_no_other_and_is_told(life: PoolLife) -> None:
    village = life.villages["baiguo"]
    life.agreement(village)
    life.staked(village, "50000.00")
    agreement = life.case("agreement-baiguo-1")
    application = life.cleared(village, 1, "20000.00")
    with life.engine.begin() as conn:
        packages.draft(conn, life.county.world, agreement, [application], "package-1", STAFF2)
    withdraw = Command(
        id="package-1/withdraw", process="package", case="package-1", act="withdraw",
        actor=STAFF2, facts={"reason": "x"},
    )  # fmt: skip
    taken = sa.and_(balance.c.book == "K-0", balance.c.account == "9041")
    with life.engine.begin() as conn:
        perform(conn, life.county.world, withdraw)
        conn.execute(balance.update().where(taken).values(amount=0))
        assert pool_sweep.sweep(conn, life.county)["lines_released"] == 0
    assert "pool_sweep_refused:guarantee-1-0001" in life.findings()


def test_r090_a_match_the_bank_sends_back_is_paid_once_more_and_custody_agrees(
    life: PoolLife,
) -> None:
    village = life.villages["baiguo"]
    life.agreement(village)
    life.staked(village, "20000.00")
    life.matched(village)
    agreement = life.case("agreement-baiguo-1")
    wish = pool_money.Wish(name="transfer-baiguo-r1", amount=1_000_000)
    with life.engine.begin() as conn:
        pool_money.release(conn, life.county.world, agreement, wish, STAFF)
    match = "payback-transfer-baiguo-r1"
    for name in ("transfer-baiguo-r1", match):
        for actor in (CHECKER, STAFF):
            with life.engine.begin() as conn:
                pool_money.decide(conn, life.county.world, life.case(name), "sign", actor)
    reference = references.current(life.case(match))
    life.order(orders.Fail, fault=orders.FaultKind.RETURN, reference=reference, days=1)
    while life.case(match).state != "done":
        life.everyone_closes()
    for _ in range(4):
        life.everyone_closes()
    assert life.case(f"{match}-again").state == "done"
    assert life.totals("K-baiguo", "8031", "803", "702") == {
        "8031": 0, "803": 300_000, "702": 1_300_000,
    }  # fmt: skip
    assert {one.partition(":")[0] for one in life.findings()} == {"bank_returned"}
    with life.engine.connect() as conn:
        counted = proofs.counters(conn)
    assert [counted[name][1] for name in ("I5", "I6", "I9", "I19")] == [0] * 4
