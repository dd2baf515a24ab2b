"""The driver beneath SQLAlchemy: one statement for a whole set of rows on either database.

The only place that knows which database it is: COPY, arrays and row locks on PostgreSQL,
executemany on SQLite, whose writing transaction holds the lock already. Called by write, heads
and replica inside the caller's transaction; knows no rule of the books.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

COPY_FROM = 32
"""From this many rows on, COPY beats an INSERT of arrays."""
Row = tuple[Any, ...]
_COPY_TYPES = {"bigint": "int8"}


class Set:
    """How rows of one table travel: its columns, and the PostgreSQL type of each."""

    def __init__(self, table: sa.Table) -> None:
        self.table = table.name
        self.columns = [column.name for column in table.columns]
        self.types = [_type(column.type) for column in table.columns]
        names = ", ".join(self.columns)
        self._into = f"INSERT INTO {table.name} ({names})"
        self._one = f"{self._into} VALUES ({', '.join(['%s'] * len(self.columns))})"
        self._some = f"{self._into} SELECT * FROM unnest({arrays(self.types)})"  # noqa: S608
        self._copy = f"COPY {table.name} ({names}) FROM STDIN (FORMAT BINARY)"
        self._copy_types = [_COPY_TYPES.get(kind, kind) for kind in self.types]

    def cells(self, rows: Sequence[Row]) -> tuple[str, Sequence[Any]]:
        """An INSERT of a few rows on PostgreSQL and its parameters, also for use inside a WITH."""
        if len(rows) == 1:
            return self._one, rows[0]
        return self._some, columns(rows) if rows else ["{}"] * len(self.columns)

    def insert(self, conn: sa.Connection, rows: Sequence[Row], *, new: bool = True) -> None:
        """Insert rows in the order of the columns; with ``new`` false those not there yet."""
        if not rows:
            return
        sink = cursor(conn)
        if conn.dialect.name != "postgresql":
            one = self._one.replace("%s", "?")
            sink.executemany(one if new else one.replace("INSERT", "INSERT OR IGNORE", 1), rows)
            return
        also = "" if new else " ON CONFLICT DO NOTHING"
        if len(rows) < COPY_FROM or not new:
            statement, cells = self.cells(rows)
            sink.execute(statement + also, cells)
        else:
            with sink.copy(self._copy) as copy:
                copy.set_types(self._copy_types)
                for row in rows:
                    copy.write_row(row)


def cursor(conn: sa.Connection) -> Any:
    """A cursor of the driver inside the caller's transaction, begun as SQLAlchemy would."""
    if not conn.in_transaction():
        conn.begin()
    return conn.connection.cursor()


def arrays(types: Sequence[str]) -> str:
    """Placeholders of one typed array a column."""
    return ", ".join([f"%s::{kind}[]" for kind in types])


def columns(rows: Sequence[Row]) -> list[Any]:
    """Rows turned into columns, each an array parameter."""
    return [array(column) for column in zip(*rows, strict=True)]


def array(column: Sequence[Any]) -> Any:
    """An array as PostgreSQL writes it; what is neither text nor whole number psycopg dumps.

    Joining a thousand texts is fifty times cheaper than dumping them one by one.
    """
    kinds = set(map(type, column))
    if kinds == {int}:
        return "{" + ",".join(map(str, column)) + "}"
    if kinds == {str}:
        text = '{"' + '","'.join(column) + '"}'
        if "\\" not in text and text.count('"') == 2 * len(column):
            return text
        return '{"' + '","'.join(map(_quoted, column)) + '"}'
    return list(column)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _type(kind: sa.types.TypeEngine[Any]) -> str:
    if isinstance(kind, sa.Integer):
        return "bigint"
    return "bytea" if isinstance(kind, sa.LargeBinary) else "text"
