"""Facts of what bank and county tell each other beside the pool's own acts (P6.4, P6.5, L21).

An order of the bank is prepared by its maker and released by its checker; a report period exists
before the bank reports; a correction carries the old and the new value. Amounts are fen, dates ISO.
"""

from datetime import date
from typing import Any, Literal

from contracts.facts import Facts, Reason

OrderKind = Literal["answers", "notice", "guarantors", "withdraw", "recovery"]
ReportKind = Literal["utilisation", "repayment"]
Field = Literal[
    "drawn", "repaid", "paid_on", "due_on", "contract",
    "arrears_since", "arrears_principal", "arrears_interest",
]  # fmt: skip
"""What of an accepted line may be corrected: what the bank itself reported."""
Cause = Literal[
    "typing_error", "wrong_line", "reported_twice", "reversed", "wrong_day", "paper_differs"
]
"""Why a reported value was wrong (closed list)."""


class Order(Facts, frozen=True):
    """What the maker asks the checker to release: ``content`` is the facts of its acts.

    ``about`` is the case concerned: a package for answers, a guarantee for a notice, else a claim.
    """

    bank: str
    kind: OrderKind
    about: str
    content: dict[str, Any]


class OrderReleased(Facts, frozen=True):
    """Released under the digest of the terms that were shown; ``by`` is the checker's person."""

    bank: str
    terms: str
    by: str


class OrderReturned(Facts, frozen=True):
    """Given back to the maker, or taken back by him: nothing of it was done."""

    bank: str
    reason: str


class ReportExpected(Facts, frozen=True):
    """A report a bank owes for a month (``period`` is YYYY-MM), due on a calendar day."""

    bank: str
    kind: ReportKind
    period: str
    due_on: date


class ReportReceived(Facts, frozen=True):
    """A whole report was taken in: its name, its rows, and what they add up to (fen)."""

    bank: str
    report: str
    rows: int
    total: int


class Correction(Facts, frozen=True):
    """A reported value was wrong: what stands, what it must be, and why."""

    bank: str
    about: str
    field: Field
    old: int | str
    new: int | str
    cause: Cause
    note: str = ""


class CorrectionAnswered(Facts, frozen=True):
    """The other side agrees, under the digest of the terms that were shown."""

    terms: str
    remark: str = ""


class Restated(Facts, frozen=True):
    """A corrected day or contract number of a line; the correction's case is ``by``."""

    bank: str
    by: str
    paid_on: date | None = None
    due_on: date | None = None
    contract: str | None = None


class Lowered(Facts, frozen=True):
    """By how much (fen) less was paid out, or repaid, than had been told."""

    bank: str
    by: str
    amount: int


FACTS: dict[tuple[str, str], type[Facts]] = {
    ("bank_order", "prepare"): Order,
    ("bank_order", "release"): OrderReleased,
    ("bank_order", "turn_back"): OrderReturned,
    ("bank_report", "expect"): ReportExpected,
    ("bank_report", "receive"): ReportReceived,
    ("correction", "ask"): Correction,
    ("correction", "query"): Correction,
    ("correction", "accept"): CorrectionAnswered,
    ("correction", "refuse"): Reason,
    ("correction", "withdraw"): Reason,
    ("guarantee", "restate"): Restated,
    ("guarantee", "less_paid"): Lowered,
    ("guarantee", "less_repaid"): Lowered,
}
