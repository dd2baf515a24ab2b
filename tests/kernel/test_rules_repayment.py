"""Rules of P2 after the payout asked alone: what the tables of tests/journal do not reach."""

from datetime import date
from typing import Any

import pytest

from contracts.rejections import RejectionCode as Code
from journal import data
from kernel.errors import Rejected
from tests.kernel.asking import a_case, a_group, a_loan, run

DUE_DAY = date(2018, 1, 10)
LOAN = {"case": a_loan("L1"), "today": DUE_DAY}


def refused(rule: str, **parts: Any) -> Rejected:
    with pytest.raises(Rejected) as raised:
        run(rule, **parts)
    return raised.value


def test_split_payment_takes_booked_fee_then_unbooked_then_overdue_then_current() -> None:
    outcome = run("split_payment", **LOAN, facts={"amount": 10_900_00, "by": "K-x/1"},
                  balance={"fee": 800_00, "overdue": 4_000_00, "current": 6_000_00})  # fmt: skip
    assert {name: fen for name, fen in outcome.amounts.items() if fen} == {
        "fee": 800_00,
        "fee_unbooked": 40_00,
        "overdue": 4_000_00,
        "principal": 6_000_00,
        "excess": 60_00,
    }
    assert outcome.keys == {"item": "K-x/1"}
    assert outcome.terms["slices"] == [[10_000_00, "2018-01-10"]]


def test_split_payment_books_on_lent_fee_to_its_own_income() -> None:
    on_lent = a_loan("L1", funding="wholesale:f1")
    outcome = run("split_payment", case=on_lent, today=DUE_DAY, facts={"amount": 840_00})
    assert outcome.amounts["fee_unbooked_onlent"] == 840_00
    assert "fee_unbooked" not in outcome.amounts


def test_split_payment_knows_a_guarantor_from_a_relative_and_from_the_borrower() -> None:
    parts: dict[str, Any] = {**LOAN, "cases": [a_group(1, 2, 3)]}
    for payer, owed in (("m2", 900_00), ("m1", 0), ("m7", 0), ("", 0)):
        outcome = run("split_payment", facts={"amount": 900_00, "payer": payer}, **parts)
        assert outcome.amounts["paid_for"] == owed
    twice = a_loan("L1", paid_for={"m2": 1_00})
    outcome = run("split_payment", **{**parts, "case": twice},
                  facts={"amount": 900_00, "payer": "m2"})  # fmt: skip
    assert outcome.terms["paid_for"] == {"m2": 901_00}


def test_a_guarantors_excess_is_nobodys_debt() -> None:
    outcome = run("split_payment", **LOAN, cases=[a_group(1, 2, 3)],
                  facts={"amount": 11_000_00, "payer": "m2"})  # fmt: skip
    assert (outcome.amounts["paid_for"], outcome.amounts["excess"]) == (10_840_00, 160_00)


def test_guarantors_due_waits_the_days_of_the_county() -> None:
    early = refused("guarantors_due", case=a_loan(), today=date(2018, 1, 24))
    assert (early.code, early.facts["from_date"]) == (Code.TOO_EARLY, "2018-01-25")
    assert run("guarantors_due", case=a_loan(), today=date(2018, 1, 25)).terms["called_on"]
    at_once = data.policy("DEFAULT", {"guarantor.call_days": 0})
    on_the_day = refused("guarantors_due", case=a_loan(), today=DUE_DAY, policy=at_once)
    assert on_the_day.code is Code.TOO_EARLY
    assert run("guarantors_due", case=a_loan(), today=date(2018, 1, 11), policy=at_once).terms
    paid = a_loan(outstanding=0)
    assert refused("guarantors_due", case=paid, today=date(2019, 1, 1)).code is Code.TOO_EARLY


def test_guarantor_repaid_lowers_only_what_he_is_owed() -> None:
    owed = a_loan(paid_for={"m2": 5_00, "m3": 7_00})
    outcome = run("guarantor_repaid", case=owed, facts={"payer": "m2", "amount": 5_00})
    assert outcome.amounts == {"paid_for": 5_00}
    assert outcome.terms == {"paid_for": {"m2": 0, "m3": 7_00}}
    too_much = refused("guarantor_repaid", case=owed, facts={"payer": "m4", "amount": 1})
    assert too_much.code is Code.MORE_THAN_OWED


def test_may_extend_within_the_longest_term_and_once() -> None:
    parts: dict[str, Any] = {"case": a_loan(), "today": date(2017, 12, 1), "act": "extend"}
    assert run("may_extend", facts={"due_on": "2019-01-10"}, **parts).terms["extensions"] == 1
    for due_on, code in (
        ("2019-01-11", Code.TERM_TOO_LONG),
        ("2018-01-10", Code.FACTS_INVALID),
        ("soon", Code.FACTS_INVALID),
    ):
        assert refused("may_extend", facts={"due_on": due_on}, **parts).code is code
    used = {**parts, "case": a_loan(extensions=1)}
    refusal = refused("may_extend", facts={"due_on": "2018-06-10"}, **used)
    assert refusal.code is Code.EXTENSIONS_USED
    paid = {**parts, "case": a_loan(outstanding=0)}
    refusal = refused("may_extend", facts={"due_on": "2018-06-10"}, **paid)
    assert refusal.code is Code.AMOUNT_NOT_POSITIVE


def test_may_extend_beyond_it_only_as_a_long_cycle() -> None:
    parts: dict[str, Any] = {
        "case": a_loan(),
        "today": date(2017, 12, 1),
        "facts": {"due_on": "2020-01-10"},
    }
    switched = data.policy("DEFAULT", {"loan.long_cycle": True})
    assert run("may_extend", act="extend_long", policy=switched, **parts).terms
    too_long = refused("may_extend", act="extend", policy=switched, **parts)
    assert (too_long.code, too_long.facts["asked"]) == (Code.TERM_TOO_LONG, 36)
    assert refused("may_extend", act="extend_long", **parts).code is Code.TERM_TOO_LONG


def test_may_write_off_only_what_is_overdue_whole() -> None:
    parts: dict[str, Any] = {"case": a_loan(), "today": date(2018, 6, 1)}
    refusal = refused("may_write_off", balance={"current": 10_000_00}, **parts)
    assert (refusal.code, refusal.facts["from_date"]) == (Code.TOO_EARLY, "2018-01-11")
    held = {"overdue": 10_000_00, "provision": 30_000_00}
    amounts = run("may_write_off", balance=held, **parts).amounts
    assert (amounts["shortfall"], amounts["written_off"]) == (0, 10_000_00)


def test_money_on_a_written_off_loan_is_recovered_and_the_rest_excess() -> None:
    gone = a_loan("L1", "written_off")
    parts: dict[str, Any] = {"case": gone, "today": DUE_DAY, "balance": {"written_off": 10_500_00}}
    outcome = run("recovered", facts={"amount": 11_000_00}, **parts)
    assert outcome.amounts == {
        "recovered": 10_840_00,
        "written_off": 10_500_00,
        "excess": 160_00,
    }
    item = {"item": "K-x/1", "amount": 840_00}
    parts["rows"] = {"items": {"K-x/1": 840_00}}
    assert run("suspense_recovered", facts=item, **parts).keys == {"item": "K-x/1"}
    over = refused("suspense_recovered", facts={**item, "amount": 840_01}, **parts)
    assert over.code == Code.MORE_THAN_OWED
    too_much = refused("suspense_recovered", facts={**item, "amount": 11_000_00}, **parts)
    assert (too_much.code, too_much.facts["owed"]) == (Code.MORE_THAN_OWED, "10,840.00")


def test_split_share_is_for_the_own_fund_only() -> None:
    expelled = a_case("member", "m1", "expelled")
    balance = {"share": 5_000_00, "overdue": 10_000_00}
    parts: dict[str, Any] = {"today": date(2018, 6, 1), "balance": balance, "cases": [expelled]}
    assert run("split_share", case=a_loan(), **parts).amounts["overdue"] == 5_000_00
    on_lent = refused("split_share", case=a_loan(funding="wholesale:f1"), **parts)
    assert on_lent.code is Code.AMOUNT_NOT_POSITIVE
    nobody = refused("split_share", case=a_loan(), today=date(2018, 6, 1), balance=balance)
    assert nobody.code is Code.ACT_NOT_ALLOWED_NOW


@pytest.mark.parametrize("account", ["current", "overdue", "fee", "claims", "written_off"])
def test_nothing_owed_looks_at_every_account_of_the_loan(account: str) -> None:
    paid = a_loan(outstanding=0, slices=[[10_000_00, "2018-01-10"]], fee_paid=840_00)
    outcome = run("nothing_owed", case=paid, today=DUE_DAY)
    assert outcome.amounts == {"principal": 10_000_00}
    refusal = refused("nothing_owed", case=paid, today=DUE_DAY, balance={account: 1})
    assert (refusal.code, refusal.facts["owed"]) == (Code.STILL_OWED, "0.01")


def test_nothing_owed_sees_fee_no_account_shows() -> None:
    unbooked = a_loan(outstanding=0, slices=[[10_000_00, "2018-01-10"]], fee_paid=839_99)
    assert refused("nothing_owed", case=unbooked, today=DUE_DAY).facts["owed"] == "0.01"
