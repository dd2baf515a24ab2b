"""Heads: where each book stands, and the one lock every writer takes.

The lock on head rows makes sequence equal commit order, so a reader's cursor never skips.
Called by post, perform, replica and close; moves no money.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa

from contracts.codec import GENESIS
from contracts.ids import lock_order
from contracts.rejections import RejectionCode
from journal import write
from journal.tables import head
from kernel.errors import Rejected, ensure

OPEN, WAITING, FROZEN, CLOSED = "open", "waiting", "frozen", "closed"


class Head(msgspec.Struct, kw_only=True):
    """One book's head while its lock is held. Dates are ISO text, "" for none."""

    book: str
    key: str
    epoch: int
    seq: int
    digest: bytes
    open_date: str
    closed_date: str
    cursor: int
    mode: str

    @property
    def today(self) -> date:
        """The open business day."""
        return date.fromisoformat(self.open_date)


Heads = dict[str, Head]
_FIELDS = Head.__struct_fields__
_ONE = sa.select(head).where(head.c.book == sa.bindparam("book"))


def create(conn: sa.Connection, book: str, open_date: date, *, key: str = "") -> None:
    """Begin an empty book with ``open_date`` as its open day. Existing books stay as they are."""
    if conn.execute(sa.select(head.c.book).where(head.c.book == book)).first() is None:
        conn.execute(
            head.insert().values(
                book=book,
                key=key,
                epoch=1,
                seq=0,
                digest=GENESIS,
                open_date=open_date.isoformat(),
                closed_date="",
                cursor=0,
                mode=OPEN,
            )
        )


def lock(conn: sa.Connection, books: Iterable[str]) -> Heads:
    """Lock the heads of these books in one order; raises Rejected BOOK_NOT_OPEN if one is absent.

    Two writers that take the same books in opposite order would deadlock, so rows are locked one
    after another in id order, K-0 and F last (targets.md 2).
    """
    wanted = sorted(set(books), key=lock_order)
    heads = {head.book: head for head in map(_head, write.lock_heads(conn, wanted))}
    for book in wanted:
        if book not in heads:
            raise Rejected(RejectionCode.BOOK_NOT_OPEN, book=book)
    return heads


def read(conn: sa.Connection, book: str) -> Head:
    """A head as it stands, without its lock; raises Rejected BOOK_NOT_OPEN."""
    row = conn.execute(_ONE, {"book": book}).first()
    if row is None:
        raise Rejected(RejectionCode.BOOK_NOT_OPEN, book=book)
    return _head(row)


def read_all(conn: sa.Connection, kind: str = "") -> list[Head]:
    """All heads, or those of one kind of book (``N``, ``K``), in book order."""
    query = sa.select(head).order_by(head.c.book)
    if kind:
        query = query.where(head.c.book.like(f"{kind}-%"))
    return [_head(row) for row in conn.execute(query)]


def save(conn: sa.Connection, heads: Iterable[Head]) -> None:
    """Write heads back; the database refuses one that moves backward."""
    write.heads(conn, [msgspec.structs.astuple(one) for one in heads])


def close_day(conn: sa.Connection, one: Head, next_day: date) -> None:
    """End the open day of a locked book and open ``next_day``; a closed day never reopens."""
    ensure(next_day > one.today, "next_day_is_after_the_closed", book=one.book, next=next_day)
    one.closed_date, one.open_date = one.open_date, next_day.isoformat()
    save(conn, [one])


def _head(row: Sequence[Any]) -> Head:
    return Head(**dict(zip(_FIELDS, row, strict=True)))
