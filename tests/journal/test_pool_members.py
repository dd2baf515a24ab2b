"""What the pool means for a member who leaves (R-003) and for the village's provision (P14)."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from kernel.errors import Rejected
from tests.support.pool import AGREEMENT, BANK, PoolVillage
from tests.support.village import COOP, fen, policy_of


@pytest.fixture
def village(engine: sa.Engine) -> Iterator[PoolVillage]:
    """Four members, the first three a group of E1's pool; the fourth stands alone."""
    with engine.connect() as conn, conn.begin():
        found = PoolVillage(conn).founded()
        found.join(4)
        found.fund("300_000.00")
        found.agree()
        found.stake("200_000.00")
        yield found


def leaving(village: PoolVillage, number: int) -> str:
    """What keeps a member, or "" when he may go; leaves no trace."""
    savepoint = village.conn.begin_nested()
    try:
        village.do("member", "ask_leave", f"m{number}", f"member:p{number}")
    except Rejected as refused:
        return str(refused.facts["open"])
    finally:
        savepoint.rollback()
    return ""


def test_r003_an_application_keeps_borrower_and_group_until_it_is_withdrawn(
    village: PoolVillage,
) -> None:
    application = village.cleared(1, "20_000.00")
    assert [leaving(village, number) for number in (1, 2, 3, 4)] == [application] * 3 + [""]
    village.do("bank_loan", "withdraw", application, "member:p1")
    assert [leaving(village, number) for number in (1, 2, 3, 4)] == [""] * 4


def test_r003_a_guarantee_keeps_borrower_and_group_until_it_ends(village: PoolVillage) -> None:
    guarantee = village.running(1, "20_000.00")
    assert guarantee in leaving(village, 1)
    assert guarantee in leaving(village, 2)
    assert leaving(village, 4) == ""
    repaid = {"bank": BANK, "amount": fen("20_000.00"), "repaid_on": village.today.isoformat()}
    village.act("guarantee.repaid", guarantee, "maker@bank", repaid, person="b1")
    assert guarantee in leaving(village, 1)
    village.act("guarantee.finish", guarantee, "system:county")
    assert [leaving(village, number) for number in (1, 2, 3)] == ["", "", ""]


def test_r003_a_claim_keeps_the_borrower_until_the_pool_has_its_money_back(
    village: PoolVillage,
) -> None:
    guarantee = village.running(1, "20_000.00")
    claim = village.defaulted(guarantee, "20_000.00")
    village.accept(claim, "20_000.00")
    village.pay_claim(claim)
    village.act("guarantee.finish", guarantee, "system:county")
    assert leaving(village, 1) == claim
    assert leaving(village, 2) == ""
    village.act("claim.recovered", claim, "checker@bank",
                {"bank": BANK, "amount": fen("20_000.00")}, person="b2")  # fmt: skip
    village.act("claim.receive", claim, "system:bank_line", {"amount": fen("16_000.00")})
    village.act("claim.finish", claim, "system:county")
    assert leaving(village, 1) == ""


def test_r003_a_pooled_deposit_or_the_form_of_one_keeps_the_member(engine: sa.Engine) -> None:
    with engine.connect() as conn, conn.begin():
        village = PoolVillage(conn, policy_of(conc__max_household_pct="100")).founded()
        village.agree(variant="v1", match_ppm=0, grades=["A"])
        village.play("""
          apply    L1 member:p1    amount=4_000.00   applied
          sign     L1 guarantor:p2,p3   endorsed
          vote     L1 council:c1,c2     approved
          notice   L1 bookkeeper:c2     noticed
        """)
        village.forward(village.case("L1").due or village.today)
        village.play("""
          contract L1 bookkeeper:c2     contracted
          instruct L1 cashier:k1        instructed
          paid     L1 follow amount=4_000.00   active
        """)
        form = {"agreement": AGREEMENT, "member": "m1", "person": "p1", "loan": "L1",
                "amount": fen("4_000.00"), "mutual": True}  # fmt: skip
        with pytest.raises(Rejected, match="FACTS_INVALID"):  # the agreement says they are (P6.5)
            village.do("pooling", "apply", "pooling-1", "member:p1", {**form, "mutual": False})
        village.do("pooling", "apply", "pooling-1", "member:p1", form)
        assert leaving(village, 1) == "L1; pooling-1"
        village.do("pooling", "paid", "pooling-1", "follow", {"amount": fen("4_000.00")})
        assert leaving(village, 1) == "L1; 21102 4,000.00"


@pytest.mark.parametrize(("days", "percent"), [(0, 1), (1, 2), (90, 2), (91, 25), (181, 50)])
def test_p14_what_the_pool_paid_is_provisioned_by_days_since_it_paid(
    village: PoolVillage, days: int, percent: int
) -> None:
    guarantee = village.running(1, "20_000.00")
    claim = village.defaulted(guarantee, "20_000.00")
    village.accept(claim, "20_000.00")
    month_end = date(2017, 12, 31)
    village.forward(month_end - timedelta(days=days))
    village.pay_claim(claim)
    village.grant("200_000.00")
    for recipe, stake in (("pool.stake", "200_000.00"), ("claim.pay", "16_000.00")):
        line = {"amounts": {"stake": fen(stake)}, "keys": {"contract": claim}}
        village.do("village_book", "follow", f"village-{COOP}", "follow",
                   {"recipe": recipe, "lines": [line], "party": "coop"})  # fmt: skip
    village.forward(month_end)
    village.do("village_book", "provision", f"village-{COOP}", "close")
    assert village.balance("118") == fen("160.00") * percent
