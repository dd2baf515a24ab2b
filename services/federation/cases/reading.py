"""A delivery from bytes to proven acts: what can be said before the county's books are asked.

Called by intake before anything is locked. Hostile bytes end here as a named refusal; a signed
batch whose own parts contradict each other is ``BatchFalse``, which is kept as evidence.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from contracts.batch import BATCH_BYTES_MAX, Batch, Envelope, Totals
from contracts.codec import chain, decode, digest, encode
from contracts.envelopes import Oversized, unpack
from contracts.ids import cooperative_of
from contracts.ledger import Act
from contracts.money import FEN_MAX
from contracts.rejections import RejectionCode
from journal.post import Sheet
from journal.registry import Registry
from journal.store import PARTY
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
    """One delivery as read: the digest of its body, the batch, its proven acts and their sheet."""

    digest: bytes
    batch: Batch
    sheet: Sheet


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
    body = bytes(envelope.body)
    if _NUL in body:
        raise _malformed("a text holds the character U+0000")
    try:
        batch = decode(body, Batch)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise _malformed(_said(error)) from error
    if batch.book != book:
        raise _malformed(f"book {batch.book} is not {book}")
    if batch.first < 1 or len(batch.acts) != batch.last - batch.first + 1:
        raise _malformed(f"{len(batch.acts)} acts are not {batch.first}..{batch.last}")
    sheet = _laid_out(batch, registry)
    closing = sheet.digest or _bytes(batch.opening_digest)
    if closing != _bytes(batch.closing_digest):
        raise BatchFalse(RejectionCode.BATCH_FORK, seq=batch.last)
    return Reading(digest=digest("batch.body", body), batch=batch, sheet=sheet)


def moved(sheet: Sheet) -> Balances:
    """What the acts of a sheet move by account and funding, on each account's normal side."""
    sums: Balances = {}
    for (_book, account, _key, funding), change in sheet.changes.items():
        place = (account, funding)
        sums[place] = sums.get(place, 0) + change.delta
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


def check_dates(batch: Batch, acts: Sequence[Act], closed: str, county: date) -> None:
    """No act lies in a closed day (BatchFalse DAY_CLOSED) or in the future (Rejected).

    The day after the county's open one is no future: a node that closed the county's day has
    already opened the next. Closed is no day that the county has not opened.
    """
    for act in (acts[0], acts[-1]) if acts else ():  # in the order of their dates (see ``read``)
        day = act.business_date
        if day.isoformat() <= closed:
            raise BatchFalse(RejectionCode.DAY_CLOSED, date=day, open=closed, seq=act.seq)
        if day > county + _ONE_DAY:
            raise Rejected(RejectionCode.BATCH_FUTURE_DATED, date=day, county=county)
    if batch.closes is not None and batch.closes > county:
        raise Rejected(RejectionCode.BATCH_FUTURE_DATED, date=batch.closes, county=county)


def _laid_out(batch: Batch, registry: Registry) -> Sheet:
    """The acts as rows, each with its digest, chained from the batch's opening digest."""
    book, epoch, parties = batch.book, batch.epoch, {PARTY: cooperative_of(batch.book)}
    sheet = Sheet(registry.chart)
    state = _bytes(batch.opening_digest)
    day = date.min
    # One pass over each act: whatever looks at it again later has to fetch it into the cache again.
    for seq, raw in enumerate(batch.acts, batch.first):
        body = bytes(raw)
        act = _act_of(seq, body)
        if act.seq != seq or act.book != book or act.epoch != epoch:
            raise _malformed(f"act {seq} says {act.book}/{act.seq} of epoch {act.epoch}")
        if act.business_date < day:
            raise _malformed(f"act {seq} goes back to {act.business_date}")
        day = act.business_date
        process = registry.table.get(act.process)
        if process is None or process.home != NODE or act.version > process.version:
            raise _malformed(f"act {seq}: process {act.process} version {act.version}")
        if act.parties != parties:
            raise _malformed(f"act {seq}: parties {act.parties}")
        if not act.id or not act.case or not _short(
            (act.id, act.case, act.act, act.state, act.request, act.recipe)
        ):  # fmt: skip
            raise _malformed(f"act {seq}: a name is empty or longer than {NAME_MAX}")
        state = chain(state, body)
        try:
            sheet.add(act, body, state)
        except KeyError as error:
            raise _malformed(f"act {seq}: account {str(error)[:80]}") from error
    _movements_fit(sheet)
    return sheet


def _act_of(seq: int, body: bytes) -> Act:
    """The act of these bytes, which are its canonical ones.

    Two readers of bytes that are not canonical (a name twice, 1e2) could read two acts.
    """
    try:
        act = decode(body, Act)
        canonical = encode(act) == body
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise _malformed(f"act {seq}: {_said(error)}") from error
    if not canonical:
        raise _malformed(f"act {seq} is not in canonical form")
    return act


def _movements_fit(sheet: Sheet) -> None:
    """Amounts a book can hold and short keys, each pair of places looked at once.

    What an index cannot hold would be a fault and no refusal.
    """
    for pairs in sheet.pairs.values():
        for between in pairs:
            if not _short(between):
                raise _malformed(f"a key of {between[0]} or {between[2]} is over {NAME_MAX}")
    amounts = [row[-1] for row in sheet.movement_rows]
    if amounts and not 0 < min(amounts) <= max(amounts) <= FEN_MAX:
        seq, amount = next(
            (row[1], row[-1]) for row in sheet.movement_rows if not 0 < row[-1] <= FEN_MAX
        )
        raise _malformed(f"act {seq}: amount {amount}")


def _short(names: tuple[str, ...]) -> bool:
    return max(map(len, names)) <= NAME_MAX


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
