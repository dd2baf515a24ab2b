"""Who may borrow (P2.1): each check by its rule, its limits to the fen, and all of them at once."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from contracts.facts.credit import LoanApply
from contracts.rejections import RejectionCode as Code
from journal import data
from kernel.cases import Case
from kernel.eligibility import application_of, credit_level, eligibility
from kernel.errors import Rejected
from kernel.policy import Policy
from tests.kernel.asking import DEFAULT, TODAY, a_case, a_group, a_loan, a_member, asked, run

FUND = 1_000_000_00
FACTS: dict[str, Any] = {
    "member": "m1",
    "person": "p1",
    "group": "g1",
    "amount": 10_000_00,
    "purpose": "养殖",
    "term_months": 12,
}
VILLAGE = (a_member(1), a_member(2), a_member(3), a_group(1, 2, 3))


def failed(
    *extra: Case,
    policy: Policy = DEFAULT,
    fund: int = FUND,
    today: date = TODAY,
    rows: dict[str, dict[str, int]] | None = None,
    **facts: Any,
) -> list[Code]:
    """Codes of every failed check; ``extra`` cases replace those of the village by id."""
    cases = {case.id: case for case in (*VILLAGE, *extra)}
    question = asked("may_borrow", policy=policy, today=today, balance={"fund_31102": fund},
                     rows=rows, cases=list(cases.values()))  # fmt: skip
    return [one.code for one in eligibility(question, LoanApply(**{**FACTS, **facts}))]


def test_a_clean_active_member_of_a_live_group_may_borrow() -> None:
    assert failed() == []


def test_the_rule_returns_the_members_own_poverty_mark_not_the_forms() -> None:
    cases = (a_member(1, poor=True), *VILLAGE[1:])
    outcome = run("may_borrow", facts={**FACTS, "poor": False}, balance={"fund_31102": FUND},
                  cases=cases)  # fmt: skip
    assert outcome.terms == {"poor": True, "funding": "own"}


@pytest.mark.parametrize("state", ["applied", "noticed", "admitted", "leave_asked", "left"])
def test_r030_only_active_members_borrow(state: str) -> None:
    member = a_case("member", "m1", state, **VILLAGE[0].terms)
    assert failed(member) == [Code.NOT_A_MEMBER]


def test_r031_a_stranger_or_anothers_name_is_no_member() -> None:
    assert failed(member="m7") == [Code.NOT_A_MEMBER]
    assert failed(person="p2") == [Code.NOT_A_MEMBER]
    assert failed(member="g1") == [Code.NOT_A_MEMBER]


def test_r005_a_wealthy_household_borrows_only_where_all_are_equal() -> None:
    wealthy = a_member(1, wealthy=True)
    assert failed(wealthy) == [Code.WEALTHY_MAY_NOT_BORROW]
    assert failed(wealthy, policy=data.policy("WENXIAN")) == []


def test_r029_a_purpose_off_the_list_is_refused() -> None:
    assert failed(purpose="婚嫁") == [Code.PURPOSE_NOT_LISTED]


def test_r066_on_lent_money_names_the_loan_it_came_by() -> None:
    for funding in ("own", "shuangdao", "enterprise", "wholesale:f1", "intercoop:ic-1"):
        assert failed(a_member(1, poor=True), funding=funding) == [], funding
    for funding in ("", "intercoop", "intercoop:", "own:x", "lottery:1"):
        assert failed(funding=funding) == [Code.FACTS_INVALID], funding


@pytest.mark.parametrize(("amount", "code"), [(0, True), (-1, True), (1, False)])
def test_an_amount_is_above_zero(amount: int, *, code: bool) -> None:
    assert (Code.AMOUNT_NOT_POSITIVE in failed(amount=amount)) is code


def test_r041_the_group_is_live_and_the_member_is_in_it() -> None:
    assert failed(group="g7") == [Code.NOT_IN_GROUP]
    assert failed(a_group(2, 3, 4)) == [Code.NOT_IN_GROUP]
    dissolved = a_case("group", "g1", "dissolved", group_member=["m1", "m2", "m3"])
    assert failed(dissolved) == [Code.NOT_IN_GROUP]


def test_r041_a_group_that_lost_a_member_is_too_small() -> None:
    assert failed(a_case("member", "m3", "left", **VILLAGE[2].terms)) == [Code.GROUP_SIZE]


def test_r038_r039_the_size_is_the_mode_of_the_county() -> None:
    five = (*(a_member(n) for n in (4, 5)), a_group(1, 2, 3, 4, 5))
    assert failed(*five) == [Code.GROUP_SIZE]
    ningxia = data.policy("NINGXIA")
    assert failed(*five, policy=ningxia) == []
    assert failed(policy=ningxia) == [Code.GROUP_SIZE]


def test_p2_one_live_loan_a_member() -> None:
    for state in ("applied", "approved", "contracted", "instructed"):
        waiting = a_loan(state=state, paid_on=None, outstanding=0)
        assert failed(waiting) == [Code.LOAN_STILL_OPEN], state
    assert failed(a_loan()) == [Code.LOAN_STILL_OPEN]
    closed = a_loan(state="closed", outstanding=0, slices=[[10_000_00, "2017-06-01"]])
    assert failed(closed) == []
    two = data.policy("DEFAULT", {"loan.live_max": 2})
    assert failed(a_loan(amount=1_00, outstanding=1_00), policy=two) == []


def test_r054_an_overdue_loan_blocks_every_member_of_the_group() -> None:
    overdue = a_loan(member="m2", due_on="2017-06-29", first_due_on="2017-06-29")
    on_the_day = a_loan(member="m2", due_on="2017-06-30", first_due_on="2017-06-30")
    assert Code.GROUP_NOT_CLEAN in failed(overdue)
    assert Code.GROUP_NOT_CLEAN not in failed(on_the_day)
    written_off = a_loan(state="written_off", member="m2", outstanding=0)
    assert Code.GROUP_NOT_CLEAN in failed(written_off)


def test_r054_a_guarantor_not_yet_paid_back_blocks_too() -> None:
    paid = a_loan(member="m2", outstanding=0, slices=[[10_000_00, "2017-06-01"]])
    assert Code.GROUP_NOT_CLEAN not in failed(paid)
    assert Code.GROUP_NOT_CLEAN in failed(paid, rows={"claims": {"L9": 1}})


def test_r043_24_months_are_the_longest_term() -> None:
    assert failed(term_months=24) == []
    assert failed(term_months=25) == [Code.TERM_TOO_LONG]


def test_r044_a_long_cycle_only_where_the_county_switched_it_on() -> None:
    long_cycle = data.policy("DEFAULT", {"loan.long_cycle": True})
    assert failed(term_months=36, long_cycle=True) == [Code.TERM_TOO_LONG]
    assert failed(term_months=36, long_cycle=True, policy=long_cycle) == []
    assert failed(term_months=37, long_cycle=True, policy=long_cycle) == [Code.TERM_TOO_LONG]
    assert failed(term_months=36, policy=long_cycle) == [Code.TERM_TOO_LONG]


def test_r042_the_cap_is_inclusive_and_above_it_the_county_consents_or_not() -> None:
    assert failed(amount=20_000_00) == []
    assert failed(amount=20_000_01) == []
    linyi = data.policy("LINYI")
    assert failed(amount=30_000_00, policy=linyi) == []
    assert failed(amount=30_000_01, policy=linyi) == [Code.OVER_LOAN_CAP]


def test_r045_consent_never_lifts_the_level_limit() -> None:
    low = a_member(1, level=1)
    assert failed(low, amount=12_000_00) == []
    assert failed(low, amount=12_000_01) == [Code.OVER_LEVEL_LIMIT]
    assert failed(low, amount=20_000_01) == [Code.OVER_LEVEL_LIMIT]


def test_r068_money_for_poor_households_has_its_own_cap_without_levels() -> None:
    low = a_member(1, level=1, poor=True)
    assert failed(low, amount=10_000_00, funding="shuangdao") == []
    assert failed(low, amount=10_000_01, funding="shuangdao") == [Code.OVER_LOAN_CAP]
    assert failed(a_member(1), funding="shuangdao") == [Code.SHUANGDAO_FOR_POOR]


def test_r034_one_household_holds_at_most_its_part_of_own_fund() -> None:
    assert failed(fund=100_000_00, amount=10_000_00) == []
    assert failed(fund=99_999_99, amount=10_000_00) == [Code.CONCENTRATION]
    assert failed(fund=-1, amount=1) == [Code.CONCENTRATION]


def test_r034_what_is_out_already_counts() -> None:
    two = data.policy("DEFAULT", {"loan.live_max": 2})
    out = a_loan(outstanding=4_000_00, slices=[[6_000_00, "2017-06-01"]])
    assert failed(out, policy=two, fund=100_000_00, amount=6_000_00) == []
    assert failed(out, policy=two, fund=100_000_00, amount=6_000_01) == [Code.CONCENTRATION]


def due_loans(late_and_open: int) -> list[Case]:
    """Ten loans of another group, due yesterday, of which some were not repaid."""
    paid: dict[str, Any] = {"outstanding": 0, "slices": [[10_000_00, "2017-06-29"]]}
    return [
        a_loan(
            f"D{number}",
            "active" if number < late_and_open else "closed",
            member="m4",
            group="g9",
            due_on="2017-06-29",
            first_due_on="2017-06-29",
            **({} if number < late_and_open else paid),
        )
        for number in range(10)
    ]


def test_r052_at_70_percent_everybody_may_borrow_below_only_a_clean_record() -> None:
    late_once = a_loan("L8", "closed", outstanding=0, due_on="2017-02-01",
                       first_due_on="2017-02-01", slices=[[10_000_00, "2017-02-02"]])  # fmt: skip
    assert failed(*due_loans(3)) == []
    assert failed(*due_loans(4)) == []
    assert failed(*due_loans(3), late_once) == []
    assert failed(*due_loans(4), late_once) == [Code.RECOVERY_TOO_LOW]


def test_r052_the_refusal_says_the_rate_and_the_floor() -> None:
    late_once = a_loan("L8", "closed", outstanding=0, due_on="2017-02-01",
                       first_due_on="2017-02-01", slices=[[10_000_00, "2017-02-02"]])  # fmt: skip
    with pytest.raises(Rejected) as raised:
        run("may_borrow", facts=FACTS, balance={"fund_31102": FUND},
            cases=[*VILLAGE, *due_loans(4), late_once])  # fmt: skip
    assert raised.value.facts == {"rate": "63.64 %", "floor": "70.00 %"}


def test_every_reason_is_reported_at_once_and_the_first_is_raised() -> None:
    wealthy = a_member(1, wealthy=True, level=1)
    open_loan = a_loan(due_on="2017-06-01", first_due_on="2017-06-01")
    everything = failed(
        wealthy, open_loan, amount=15_000_00, term_months=25, purpose="x", fund=1_00
    )
    assert everything == [
        Code.PURPOSE_NOT_LISTED,
        Code.WEALTHY_MAY_NOT_BORROW,
        Code.GROUP_NOT_CLEAN,
        Code.LOAN_STILL_OPEN,
        Code.TERM_TOO_LONG,
        Code.RECOVERY_TOO_LOW,
        Code.OVER_LEVEL_LIMIT,
        Code.CONCENTRATION,
    ]
    with pytest.raises(Rejected) as raised:
        run("may_borrow", facts={**FACTS, "purpose": "x", "term_months": 25},
            balance={"fund_31102": FUND}, cases=VILLAGE)  # fmt: skip
    assert raised.value.code is Code.PURPOSE_NOT_LISTED


def test_facts_are_read_strictly_and_all_mistakes_named() -> None:
    facts = {**FACTS, "amount": "10000", "rate_ppm": 1, "term_months": 12.5}
    del facts["group"]
    with pytest.raises(Rejected) as raised:
        run("may_borrow", facts=facts, cases=VILLAGE)
    assert raised.value.code is Code.FACTS_INVALID
    assert raised.value.facts["where"] == "amount, group, rate_ppm, term_months"


def test_an_application_reads_back_from_the_case_it_opened() -> None:
    case = a_case("loan", "L1", "applied", **FACTS, relatives=["p9"], consent=1)
    assert application_of(case) == LoanApply(**FACTS, relatives=("p9",))


def levels_over(loans: Sequence[Case], on: date, level: int = 1) -> int:
    return credit_level(a_member(1, level=level, level_on="2014-03-01"), loans, on, DEFAULT)


def test_e8_two_clean_years_raise_the_level_twice_and_only_at_year_end() -> None:
    first = a_loan("A", "closed", paid_on="2014-05-01", first_due_on="2015-05-01",
                   outstanding=0, slices=[[10_000_00, "2015-05-01"]])  # fmt: skip
    assert levels_over([first], date(2014, 12, 31)) == 1
    assert levels_over([first], date(2015, 1, 1)) == 2
    assert levels_over([first], date(2016, 1, 1)) == 3
    # 2016 without a loan proves nothing.
    assert levels_over([first], date(2017, 1, 1)) == 3


def test_e8_a_year_with_overdue_lowers_the_level_even_when_repaid_since() -> None:
    late = a_loan("A", "closed", paid_on="2014-05-01", first_due_on="2015-05-01",
                  outstanding=0, slices=[[10_000_00, "2015-05-02"]])  # fmt: skip
    assert levels_over([late], date(2016, 1, 1), level=3) == 3
    never = a_loan("A", paid_on="2014-05-01", first_due_on="2015-05-01")
    assert levels_over([never], date(2017, 1, 1), level=3) == 2
    assert levels_over([never], date(2020, 1, 1), level=3) == 1


def test_an_extension_does_not_make_a_late_year_clean() -> None:
    extended = a_loan("A", paid_on="2014-05-01", first_due_on="2015-05-01", due_on="2016-05-01",
                      extensions=1)  # fmt: skip
    assert levels_over([extended], date(2016, 1, 1), level=3) == 3
