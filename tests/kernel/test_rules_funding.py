"""Rules of money whose funding is not where custody took it from, asked alone (I2, I12, R-078)."""

from typing import Any

import pytest

from contracts.ledger import Line
from contracts.rejections import RejectionCode as Code
from kernel.errors import Rejected
from tests.kernel.asking import COOP, a_case, a_loan, run

BOOK = a_case("village_book", f"village-{COOP}", "open")
LOAN = "intercoop:i1"
OTHER = "intercoop:i2"


def pairs(*moves: tuple[str, str, int]) -> tuple[Line, ...]:
    """Lines of (giver, taker, fen): out of one funding, into the other."""
    return tuple(
        Line(amounts={name: fen}, funding=funding)
        for giver, taker, fen in moves
        for name, funding in (("cross_out", giver), ("cross_in", taker))
    )


def crossed(facts: dict[str, Any], cash: dict[str, int]) -> tuple[Line, ...]:
    return run("crossed", case=BOOK, facts=facts, rows={"cash": cash}).lines


def test_crossed_takes_from_the_own_fund_first_and_then_by_name_and_no_more_than_is_short() -> None:
    cash = {OTHER: 900, "own": 300, LOAN: 50, "wholesale:f1": 900}
    facts = {"funding": LOAN, "amount": 500}
    assert crossed(facts, cash) == pairs(("own", LOAN, 300), (OTHER, LOAN, 200))


def test_crossed_takes_nothing_from_a_funding_that_was_crossed_to_for_the_same_act() -> None:
    facts = {"funding": "own", "amount": 500, "kept": [LOAN]}
    assert crossed(facts, {LOAN: 900, OTHER: 400}) == pairs((OTHER, "own", 400))
    with pytest.raises(Rejected) as refused:
        crossed({"funding": "own", "amount": 0}, {LOAN: 900})
    assert refused.value.code is Code.AMOUNT_NOT_POSITIVE


def test_crossed_takes_nothing_the_act_itself_takes() -> None:
    facts = {"funding": "own", "amount": 500, "taken": {LOAN: 700, OTHER: 200}}
    assert crossed(facts, {LOAN: 700, OTHER: 400, "wholesale:f1": 900}) == pairs(
        (OTHER, "own", 200), ("wholesale:f1", "own", 300)
    )


def crossed_back(cash: dict[str, int], owed: dict[str, int], **parts: Any) -> tuple[Line, ...]:
    return run("crossed_back", case=BOOK, rows={"cash": cash, "owed": owed}, **parts).lines


def test_crossed_back_returns_what_is_owed_either_way_as_far_as_idle_cash_reaches() -> None:
    owed = {"own": 100, LOAN: -300, OTHER: 200}
    assert crossed_back({LOAN: 250, "own": 150}, owed) == pairs(
        (LOAN, "own", 250), ("own", OTHER, 150)
    )
    assert crossed_back({}, owed) == ()
    assert crossed_back({LOAN: 250}, {}) == ()


def test_crossed_back_leaves_what_was_asked_for_and_is_not_paid_yet() -> None:
    asked_for = a_loan("L1", "instructed", pay={"amount": 200, "funding": LOAN})
    owed = {"own": 300, LOAN: -300}
    assert crossed_back({LOAN: 250}, owed, cases=[asked_for]) == pairs((LOAN, "own", 50))


def payable(lent: int, borrowed: int, **parts: Any) -> None:
    loan = a_loan("L2", "contracted", funding=LOAN, amount=100)
    rows = {"bank": {LOAN: 1_000, "own": 1_000}, "overdue": {LOAN: lent}, "20102": {LOAN: borrowed}}
    run("payable", case=parts.pop("case", loan), rows=rows, **parts)


def test_a_new_loan_never_lifts_what_is_on_lent_above_what_is_borrowed() -> None:
    payable(lent=400, borrowed=500)
    under_way = a_loan("L1", "instructed", pay={"amount": 1, "funding": LOAN})
    for parts in ({"lent": 401}, {"lent": 400, "cases": [under_way]}):
        with pytest.raises(Rejected) as refused:
            payable(borrowed=500, **parts)
        assert refused.value.code is Code.OVER_BORROWED
        assert refused.value.facts["funding"] == LOAN
    payable(lent=0, borrowed=0, case=a_loan("L3", "contracted", amount=100))
