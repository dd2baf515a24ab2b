"""A delivery from bytes to proven acts: what can be said before the county's books are asked.

Called by intake before anything is locked. Hostile bytes end here as a named refusal; a signed
batch whose own parts contradict each other is ``BatchFalse``, which is kept as evidence.
"""

from datetime import date, timedelta

import msgspec

from contracts.batch import BATCH_BYTES_MAX, Batch, Envelope, Totals
from contracts.codec import chain, decode, digest, encode
from contracts.envelopes import Oversized, batch_of, unpack
from contracts.ids import cooperative_of, kind_of
from contracts.ledger import Act
from contracts.money import FEN_MAX
from contracts.rejections import RejectionCode
from journal.post import Written
from journal.registry import Registry
from journal.store import PARTY
from kernel.chart import Chart
from kernel.errors import Rejected
from kernel.processes import NODE

_ONE_DAY = timedelta(days=1)
_NUL = b"\\u0000"
"""A character no database text can hold; nobody types it."""
NAME_MAX = 160
"""Longest id or key taken in (characters)."""
Balances = dict[tuple[str, str], int]
"""(account, funding) → balance on the account's normal side (fen), zeros left out."""


class BatchFalse(Exception):
    """Validly signed, but not so: kept as evidence, and the book waits for a hand-over."""

    def __init__(self, code: RejectionCode, **facts: object) -> None:
        super().__init__(code.value, facts)
        self.refusal = Rejected(code, **facts)


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery as read: the envelope, the digest of its body, the batch, its proven acts."""

    envelope: Envelope
    digest: bytes
    batch: Batch
    written: tuple[Written, ...]


def open_envelope(data: bytes, limit: int = BATCH_BYTES_MAX) -> Envelope:
    """The envelope in delivered bytes; raises Rejected BATCH_TOO_LARGE or BATCH_MALFORMED."""
    if len(data) > limit:
        raise Rejected(RejectionCode.BATCH_TOO_LARGE, size=len(data), limit=limit)
    try:
        return unpack(data, limit)
    except Oversized as error:
        raise Rejected(
            RejectionCode.BATCH_TOO_LARGE, size=f">{error.limit}", limit=error.limit
        ) from error
    except (ValueError, msgspec.MsgspecError, RecursionError) as error:
        raise _malformed(_said(error)) from error


def read(envelope: Envelope, book: str, registry: Registry) -> Reading:
    """Decode a batch whose signature was checked, and prove its chain from its own opening.

    Raises Rejected BATCH_MALFORMED, and BatchFalse BATCH_FORK where chain or count do not hold.
    """
    if _NUL in bytes(envelope.body):
        raise _malformed("a text holds the character U+0000")
    try:
        batch = batch_of(envelope)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise _malformed(_said(error)) from error
    if batch.book != book:
        raise _malformed(f"book {batch.book} is not {book}")
    if batch.first < 1 or len(batch.acts) != batch.last - batch.first + 1:
        raise _malformed(f"{len(batch.acts)} acts are not {batch.first}..{batch.last}")
    written = _written(batch, registry)
    closing = written[-1].digest if written else _bytes(batch.opening_digest)
    if closing != _bytes(batch.closing_digest):
        raise BatchFalse(RejectionCode.BATCH_FORK, seq=batch.last)
    return Reading(
        envelope=envelope,
        digest=digest("batch.body", bytes(envelope.body)),
        batch=batch,
        written=written,
    )


def moved(written: tuple[Written, ...], chart: Chart) -> Balances:
    """What these acts move by account and funding, on each account's normal side."""
    sums: Balances = {}
    for one in written:
        accounts = chart[kind_of(one.act.book)]
        for m in one.act.movements:
            debit, credit = (m.debit, m.funding), (m.credit, m.funding)
            sums[debit] = sums.get(debit, 0) + m.amount * accounts[m.debit].side
            sums[credit] = sums.get(credit, 0) - m.amount * accounts[m.credit].side
    return sums


def balances(totals: tuple[Totals, ...]) -> Balances:
    """Totals as a batch states them, by account and funding."""
    return {(one.account, one.funding): one.amount for one in totals if one.amount}


def check_totals(batch: Batch, movements: Balances) -> None:
    """Opening and movements make closing; raises BatchFalse BATCH_TOTALS_FALSE."""
    must_agree(added(balances(batch.opening), movements), balances(batch.closing))


def must_agree(expected: Balances, stated: Balances) -> None:
    """Every balance is the same on both sides; raises BatchFalse naming the first account."""
    for key in sorted({**expected, **stated}):
        if expected.get(key, 0) != stated.get(key, 0):
            raise BatchFalse(RejectionCode.BATCH_TOTALS_FALSE, account=key[0], funding=key[1])


def added(before: Balances, movements: Balances) -> Balances:
    """Balances after movements."""
    after = dict(before)
    for key, amount in movements.items():
        after[key] = after.get(key, 0) + amount
    return after


def check_dates(batch: Batch, written: tuple[Written, ...], closed: str, county: date) -> None:
    """No act lies in a closed day (BatchFalse DAY_CLOSED) or in the future (Rejected).

    The day after the county's open one is no future: a node that closed the county's day has
    already opened the next. Closed is no day that the county has not opened.
    """
    for one in written:
        day = one.act.business_date
        if day.isoformat() <= closed:
            raise BatchFalse(RejectionCode.DAY_CLOSED, date=day, open=closed, seq=one.act.seq)
        if day > county + _ONE_DAY:
            raise Rejected(RejectionCode.BATCH_FUTURE_DATED, date=day, county=county)
    if batch.closes is not None and batch.closes > county:
        raise Rejected(RejectionCode.BATCH_FUTURE_DATED, date=batch.closes, county=county)


def _written(batch: Batch, registry: Registry) -> tuple[Written, ...]:
    """The acts with their digests, chained from the batch's opening digest."""
    accounts = registry.chart[kind_of(batch.book)]
    parties = {PARTY: cooperative_of(batch.book)}
    state = _bytes(batch.opening_digest)
    found: list[Written] = []
    day = date.min
    for seq, raw in enumerate(batch.acts, batch.first):
        body = bytes(raw)
        try:
            act = decode(body, Act)
            canonical = encode(act) == body
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise _malformed(f"act {seq}: {_said(error)}") from error
        # Two readers of bytes that are not canonical (a name twice, 1e2) could read two acts.
        if not canonical:
            raise _malformed(f"act {seq} is not in canonical form")
        if (act.book, act.seq, act.epoch) != (batch.book, seq, batch.epoch):
            raise _malformed(f"act {seq} says {act.book}/{act.seq} of epoch {act.epoch}")
        if act.business_date < day:
            raise _malformed(f"act {seq} goes back to {act.business_date}")
        day = act.business_date
        process = registry.table.get(act.process)
        if process is None or process.home != NODE or act.version > process.version:
            raise _malformed(f"act {seq}: process {act.process} version {act.version}")
        if act.parties != parties:
            raise _malformed(f"act {seq}: parties {act.parties}")
        _names_fit(act)
        for m in act.movements:
            if m.debit not in accounts or m.credit not in accounts:
                raise _malformed(f"act {seq}: account {m.debit} or {m.credit}")
            if not 0 < m.amount <= FEN_MAX:
                raise _malformed(f"act {seq}: amount {m.amount}")
        state = chain(state, body)
        found.append(Written(act, body, state))
    return tuple(found)


def _names_fit(act: Act) -> None:
    """Ids and keys are short: what an index cannot hold would be a fault and no refusal."""
    names = [act.id, act.case, act.act, act.state, act.request, act.recipe]
    for m in act.movements:
        names += (m.debit_key, m.credit_key, m.funding)
    if not act.id or not act.case or max(map(len, names)) > NAME_MAX:
        raise _malformed(f"act {act.seq}: a name is empty or longer than {NAME_MAX}")


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise _malformed(f"digest {text[:80]!r}") from error


def _malformed(problem: str) -> Rejected:
    return Rejected(RejectionCode.BATCH_MALFORMED, problem=problem)


def _said(error: Exception) -> str:
    """What a decoder found, without the bytes it found it in."""
    return str(error)[:200] or type(error).__name__
