"""Sets of rows in and out of the two databases, the only place that knows which is which.

COPY and unnest on PostgreSQL, executemany on SQLite. Called by post under the heads' lock;
checks nothing itself.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa

from journal.tables import act, balance, movement

if TYPE_CHECKING:
    from journal.post import BalanceKey, Written

_COPY_FROM = 32
"""From this many acts on, COPY beats an INSERT of arrays."""
_ACT = [c.name for c in act.columns]
_MOVEMENT = [c.name for c in movement.columns]
_BALANCE = [c.name for c in balance.columns]
_TYPES = {"seq": "bigint", "line": "bigint", "amount": "bigint", "side": "bigint",
          "floor": "bigint", "ceiling": "bigint", "body": "bytea", "digest": "bytea"}  # fmt: skip
Row = tuple[Any, ...]


class Change(msgspec.Struct):
    """A balance row and what this append adds to it (fen, normal side)."""

    side: int
    amount: int
    floor: int | None
    ceiling: int | None
    delta: int
    new: bool


def acts(conn: sa.Connection, written: "Sequence[Written]") -> None:
    """Insert acts and their movements."""
    act_rows = [
        (
            one.act.book,
            one.act.seq,
            one.act.id,
            one.act.business_date.isoformat(),
            one.act.case,
            one.act.process,
            one.act.act,
            one.act.request,
            one.body,
            one.digest,
        )
        for one in written
    ]
    movement_rows = [
        (one.act.book, one.act.seq, line, m.debit, m.debit_key, m.credit, m.credit_key,
         m.funding, m.amount)
        for one in written
        for line, m in enumerate(one.act.movements, 1)
    ]  # fmt: skip
    _insert(conn, "act", _ACT, act_rows)
    _insert(conn, "movement", _MOVEMENT, movement_rows)


def balances(conn: sa.Connection, changes: "Mapping[BalanceKey, Change]") -> None:
    """Insert the missing rows and change the others; the database holds each to its limits."""
    fresh = [
        (*key, one.side, one.delta, one.floor, one.ceiling)
        for key, one in changes.items()
        if one.new
    ]
    moved = [(one.delta, *key) for key, one in changes.items() if not one.new and one.delta]
    _insert(conn, "balance", _BALANCE, fresh)
    if not moved:
        return
    if conn.dialect.name == "postgresql":
        _cursor(conn).execute(
            "UPDATE balance b SET amount = b.amount + d.delta FROM unnest(%s::bigint[],"
            " %s::text[], %s::text[], %s::text[], %s::text[]) AS d(delta, book, account, key,"
            " funding) WHERE b.book = d.book AND b.account = d.account AND b.key = d.key"
            " AND b.funding = d.funding",
            _columns(moved),
        )
    else:
        _cursor(conn).executemany(
            "UPDATE balance SET amount = amount + ? WHERE book = ? AND account = ? AND key = ?"
            " AND funding = ?",
            moved,
        )


def read_balances(
    conn: sa.Connection, keys: "Sequence[BalanceKey]"
) -> "dict[BalanceKey, tuple[int, int | None, int | None]]":
    """Amount, floor and ceiling of the rows that exist."""
    found: dict[BalanceKey, tuple[int, int | None, int | None]] = {}
    if conn.dialect.name == "postgresql":
        rows: Iterable[Row] = _cursor(conn).execute(
            "SELECT b.book, b.account, b.key, b.funding, b.amount, b.floor, b.ceiling FROM"
            " unnest(%s::text[], %s::text[], %s::text[], %s::text[]) AS d(book, account, key,"
            " funding) JOIN balance b USING (book, account, key, funding)",
            _columns(keys) if keys else [[], [], [], []],
        )
    else:
        rows = _read_sqlite(conn, keys)
    for book, account, key, funding, amount, floor, ceiling in rows:
        found[book, account, key, funding] = (amount, floor, ceiling)
    return found


def _read_sqlite(conn: sa.Connection, keys: "Sequence[BalanceKey]") -> Iterator[Row]:
    cursor = _cursor(conn)
    for key in keys:
        yield from cursor.execute(
            "SELECT book, account, key, funding, amount, floor, ceiling FROM balance"
            " WHERE book = ? AND account = ? AND key = ? AND funding = ?",
            key,
        ).fetchall()


def _insert(conn: sa.Connection, table: str, columns: list[str], rows: list[Row]) -> None:
    if not rows:
        return
    names = ", ".join(columns)
    cursor = _cursor(conn)
    if conn.dialect.name != "postgresql":
        marks = ", ".join("?" * len(columns))
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608
    elif len(rows) < _COPY_FROM:
        arrays = ", ".join(f"%s::{_TYPES.get(name, 'text')}[]" for name in columns)
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays})",  # noqa: S608
            _columns(rows),
        )
    else:
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


def _columns(rows: Sequence[Row]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _cursor(conn: sa.Connection) -> Any:
    """A cursor of the driver inside the caller's transaction."""
    return conn.connection.cursor()
