"""Identifiers: names of books and how a case, an act and a reference are spelled.

Called by every room. Random parts are minted by a port of the caller, never here.
"""

import re

PLAIN_ID = re.compile(r"[a-z][a-z0-9-]{0,39}")
"""A cooperative's id, or a person's, a group's, a loan's: part of books' and cases' ids."""
COUNTY_BOOK = "K-0"
FEDERATION_BOOK = "F"


def node_book(cooperative: str) -> str:
    """N(i): the cooperative's own books."""
    return f"N-{cooperative}"


def custody_book(cooperative: str) -> str:
    """K(i): what the county holds for a cooperative and tells it."""
    return f"K-{cooperative}"


def cooperative_of(book: str) -> str:
    """The cooperative a book N(i) or K(i) belongs to; empty for K-0 and F."""
    return "" if book in (COUNTY_BOOK, FEDERATION_BOOK) else book.partition("-")[2]


def kind_of(book: str) -> str:
    """``N``, ``K`` or ``F``: the part of the chart of accounts the book uses."""
    return book[0]


def is_countys(book: str) -> bool:
    """Whether the county writes a book: K(i), K-0 and F, never a cooperative's own N(i)."""
    return kind_of(book) != "N"


def lock_order(book: str) -> tuple[bool, str]:
    """Books are locked in id order with K-0 and F last, so no two writers wait in a ring."""
    return (book in (COUNTY_BOOK, FEDERATION_BOOK), book)


def opening_case(cooperative: str) -> str:
    """Id of the receipt that is a cooperative's opening statement."""
    return f"opening-{cooperative}"


def receipt_case(line: str) -> str:
    """Id of the receipt that is one line of the bank: money in, or an outflow booked as gone."""
    return f"line-{line}"


def service_fee_case(loan: str) -> str:
    """Id of the federation's service fee of an inter-cooperative loan (P4.3)."""
    return f"fee-{loan}"


def follow_id(book: str, seq: int) -> str:
    """Id of the act by which a node follows one K(i) act: the exactly-once key."""
    return f"{book}/{seq}"
