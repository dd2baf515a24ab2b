"""Intake: a delivered batch becomes the county's replica, wholly or not at all (design.md 4.3).

Called by the sync route, by USB import and by the simulation, each delivery in its own
transaction. What does not verify leaves no trace; what is validly signed but false is kept as
evidence and its book waits for a hand-over; what is true but against a rule is taken in and
becomes a finding. The county never writes in a village's book: it keeps the owner's bytes.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec
import psycopg
import sqlalchemy as sa

from contracts.batch import BATCH_BYTES_MAX, Envelope
from contracts.codec import GENESIS, digest
from contracts.envelopes import signed_by
from contracts.ids import custody_book, node_book
from contracts.rejections import Rejection, RejectionCode
from contracts.sync import BatchReceipt
from journal import heads as journal_heads
from journal import replica
from journal.heads import OPEN, Head, Heads
from journal.perform import Command, perform
from journal.post import Passed, Sheet, append_sheet
from kernel.errors import Rejected
from services.federation.cases import (
    delivered,
    effects,
    evidence,
    findings,
    home_acts,
    judge,
    node_keys,
    person_register,
    policies,
    reading,
    registers,
)
from services.federation.cases.actors import INTAKE
from services.federation.cases.reading import BatchFalse, Reading
from services.federation.cases.village import Village
from services.federation.county import County

_ONE_DAY = timedelta(days=1)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The county's answer to a delivery: a receipt, or a refusal by name. Commit either."""

    receipt: BatchReceipt | None = None
    refusal: Rejection | None = None


def deliver(
    conn: sa.Connection,
    county: County,
    cooperative: str,
    data: bytes,
    limit: int = BATCH_BYTES_MAX,
) -> Answer:
    """Take in one delivery of a cooperative; the caller commits whatever the answer is.

    The same bytes again are answered from store and change nothing (I4). Refusals: BATCH_TOO_LARGE,
    BATCH_MALFORMED, KEY_UNKNOWN, SIGNATURE_INVALID, BATCH_GAP, BATCH_FUTURE_DATED, BOOK_WAITS,
    and, kept as evidence, BATCH_FORK, BATCH_TOTALS_FALSE, DAY_CLOSED.
    """
    try:
        registers.find_cooperative(conn, cooperative)
        envelope = reading.open_envelope(data, limit)
        key = _signer(conn, cooperative, envelope)
    except Rejected as refused:
        return Answer(refusal=refused.as_struct())
    known = delivered.receipt_of(conn, digest("batch.body", bytes(envelope.body)))
    if known is not None:
        return Answer(receipt=known)
    try:
        with conn.begin_nested():
            return Answer(receipt=_take(conn, county, cooperative, envelope, key))
    except BatchFalse as false:
        return Answer(refusal=evidence.wait(conn, county, cooperative, false.refusal, data))
    except Rejected as refused:
        if refused.code is RejectionCode.BATCH_MALFORMED:
            evidence.keep_malformed(conn, county, cooperative, refused, data)
        return Answer(refusal=refused.as_struct())


def _signer(conn: sa.Connection, cooperative: str, envelope: Envelope) -> node_keys.NodeKey:
    """The registered key that signed these exact bytes, valid today. Leaves no trace otherwise."""
    today = journal_heads.read(conn, custody_book(cooperative)).open_date
    key = node_keys.find_key(conn, envelope.key)
    if key is None or key.cooperative != cooperative or not key.valid_on(today):
        raise Rejected(RejectionCode.KEY_UNKNOWN, key=envelope.key[:80])
    if not signed_by(envelope, key.signing):
        raise Rejected(RejectionCode.SIGNATURE_INVALID)
    return key


def _take(
    conn: sa.Connection,
    county: County,
    cooperative: str,
    envelope: Envelope,
    key: node_keys.NodeKey,
) -> BatchReceipt:
    """Prove that the batch continues the book, write it, and let it take effect."""
    book, custody = node_book(cooperative), custody_book(cooperative)
    registry = county.world.registry
    read = reading.read(envelope, book, registry)
    spoken = [
        name
        for act in read.sheet.acts
        if act.process == home_acts.VOICE
        for name in home_acts.books_of(conn, act)
    ]
    heads = journal_heads.lock(conn, [book, custody, *spoken])
    head, today = heads[book], heads[custody].today
    if (key.epoch, read.batch.epoch) != (head.epoch, head.epoch):
        raise Rejected(RejectionCode.KEY_UNKNOWN, key=key.key)
    if head.mode != OPEN:
        raise evidence.waits(conn, book)
    sheet = _new_part(conn, head, read)
    _check(conn, head, heads[custody], read, sheet, today)
    sealed = person_register.keep_persons(conn, county.keys, cooperative, read.batch.persons)
    village = Village(conn, book, sheet.acts)
    followed = dict.fromkeys((head.cursor, read.batch.applied))
    known = [policies.policy_at(conn, cooperative, at) for at in followed]
    steps: list[judge.Step] = []
    broken: list[list[Rejected]] = []
    for step in village.steps(sheet.acts, registry):
        steps.append(step)
        broken.append(judge.judge(step, registry, known, village))
    passed = _write(conn, heads, sheet)
    replica.save_all(conn, book, village.before, village.after, registry.table)
    _move(conn, head, read, key.key)
    _receipt(conn, county, cooperative, read)
    effects.take_effect(conn, county, cooperative, village, steps, known[-1])
    if sealed:
        # Nobody can be paid whose record was sealed for another county.
        findings.open_once(
            conn, county, "persons_unreadable", book, cooperative=cooperative,
            facts={"persons": sealed},
        )  # fmt: skip
    _against_rules(conn, county, cooperative, steps, broken, passed)
    receipt = BatchReceipt(
        seq=head.seq,
        digest=head.digest.hex(),
        k_seq=journal_heads.read(conn, custody).seq,
    )
    delivered.keep(conn, read, key.key, today, receipt)
    return receipt


def _write(conn: sa.Connection, heads: Heads, sheet: Sheet) -> tuple[Passed, ...]:
    """Keep the owner's rows; an id used twice in one book is no act (BATCH_MALFORMED)."""
    try:
        return append_sheet(conn, heads, sheet, limits=False)
    except psycopg.errors.UniqueViolation as error:
        raise Rejected(RejectionCode.BATCH_MALFORMED, problem="an act id is used twice") from error


def _new_part(conn: sa.Connection, head: Head, read: Reading) -> Sheet:
    """The acts beyond the replica's head, after the rest was found to be the same.

    Raises Rejected BATCH_GAP, and BatchFalse BATCH_FORK for other content at a used sequence.
    """
    batch = read.batch
    if batch.first > head.seq + 1:
        raise Rejected(RejectionCode.BATCH_GAP, first=batch.first, expected=head.seq + 1)
    held = delivered.digests(conn, head.book, batch.first - 1, min(batch.last, head.seq))
    held[0] = GENESIS
    if held[batch.first - 1].hex() != batch.opening_digest:
        raise BatchFalse(RejectionCode.BATCH_FORK, seq=batch.first - 1)
    if batch.first <= head.seq:
        for seq, told in read.sheet.digests():
            if seq <= head.seq and held[seq] != told:
                raise BatchFalse(RejectionCode.BATCH_FORK, seq=seq)
    return read.sheet.beyond(head.seq)


def _check(
    conn: sa.Connection,
    head: Head,
    custody: Head,
    read: Reading,
    sheet: Sheet,
    today: date,
) -> None:
    """Dates, totals and the countersigned head of K(i), all before anything is written."""
    batch = read.batch
    reading.check_dates(batch, sheet.acts, head.closed_date, today)
    whole = reading.moved(read.sheet)
    reading.check_totals(batch, whole)
    if batch.last >= head.seq:
        moved = whole if sheet is read.sheet else reading.moved(sheet)
        stated = reading.balances(batch.closing)
        reading.must_agree(reading.added(delivered.closing_of(conn, head.book), moved), stated)
    if batch.applied > custody.seq:
        raise BatchFalse(RejectionCode.BATCH_FORK, seq=batch.applied, book=custody.book)
    ours = delivered.digests(conn, custody.book, batch.applied, batch.applied)
    ours[0] = GENESIS
    if ours[batch.applied].hex() != batch.applied_digest:
        raise BatchFalse(RejectionCode.BATCH_FORK, seq=batch.applied, book=custody.book)


def _move(conn: sa.Connection, head: Head, read: Reading, key: str) -> None:
    """Where the replica stands now: cursor, closed day, key. Nothing of it goes backward."""
    batch = read.batch
    head.key = key
    head.cursor = max(head.cursor, batch.applied)
    if batch.closes is not None:
        head.closed_date = max(head.closed_date, batch.closes.isoformat())
        # A village's next day is the calendar's: whoever closed a day has opened the next one.
        following = date.fromisoformat(head.closed_date) + _ONE_DAY
        head.open_date = max(head.open_date, following.isoformat())
    journal_heads.save(conn, [head])


def _receipt(conn: sa.Connection, county: County, cooperative: str, read: Reading) -> None:
    """The receipt is an act of K(i): the node reads it at its cursor."""
    batch = read.batch
    perform(conn, county.world, Command(
        id=f"receipt-{read.digest.hex()[:32]}", process="book", case=f"book-{cooperative}",
        act="receipt", actor=INTAKE,
        facts={
            "first": batch.first,
            "last": batch.last,
            "digest": batch.closing_digest,
            "closes": batch.closes.isoformat() if batch.closes else "",
            "applied": batch.applied,
        },
    ))  # fmt: skip


def _against_rules(
    conn: sa.Connection,
    county: County,
    cooperative: str,
    steps: Sequence[judge.Step],
    broken: Sequence[Sequence[Rejected]],
    passed: Sequence[Passed],
) -> None:
    """One finding an act that is true but against a rule; what the member was given stands."""
    limits: dict[int, list[Rejected]] = {}
    for one in passed:
        limits.setdefault(one.act.seq, []).append(one.refusal)
    for step, refusals in zip(steps, broken, strict=True):
        act = step.act
        if not refusals and act.seq not in limits:
            continue
        told = [one.as_struct() for one in (*refusals, *limits.get(act.seq, ()))]
        findings.open_once(
            conn, county, "rule", f"{act.book}/{act.seq}", cooperative=cooperative,
            facts={
                "case": act.case,
                "act": f"{act.process}.{act.act}",
                "codes": [one.code.value for one in told],
                "refusals": [one.facts for one in told],
            },
        )  # fmt: skip
