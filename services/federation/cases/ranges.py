"""What the county tells a node: ranges of K(i), its replica of N(i), and where both stand.

Called by the sync routes and the simulation. Ranges travel in the same form as a node's batches,
signed with the county's key, from any cursor and as often as asked; reading changes nothing.
"""

from datetime import date

import msgspec
import sqlalchemy as sa

from contracts.batch import Batch, Envelope
from contracts.codec import GENESIS, decode
from contracts.envelopes import seal
from contracts.ids import custody_book, node_book
from contracts.ledger import Act
from contracts.sync import SyncState
from journal import heads as journal_heads
from journal import read
from journal.heads import WAITING, Head
from journal.tables import act as act_table
from services.federation.cases import delivered, person_register, registers
from services.federation.county import County

ACTS_MAX = 2_000
BYTES_MAX = 8 * 1024 * 1024
"""Largest range told at once (acts; bytes of acts)."""
_CLOSE = b'"act":"close"'


def state(conn: sa.Connection, cooperative: str) -> SyncState:
    """What the county holds of N(i) and offers of K(i). Raises Rejected COOPERATIVE_UNKNOWN."""
    registers.find_cooperative(conn, cooperative)
    head = journal_heads.read(conn, node_book(cooperative))
    custody = journal_heads.read(conn, custody_book(cooperative))
    waits = head.mode == WAITING
    return SyncState(
        cooperative=cooperative,
        business_date=custody.today,
        epoch=head.epoch,
        seq=head.seq,
        digest=head.digest.hex(),
        k_seq=custody.seq,
        k_digest=custody.digest.hex(),
        mode=head.mode,
        reason=delivered.reason_of(conn, head.book) if waits else "",
    )


def custody_range(
    conn: sa.Connection, county: County, cooperative: str, after: int, limit: int = ACTS_MAX
) -> Envelope | None:
    """The acts of K(i) after a sequence, signed by the county; None when there are none."""
    registers.find_cooperative(conn, cooperative)
    own = journal_heads.read(conn, node_book(cooperative))
    book = journal_heads.read(conn, custody_book(cooperative))
    return _range(conn, county, book, after, limit, applied=(own.book, own.seq))


def replica_range(
    conn: sa.Connection, county: County, cooperative: str, after: int, limit: int = ACTS_MAX
) -> Envelope | None:
    """The county's replica of N(i) after a sequence, for its new owner; None when it ends there.

    The range that reaches the head carries the cursor and the sealed persons.
    """
    registers.find_cooperative(conn, cooperative)
    book = journal_heads.read(conn, node_book(cooperative))
    return _range(
        conn, county, book, after, limit,
        applied=(custody_book(cooperative), book.cursor), persons=True,
    )  # fmt: skip


def _range(
    conn: sa.Connection,
    county: County,
    head: Head,
    after: int,
    limit: int,
    *,
    applied: tuple[str, int],
    persons: bool = False,
) -> Envelope | None:
    bodies = _bodies(conn, head.book, after, min(limit, ACTS_MAX))
    if not bodies:
        return None
    last = after + len(bodies)
    whole = last == head.seq
    other, seq = applied if whole or not persons else (applied[0], 0)
    name = head.book.partition("-")[2]
    batch = Batch(
        book=head.book,
        epoch=head.epoch,
        first=after + 1,
        last=last,
        opening_digest=_digest(conn, head.book, after),
        closing_digest=_digest(conn, head.book, last),
        opening=read.totals_at(conn, head.book, after),
        closing=read.totals_at(conn, head.book, last),
        closes=_closes(head, bodies, whole=whole),
        applied=seq,
        applied_digest=_digest(conn, other, seq),
        acts=tuple(msgspec.Raw(body) for body in bodies),
        persons=person_register.records_of(conn, name) if persons and whole else (),
    )
    return seal(batch, county.keys.key, county.keys.signing)


def _bodies(conn: sa.Connection, book: str, after: int, limit: int) -> list[bytes]:
    """Exact bytes of the next acts, as many as fit into one answer."""
    query = (
        sa.select(act_table.c.body)
        .where(act_table.c.book == book, act_table.c.seq > after)
        .order_by(act_table.c.seq)
        .limit(limit)
    )
    found: list[bytes] = []
    size = 0
    for body in conn.scalars(query):
        size += len(body)
        if found and size > BYTES_MAX:
            break
        found.append(bytes(body))
    return found


def _closes(head: Head, bodies: list[bytes], *, whole: bool) -> date | None:
    """The last day these acts close: at the head it is the book's own, else the last close act's.

    A quiet day leaves no act behind, so only a range that reaches the head knows of it.
    """
    if whole:
        return date.fromisoformat(head.closed_date) if head.closed_date else None
    acts = [decode(body, Act) for body in bodies if _CLOSE in body]
    dates = [act.business_date for act in acts if act.act == "close"]
    return max(dates, default=None)


def _digest(conn: sa.Connection, book: str, seq: int) -> str:
    return {0: GENESIS, **delivered.digests(conn, book, seq, seq)}[seq].hex()
