"""Rules of the close asked alone: which day they speak on, and one line a loan (R-060, P14)."""

from datetime import date
from typing import Any

import msgspec
import pytest

from contracts.ledger import Line
from journal import data
from kernel.cases import Case
from tests.kernel.asking import COOP, a_case, a_loan, run

BOOK = a_case("village_book", f"village-{COOP}", "open")
JANUARY_END = date(2018, 1, 31)


def close(rule: str, today: date, loans: list[Case], **parts: Any) -> tuple[Line, ...]:
    return run(rule, case=BOOK, today=today, cases=loans, **parts).lines


@pytest.mark.parametrize("rule", ["fees_of_day", "provision_needed", "intercoop_fees"])
def test_fee_and_provision_speak_on_a_months_last_day_only(rule: str) -> None:
    rows = {"current": {"L9": 10_000_00}, "overdue": {}, "lent": {}}
    county = [an_intercoop_loan()]
    parts: dict[str, Any] = {"rows": rows, "county": county}
    assert close(rule, date(2017, 1, 30), [a_loan()], **parts) == ()
    assert close(rule, date(2017, 1, 31), [a_loan()], **parts) != ()
    assert close(rule, date(2016, 2, 28), [a_loan()], **parts) == ()


def test_fees_of_day_is_a_line_a_loan_less_what_was_booked_and_paid() -> None:
    loans = [
        a_loan("A"),
        a_loan("B", fee_paid=40_00),
        a_loan("C", funding="wholesale:f1"),
        a_loan("D", paid_on="2017-01-31"),
    ]
    rows = {"current": {"A": 1, "C": 1, "D": 1}, "overdue": {"B": 1}, "fee": {"A": 49_00}}
    lines = close("fees_of_day", date(2017, 2, 28), loans, rows=rows)
    assert lines == (
        Line(amounts={"fee": 63_00}, keys={"loan": "A"}),
        Line(amounts={"fee": 72_00}, keys={"loan": "B"}),
        Line(amounts={"fee_onlent": 112_00}, keys={"loan": "C"}),
        Line(amounts={"fee": 70_00}, keys={"loan": "D"}),
    )


def test_fees_of_day_books_nothing_twice_and_nothing_after_the_stop() -> None:
    rows = {"current": {}, "overdue": {"L9": 1}, "fee": {"L9": 1_050_00}}
    assert close("fees_of_day", date(2018, 6, 30), [a_loan()], rows=rows) == ()
    beyond = a_loan(fee_paid=1_260_00)
    assert close("fees_of_day", date(2018, 7, 31), [beyond], rows={"overdue": {"L9": 1}}) == ()


def test_newly_overdue_moves_what_is_left_in_the_loans_own_funding() -> None:
    loans = [
        a_loan("A", funding="intercoop:i1", outstanding=6_000_00),
        a_loan("B", due_on="2018-02-10"),
    ]
    rows = {"current": {"A": 6_000_00, "B": 10_000_00}}
    assert close("newly_overdue", date(2018, 1, 10), loans, rows=rows) == ()
    assert close("newly_overdue", date(2018, 1, 11), loans, rows=rows) == (
        Line(amounts={"principal": 6_000_00}, keys={"loan": "A"}, funding="intercoop:i1"),
    )


def test_balances_of_ended_loans_are_never_aged() -> None:
    gone = a_loan("A", "written_off")
    assert close("newly_overdue", date(2018, 6, 1), [gone], rows={"current": {"A": 1}}) == ()


def test_provision_needed_sums_each_class_before_rounding() -> None:
    """Three loans of 0.50 in one class: 1 % of 1.50 is 0.02, not three times 0.01."""
    loans = [a_loan(name, amount=50, outstanding=50) for name in "ABC"]
    rows = {"current": dict.fromkeys("ABC", 50)}
    lines = close("provision_needed", date(2017, 1, 31), loans, rows=rows)
    assert lines == (Line(amounts={"more": 2}),)


def test_provision_needed_gives_back_what_is_too_much_and_says_nothing_when_it_fits() -> None:
    rows = {"current": {"L9": 10_000_00}}
    parts: dict[str, Any] = {"rows": rows}
    too_much = close("provision_needed", JANUARY_END, [a_loan(due_on="2018-02-10")],
                     balance={"provision": 150_00}, **parts)  # fmt: skip
    assert too_much == (Line(amounts={"less": 50_00}),)
    fits = close("provision_needed", JANUARY_END, [a_loan(due_on="2018-02-10")],
                 balance={"provision": 100_00}, **parts)  # fmt: skip
    assert fits == ()


def test_provision_needed_is_by_the_classes_the_county_set() -> None:
    days = {"normal": "0", "attention": "1..10", "substandard": "11..180", "doubtful": "181..360",
            "loss": "361.."}  # fmt: skip
    strict = data.policy("DEFAULT", {"provision.days": days})
    rows = {"overdue": {"L9": 10_000_00}}
    lines = close("provision_needed", JANUARY_END, [a_loan()], rows=rows, policy=strict)
    assert lines == (Line(amounts={"more": 2_500_00}),)


def an_intercoop_loan(**terms: Any) -> Case:
    """50,000.00 borrowed from another village at 3‰ from 22 December 2016."""
    values: dict[str, Any] = {"amount": 50_000_00, "rate_ppm": 3_000, "fee_paid": 0, "slices": [],
                              "funded_on": "2016-12-22", "due_on": "2017-12-22",
                              "outstanding": 50_000_00}  # fmt: skip
    parties = {"lender": "other", "borrower": COOP}
    return Case(id="ic-1", process="intercoop", version=1, home="county", state="active",
                parties=parties, terms={**values, **terms})  # fmt: skip


def test_intercoop_fees_are_cost_of_the_borrower_and_not_booked_twice() -> None:
    county = [an_intercoop_loan()]
    day = date(2017, 1, 31)
    lines = close("intercoop_fees", day, [], county=county)
    assert lines == (Line(amounts={"borrowed": 195_00}, keys={"contract": "ic-1"}),)
    assert close("intercoop_fees", day, [], county=county,
                 rows={"owed_fee": {"ic-1": 195_00}}) == ()  # fmt: skip


def test_an_intercoop_loan_not_funded_yet_costs_nothing() -> None:
    county = [an_intercoop_loan(funded_on="")]
    assert close("intercoop_fees", date(2017, 1, 31), [], county=county) == ()


def test_a_lent_contract_the_node_has_not_heard_of_is_provisioned_as_current() -> None:
    lines = close("provision_needed", date(2017, 1, 31), [], rows={"lent": {"ic-9": 100_00}})
    assert lines == (Line(amounts={"more": 1_00}),)


@pytest.mark.parametrize(
    ("today", "provision"),
    [(date(2017, 11, 30), 1), (date(2017, 12, 31), 2), (date(2018, 3, 31), 25),
     (date(2018, 7, 31), 50), (date(2018, 12, 31), 100)],
)  # fmt: skip
def test_provision_needed_classes_what_is_lent_to_others_by_its_days_overdue(
    today: date, provision: int
) -> None:
    """P4.5, P14: due on 22 December 2017; the due day itself is 0 days."""
    rows = {"lent": {"ic-1": 10_000_00}}
    lines = close("provision_needed", today, [], rows=rows, county=[an_intercoop_loan()])
    assert lines == (Line(amounts={"more": 100_00 * provision}),)


def test_what_a_lender_wrote_off_earns_it_no_more_and_its_receivable_ends_at_nothing() -> None:
    day, lent = date(2018, 3, 31), {"lender": COOP, "borrower": "other"}
    loan = an_intercoop_loan(written_off_on="2018-03-10")
    loan = msgspec.structs.replace(loan, parties=lent, state="written_off")
    rows = {"lent_fee": {"ic-1": -45_00}}
    lines = close("intercoop_fees", day, [], county=[loan], rows=rows)
    assert lines == (Line(amounts={"lent": 45_00}, keys={"contract": "ic-1"}),)
    assert close("intercoop_fees", date(2018, 4, 30), [], county=[loan]) == ()
