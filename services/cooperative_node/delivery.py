"""Deliver N(i): seal what the county does not hold yet, send it, take its answer.

Called by page, CLI, API and simulation. The county's state is asked first, so a delivery goes on
where the last one was cut off and sending twice does no harm (I4). The same envelopes go by
network or USB stick. Nothing is called sent before the county's answer is here.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Protocol

import msgspec
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.batch import Batch, Envelope
from contracts.codec import decode
from contracts.envelopes import seal
from contracts.ledger import Act
from contracts.persons import PersonRecord
from contracts.sync import BatchReceipt, SyncState
from journal import heads as journal_heads
from journal.engine import reading
from journal.read import totals_at
from kernel.errors import ensure
from services.cooperative_node import queries
from services.cooperative_node.take import compare, take
from services.cooperative_node.world import Node

ACTS_MAX = 2_000
BYTES_MAX = 8 * 1024 * 1024
"""Largest batch this node seals: what a slow line carries in one go (acts; bytes of acts)."""


class Unreachable(Exception):
    """No answer from the county; nothing is known to have arrived."""


class Transport(Protocol):
    """The way to the county: HTTP, or a virtual network. Refusals are raised as Rejected."""

    def state(self) -> SyncState:
        """What the county holds and offers. Raises Unreachable."""

    def send(self, envelope: Envelope) -> BatchReceipt:
        """Hand over one batch. Raises Unreachable, Rejected."""

    def pull(self, after: int) -> Envelope | None:
        """The next range of K(i) after a sequence; None when there is none. Raises Unreachable."""

    def replica(self, after: int) -> Envelope | None:
        """The county's replica of N(i) after a sequence, for a new owner. Raises Unreachable."""


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """What a delivery achieved: batches sent, N(i) held by the county through ``through``."""

    batches: int
    through: int
    trouble: str = ""


def deliver(node: Node, transport: Transport) -> Delivered:
    """Send everything the county lacks. Raises Unreachable, Rejected (the county's refusal).

    ``trouble`` is set, and nothing is sent, when the county has heard another computer.
    """
    state = transport.state()
    with node.engine.begin() as conn:
        trouble = compare(conn, node, state.seq, state.digest) or heard(conn, node, state)
    if trouble:
        return Delivered(batches=0, through=state.seq, trouble=trouble)
    through, sent = state.seq, 0
    for envelope, records in sealed_from(node, through + 1):
        receipt = transport.send(envelope)
        with node.engine.begin() as conn:
            queries.acknowledge_persons(conn, records)
            _held(conn, node, receipt.seq, receipt.k_seq)
        through, sent = receipt.seq, sent + 1
    return Delivered(batches=sent, through=through)


def pull(node: Node, transport: Transport) -> int:
    """Take every new range of K(i); how many acts were new. Raises Unreachable, Rejected."""
    count = 0
    while envelope := transport.pull(_copy_ends_at(node)):
        with node.engine.begin() as conn:
            new = take(conn, node, envelope)
        if not new:
            break
        count += new
    return count


def sealed_from(node: Node, first: int) -> Iterator[tuple[Envelope, tuple[PersonRecord, ...]]]:
    """Signed batches of N(i) from act ``first`` to the head, with the persons each carries.

    New persons alone also make a batch, without acts.
    """
    with reading(node.engine).connect() as conn:
        head = journal_heads.read(conn, node.book)
        records = queries.unsent_persons(conn)
        while first <= head.seq or records:
            last = _last_of(conn, node, first, head.seq)
            batch = seal_range(conn, node, first, last, records)
            yield _signed(conn, head.key, batch), records
            first, records = last + 1, ()


def seal_range(
    conn: sa.Connection,
    node: Node,
    first: int,
    last: int,
    persons: tuple[PersonRecord, ...] = (),
) -> Batch:
    """The batch of acts ``first``..``last`` with totals and cursor as they were at ``last``."""
    head = journal_heads.read(conn, node.book)
    acts = queries.acts_between(conn, node.book, first, last)
    applied = (
        head.cursor
        if last == head.seq
        else queries.followed_through(conn, node.book, node.custody, last)
    )
    return Batch(
        book=node.book,
        epoch=head.epoch,
        first=first,
        last=last,
        opening_digest=_digest(conn, node.book, first - 1),
        closing_digest=_digest(conn, node.book, last),
        opening=totals_at(conn, node.book, first - 1),
        closing=totals_at(conn, node.book, last),
        closes=_closes(one.body for one in acts),
        applied=applied,
        applied_digest=_digest(conn, node.custody, applied),
        acts=tuple(msgspec.Raw(one.body) for one in acts),
        persons=persons,
    )


def heard(conn: sa.Connection, node: Node, state: SyncState) -> str:
    """Note what the county said of itself; its own reason if it waits for a hand-over."""
    before = queries.read_sync(conn, node.cooperative)
    trouble = state.reason or state.mode if state.mode == "waiting" else before.trouble
    queries.write_sync(
        conn,
        queries.SyncRow(
            cooperative=node.cooperative,
            contact=queries.iso(node.ports.now()),
            county_date=state.business_date.isoformat(),
            held_seq=state.seq,
            k_seq=state.k_seq,
            trouble=trouble,
        ),
    )
    return trouble


def _held(conn: sa.Connection, node: Node, seq: int, k_seq: int) -> None:
    before = queries.read_sync(conn, node.cooperative)
    queries.write_sync(conn, msgspec.structs.replace(before, held_seq=seq, k_seq=k_seq))


def _copy_ends_at(node: Node) -> int:
    with reading(node.engine).connect() as conn:
        return journal_heads.read(conn, node.custody).seq


def _last_of(conn: sa.Connection, node: Node, first: int, end: int) -> int:
    """The last act that still fits into a batch that starts at ``first``."""
    size, last = 0, min(first + ACTS_MAX - 1, end)
    for one in queries.acts_between(conn, node.book, first, last):
        size += len(one.body)
        if size > BYTES_MAX and one.seq > first:
            return one.seq - 1
    return last


def _signed(conn: sa.Connection, name: str, batch: Batch) -> Envelope:
    key = queries.read_key(conn, name)
    ensure(key is not None, "node_has_its_key", key=name)
    private = Ed25519PrivateKey.from_private_bytes(key.signing if key else b"")
    return seal(batch, name, private)


def _digest(conn: sa.Connection, book: str, seq: int) -> str:
    digest = queries.digest_at(conn, book, seq)
    ensure(digest is not None, "book_has_this_act", book=book, seq=seq)
    return (digest or b"").hex()


def _closes(bodies: Iterable[bytes]) -> date | None:
    """The last day these acts close. Few acts do, so bytes are looked at before decoding."""
    closing = [body for body in bodies if b'"process":"village_book"' in body]
    acts = [decode(body, Act) for body in closing]
    dates = [act.business_date for act in acts if act.act == "close"]
    return max(dates, default=None)
