"""Figures of a book at any point of its life: balances, trial balance, ledger of one account.

Called by delivery and intake (totals of a batch), reports, console and node pages, and export.
Reads in the caller's transaction and writes nothing. Amounts are fen on the normal side of the
account unless a field says debit or credit.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa

from contracts.batch import Totals
from contracts.codec import decode
from contracts.ledger import Act
from journal import heads
from journal.tables import act, balance, movement
from kernel.errors import ensure

STREAM = {"stream_results": True, "yield_per": 1000}
"""Execution options of a read that must not hold all its rows at once."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One balance row at a point of time."""

    account: str
    key: str
    funding: str
    side: int
    amount: int


class TrialRow(msgspec.Struct, frozen=True, kw_only=True):
    """One account and funding of a trial balance; one of the two amounts is zero."""

    account: str
    funding: str
    debit_fen: int
    credit_fen: int


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One movement as an account sees it: the act, the other account, the change, the balance."""

    act: Act
    line: int
    key: str
    funding: str
    other: str
    other_key: str
    change_fen: int
    balance_fen: int


def last_on(conn: sa.Connection, book: str, day: date) -> int:
    """Sequence of the last act of a book on or before a business date; 0 before the first.

    Business dates never fall along a book, so the place is found by halving: a few reads by
    primary key instead of an index on a column that is never searched otherwise.
    """
    low, high = 0, heads.read(conn, book).seq
    while low < high:
        middle = (low + high + 1) // 2
        found = conn.scalar(
            sa.select(act.c.business_date).where(act.c.book == book, act.c.seq == middle)
        )
        ensure(found is not None, "book_has_no_gap", book=book, seq=middle)
        if str(found) <= day.isoformat():
            low = middle
        else:
            high = middle - 1
    return low


def balances_at(conn: sa.Connection, book: str, seq: int | None = None) -> list[Standing]:
    """Every balance row of a book after act ``seq`` (None: now), in key order, zeros left out."""
    if seq is None:
        found = conn.execute(_NOW, {"of_book": book})
    else:
        head = heads.read(conn, book).seq
        ensure(0 <= seq <= head, "sequence_is_in_the_book", book=book, seq=seq, head=head)
        found = conn.execute(_THEN, {"of_book": book, "after": seq})
    rows = (Standing(**row._asdict()) for row in found)
    return sorted(rows, key=lambda row: (row.account, row.key, row.funding))


def totals_at(conn: sa.Connection, book: str, seq: int | None = None) -> tuple[Totals, ...]:
    """Balance by account and funding after act ``seq`` (None: now), as a batch states them.

    Rows whose balance is zero are left out; the order is by account, then funding.
    """
    sums: dict[tuple[str, str], int] = {}
    for row in balances_at(conn, book, seq):
        pair = (row.account, row.funding)
        sums[pair] = sums.get(pair, 0) + row.amount
    return tuple(
        Totals(account, funding, amount)
        for (account, funding), amount in sorted(sums.items())
        if amount
    )


def trial_balance(conn: sa.Connection, book: str, day: date | None = None) -> list[TrialRow]:
    """Debit and credit balances by account and funding; both columns sum to the same.

    ``day``: as they stood at the end of that business date (None: now).
    """
    sums: dict[tuple[str, str], int] = {}
    for row in balances_at(conn, book, None if day is None else last_on(conn, book, day)):
        pair = (row.account, row.funding)
        sums[pair] = sums.get(pair, 0) + row.side * row.amount
    return [
        TrialRow(
            account=account,
            funding=funding,
            debit_fen=max(amount, 0),
            credit_fen=max(-amount, 0),
        )
        for (account, funding), amount in sorted(sums.items())
        if amount
    ]


def account_ledger(
    conn: sa.Connection, book: str, account: str, *, key: str | None = None, after: int = 0
) -> Iterator[Entry]:
    """Movements of an account beyond act ``after``, oldest first, with the running balance.

    ``key`` keeps one key's rows; without it all keys run in one balance. A movement that debits
    and credits the account shows twice. Streams: keep the transaction open while reading.
    """
    m = movement
    debited = sa.select(
        m.c.seq, m.c.line, m.c.debit_key.label("key"), m.c.funding, m.c.credit.label("other"),
        m.c.credit_key.label("other_key"), m.c.amount.label("net"), sa.literal(0).label("half"),
    ).where(m.c.book == book, m.c.debit == account)  # fmt: skip
    credited = sa.select(
        m.c.seq, m.c.line, m.c.credit_key.label("key"), m.c.funding, m.c.debit.label("other"),
        m.c.debit_key.label("other_key"), (-m.c.amount).label("net"), sa.literal(1).label("half"),
    ).where(m.c.book == book, m.c.credit == account)  # fmt: skip
    both = sa.union_all(debited, credited).subquery()
    side = sa.select(sa.func.max(balance.c.side)).where(
        balance.c.book == book, balance.c.account == account
    )
    query = (
        sa.select(both, act.c.body, side.scalar_subquery().label("side"))
        .join(act, sa.and_(act.c.book == book, act.c.seq == both.c.seq))
        .order_by(both.c.seq, both.c.line, both.c.half)
    )
    if key is not None:
        query = query.where(both.c.key == key)
    running = 0
    for row in conn.execute(query, execution_options=STREAM):
        change = row.side * row.net
        running += change
        if row.seq > after:
            yield Entry(
                act=decode(row.body, Act),
                line=row.line,
                key=row.key,
                funding=row.funding,
                other=row.other,
                other_key=row.other_key,
                change_fen=change,
                balance_fen=running,
            )


def _standing() -> sa.Select[Any]:
    """Today's balances less what moved after ``seq``: a batch near the head reads a few rows."""
    m = movement
    book: sa.BindParameter[str] = sa.bindparam("of_book")
    seq: sa.BindParameter[int] = sa.bindparam("after")
    later = (m.c.book == book, m.c.seq > seq)
    halves = sa.union_all(
        sa.select(
            m.c.debit.label("account"), m.c.debit_key.label("key"), m.c.funding,
            m.c.amount.label("net"),
        ).where(*later),
        sa.select(m.c.credit, m.c.credit_key, m.c.funding, -m.c.amount).where(*later),
    ).subquery()  # fmt: skip
    moved = (
        sa.select(
            halves.c.account, halves.c.key, halves.c.funding,
            sa.cast(sa.func.sum(halves.c.net), sa.BigInteger).label("net"),
        )
        .group_by(halves.c.account, halves.c.key, halves.c.funding)
        .subquery()
    )  # fmt: skip
    b = balance
    amount = b.c.amount - b.c.side * sa.func.coalesce(moved.c.net, 0)
    return (
        sa.select(b.c.account, b.c.key, b.c.funding, b.c.side, amount.label("amount"))
        .join_from(
            b,
            moved,
            sa.and_(
                moved.c.account == b.c.account,
                moved.c.key == b.c.key,
                moved.c.funding == b.c.funding,
            ),
            isouter=True,
        )
        .where(b.c.book == book, amount != 0)
    )


# Built once: putting these together costs more than running them.
_NOW = sa.select(
    balance.c.account, balance.c.key, balance.c.funding, balance.c.side, balance.c.amount
).where(balance.c.book == sa.bindparam("of_book"), balance.c.amount != 0)
_THEN = _standing()


def entries(conn: sa.Connection) -> int:
    """Acts with movements, over all books of this database."""
    acts = sa.select(movement.c.book, movement.c.seq).distinct().subquery()
    return int(conn.scalar(sa.select(sa.func.count()).select_from(acts)) or 0)
