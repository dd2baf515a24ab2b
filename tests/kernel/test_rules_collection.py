"""R-053: the steps of collection, in days overdue, and what answers them."""

from datetime import date, timedelta
from typing import Any

import pytest

from contracts.rejections import RejectionCode as Code
from journal import data
from kernel.errors import Rejected
from kernel.loans import loan_of
from tests.kernel.asking import a_loan, run

DUE = date(2018, 1, 10)
STEPS = (1, 7, 15, 30, 90)


@pytest.mark.parametrize(
    ("days", "reached", "answered", "due"),
    [
        (0, 0, (), 0),
        (1, 1, (), 1),
        (6, 1, (), 1),
        (6, 1, (1, 1), 0),
        (7, 7, (1, 1), 7),
        (8, 7, (7, 7), 0),
        (29, 15, (7, 7), 15),
        (90, 90, (), 90),
        (400, 90, (95, 90), 0),
    ],
)
def test_r_053_a_step_is_due_from_its_day_until_something_answered_it(
    days: int, reached: int, answered: tuple[int, ...], due: int
) -> None:
    told: dict[str, Any] = {}
    if answered:
        on, step = DUE + timedelta(days=answered[0]), answered[1]
        told = {"dunned_on": on.isoformat(), "dunned_step": step}
    loan = loan_of(a_loan(**told))
    today = DUE + timedelta(days=days)
    assert (loan.step_reached(STEPS, today), loan.step_due(STEPS, today)) == (reached, due)


def test_r_053_a_loan_extended_and_late_again_begins_with_the_first_step() -> None:
    loan = loan_of(a_loan(due_on="2018-06-10", dunned_on="2018-01-25", dunned_step=15))
    assert loan.step_due(STEPS, date(2018, 6, 11)) == 1


def test_r_053_a_repaid_loan_has_no_step() -> None:
    assert loan_of(a_loan(outstanding=0)).step_due(STEPS, date(2019, 1, 1)) == 0


def test_r_053_the_steps_are_the_countys() -> None:
    policy = data.policy("DEFAULT", {"overdue.steps": [0, 3, 10]})
    with pytest.raises(Rejected) as early:
        run("dunned", case=a_loan(), today=date(2018, 1, 12), policy=policy)
    assert (early.value.code, early.value.facts["from_date"]) == (Code.TOO_EARLY, "2018-01-13")
    told = run("dunned", case=a_loan(), today=date(2018, 1, 13), policy=policy)
    assert told.terms == {"dunned_on": "2018-01-13", "dunned_step": 3}
    assert not told.amounts
