"""Cases in the database: load, find by link, save; balances as rules read them.

``DatabaseLookup`` is the Lookup a rule is handed. Called by perform, follow, replica and pages
through queries; folds nothing itself.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa

from contracts.codec import decode, encode
from contracts.ids import COUNTY_BOOK, FEDERATION_BOOK, custody_book, node_book
from journal.tables import act as act_table
from journal.tables import balance, case_link, cases
from kernel.cases import Case
from kernel.processes import NODE, Process

COUNTY_SCOPE = "K"
PARTY = "coop"
"""Link name under which every party of a case is found."""
_COLUMNS = tuple(column.name for column in cases.columns)[2:]
"""Columns of a case beside its scope and id."""


def scope_of(process: Process, parties: dict[str, str]) -> str:
    """Where a case's id is unique: the village's book, or the county."""
    return node_book(parties["coop"]) if process.home == NODE else COUNTY_SCOPE


def load(conn: sa.Connection, scope: str, case_id: str) -> Case | None:
    """One case, or None."""
    body = conn.execute(_ONE, {"scope": scope, "case": case_id}).scalar()
    return None if body is None else decode(body.encode(), Case)


def save(
    conn: sa.Connection, scope: str, case: Case, process: Process, *, before: Case | None = None
) -> None:
    """Write a folded case and its links; a link once made is kept for finding the case again.

    ``before`` is the case as it was stored, if the caller has it: its links are there already.
    """
    row = row_of(case, process)
    changed = conn.execute(_CHANGE, {"its_scope": scope, "its_id": case.id, **row})
    if not changed.rowcount:
        conn.execute(_OPEN, {"scope": scope, "id": case.id, **row})
    have = set(links(before, process)) if before else set()
    fresh = sorted(set(links(case, process)) - have)
    if fresh:
        conn.execute(
            _NEW_LINK,
            [
                {"scope": scope, "process": case.process, "name": n, "value": v, "case_id": case.id}
                for n, v in fresh
            ],
        )


# Statements are made once: putting one together costs more than running it.
_ONE = sa.select(cases.c.body).where(
    cases.c.scope == sa.bindparam("scope"), cases.c.id == sa.bindparam("case")
)
_OPEN = cases.insert()
_CHANGE = (
    cases.update()
    .where(cases.c.scope == sa.bindparam("its_scope"), cases.c.id == sa.bindparam("its_id"))
    .values({name: sa.bindparam(name) for name in _COLUMNS})
)
_NEW_LINK = sa.text(
    "INSERT INTO case_link (scope, process, name, value, case_id)"
    " VALUES (:scope, :process, :name, :value, :case_id) ON CONFLICT DO NOTHING"
)


def row_of(case: Case, process: Process) -> dict[str, str | int]:
    """The columns of a case beside its scope and id."""
    return dict(zip(_COLUMNS, cells_of(case, process), strict=True))


def cells_of(case: Case, process: Process) -> tuple[str | int, ...]:
    """The same in the order of the table's columns."""
    return (
        case.process,
        case.version,
        case.state,
        case.step,
        int(process.ended(case.state)),
        case.due.isoformat() if case.due else "",
        encode(case).decode(),
    )


def links(case: Case, process: Process) -> Iterable[tuple[str, str]]:
    """The names and values a case is found by: its parties, and the process's link terms."""
    for cooperative in set(case.parties.values()):
        yield PARTY, cooperative
    for name in process.links:
        value = case.terms.get(name, ())
        for one in (value,) if isinstance(value, str) else value:
            if one:
                yield name, str(one)


_LINKED = (
    sa.select(cases.c.body)
    .join(
        case_link,
        sa.and_(case_link.c.scope == cases.c.scope, case_link.c.case_id == cases.c.id),
    )
    .where(
        case_link.c.scope == sa.bindparam("scope"),
        case_link.c.process == sa.bindparam("process"),
        case_link.c.name == sa.bindparam("name"),
        case_link.c.value == sa.bindparam("value"),
    )
    .order_by(cases.c.id)
)


class DatabaseLookup:
    """Other cases of one scope, read in the caller's transaction (kernel.rules.Lookup)."""

    def __init__(self, conn: sa.Connection, scope: str) -> None:
        self.conn = conn
        self.scope = scope

    def case(self, case: str) -> Case | None:
        """One case of this scope by id."""
        return load(self.conn, self.scope, case)

    def linked(self, process: str, name: str, value: str) -> tuple[Case, ...]:
        """Cases of a process whose link ``name`` is ``value``, in id order."""
        found = self.conn.scalars(
            _LINKED, {"scope": self.scope, "process": process, "name": name, "value": value}
        )
        return tuple(decode(body.encode(), Case) for body in found)

    def all(self, process: str, cooperative: str) -> tuple[Case, ...]:
        """Every case of a process with this cooperative as a party, in id order."""
        return self.linked(process, PARTY, cooperative)

    def some(self, ids: Sequence[str]) -> dict[str, Case]:
        """Those of these cases that exist in this scope, by id, in one read."""
        query = sa.select(cases.c.body).where(
            cases.c.scope == self.scope, cases.c.id.in_(list(ids))
        )
        found = (decode(body.encode(), Case) for body in self.conn.scalars(query))
        return {case.id: case for case in found}

    def village(self, cooperative: str) -> "DatabaseLookup":
        """The same transaction looking at one village's own cases (replica or node)."""
        return DatabaseLookup(self.conn, node_book(cooperative))

    def county(self) -> "DatabaseLookup":
        """The same transaction looking at the county's cases (or their followed copy)."""
        return DatabaseLookup(self.conn, COUNTY_SCOPE)


def totals(conn: sa.Connection, book: str, accounts: Iterable[str]) -> dict[str, int]:
    """Balance of each account of a book over all keys and fundings (fen, normal side)."""
    wanted = list(accounts)
    query = (
        sa.select(balance.c.account, sa.cast(sa.func.sum(balance.c.amount), sa.BigInteger))
        .where(balance.c.book == book, balance.c.account.in_(wanted))
        .group_by(balance.c.account)
    )
    found = {account: int(amount) for account, amount in conn.execute(query)}
    return {account: found.get(account, 0) for account in wanted}


def rows(
    conn: sa.Connection, book: str, accounts: Sequence[str], by: str = "key"
) -> dict[str, dict[str, int]]:
    """Account → key (or funding) → balance over the rest (fen, normal side), zeros left out."""
    found: dict[str, dict[str, int]] = {account: {} for account in accounts}
    asked = {"book": book, "accounts": list(accounts)}
    for account, key, amount in conn.execute(_rows_by(by), asked):
        if amount:
            found[account][key] = int(amount)
    return found


@cache
def _rows_by(by: str) -> Any:
    group = balance.c[by]
    return (
        sa.select(
            balance.c.account,
            group,
            sa.cast(sa.func.sum(balance.c.amount), sa.BigInteger),
        )
        .where(
            balance.c.book == sa.bindparam("book"),
            balance.c.account.in_(sa.bindparam("accounts", expanding=True)),
        )
        .group_by(balance.c.account, group)
        .order_by(balance.c.account, group)
    )


def book_for(home: str, cooperative: str) -> str:
    """The book a party's half is posted in at a case's home.

    The county itself ("") is K-0. The federation is named by its book F: a cooperative's id is
    written in small letters, so none can be it.
    """
    if not cooperative:
        return COUNTY_BOOK
    if cooperative == FEDERATION_BOOK:
        return FEDERATION_BOOK
    return node_book(cooperative) if home == NODE else custody_book(cooperative)


def due(conn: sa.Connection, scope: str, on: str) -> list[Case]:
    """Cases whose deadline is on or before ``on`` (ISO date), oldest deadline first."""
    query = (
        sa.select(cases.c.body)
        .where(cases.c.scope == scope, cases.c.due != "", cases.c.due <= on, cases.c.ended == 0)
        .order_by(cases.c.due, cases.c.id)
    )
    return [decode(body.encode(), Case) for body in conn.scalars(query)]


def history(conn: sa.Connection, case: Case) -> list[tuple[str, int, bytes]]:
    """Book, sequence and bytes of every act of a case, in the books of its parties."""
    books = {book_for(case.home, party) for party in case.parties.values()}
    query = (
        sa.select(act_table.c.book, act_table.c.seq, act_table.c.body)
        .where(act_table.c.book.in_(sorted(books)), act_table.c.case_id == case.id)
        .order_by(act_table.c.book, act_table.c.seq)
    )
    return [(book, seq, body) for book, seq, body in conn.execute(query)]


def in_states(conn: sa.Connection, scope: str, process: str, states: Sequence[str]) -> list[Case]:
    """Cases of a process in any of these states, in id order."""
    query = (
        sa.select(cases.c.body)
        .where(cases.c.scope == scope, cases.c.process == process, cases.c.state.in_(list(states)))
        .order_by(cases.c.id)
    )
    return [decode(body.encode(), Case) for body in conn.scalars(query)]


def every(conn: sa.Connection, scope: str) -> list[Case]:
    """All cases of a scope, in id order."""
    query = sa.select(cases.c.body).where(cases.c.scope == scope).order_by(cases.c.id)
    return [decode(body.encode(), Case) for body in conn.scalars(query)]
