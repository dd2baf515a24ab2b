"""Append acts to books: the one write path, for one act and for ten thousand.

``append`` numbers, chains and writes drafts; ``append_written`` writes acts that already have
their bytes (a replica). Callers hold the heads' lock and own the transaction. Limits are
refused here with their facts and, whoever writes, by CHECKs in the database.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec.structs import astuple

from contracts.codec import chain, decode, encode
from contracts.ids import kind_of
from contracts.ledger import Act, Actor, Line, Movement
from contracts.money import show
from contracts.rejections import RejectionCode
from journal import heads as journal_heads
from journal import write
from journal.heads import CLOSED, WAITING, Head, Heads
from journal.tables import act as act_table
from journal.write import BalanceKey, Change
from kernel.chart import CREDIT, Chart
from kernel.errors import InvariantViolation, Rejected

_SHUT = (WAITING, CLOSED)
_ESCAPE = b"\\"
_HOLDS_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""The character no text of PostgreSQL holds: a node's file takes it, its county never could."""


class Draft(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An act before its book gives it a sequence and a business date."""

    book: str
    id: str
    value_date: date
    process: str
    version: int
    case: str
    step: int
    act: str
    state: str
    actor: Actor
    request: str
    parties: dict[str, str] = {}
    facts: dict[str, Any] = {}
    terms: dict[str, Any] = {}
    recipe: str = ""
    lines: tuple[Line, ...] = ()
    movements: tuple[Movement, ...] = ()


class Written(msgspec.Struct, frozen=True, gc=False):
    """An act with its exact bytes and the book's digest after it."""

    act: Act
    body: bytes
    digest: bytes


class Passed(msgspec.Struct, frozen=True):
    """A limit an act of a replica passed, and how it would have been refused at home."""

    act: Act
    refusal: Rejected


_FIND = sa.select(act_table.c.body).where(
    act_table.c.book == sa.bindparam("book"), act_table.c.id == sa.bindparam("act")
)


def find(conn: sa.Connection, book: str, act_id: str) -> Act | None:
    """The stored act of this id in a book, if there is one."""
    body = conn.execute(_FIND, {"book": book, "act": act_id}).scalar()
    return None if body is None else decode(body, Act)


def append(
    conn: sa.Connection, heads: Heads, drafts: Sequence[Draft], chart: Chart
) -> tuple[Act, ...]:
    """Number, date, chain and write drafts under the lock of ``heads``, in their order.

    Raises Rejected BALANCE_TOO_LOW / BALANCE_TOO_HIGH (floor or ceiling of an account, tested on
    each act's net change), BOOK_WAITS, FACTS_INVALID for the character U+0000 in a text.
    """
    sheet = Sheet(chart)
    for draft in drafts:
        head = heads[draft.book]
        if head.mode in _SHUT:
            raise Rejected(RejectionCode.BOOK_WAITS, book=head.book, reason=head.mode)
        head.seq += 1
        act = _numbered(draft, head)
        body = encode(act)
        if _ESCAPE in body and _HOLDS_NUL.search(body):
            raise Rejected(RejectionCode.FACTS_INVALID, where=draft.act, problem="U+0000")
        head.digest = chain(head.digest, body)
        sheet.add(act, body, head.digest)
    _store(conn, heads, sheet)
    return tuple(sheet.acts)


def append_written(
    conn: sa.Connection,
    heads: Heads,
    written: Sequence[Written],
    chart: Chart,
    *,
    limits: bool = True,
) -> tuple[Passed, ...]:
    """Write acts whose bytes came from the book's owner; the caller has proved the chain.

    With ``limits`` false this is a replica of a book others own: what is true but past a limit is
    written and named in the answer, in the order of the acts (design.md 4.3).
    """
    sheet = Sheet(chart)
    for one in written:
        sheet.add(one.act, one.body, one.digest)
    return append_sheet(conn, heads, sheet, limits=limits)


def append_sheet(
    conn: sa.Connection, heads: Heads, sheet: "Sheet", *, limits: bool = True
) -> tuple[Passed, ...]:
    """``append_written`` of acts that were laid out before, to see what they move."""
    for act, row in zip(sheet.acts, sheet.act_rows, strict=True):
        head = heads[act.book]
        if act.seq != head.seq + 1:
            raise InvariantViolation("replica_sequence_continues", book=head.book)
        head.seq, head.digest = act.seq, row[_DIGEST]
        head.open_date = max(head.open_date, row[_DATE])
    return _store(conn, heads, sheet, limits=limits)


def _numbered(draft: Draft, head: Head) -> Act:
    # Spelled out: reading twenty fields by name in a loop costs more than encoding them.
    return Act(
        book=draft.book,
        seq=head.seq,
        epoch=head.epoch,
        id=draft.id,
        business_date=head.today,
        value_date=draft.value_date,
        process=draft.process,
        version=draft.version,
        case=draft.case,
        step=draft.step,
        act=draft.act,
        state=draft.state,
        actor=draft.actor,
        request=draft.request,
        parties=draft.parties,
        facts=draft.facts,
        terms=draft.terms,
        recipe=draft.recipe,
        lines=draft.lines,
        movements=draft.movements,
    )


_DATE, _BODY, _DIGEST = 3, 8, 9
"""Where an act's row holds its business date, its bytes and the book's digest."""


class Sheet:
    """The rows of one append, laid out act by act while each act is still warm in the cache.

    ``pairs``: by book, debit, debit key, credit, credit key and funding of a movement → the two
    balances it changes. Raises KeyError for an account the chart does not have.
    """

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.acts: list[Act] = []
        self.act_rows: list[write.Row] = []
        self.movement_rows: list[write.Row] = []
        self.changes: dict[BalanceKey, Change] = {}
        self.pairs: dict[str, dict[tuple[str, ...], tuple[Change, Change]]] = {}

    def add(self, act: Act, body: bytes, digest: bytes) -> None:
        """Lay out one act: its row, its movements, and what they change."""
        book, seq = act.book, act.seq
        self.acts.append(act)
        self.act_rows.append(
            (book, seq, act.id, act.business_date.isoformat(), act.case, act.process, act.act,
             act.request, body, digest)
        )  # fmt: skip
        if not act.movements:
            return
        pairs = self.pairs.setdefault(book, {})
        for line, m in enumerate(act.movements, 1):
            row = (book, seq, line, *astuple(m))
            self.movement_rows.append(row)
            # Where money moves from and to: the next movement between the two finds them at once.
            between = row[3:8]
            pair = pairs.get(between)
            if pair is None:
                pair = pairs[between] = (
                    self._touch((book, m.debit, m.debit_key, m.funding)),
                    self._touch((book, m.credit, m.credit_key, m.funding)),
                )
            pair[0].debits += m.amount
            pair[1].credits += m.amount

    @property
    def digest(self) -> bytes:
        """The book's digest after the last act laid out; empty when there is none."""
        return self.act_rows[-1][_DIGEST] if self.act_rows else b""

    def digests(self) -> Iterator[tuple[int, bytes]]:
        """Sequence of each act and the book's digest after it."""
        return ((act.seq, row[_DIGEST]) for act, row in zip(self.acts, self.act_rows, strict=True))

    def beyond(self, seq: int) -> "Sheet":
        """The sheet of the acts after a sequence; itself, if those are all."""
        if not self.acts or self.acts[0].seq > seq:
            return self
        rest = Sheet(self.chart)
        for act, row in zip(self.acts, self.act_rows, strict=True):
            if act.seq > seq:
                rest.add(act, row[_BODY], row[_DIGEST])
        return rest

    def _touch(self, key: BalanceKey) -> Change:
        change = self.changes.get(key)
        if change is None:
            account = self.chart[kind_of(key[0])][key[1]]
            change = self.changes[key] = Change(key, account.side, account.floor, account.ceiling)
        return change


def _store(
    conn: sa.Connection, heads: Heads, sheet: Sheet, *, limits: bool = True
) -> tuple[Passed, ...]:
    if not sheet.acts:
        return ()
    for *key, amount, floor, ceiling in write.read_balances(conn, sheet.changes):
        change = sheet.changes[tuple(key)]
        change.amount, change.new = amount, False
        if limits:
            change.floor, change.ceiling = floor, ceiling
    # Where no order of the acts could pass a limit, no act has to be looked at alone.
    near = {key for key, change in sheet.changes.items() if _may_pass(change)}
    passed = _passed(sheet, near, first=limits) if near else ()
    if limits and passed:
        raise passed[0].refusal
    write.everything(conn, sheet.act_rows, sheet.movement_rows, sheet.changes, limits=limits)
    journal_heads.save(conn, [heads[book] for book in {act.book: 0 for act in sheet.acts}])
    return passed


def _may_pass(change: Change) -> bool:
    rises, falls = change.debits, change.credits
    if change.side == CREDIT:
        rises, falls = falls, rises
    return (change.floor is not None and change.amount - falls < change.floor) or (
        change.ceiling is not None and change.amount + rises > change.ceiling
    )


def _passed(sheet: Sheet, near: set[BalanceKey], *, first: bool) -> tuple[Passed, ...]:
    """Run the acts one by one over the balances ``near`` a limit; what they pass, or the first.

    A limit is tested on an act's net change: the order of its movements is only how it reads.
    """
    passed: list[Passed] = []
    now = {key: sheet.changes[key].amount for key in near}
    for act in sheet.acts:
        net: dict[BalanceKey, int] = {}
        for m in act.movements:
            for account, own, sign in ((m.debit, m.debit_key, 1), (m.credit, m.credit_key, -1)):
                key = (act.book, account, own, m.funding)
                if key in near:
                    net[key] = net.get(key, 0) + sign * m.amount * sheet.changes[key].side
        for key, amount in net.items():
            now[key] += amount
            if code := _limit(sheet.changes[key], now[key], amount):
                passed.append(Passed(act, _refusal(code, sheet.changes[key], now[key], amount)))
                if first:
                    return tuple(passed)
    return tuple(passed)


def _limit(change: Change, now: int, amount: int) -> RejectionCode | None:
    """The limit a balance stands beyond after a change toward it."""
    if amount < 0 and change.floor is not None and now < change.floor:
        return RejectionCode.BALANCE_TOO_LOW
    if amount > 0 and change.ceiling is not None and now > change.ceiling:
        return RejectionCode.BALANCE_TOO_HIGH
    return None


def _refusal(code: RejectionCode, change: Change, now: int, amount: int) -> Rejected:
    book, account, key, funding = change.key
    return Rejected(
        code,
        book=book,
        account=account,
        key=key,
        funding=funding,
        balance=show(now - amount),
        asked=show(abs(amount)),
        floor=show(change.floor or 0),
        ceiling=show(change.ceiling or 0),
    )
