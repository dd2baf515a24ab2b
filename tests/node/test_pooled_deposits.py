"""Members' pooled deposits in the village's book: variant 1, followed act by act (P6.2, P6.7)."""

from datetime import timedelta

import pytest

from contracts.rejections import RejectionCode
from journal import store
from journal.engine import reading
from kernel.errors import Rejected
from kernel.loans import loan_of
from services.cooperative_node import api
from tests.node.pool_county import AGREEMENT, PoolCounty, apply, told
from tests.node.village import Village, member
from tests.support.village import fen


@pytest.fixture
def bundle(village: Village) -> PoolCounty:
    """Variant 1: three members with a loan paid out and an agreement of grade A."""
    village.founded()
    found = PoolCounty(village)
    found.agree(variant="v1", match_ppm=0, grades=["A"])
    village.synchronise()
    return found


def pooled(pool: PoolCounty, number: int, amount: str = "4000.00") -> str:
    """The form of member 1's paid-out loan, or another's, signed at the node."""
    village, name = pool.village, f"pooling-baiguo-{number:04d}"
    facts = {"agreement": AGREEMENT, "member": member(1), "person": village.person["m1"],
             "loan": "loan-baiguo-0001", "amount": fen(amount), "mutual": True}  # fmt: skip
    village.do("pooling", name, "apply", "member", facts, by=("m1",))
    return name


def test_r081_a_member_pools_a_loan_that_was_paid_out(bundle: PoolCounty) -> None:
    village = bundle.village
    with pytest.raises(Rejected) as refused:
        pooled(bundle, 1)
    assert refused.value.code is RejectionCode.LOAN_NOT_PAID_OUT
    village.paid_loan()
    name = pooled(bundle, 1)
    told(bundle, lambda: bundle.pooled(1, "4000.00", name))
    assert village.case(name).state == "pooled"
    assert village.balances("10901", "21102") == {"10901": fen("4000.00"), "21102": fen("4000.00")}
    state = api.pool(village.node)
    assert (state.deposits, state.line) == (fen("4000.00"), fen("20000.00"))
    told(bundle, lambda: bundle.release("deposit", "1000.00", "d1", member=member(1),
                                        person=village.person["m1"]))  # fmt: skip
    assert village.balances("10901", "21102") == {"10901": fen("3000.00"), "21102": fen("3000.00")}


HIS_LOAN = {"member": member(1), "loan": "loan-baiguo-0001"}


def test_p67_a_deposit_pays_its_members_own_loan(bundle: PoolCounty) -> None:
    village = bundle.village
    village.paid_loan()
    told(bundle, lambda: bundle.pooled(1, "4000.00", pooled(bundle, 1)))
    before = village.balances("115", "10201")
    told(bundle, lambda: bundle.release("set_off", "3000.00", "s1", **HIS_LOAN))
    assert village.balances("115", "10201", "10901", "21102") == {
        "115": before["115"] - fen("3000.00"), "10201": before["10201"] + fen("3000.00"),
        "10901": fen("1000.00"), "21102": fen("1000.00"),
    }  # fmt: skip
    assert loan_of(village.case("loan-baiguo-0001")).outstanding == fen("2000.00")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"loan": "loan-baiguo-0009"}, RejectionCode.LOAN_NOT_PAID_OUT),
        ({"member": member(2)}, RejectionCode.LOAN_NOT_PAID_OUT),
        ({"amount": fen("9000.00")}, RejectionCode.MORE_THAN_OWED),
    ],
)
def test_p67_a_deposit_pays_no_other_loan_and_no_more_than_is_owed(
    bundle: PoolCounty, said: dict[str, object], code: RejectionCode
) -> None:
    bundle.village.paid_loan()
    for number in (1, 2):
        bundle.pooled(number, "10000.00", f"pooling-baiguo-{number:04d}")
    bundle.village.synchronise()
    facts = {"agreement": AGREEMENT, "kind": "set_off", "amount": fen("1000.00"),
             **HIS_LOAN, **said}  # fmt: skip
    with pytest.raises(Rejected) as refused:
        bundle.act("transfer.ask", "s1", "staff@federation", facts, person="p-f2")
    assert refused.value.code is code


def test_p67_a_deposit_whose_loan_was_paid_meanwhile_is_the_members_in_suspense(
    bundle: PoolCounty,
) -> None:
    village = bundle.village
    village.paid_loan()
    told(bundle, lambda: bundle.pooled(1, "4000.00", pooled(bundle, 1)))
    bundle.ask_back("set_off", "3000.00", "s1", **HIS_LOAN)
    village.county.bank_line("repayment", "L1", village.county_day, loan="loan-baiguo-0001",
                             amount=fen("5000.00"))  # fmt: skip
    village.synchronise()
    village.next_day()
    assert village.case("loan-baiguo-0001").state == "closed"
    told(bundle, lambda: bundle.paid_back("s1"))
    assert village.balances("10901", "21102", "115", "21105") == {
        "10901": fen("1000.00"), "21102": fen("1000.00"), "115": 0, "21105": fen("3000.00"),
    }  # fmt: skip


def test_a_deposit_whose_form_was_withdrawn_is_the_member_s_all_the_same(
    bundle: PoolCounty,
) -> None:
    village = bundle.village
    village.paid_loan()
    name = pooled(bundle, 1)
    village.do("pooling", name, "withdraw", "member", by=("m1",))
    told(bundle, lambda: bundle.pooled(1, "4000.00", name))
    assert village.case(name).state == "withdrawn"
    with reading(village.node.engine).connect() as conn:
        rows = store.rows(conn, village.node.book, ["21102"])["21102"]
        book = store.load(conn, village.node.book, village.node.life)
    assert rows == {member(1): fen("4000.00")}
    assert book is not None


def test_a_claim_of_variant_1_takes_own_then_others_and_907_says_who_paid(
    bundle: PoolCounty,
) -> None:
    village = bundle.village
    for number in (1, 2, 3):
        bundle.pooled(number, "4000.00", f"pooling-baiguo-{number:04d}")
    village.synchronise()
    guarantee = bundle.guarantee(apply(village, 1, "10000.00"))
    bundle.pay_out(guarantee, "10000.00")
    village.next_day()
    village.next_day()
    bundle.in_arrears(guarantee, "10000.00")
    village.catch_up(village.county_day + timedelta(days=89))
    claim = bundle.notice(guarantee, "10000.00")
    told(bundle, lambda: bundle.accept(claim, "10000.00"), lambda: bundle.pay_claim(claim))
    with reading(village.node.engine).connect() as conn:
        rows = store.rows(conn, village.node.book, ["21102", "907"])
    assert rows["21102"] == {member(2): fen("2000.00"), member(3): fen("2000.00")}
    assert rows["907"] == {claim: fen("4000.00")}
    told(bundle, lambda: bundle.recover(claim, "3000.00", "2000.00"))
    with reading(village.node.engine).connect() as conn:
        rows = store.rows(conn, village.node.book, ["21102", "907"])
    assert rows["21102"] == {member(2): fen("3000.00"), member(3): fen("3000.00")}
    assert rows["907"] == {claim: fen("2000.00")}
