"""The village loan, round trip: batch, hold, bank file, bank line, K(i), follow (P2, R-049)."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from contracts.money import yuan
from infra.bank_simulator import orders
from services.federation.cases import proofs
from tests.federation.life import Life, a_plan, expected


@pytest.fixture
def life(county_engine: sa.Engine, tmp_path: Path) -> Life:
    plan = a_plan("baiguo", "houba", expected=(expected("baiguo", "30000.00", "文扶2017-1"),))
    return Life(county_engine, tmp_path, plan)


def test_money_goes_to_the_borrower_and_comes_back(life: Life) -> None:
    baiguo, houba = life.villages["baiguo"].elected(), life.villages["houba"].elected()
    life.order(
        orders.Credit, sub_account=baiguo.sub_account, amount_fen=int(yuan("30000.00")),
        payer_name="县财政局", payer_account="1", text="省级专项 文扶2017-1",
    )  # fmt: skip
    baiguo.joined()
    houba.joined(share="1000.00")
    assert life.custody("baiguo") == (9_000_000, 0)
    assert baiguo.balances("10201", "30101", "31102") == {
        "10201": 9_000_000, "30101": 6_000_000, "31102": 3_000_000
    }  # fmt: skip
    loan = baiguo.loan()
    baiguo.synchronise()
    assert life.custody("baiguo") == (8_500_000, 500_000)
    life.everyone_closes()
    life.everyone_closes()
    assert baiguo.case(loan).state == "active"
    assert life.custody("baiguo") == (8_500_000, 0)
    assert baiguo.balances("115", "10201") == {"115": 500_000, "10201": 8_500_000}
    baiguo.pays(1, "2000.00", f"还款 {loan}")
    life.everyone_closes()
    # One day's fee comes first: 5,000 yuan at 7 permille a month of 30 days is 1.17 yuan.
    assert baiguo.balances("115", "10201") == {"115": 300_117, "10201": 8_700_000}
    # The rest by card alone: one live loan of this member; what is too much waits in suspense.
    baiguo.pays(1, "3010.00", "")
    life.everyone_closes()
    life.everyone_closes()
    assert baiguo.balances("115", "116") == {"115": 0, "116": 0}
    assert baiguo.case(loan).state == "closed"
    assert life.findings() == []
    with life.engine.connect() as conn:
        counted = proofs.counters(conn)
    assert set(counted) == {
        "I1", "I3", "I4", "I5", "I6", "I8", "I9", "I10", "I11", "I12", "I13", "I14", "I18", "I19"
    }  # fmt: skip
    assert all(failed == 0 for _, failed in counted.values())
    nothing_of_it = ("I6", "I10", "I12", "I13")
    assert all(checked > 0 for name, (checked, _) in counted.items() if name not in nothing_of_it)
