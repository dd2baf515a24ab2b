"""Facts of the life of a book: policy told to a village, a day closed, a book taken over.

The county writes the ``book`` acts in K(i), the node follows them and writes ``village_book``.
"""

from datetime import date
from typing import Any

from contracts.facts import Facts


class PolicyFacts(Facts):
    """``book.policy``: the village's parameters from this K(i) act on (R-… of domain.md 1.13).

    ``county`` and ``village`` are the values set over the profile, in the form of the policy
    files; the two lists are the county's own days off and days worked (ISO dates).
    """

    profile: str
    county: dict[str, Any] = {}
    village: dict[str, Any] = {}
    extra_holidays: tuple[date, ...] = ()
    extra_workdays: tuple[date, ...] = ()


class DayClosed(Facts):
    """``village_book.close``: the day ended, the day opened, and what was proved.

    ``applied`` is the K(i) sequence followed, ``total`` Σ debit balances of the book (fen).
    """

    closes: date
    opens: date
    applied: int
    total: int


class TakenOver(Facts):
    """``village_book.take_over``: who owned the book to here and who goes on (design.md 4.8).

    ``seq`` and ``digest`` are the last act of the old owner, ``old_key`` is retired.
    """

    seq: int
    digest: str
    old_key: str
    key: str
    epoch: int
    reason: str = ""
