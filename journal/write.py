"""Sets of rows in and out of the two databases, the only place that knows which is which.

COPY and unnest on PostgreSQL, executemany on SQLite. Called by post under the heads' lock;
checks nothing itself.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa

from journal.tables import act, balance, case_link, movement
from journal.tables import cases as cases_table

if TYPE_CHECKING:
    from journal.post import BalanceKey, Written

_COPY_FROM = 32
"""From this many acts on, COPY beats an INSERT of arrays."""
_ACT = [c.name for c in act.columns]
_MOVEMENT = [c.name for c in movement.columns]
_BALANCE = [c.name for c in balance.columns]
_CASE = [c.name for c in cases_table.columns]
_LINK = [c.name for c in case_link.columns]
_TYPES = {"seq": "bigint", "line": "bigint", "amount": "bigint", "side": "bigint",
          "floor": "bigint", "ceiling": "bigint", "version": "bigint", "step": "bigint",
          "ended": "bigint", "act.body": "bytea", "digest": "bytea"}  # fmt: skip
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


def cases(conn: sa.Connection, fresh: Sequence[Row], changed: Sequence[Row]) -> None:
    """Insert new folded cases and rewrite known ones; rows in the order of the table's columns."""
    _insert(conn, "cases", _CASE, list(fresh))
    if not changed:
        return
    if conn.dialect.name == "postgresql":
        arrays = _arrays("cases", _CASE)
        sets = ", ".join(f"{name} = d.{name}" for name in _CASE[2:])
        _cursor(conn).execute(
            f"UPDATE cases c SET {sets} FROM unnest({arrays})"  # noqa: S608
            f" AS d({', '.join(_CASE)}) WHERE c.scope = d.scope AND c.id = d.id",
            _columns(changed),
        )
    else:
        sets = ", ".join(f"{name} = ?" for name in _CASE[2:])
        _cursor(conn).executemany(
            f"UPDATE cases SET {sets} WHERE scope = ? AND id = ?",  # noqa: S608
            [(*row[2:], *row[:2]) for row in changed],
        )


def links(conn: sa.Connection, rows: Sequence[Row]) -> None:
    """Insert the links that are not there yet."""
    if not rows:
        return
    names = ", ".join(_LINK)
    if conn.dialect.name == "postgresql":
        _cursor(conn).execute(
            f"INSERT INTO case_link ({names}) SELECT * FROM unnest({_arrays('case_link', _LINK)})"  # noqa: S608
            " ON CONFLICT DO NOTHING",
            _columns(rows),
        )
    else:
        marks = ", ".join("?" * len(_LINK))
        _cursor(conn).executemany(
            f"INSERT OR IGNORE INTO case_link ({names}) VALUES ({marks})",  # noqa: S608
            rows,
        )


def _insert(conn: sa.Connection, table: str, columns: list[str], rows: list[Row]) -> None:
    if not rows:
        return
    names = ", ".join(columns)
    cursor = _cursor(conn)
    if conn.dialect.name != "postgresql":
        marks = ", ".join("?" * len(columns))
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608
    elif len(rows) < _COPY_FROM:
        arrays = _arrays(table, columns)
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays})",  # noqa: S608
            _columns(rows),
        )
    else:
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


def _arrays(table: str, columns: Sequence[str]) -> str:
    """Placeholders of one typed array a column; a type stands under its column, or table.column."""
    kinds = (_TYPES.get(f"{table}.{name}", _TYPES.get(name, "text")) for name in columns)
    return ", ".join(f"%s::{kind}[]" for kind in kinds)


def _columns(rows: Sequence[Row]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _cursor(conn: sa.Connection) -> Any:
    """A cursor of the driver inside the caller's transaction."""
    return conn.connection.cursor()
