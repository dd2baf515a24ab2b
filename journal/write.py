"""Acts, movements, balances, heads and cases in and out of the database, a set at a time.

Called by post, heads and replica under the heads' lock; checks nothing itself.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import sqlalchemy as sa

from contracts.ids import COUNTY_BOOK, FEDERATION_BOOK
from journal import driver, tables
from journal.driver import Row

__all__ = [
    "BalanceKey", "Change", "Row", "cases", "everything", "heads", "links", "lock_heads",
    "read_balances",
]  # fmt: skip
BalanceKey = tuple[str, str, str, str]
"""(book, account, key, funding)."""
_ACT, _MOVEMENT, _BALANCE = map(driver.Set, (tables.act, tables.movement, tables.balance))
_CASE, _LINK = driver.Set(tables.cases), driver.Set(tables.case_link)
_HEAD = driver.Set(tables.head)
_HEAD_NAMES = ", ".join(_HEAD.columns)
_HEAD_SET = ", ".join(f"{name} = ?" for name in _HEAD.columns[1:])
_HEAD_FROM = ", ".join(f"{name} = d.{name}" for name in _HEAD.columns[1:])
_CASE_SET = ", ".join(f"{name} = ?" for name in _CASE.columns[2:])
_CASE_FROM = ", ".join(f"{name} = d.{name}" for name in _CASE.columns[2:])


class Change(msgspec.Struct, gc=False):
    """A balance row and what this append adds to it (fen, normal side).

    ``floor`` and ``ceiling`` are those of the row, or of the chart while there is no row.
    """

    key: BalanceKey
    side: int
    floor: int | None
    ceiling: int | None
    amount: int = 0
    debits: int = 0
    credits: int = 0
    new: bool = True

    @property
    def delta(self) -> int:
        """Net change on the normal side."""
        return self.side * (self.debits - self.credits)


def everything(
    conn: sa.Connection,
    acts: Sequence[Row],
    movements: Sequence[Row],
    changes: Mapping[BalanceKey, Change],
    *,
    limits: bool = True,
) -> None:
    """Insert acts and their movements, the columns in their order, and change balances.

    Missing balance rows are inserted with what they hold after; the database holds every row to
    its limits. Without ``limits`` the new rows have none: a replica's balances are whatever its
    owner wrote.
    """
    fresh: list[Row] = []
    moved: list[Row] = []
    for key, one in changes.items():
        if one.new:
            floor, ceiling = (one.floor, one.ceiling) if limits else (None, None)
            fresh.append((*key, one.side, one.delta, floor, ceiling))
        elif delta := one.delta:
            moved.append((delta, *key))
    _BALANCE.insert(conn, fresh)
    sink = driver.cursor(conn)
    if conn.dialect.name != "postgresql":
        _ACT.insert(conn, acts)
        _MOVEMENT.insert(conn, movements)
        sink.executemany(_MOVE_ONE, moved)
    elif max(len(acts), len(movements)) < driver.COPY_FROM:
        # A single act is mostly the price of its trips to the server: one statement writes all.
        into_act, act_cells = _ACT.cells(acts)
        into_movement, movement_cells = _MOVEMENT.cells(movements)
        sink.execute(
            f"WITH a AS ({into_act}), m AS ({into_movement}) {_MOVE}",
            [*act_cells, *movement_cells, *(driver.columns(moved) or ["{}"] * 5)],
        )
    else:
        _ACT.insert(conn, acts)
        _MOVEMENT.insert(conn, movements)
        if moved:
            sink.execute(_MOVE, driver.columns(moved))


_MOVE = (
    "UPDATE balance b SET amount = b.amount + d.delta FROM unnest(%s::bigint[], %s::text[],"
    " %s::text[], %s::text[], %s::text[]) AS d(delta, book, account, key, funding)"
    " WHERE b.book = d.book AND b.account = d.account AND b.key = d.key AND b.funding = d.funding"
)
_MOVE_ONE = (
    "UPDATE balance SET amount = amount + ? WHERE book = ? AND account = ? AND key = ?"
    " AND funding = ?"
)


def read_balances(conn: sa.Connection, keys: Iterable[BalanceKey]) -> list[Row]:
    """Book, account, key, funding, amount, floor and ceiling of the rows that exist."""
    wanted = list(keys)
    if not wanted:
        return []
    source = driver.cursor(conn)
    if conn.dialect.name == "postgresql":
        query = (
            "SELECT b.book, b.account, b.key, b.funding, b.amount, b.floor, b.ceiling FROM"
            " unnest(%s::text[], %s::text[], %s::text[], %s::text[]) AS d(book, account, key,"
            " funding) JOIN balance b USING (book, account, key, funding)"
        )
        found: list[Row] = source.execute(query, driver.columns(wanted)).fetchall()
        return found
    query = (
        "SELECT book, account, key, funding, amount, floor, ceiling FROM balance"
        " WHERE book = ? AND account = ? AND key = ? AND funding = ?"
    )
    return [row for key in wanted for row in source.execute(query, key)]


def lock_heads(conn: sa.Connection, books: Sequence[str]) -> list[Row]:
    """The heads of these books, locked one after another in the order of ``lock_order``."""
    source = driver.cursor(conn)
    if conn.dialect.name != "postgresql":
        query = f"SELECT {_HEAD_NAMES} FROM head WHERE book = ?"  # noqa: S608
        return [row for book in books for row in source.execute(query, (book,))]
    if len(books) == 1:
        query = f"SELECT {_HEAD_NAMES} FROM head WHERE book = %s FOR UPDATE"  # noqa: S608
        one: list[Row] = source.execute(query, books).fetchall()
        return one
    # PostgreSQL sorts beneath the step that locks, so rows are locked in this order and no other;
    # a book's name never changes, so waiting for a row cannot change its place.
    query = (
        f"SELECT {_HEAD_NAMES} FROM head WHERE book = ANY(%s)"  # noqa: S608
        ' ORDER BY book IN (%s, %s), book COLLATE "C" FOR UPDATE'
    )
    found: list[Row] = source.execute(query, (list(books), COUNTY_BOOK, FEDERATION_BOOK)).fetchall()
    return found


def heads(conn: sa.Connection, rows: Sequence[Row]) -> None:
    """Write heads back, the columns in their order."""
    sink = driver.cursor(conn)
    if conn.dialect.name != "postgresql":
        statement = f"UPDATE head SET {_HEAD_SET} WHERE book = ?"  # noqa: S608
        sink.executemany(statement, [(*row[1:], row[0]) for row in rows])
    elif len(rows) == 1:
        statement = f"UPDATE head SET {_HEAD_SET} WHERE book = ?".replace("?", "%s")  # noqa: S608
        sink.execute(statement, (*rows[0][1:], rows[0][0]))
    else:
        sink.execute(
            f"UPDATE head h SET {_HEAD_FROM} FROM unnest({driver.arrays(_HEAD.types)})"  # noqa: S608
            f" AS d({_HEAD_NAMES}) WHERE h.book = d.book",
            driver.columns(rows),
        )


def read_cases(conn: sa.Connection, scope: str, ids: Sequence[str]) -> list[Row]:
    """Id and body of those of these cases that are there."""
    source = driver.cursor(conn)
    if conn.dialect.name == "postgresql":
        query = "SELECT id, body FROM cases WHERE scope = %s AND id = ANY(%s::text[])"
        found: list[Row] = source.execute(query, (scope, driver.array(ids))).fetchall()
        return found
    one = "SELECT id, body FROM cases WHERE scope = ? AND id = ?"
    return [row for name in ids for row in source.execute(one, (scope, name))]


def cases(conn: sa.Connection, fresh: Sequence[Row], changed: Sequence[Row]) -> None:
    """Insert new folded cases and rewrite known ones; rows in the order of the table's columns."""
    _CASE.insert(conn, fresh)
    if not changed:
        return
    sink = driver.cursor(conn)
    if conn.dialect.name == "postgresql":
        names = ", ".join(_CASE.columns)
        sink.execute(
            f"UPDATE cases c SET {_CASE_FROM} FROM unnest({driver.arrays(_CASE.types)})"  # noqa: S608
            f" AS d({names}) WHERE c.scope = d.scope AND c.id = d.id",
            driver.columns(changed),
        )
    else:
        sink.executemany(
            f"UPDATE cases SET {_CASE_SET} WHERE scope = ? AND id = ?",  # noqa: S608
            [(*row[2:], *row[:2]) for row in changed],
        )


def links(conn: sa.Connection, rows: Sequence[Row]) -> None:
    """Insert the links that are not there yet."""
    _LINK.insert(conn, rows, new=False)
