"""What the checks read from a computer's file: rows as they stand, bodies as plain values.

Acts are decoded to dictionaries here, not by the contracts, and nothing is taken from the folded
cases or balances unless it is to be compared. Reads only.
"""

from functools import lru_cache
from typing import Any

import msgspec
import sqlalchemy as sa

from journal.tables import act, balance, cases, head, movement
from kernel.cases import Case
from services.federation.tables import (
    bank_file,
    bank_line,
    bank_statement,
    batch,
    node_key,
)

Told = dict[str, Any]


class Row(msgspec.Struct, frozen=True):
    """One act: where it stands, its bytes, and what they say."""

    seq: int
    id: str
    request: str
    digest: bytes
    body: bytes
    told: Told


class Files(msgspec.Struct, frozen=True, kw_only=True):
    """Everything of the books in one computer's file."""

    name: str
    heads: dict[str, Told]
    acts: dict[str, list[Row]]
    movements: dict[tuple[str, int], list[tuple[Any, ...]]]
    balances: dict[tuple[str, str, str, str], int]
    cases: dict[tuple[str, str], Told]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One bank line as the county's register has it."""

    line: str
    sub_account: str
    amount: int
    state: str
    matched: str
    reason: str


def files(conn: sa.Connection, name: str) -> Files:
    """Read one file; balances are signed, debit positive, zeros left out."""
    heads = {row.book: row._asdict() for row in conn.execute(sa.select(head))}
    acts: dict[str, list[Row]] = {book: [] for book in heads}
    query = sa.select(
        act.c.book, act.c.seq, act.c.id, act.c.request, act.c.digest, act.c.body
    ).order_by(act.c.book, act.c.seq)
    for book, seq, name_, request, digest, body in conn.execute(query):
        told = _told(bytes(body))
        acts.setdefault(book, []).append(Row(seq, name_, request, digest, bytes(body), told))
    moved: dict[tuple[str, int], list[tuple[Any, ...]]] = {}
    query = sa.select(movement).order_by(movement.c.book, movement.c.seq, movement.c.line)
    for book, seq, _, *rest in conn.execute(query):
        moved.setdefault((book, seq), []).append(tuple(rest))
    b = balance.c
    rows = conn.execute(sa.select(b.book, b.account, b.key, b.funding, b.side * b.amount))
    stored = {(r[0], r[1], r[2], r[3]): int(r[4]) for r in rows if r[4]}
    folded = {
        (scope, name_): _told(body.encode())
        for scope, name_, body in conn.execute(sa.select(cases.c.scope, cases.c.id, cases.c.body))
    }
    return Files(name=name, heads=heads, acts=acts, movements=moved, balances=stored, cases=folded)


@lru_cache(maxsize=65_536)
def _told(body: bytes) -> Told:
    """Bodies never change, so each is read once in a process."""
    told: Told = msgspec.json.decode(body)
    return told


def known_cases(conn: sa.Connection, scope: str) -> dict[str, Case]:
    """All cases of a scope as people see them, by id."""
    query = sa.select(cases.c.body).where(cases.c.scope == scope).order_by(cases.c.id)
    return {case.id: case for case in map(_case, conn.scalars(query))}


@lru_cache(maxsize=65_536)
def _case(body: str) -> Case:
    return msgspec.json.decode(body, type=Case)


def bank_lines(conn: sa.Connection) -> list[Line]:
    """Every bank line the county has entered."""
    c = bank_line.c
    query = sa.select(c.line, c.sub_account, c.amount, c.state, c.matched, c.reason)
    return [Line(**row._asdict()) for row in conn.execute(query.order_by(c.line))]


def statements(conn: sa.Connection) -> list[str]:
    """Dates of the statements the county has entered, oldest first."""
    query = sa.select(bank_statement.c.statement_date).order_by(bank_statement.c.statement_date)
    return [str(one) for one in conn.scalars(query)]


def unsent_files(conn: sa.Connection) -> int:
    """Files built or received and not yet dealt with."""
    query = sa.select(sa.func.count()).where(bank_file.c.state.in_(("built", "received")))
    return int(conn.scalar(query) or 0)


def batches(conn: sa.Connection) -> list[tuple[str, int, int, str, str]]:
    """Accepted batches: book, first, last, key, the county's date."""
    c = batch.c
    query = sa.select(c.book, c.first, c.last, c.key, c.business_date).order_by(c.book, c.last)
    return [(r[0], int(r[1]), int(r[2]), r[3], r[4]) for r in conn.execute(query)]


def keys(conn: sa.Connection) -> dict[str, tuple[str, str, str]]:
    """Registered keys: cooperative, valid from, revoked on."""
    c = node_key.c
    query = sa.select(c.key, c.cooperative, c.valid_from, c.revoked_on)
    return {r[0]: (r[1], r[2], r[3]) for r in conn.execute(query)}
