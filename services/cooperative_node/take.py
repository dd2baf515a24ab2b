"""Take a range of K(i) the county signed into the node's own copy, after proving it.

Called after a pull, by network or USB, also while the node is late. Checks signature, sequence,
chain and totals, and compares the county's countersignature of N(i) with this file: so a copied
or restored computer is found out. It posts nothing in N(i); ``follow`` does.
"""

import msgspec
import sqlalchemy as sa

from contracts.batch import Batch, Envelope
from contracts.codec import chain, decode
from contracts.envelopes import batch_of, signed_by
from contracts.ledger import Act
from contracts.rejections import RejectionCode
from journal import heads as journal_heads
from journal import store
from journal.heads import WAITING, Head
from journal.post import Written, append_written
from journal.read import totals_at
from journal.registry import registry
from kernel.cases import Case, fold
from kernel.errors import Rejected
from kernel.processes import Table
from services.cooperative_node import people, queries
from services.cooperative_node.set_up import county_of
from services.cooperative_node.world import Node

RESTORED, FORKED, HANDED_OVER = "restored", "forked", "handed_over"
"""Why a node waits: an old copy of its file, another content at the county, a new owner."""


def take(conn: sa.Connection, node: Node, envelope: Envelope) -> int:
    """Prove and keep what is new of one range; how many acts were new.

    A range already held changes nothing. Raises Rejected KEY_UNKNOWN, SIGNATURE_INVALID,
    BATCH_MALFORMED, BATCH_GAP, BATCH_FORK, BATCH_TOTALS_FALSE; nothing is then kept.
    """
    batch = opened(conn, envelope, node.custody)
    head = journal_heads.lock(conn, [node.custody])[node.custody]
    written = proved(conn, head, batch)
    append_written(conn, {node.custody: head}, written, registry().chart, limits=False)
    _totals(conn, batch, head)
    for one in written:
        fold_copy(conn, store.COUNTY_SCOPE, one.act, registry().table)
    people.take(conn, batch.persons)
    compare(conn, node, batch.applied, batch.applied_digest)
    return len(written)


def opened(conn: sa.Connection, envelope: Envelope, book: str) -> Batch:
    """The batch of this book inside an envelope the county signed. Raises Rejected."""
    county = county_of(conn)
    if envelope.key != county.key:
        raise Rejected(RejectionCode.KEY_UNKNOWN, key=envelope.key)
    if not signed_by(envelope, bytes.fromhex(county.signing)):
        raise Rejected(RejectionCode.SIGNATURE_INVALID)
    try:
        batch = batch_of(envelope)
    except msgspec.MsgspecError as error:
        raise Rejected(RejectionCode.BATCH_MALFORMED, problem=str(error)) from error
    if batch.book != book:
        raise Rejected(RejectionCode.BATCH_MALFORMED, problem=f"{batch.book} ≠ {book}")
    return batch


def proved(conn: sa.Connection, head: Head, batch: Batch) -> list[Written]:
    """The acts of the batch beyond the head, chained to it. Raises Rejected."""
    if batch.first > head.seq + 1:
        raise Rejected(RejectionCode.BATCH_GAP, first=batch.first, expected=head.seq + 1)
    held = {one.seq: one for one in queries.acts_between(conn, head.book, batch.first, batch.last)}
    digest = queries.digest_at(conn, head.book, batch.first - 1) or b""
    if digest.hex() != batch.opening_digest:
        raise Rejected(RejectionCode.BATCH_FORK, seq=batch.first - 1)
    written = []
    for seq, raw in enumerate(batch.acts, batch.first):
        body = bytes(raw)
        digest = chain(digest, body)
        if seq in held:
            if held[seq].digest != digest:
                raise Rejected(RejectionCode.BATCH_FORK, seq=seq)
            continue
        try:
            act = decode(body, Act)
        except msgspec.MsgspecError as error:
            raise Rejected(RejectionCode.BATCH_MALFORMED, problem=str(error)) from error
        if (act.seq, act.book) != (seq, head.book):
            raise Rejected(RejectionCode.BATCH_MALFORMED, problem=f"{act.book}/{act.seq}")
        written.append(Written(act, body, digest))
    if digest.hex() != batch.closing_digest or len(batch.acts) != batch.last - batch.first + 1:
        raise Rejected(RejectionCode.BATCH_FORK, seq=batch.last)
    return written


def fold_copy(conn: sa.Connection, scope: str, act: Act, table: Table) -> None:
    """Fold an act of another owner's book into our copy of its case.

    A case of several parties may have begun in books this cooperative never sees, so our copy
    may start in the middle; a process this release does not know is kept as bytes only.
    """
    process = table.get(act.process)
    if process is None:
        return
    case = store.load(conn, scope, act.case) or Case(
        id=act.case, process=act.process, version=act.version, home=process.home
    )
    if case.step < act.step:
        seen = msgspec.structs.replace(case, step=act.step - 1)
        store.save(conn, scope, fold(seen, act, process), process)


def compare(conn: sa.Connection, node: Node, seq: int, digest: str) -> str:
    """Compare what the county holds of N(i) (digest in hex) with this file; the trouble found.

    A county that holds more than this file has, or something else, has heard another computer:
    this one is an old copy or a double and must not go on (design.md 4.8).
    """
    head = journal_heads.lock(conn, [node.book])[node.book]
    own = queries.digest_at(conn, node.book, seq)
    if own is None:
        return stop(conn, node, head, RESTORED)
    if own.hex() != digest:
        return stop(conn, node, head, FORKED)
    return ""


def stop(conn: sa.Connection, node: Node, head: Head, trouble: str) -> str:
    """Let the book wait for a hand-over: nothing more is posted here."""
    head.mode = WAITING
    journal_heads.save(conn, [head])
    heard = queries.read_sync(conn, node.cooperative)
    queries.write_sync(conn, msgspec.structs.replace(heard, trouble=trouble))
    return trouble


def _totals(conn: sa.Connection, batch: Batch, head: Head) -> None:
    if batch.last != head.seq:
        return
    told, ours = set(batch.closing), set(totals_at(conn, head.book))
    if wrong := sorted(one.account for one in told ^ ours):
        raise Rejected(RejectionCode.BATCH_TOTALS_FALSE, account=wrong[0])
