"""Facts of the life of a book: policy told to a village, a day closed, a book taken over.

The county writes the ``book`` acts in K(i), the node follows them and writes ``village_book``.
"""

from datetime import date
from typing import Any

from contracts.facts import Facts


class PolicyFacts(Facts, frozen=True):
    """``book.policy``: the village's parameters from this K(i) act on (domain.md 1.13).

    ``county`` and ``village`` are the values set over the profile, in the form of the policy
    files. ``rest`` and ``work`` are all special days of the county's calendar the village may
    need: days off and make-up workdays; the node keeps no table of holidays of its own.
    """

    profile: str
    county: dict[str, Any] = {}  # noqa: RUF012 - msgspec copies an empty default
    village: dict[str, Any] = {}  # noqa: RUF012 - the same
    rest: tuple[date, ...] = ()
    work: tuple[date, ...] = ()


class DayClosed(Facts, frozen=True):
    """``village_book.close``: the day ended, the day opened, and what was proved.

    ``applied`` is the K(i) sequence followed, ``total`` Σ debit balances of the book (fen).
    """

    closes: date
    opens: date
    applied: int
    total: int


class TakenOver(Facts, frozen=True):
    """``village_book.take_over``: how far the old owner kept the book, who goes on.

    ``seq`` and ``digest`` (hex) are the last act of the old owner; ``key`` signs from here.
    """

    seq: int
    digest: str
    key: str
    epoch: int
    reason: str = ""
