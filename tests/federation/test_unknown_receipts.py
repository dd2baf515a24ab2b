"""A receipt nobody is named for: staff names its owner, the bank moves it, the village books it."""

import pytest

from contracts.ids import COUNTY_BOOK
from contracts.rejections import RejectionCode as Code
from infra.bank_simulator import orders
from infra.bank_simulator.orders import FaultKind
from kernel.errors import Rejected
from services.federation.cases import receipts, reconcile
from tests.federation.life import CPO, STAFF, UNALLOCATED, Life
from tests.federation.money import free, nights, proven

PAPER = "缴款回单第12号 payer's slip no. 12"


def stray(life: Life, amount: int = 70_000) -> str:
    """Money whose sub-account is nobody's reaches the county; its receipt's case."""
    life.order(
        orders.Credit, sub_account="nobody", amount_fen=amount, payer_name="某人",
        payer_account="1", text="不明",
    )  # fmt: skip
    assert proven(life.night())
    with life.engine.connect() as conn:
        return receipts.waiting(conn)[-1].id


def named(life: Life, receipt: str, cooperative: str = "baiguo", paper: str = PAPER) -> str:
    """Staff names whose it is; the identification's case."""
    with life.engine.begin() as conn:
        return receipts.identify(conn, life.county, receipt, cooperative, paper, STAFF).case.id


def of_the_county(life: Life) -> dict[str, int]:
    """Money of K-0: nobody's, set aside, and in the bank."""
    return life.totals(COUNTY_BOOK, "80109", "80108", "701")


def agrees(life: Life) -> bool:
    """Whether the special account and every sub-account agree with nothing in flight."""
    with life.engine.connect() as conn:
        told = reconcile.reconcile(conn)
    assert told is not None
    whole = told.difference_fen == told.listed_fen == 0
    return whole and not any(one.difference_fen or one.listed_fen for one in told.sub_accounts)


def test_an_identified_receipt_reaches_its_village_and_i9_holds_on_every_day(life: Life) -> None:
    receipt = stray(life)
    found = named(life, receipt)
    assert of_the_county(life) == {"80109": 0, "80108": 70_000, "701": 70_000}
    assert free(life) == 0
    assert proven(life.night())
    assert life.case(found).state == "in_file"
    assert agrees(life)
    assert proven(life.night())
    assert (life.case(found).state, life.case(receipt).state) == ("booked", "booked")
    assert of_the_county(life) == {"80109": 0, "80108": 0, "701": 0}
    assert free(life) == 70_000
    assert agrees(life)
    assert life.findings() == []


def test_the_village_finds_an_identified_receipt_in_its_suspense_and_uses_it(life: Life) -> None:
    baiguo = life.villages["baiguo"].elected().joined()
    found = named(life, stray(life, 120_000))
    for _ in range(3):
        assert proven(life.everyone_closes())
    item = str(life.case(found).terms["item"])
    assert baiguo.balances("21105") == {"21105": 120_000}
    facts = {"item": item, "amount": 120_000, "member": baiguo.member(1),
             "person": baiguo.person["m1"]}  # fmt: skip
    baiguo.do("suspense", "suspense-baiguo-1", "to_share", "bookkeeper", facts)
    assert baiguo.balances("21105", "30101") == {"21105": 0, "30101": 6_120_000}
    assert proven(life.everyone_closes())
    assert life.findings() == []


def test_a_receipt_is_identified_once_whole_with_evidence_and_by_staff(life: Life) -> None:
    receipt = stray(life)
    with life.engine.begin() as conn:
        refusals = []
        for cooperative, paper, actor in (
            ("nowhere", PAPER, STAFF), ("baiguo", " ", STAFF), ("baiguo", PAPER, CPO),
        ):  # fmt: skip
            with pytest.raises(Rejected) as refused:
                receipts.identify(conn, life.county, receipt, cooperative, paper, actor)
            refusals.append(refused.value.code)
    assert refusals == [Code.COOPERATIVE_UNKNOWN, Code.FACTS_INVALID, Code.ROLE_NOT_ALLOWED]
    found = named(life, receipt)
    with pytest.raises(Rejected) as refused:
        named(life, receipt, "houba")
    assert refused.value.code is Code.RECEIPT_NOT_UNKNOWN
    assert found in refused.value.as_struct().text("en")
    with life.engine.connect() as conn:
        assert receipts.waiting(conn) == []
    assert of_the_county(life)["80108"] == 70_000


def test_an_identification_is_withdrawn_until_it_is_in_a_file(life: Life) -> None:
    receipt = stray(life)
    wrong = named(life, receipt, "houba")
    with life.engine.begin() as conn:
        receipts.withdraw(conn, life.county, wrong, STAFF, "看错 misread")
    assert of_the_county(life) == {"80109": 70_000, "80108": 0, "701": 70_000}
    found = named(life, receipt)
    life.night()
    with life.engine.begin() as conn, pytest.raises(Rejected) as refused:
        receipts.withdraw(conn, life.county, found, STAFF, "太晚 too late")
    assert refused.value.code is Code.ACT_NOT_ALLOWED_NOW
    assert proven(life.night())
    assert (free(life, "baiguo"), free(life, "houba")) == (70_000, 0)


def test_what_the_bank_rejects_is_nobodys_again_and_identified_anew(life: Life) -> None:
    receipt = stray(life)
    found = named(life, receipt)
    life.order(orders.Fail, fault=FaultKind.REJECT, reference=found)
    assert all(proven(one) for one in nights(life, 2))
    assert (life.case(found).state, of_the_county(life)["80109"]) == ("returned", 70_000)
    again = named(life, receipt)
    assert again != found
    assert all(proven(one) for one in nights(life, 2))
    assert life.case(again).state == "booked"
    assert free(life) == 70_000
    assert agrees(life)


def test_a_late_line_leaves_the_money_where_it_lay(life: Life) -> None:
    found = named(life, stray(life))
    life.order(orders.Fail, fault=FaultKind.LATE_LINE, reference=found, days=1)
    states = []
    for _ in range(3):
        assert proven(life.night())
        states.append((life.case(found).state, of_the_county(life)["80108"], free(life)))
        assert agrees(life)
    assert states == [("in_file", 70_000, 0), ("in_file", 70_000, 0), ("booked", 0, 70_000)]


def test_a_doubled_transfer_is_a_break_in_both_its_halves_until_the_bank_takes_it_back(
    life: Life,
) -> None:
    stray(life, 70_000)
    receipt = stray(life, 70_000)
    found = named(life, receipt)
    life.order(orders.Fail, fault=FaultKind.DOUBLE_LINE, reference=found)
    assert all(proven(one) for one in nights(life, 2))
    assert free(life) == 70_000
    doubled = [one for one in life.findings() if one.startswith("bank_doubled:")]
    assert len(doubled) == 2
    life.order(orders.Correct, line_id=doubled[0].partition(":")[2])
    assert proven(life.night())
    assert not [one for one in life.findings() if one in doubled or "reversal" in one]
    assert agrees(life)


def test_money_in_the_unallocated_sub_account_itself_can_be_identified(life: Life) -> None:
    life.order(
        orders.Credit, sub_account=UNALLOCATED, amount_fen=40, payer_name="某人",
        payer_account="1", text="",
    )  # fmt: skip
    life.night()
    with life.engine.connect() as conn:
        (receipt,) = receipts.waiting(conn)
    named(life, receipt.id, "houba")
    assert all(proven(one) for one in nights(life, 2))
    assert free(life, "houba") == 40
    assert agrees(life)
