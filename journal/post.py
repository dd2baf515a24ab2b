"""Append acts to books: the one write path, for one act and for ten thousand.

``append`` numbers, chains and writes drafts; ``append_written`` writes acts that already have
their bytes (a replica). Callers hold the heads' lock and own the transaction. Limits are
refused here with their facts and, whoever writes, by CHECKs in the database.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa

from contracts.codec import chain, decode, encode
from contracts.ids import kind_of
from contracts.ledger import Act, Actor, Line, Movement
from contracts.money import show
from contracts.rejections import RejectionCode
from journal import heads as journal_heads
from journal import write
from journal.heads import CLOSED, WAITING, Heads
from journal.tables import act as act_table
from kernel.chart import Chart
from kernel.errors import Rejected, ensure

BalanceKey = tuple[str, str, str, str]
"""(book, account, key, funding)."""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
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


class Written(msgspec.Struct, frozen=True):
    """An act with its exact bytes and the book's digest after it."""

    act: Act
    body: bytes
    digest: bytes


class Passed(msgspec.Struct, frozen=True):
    """A limit an act of a replica passed, and how it would have been refused at home."""

    act: Act
    refusal: Rejected


def find(conn: sa.Connection, book: str, act_id: str) -> Act | None:
    """The stored act of this id in a book, if there is one."""
    query = sa.select(act_table.c.body).where(act_table.c.book == book, act_table.c.id == act_id)
    body = conn.execute(query).scalar()
    return None if body is None else decode(body, Act)


def append(
    conn: sa.Connection, heads: Heads, drafts: Sequence[Draft], chart: Chart
) -> tuple[Act, ...]:
    """Number, date, chain and write drafts under the lock of ``heads``, in their order.

    Raises Rejected BALANCE_TOO_LOW / BALANCE_TOO_HIGH (floor or ceiling of an account, tested on
    each act's net change), BOOK_WAITS.
    """
    written = []
    for draft in drafts:
        head = heads[draft.book]
        _open(head.book, head.mode)
        head.seq += 1
        act = Act(
            seq=head.seq,
            epoch=head.epoch,
            business_date=head.today,
            **{name: getattr(draft, name) for name in Draft.__struct_fields__},
        )
        body = encode(act)
        head.digest = chain(head.digest, body)
        written.append(Written(act, body, head.digest))
    _store(conn, heads, written, chart)
    return tuple(one.act for one in written)


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
    for one in written:
        head = heads[one.act.book]
        ensure(one.act.seq == head.seq + 1, "replica_sequence_continues", book=head.book)
        head.seq, head.digest = one.act.seq, one.digest
        head.open_date = max(head.open_date, one.act.business_date.isoformat())
    return _store(conn, heads, written, chart, limits=limits)


def _open(book: str, mode: str) -> None:
    if mode in (WAITING, CLOSED):
        raise Rejected(RejectionCode.BOOK_WAITS, book=book, reason=mode)


def _store(
    conn: sa.Connection,
    heads: Heads,
    written: Sequence[Written],
    chart: Chart,
    *,
    limits: bool = True,
) -> tuple[Passed, ...]:
    if not written:
        return ()
    deltas, passed = _limits(conn, written, chart, limits=limits)
    if limits and passed:
        raise passed[0].refusal
    write.acts(conn, written)
    write.balances(conn, deltas)
    journal_heads.save(conn, [heads[book] for book in {one.act.book: 0 for one in written}])
    return passed


def _limits(
    conn: sa.Connection, written: Sequence[Written], chart: Chart, *, limits: bool
) -> tuple[dict[BalanceKey, write.Change], tuple[Passed, ...]]:
    """Run every act over the balances it touches, up to the first passed limit when they hold."""
    nets = [_net(one.act, chart) for one in written]
    touched = sorted({key for net in nets for key in net})
    stored = write.read_balances(conn, touched)
    changes: dict[BalanceKey, write.Change] = {}
    for key in touched:
        account = chart[kind_of(key[0])][key[1]]
        row = stored.get(key)
        if row is None:
            floor, ceiling = (account.floor, account.ceiling) if limits else (None, None)
            changes[key] = write.Change(account.side, 0, floor, ceiling, 0, new=True)
        else:
            changes[key] = write.Change(account.side, row[0], row[1], row[2], 0, new=False)
    passed: list[Passed] = []
    for one, net in zip(written, nets, strict=True):
        for key, amount in net.items():
            change = changes[key]
            change.delta += amount
            if refusal := _passes(key, amount, change, None if limits else chart):
                passed.append(Passed(one.act, refusal))
                if limits:
                    return changes, tuple(passed)
    return changes, tuple(passed)


def _passes(
    key: BalanceKey, amount: int, change: write.Change, chart: Chart | None
) -> Rejected | None:
    """The refusal if this change takes a balance past its limit; a replica's is in the chart."""
    floor, ceiling = change.floor, change.ceiling
    if chart is not None:
        account = chart[kind_of(key[0])][key[1]]
        floor, ceiling = account.floor, account.ceiling
    now = change.amount + change.delta
    if floor is not None and now < floor and amount < 0:
        return _limit(RejectionCode.BALANCE_TOO_LOW, key, now - amount, amount, floor, ceiling)
    if ceiling is not None and now > ceiling and amount > 0:
        return _limit(RejectionCode.BALANCE_TOO_HIGH, key, now - amount, amount, floor, ceiling)
    return None


def _net(act: Act, chart: Chart) -> dict[BalanceKey, int]:
    """Net change of each balance row by one act, on the account's normal side."""
    accounts = chart[kind_of(act.book)]
    net: dict[BalanceKey, int] = {}
    book = act.book
    for m in act.movements:
        debit = (book, m.debit, m.debit_key, m.funding)
        credit = (book, m.credit, m.credit_key, m.funding)
        net[debit] = net.get(debit, 0) + m.amount * accounts[m.debit].side
        net[credit] = net.get(credit, 0) - m.amount * accounts[m.credit].side
    return net


def _limit(
    code: RejectionCode,
    key: BalanceKey,
    before: int,
    amount: int,
    floor: int | None,
    ceiling: int | None,
) -> Rejected:
    return Rejected(
        code,
        book=key[0],
        account=key[1],
        key=key[2],
        funding=key[3],
        balance=show(before),
        asked=show(abs(amount)),
        floor=show(floor or 0),
        ceiling=show(ceiling or 0),
    )
