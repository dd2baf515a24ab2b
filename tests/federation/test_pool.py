"""The pool through every real part: village books, county cases, bank files and lines (P6)."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from infra.bank_simulator import orders
from journal import store
from journal.tables import cases
from services.federation.cases import claims, proofs, references
from tests.federation.pool_life import BANK, BANK_ACCOUNT, CHECKER, POOL, PoolLife
from tests.support.village import fen


@pytest.fixture
def life(county_engine: sa.Engine, tmp_path: Path) -> PoolLife:
    found = PoolLife(county_engine, tmp_path, "baiguo")
    found.villages["baiguo"].elected().joined(share="100000.00")
    return found


def test_p6_stake_match_guarantee_claim_and_recovery_in_both_books(life: PoolLife) -> None:
    """E1 end to end: every posting in N and K, the bank's statement agrees each day."""
    village = life.villages["baiguo"]
    assert life.agreement(village).state == "open"
    life.staked(village, "200000.00")
    assert life.totals("K-baiguo", "802", "702", "903") == {
        "802": fen("200000.00"), "702": fen("200000.00"), "903": fen("1000000.00"),
    }  # fmt: skip
    assert village.balances("10201", "10901") == {
        "10201": fen("100000.00"), "10901": fen("200000.00"),
    }  # fmt: skip
    assert life.matched(village).state == "booked"
    assert life.totals("K-baiguo", "803")["803"] == fen("60000.00")
    life.prove_lines()

    application = life.cleared(village, 1, "20000.00")
    package = life.package(village, application)
    assert life.totals("K-baiguo", "903", "9041") == {
        "903": fen("980000.00"), "9041": fen("20000.00"),
    }  # fmt: skip
    line = life.paid_out(package, "1")
    assert life.case(package.id).state == "answered"
    claim = life.defaulted(line, fen("20000.00"))
    assert life.accepted(claim, fen("20000.00")).state == "accepted"
    assert life.totals("K-baiguo", "909", "8021") == {
        "909": fen("920000.00"), "8021": fen("16000.00"),
    }  # fmt: skip
    life.prove_lines()
    life.everyone_closes()
    life.everyone_closes()
    assert life.case(claim.id).state == "paid"
    assert village.balances("10901", "11304") == {
        "10901": fen("184000.00"), "11304": fen("16000.00"),
    }  # fmt: skip
    # The claim rate is 80 % of what was paid out: lending stops by itself.
    assert life.case("agreement-baiguo-1").state == "suspended"
    assert life.totals("K-baiguo", "903", "9039") == {"903": 0, "9039": 0}

    with life.engine.begin() as conn:
        told = claims.recovered(
            conn, life.county.world, life.case(claim.id), BANK, fen("10000.00"), CHECKER
        )
    share = int(told.case.terms["share_due"])
    assert share == fen("8000.00")
    life.order(orders.Repay, card=BANK_ACCOUNT, sub_account=POOL, amount_fen=share, text=claim.id)
    life.everyone_closes()
    assert village.balances("10901", "11304") == {
        "10901": fen("192000.00"), "11304": fen("8000.00"),
    }  # fmt: skip
    life.prove_lines()
    assert [one for one in life.findings() if not one.startswith("receipt_missing")] == []
    with life.engine.connect() as conn:
        counted = proofs.counters(conn)
    for invariant in ("I5", "I6", "I9", "I13", "I19"):
        checked, failed = counted[invariant]
        assert checked > 0, invariant
        assert failed == 0, invariant


def test_i6_a_line_moved_behind_the_books_back_is_found(life: PoolLife) -> None:
    village = life.villages["baiguo"]
    life.agreement(village)
    life.staked(village, "1000.00")
    with life.engine.begin() as conn:
        agreement = (
            conn.execute(sa.select(cases).where(cases.c.id == "agreement-baiguo-1"))
            .mappings()
            .one()
        )
        body = str(agreement["body"]).replace('"leverage":500', '"leverage":600')
        conn.execute(cases.update().where(cases.c.id == agreement["id"]).values(body=body))
    life.everyone_closes()
    assert "I6:agreement-baiguo-1" in life.findings()
    assert "I6:line:county" in life.findings()


def test_a_transfer_the_bank_rejects_is_filed_again_under_a_new_reference(life: PoolLife) -> None:
    village = life.villages["baiguo"]
    life.agreement(village)
    life.voice(village, "agreement-baiguo-1", "agreement", "stake", "meeting", amount=100_000)
    village.synchronise()
    with life.engine.connect() as conn:
        (transfer,) = store.in_states(conn, store.COUNTY_SCOPE, "transfer", ("queued",))
    first = references.current(transfer)
    life.order(orders.Fail, fault=orders.FaultKind.REJECT, reference=first, amount_fen=1)
    life.everyone_closes()
    life.everyone_closes()
    bounced = life.case(transfer.id)
    assert (bounced.state, bounced.terms["filing"]) == ("in_file", 2)
    assert references.current(bounced) not in ("", first)
    assert life.totals("K-baiguo", "80102")["80102"] == 100_000
    life.everyone_closes()
    assert life.case(transfer.id).state == "done"
    assert life.totals("K-baiguo", "802", "80102") == {"802": 100_000, "80102": 0}
    assert life.findings() == []


@pytest.mark.parametrize(
    "minutes", ["", "社员大会 2017-3 同意", "2017-3 实到28人 同意14人", "2017-3 实到3人 同意4人"]
)
def test_r082_no_stake_without_a_counted_majority_of_the_meeting(
    life: PoolLife, minutes: str
) -> None:
    village = life.villages["baiguo"]
    life.agreement(village)
    life.voice(village, "agreement-baiguo-1", "agreement", "stake", "meeting", amount=100_000,
               minutes=minutes)  # fmt: skip
    village.synchronise()
    with life.engine.connect() as conn:
        assert store.in_states(conn, store.COUNTY_SCOPE, "transfer", ("queued",)) == []
    assert life.totals("K-baiguo", "80102")["80102"] == 0
    assert any("voice" in one for one in life.findings()), life.findings()
