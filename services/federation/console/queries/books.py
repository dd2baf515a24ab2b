"""From a figure to its voucher and from a voucher to its act: how a book is opened on the page.

Figures of books are ``journal.read``'s; here stand the act itself, the batch it came in, the
case it belongs to and what a village delivered. Whether somebody may see a book is the page's.
"""

from collections import deque

import msgspec
import sqlalchemy as sa

from contracts.codec import GENESIS, chain, decode
from contracts.ids import custody_book, node_book
from contracts.ledger import Act
from journal import read, store
from journal.read import Entry
from journal.tables import act, cases, head
from kernel.cases import Case
from services.federation.tables import batch, node_key

MIRROR = ("80101", "80102")
"""N 10201 stands opposite to these, exactly, at the node's own cursor (I5)."""
BANK = "10201"


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """One act with the digest of its book after it (hex) and whether the chain holds there."""

    act: Act
    digest: str
    previous: str
    chained: bool


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """One batch as it was received, and the key that signed it (raw bytes as hex)."""

    digest: str
    first: int
    last: int
    closes: str
    received: str
    key: str
    epoch: int
    signing: str


class Mirror(msgspec.Struct, frozen=True, kw_only=True):
    """The mirror at the node's cursor: node's bank account, custody there, custody now (fen)."""

    cursor: int
    k_seq: int
    node_fen: int
    custody_fen: int
    custody_now_fen: int

    @property
    def holds(self) -> bool:
        """Equal to the fen, no tolerance."""
        return self.node_fen == self.custody_fen


def is_book(conn: sa.Connection, book: str) -> bool:
    """Whether the county holds a book of this name."""
    return conn.execute(sa.select(head.c.book).where(head.c.book == book)).first() is not None


def ledger(
    conn: sa.Connection, book: str, account: str, key: str | None, limit: int | None
) -> tuple[int, list[Entry]]:
    """How many movements an account has, and the newest of them first, ``limit`` at most."""
    newest: deque[Entry] = deque(maxlen=limit)
    count = 0
    for entry in read.account_ledger(conn, book, account, key=key):
        newest.append(entry)
        count += 1
    return count, list(reversed(newest))


def one_act(conn: sa.Connection, book: str, seq: int) -> Opened | None:
    """An act, its digest, and the digest recomputed from its exact bytes."""
    rows = conn.execute(
        sa.select(act.c.seq, act.c.body, act.c.digest)
        .where(act.c.book == book, act.c.seq.in_((seq - 1, seq)))
        .order_by(act.c.seq)
    ).all()
    if not rows or rows[-1].seq != seq:
        return None
    previous = bytes(rows[0].digest) if len(rows) > 1 else GENESIS
    last = rows[-1]
    return Opened(
        act=decode(last.body, Act),
        digest=last.digest.hex(),
        previous=previous.hex(),
        chained=(len(rows) > 1 or seq == 1) and chain(previous, last.body) == last.digest,
    )


def batches(conn: sa.Connection, book: str, seq: int | None = None) -> list[Delivered]:
    """What was received of a book, newest first; with ``seq`` the batch that holds that act."""
    query = (
        sa.select(batch, node_key.c.epoch, node_key.c.signing)
        .join(node_key, node_key.c.key == batch.c.key, isouter=True)
        .where(batch.c.book == book)
        .order_by(batch.c.last.desc(), batch.c.first.desc())
    )
    if seq is not None:
        query = query.where(batch.c.first <= seq, batch.c.last >= seq).limit(1)
    return [
        Delivered(
            digest=row.digest.hex(),
            first=row.first,
            last=row.last,
            closes=row.closes,
            received=row.business_date,
            key=row.key,
            epoch=row.epoch or 0,
            signing=row.signing.hex() if row.signing else "",
        )
        for row in conn.execute(query)
    ]


def mirror(conn: sa.Connection, cooperative: str, cursor: int) -> Mirror:
    """N 10201 against K 801 at what the node has followed, and K 801 as it stands now."""
    custody = custody_book(cooperative)
    now = store.totals(conn, custody, MIRROR)
    k_seq = conn.scalar(sa.select(head.c.seq).where(head.c.book == custody)) or 0
    at = read.totals_at(conn, custody, min(cursor, k_seq))
    return Mirror(
        cursor=cursor,
        k_seq=k_seq,
        node_fen=store.totals(conn, node_book(cooperative), (BANK,))[BANK],
        custody_fen=sum(one.amount for one in at if one.account in MIRROR),
        custody_now_fen=sum(now.values()),
    )


def history(conn: sa.Connection, case: Case) -> list[Act]:
    """Every act of a case once, in step order; an act with several parties shows its first book."""
    found: dict[int, Act] = {}
    for _, _, body in store.history(conn, case):
        one = decode(body, Act)
        found.setdefault(one.step, one)
    return [found[step] for step in sorted(found)]


def loans(conn: sa.Connection, cooperative: str) -> list[Case]:
    """Every loan and application of a cooperative, in id order."""
    query = (
        sa.select(cases.c.body)
        .where(cases.c.scope == node_book(cooperative), cases.c.process == "loan")
        .order_by(cases.c.id)
    )
    return [decode(body.encode(), Case) for body in conn.scalars(query)]


def members(conn: sa.Connection, cooperative: str) -> dict[str, int]:
    """State → how many members are in it; nobody is named."""
    query = (
        sa.select(cases.c.state, sa.func.count())
        .where(cases.c.scope == node_book(cooperative), cases.c.process == "member")
        .group_by(cases.c.state)
        .order_by(cases.c.state)
    )
    return {str(state): int(count) for state, count in conn.execute(query)}
