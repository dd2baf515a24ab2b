"""What an audit finds: one difference, and what somebody outside was told (a witness).

Made by the audit, shown by `lianhe verify`, findings and reports. Decides nothing.
"""

from typing import Any

import msgspec


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One row that is not what the book's bytes say. ``what`` names the fact that fails."""

    book: str
    what: str
    where: str
    expected: str
    found: str


class Witness(msgspec.Struct, frozen=True, kw_only=True):
    """A head as somebody outside was told it: after act ``seq`` the digest was this."""

    book: str
    seq: int
    digest: bytes


def differs(book: str, what: str, where: str, expected: Any, found: Any) -> Difference:
    """A difference with its two sides as text."""
    return Difference(book=book, what=what, where=where, expected=str(expected), found=str(found))
