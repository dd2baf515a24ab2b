"""Rules of P1 asked alone: what the tables of tests/journal do not reach."""

from typing import Any

import pytest

from contracts.rejections import RejectionCode as Code
from kernel.errors import Rejected
from kernel.rules import Outcome
from tests.kernel.asking import a_case, a_group, a_loan, a_member, run

APPLY = {"person": "p4", "household": "h4"}


def refused(rule: str, **parts: Any) -> Rejected:
    with pytest.raises(Rejected) as raised:
        run(rule, **parts)
    return raised.value


def test_one_per_household_starts_the_record_at_a_level_from_today() -> None:
    outcome = run("one_per_household", facts={**APPLY, "level": 3})
    assert outcome.terms == {"level": 3, "level_on": "2017-06-30"}
    assert run("one_per_household", facts=APPLY).terms["level"] == 1


@pytest.mark.parametrize("wrong", [{"level": 0}, {"household": ""}, {"person": ""}])
def test_one_per_household_needs_a_household_a_person_and_a_level(wrong: dict[str, Any]) -> None:
    refusal = refused("one_per_household", facts={**APPLY, **wrong})
    assert (refusal.code, refusal.facts["where"]) == (Code.FACTS_INVALID, next(iter(wrong)))


@pytest.mark.parametrize("state", ["withdrawn", "left"])
def test_one_per_household_forgets_who_is_gone(state: str) -> None:
    gone = a_case("member", "m4", state, person="p4", household="h4")
    assert run("one_per_household", facts=APPLY, cases=[gone]).terms
    here = a_case("member", "m4", "expelled", person="p9", household="h4")
    refusal = refused("one_per_household", facts=APPLY, cases=[here])
    assert (refusal.code, refusal.facts["member"]) == (Code.HOUSEHOLD_HAS_MEMBER, "m4")


def test_marked_keeps_the_level_unless_the_council_sets_it() -> None:
    assert run("marked", facts={"poor": True}).terms == {"poor": True, "wealthy": False}
    assert run("marked", facts={"level": 2}).terms["level_on"] == "2017-06-30"


def test_whole_amount_marks_the_first_day_of_membership_once() -> None:
    member = a_case("member", "m1", "admitted")
    first = run("whole_amount", case=member, act="pay_in", facts={"amount": 1})
    assert first.terms == {"joined_on": "2017-06-30"}
    again = a_case("member", "m1", "active", joined_on="2017-01-01")
    assert run("whole_amount", case=again, act="pay_in", facts={"amount": 1}).terms == {}
    assert run("whole_amount", case=member, act="refunded", facts={"amount": 1}).terms == {}


@pytest.mark.parametrize("amount", [0, -1, None, True, "1"])
def test_whole_amount_is_a_positive_number_of_fen(amount: object) -> None:
    refusal = refused("whole_amount", act="pay_in", facts={"amount": amount})
    assert refusal.code is Code.AMOUNT_NOT_POSITIVE


def test_free_to_leave_names_everything_that_is_open() -> None:
    cases = [
        a_member(1),
        a_group(1, 2, 3),
        a_loan("L1"),
        a_loan("L2", member="m2"),
        a_loan("L3", "closed", member="m3", outstanding=0, paid_for={"m1": 5_00}),
        a_loan("L4", "closed", member="m3", outstanding=0, paid_for={"m2": 5_00}),
    ]
    refusal = refused(
        "free_to_leave",
        case=a_member(1),
        cases=cases,
        balance={"deposit": 100_00},
        rows={"claims": {"L3": 5_00, "L4": 5_00}},
    )
    assert refusal.code is Code.NOT_FREE_TO_LEAVE
    assert refusal.facts["open"] == "L1; L2; 907 L3; 21102 100.00"


def by_funding(outcome: Outcome) -> dict[str, dict[str, int]]:
    assert {line.keys["member"] for line in outcome.lines} == {"m1"}
    return {line.funding: line.amounts for line in outcome.lines}


def test_r068_what_is_due_back_is_asked_for_out_of_the_funding_it_came_by() -> None:
    leaving = a_case("member", "m1", "leave_asked", person="p1",
                     asked_back={"share": 5_00, "shuangdao": 7_00})  # fmt: skip
    bank = {"own": 5_00, "shuangdao": 7_00}
    outcome = run("refund_due", case=leaving, balance={"due": 12_00}, rows={"bank": bank})
    pay = outcome.terms["pay"]
    assert (pay["amount"], pay["parts"]) == (12_00, {"own": 5_00, "shuangdao": 7_00})
    short = {"bank": {"own": 90_00, "shuangdao": 6_99}}
    refusal = refused("refund_due", case=leaving, balance={"due": 12_00}, rows=short)
    assert refusal.facts["funding"] == "shuangdao"
    moved = run("refund_moved", case=a_case("member", "m1", "refunding", pay=pay),
                facts={"amount": 12_00})  # fmt: skip
    assert by_funding(moved) == {"own": {"amount": 5_00}, "shuangdao": {"amount": 7_00}}


def test_free_to_leave_and_expelled_share_hand_back_both_kinds_of_share() -> None:
    for rule in ("free_to_leave", "expelled_share"):
        outcome = run(rule, case=a_member(1), balance={"share": 5_00, "shuangdao": 7_00})
        assert by_funding(outcome) == {"own": {"share": 5_00}, "shuangdao": {"shuangdao": 7_00}}
        assert outcome.terms == {"asked_back": {"share": 5_00, "shuangdao": 7_00}}


def test_share_asked_restores_what_was_asked_back() -> None:
    asking = a_member(1, asked_back={"share": 5_00, "shuangdao": 7_00})
    outcome = run("share_asked", case=asking)
    assert by_funding(outcome) == {"own": {"share": 5_00}, "shuangdao": {"shuangdao": 7_00}}
    assert outcome.terms == {"asked_back": None}


def test_refund_due_asks_for_the_whole_balance_at_par_and_not_for_nothing() -> None:
    pay = run("refund_due", case=a_member(1), balance={"due": 9_00},
              rows={"bank": {"own": 9_00}}).terms["pay"]  # fmt: skip
    assert (pay["amount"], pay["keys"], pay["recipe"]) == (9_00, {"member": "m1"}, "member.refund")
    assert refused("refund_due", case=a_member(1)).code is Code.AMOUNT_NOT_POSITIVE


def test_refund_due_does_not_see_money_already_under_way_twice() -> None:
    under_way = a_case("member", "m2", "refunding", person="p2",
                       pay={"amount": 5_00, "funding": "own"})  # fmt: skip
    paid = a_case("member", "m3", "left", person="p3", pay={"amount": 5_00, "funding": "own"})
    parts: dict[str, Any] = {"case": a_member(1), "balance": {"due": 9_00}}
    refusal = refused("refund_due", cases=[under_way], rows={"bank": {"own": 13_99}}, **parts)
    assert (refusal.code, refusal.facts["balance"]) == (Code.BALANCE_TOO_LOW, "8.99")
    run("refund_due", cases=[paid], rows={"bank": {"own": 9_00}}, **parts)


def test_nothing_to_refund_says_what_is_left() -> None:
    run("nothing_to_refund", case=a_member(1))
    refusal = refused("nothing_to_refund", case=a_member(1), balance={"due": 1})
    assert (refusal.code, refusal.facts["owed"]) == (Code.STILL_OWED, "0.01")
