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
    conn: sa.Connection, heads: Heads, written: Sequence[Written], chart: Chart
) -> None:
    """Write acts whose bytes came from the book's owner; the caller has proved the chain."""
    for one in written:
        head = heads[one.act.book]
        ensure(one.act.seq == head.seq + 1, "replica_sequence_continues", book=head.book)
        head.seq, head.digest = one.act.seq, one.digest
        head.open_date = max(head.open_date, one.act.business_date.isoformat())
    _store(conn, heads, written, chart)


def _open(book: str, mode: str) -> None:
    if mode in (WAITING, CLOSED):
        raise Rejected(RejectionCode.BOOK_WAITS, book=book, reason=mode)


def _store(conn: sa.Connection, heads: Heads, written: Sequence[Written], chart: Chart) -> None:
    if not written:
        return
    deltas = _limits(conn, written, chart)
    write.acts(conn, written)
    write.balances(conn, deltas)
    journal_heads.save(conn, [heads[book] for book in {one.act.book: 0 for one in written}])


def _limits(
    conn: sa.Connection, written: Sequence[Written], chart: Chart
) -> dict[BalanceKey, write.Change]:
    """Run every act over the balances it touches; refuse the first that passes a limit."""
    nets = [_net(one.act, chart) for one in written]
    touched = sorted({key for net in nets for key in net})
    stored = write.read_balances(conn, touched)
    changes: dict[BalanceKey, write.Change] = {}
    for key in touched:
        account = chart[kind_of(key[0])][key[1]]
        row = stored.get(key)
        changes[key] = (
            write.Change(account.side, 0, account.floor, account.ceiling, 0, new=True)
            if row is None
            else write.Change(account.side, row[0], row[1], row[2], 0, new=False)
        )
    for net in nets:
        for key, amount in net.items():
            change = changes[key]
            change.delta += amount
            now = change.amount + change.delta
            if change.floor is not None and now < change.floor and amount < 0:
                raise _limit(RejectionCode.BALANCE_TOO_LOW, key, now - amount, amount, change)
            if change.ceiling is not None and now > change.ceiling and amount > 0:
                raise _limit(RejectionCode.BALANCE_TOO_HIGH, key, now - amount, amount, change)
    return changes


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
    code: RejectionCode, key: BalanceKey, before: int, amount: int, change: write.Change
) -> Rejected:
    return Rejected(
        code,
        book=key[0],
        account=key[1],
        key=key[2],
        funding=key[3],
        balance=show(before),
        asked=show(abs(amount)),
        floor=show(change.floor or 0),
        ceiling=show(change.ceiling or 0),
    )
