"""Builders of the journal's tests: books, drafts and what the tables hold, every default valid."""

from collections.abc import Iterable, Sequence
from datetime import date
from importlib import resources
from typing import Any

import sqlalchemy as sa

from contracts.ledger import Act, Actor, Movement
from journal import heads as journal_heads
from journal.post import Draft, append
from journal.tables import metadata
from kernel import chart

CHART = chart.load(resources.files("kernel").joinpath("chart.toml").read_bytes())
DAY = date(2010, 1, 4)
BOOK = "N-baiguo"
CUSTODY = "K-baiguo"
MEMBER = "member-baiguo-001"
CLERK = Actor(role="bookkeeper@node", operator="p-0000000000000001")


def money(
    debit: str,
    credit: str,
    amount: int,
    *,
    debit_key: str = "",
    credit_key: str = "",
    funding: str = "own",
) -> Movement:
    """One movement of ``amount`` fen."""
    return Movement(debit, debit_key, credit, credit_key, funding, amount)


def paid_in(amount: int, member: str = MEMBER) -> Movement:
    """A member pays a share into the mutual-aid account."""
    return money("10201", "30101", amount, credit_key=member)


def lent(amount: int, loan: str = "loan-baiguo-0001", funding: str = "own") -> Movement:
    """A loan is paid out of the mutual-aid account."""
    return money("115", "10201", amount, debit_key=loan, funding=funding)


def a_draft(number: int, *movements: Movement, book: str = BOOK, **changes: Any) -> Draft:
    """A draft that opens a case of its own; ``number`` makes its ids unique."""
    values: dict[str, Any] = {
        "book": book,
        "id": f"act-{number:05d}",
        "value_date": DAY,
        "process": "member",
        "version": 1,
        "case": f"case-{number:05d}",
        "step": 1,
        "act": "apply",
        "state": "applied",
        "actor": CLERK,
        "request": f"{number:064x}",
        "parties": {"coop": "baiguo"},
        "facts": {"number": number},
        "movements": movements,
    }
    return Draft(**{**values, **changes})


def open_books(engine: sa.Engine, *books: str, day: date = DAY) -> None:
    """Create empty books with ``day`` as their open day."""
    with engine.begin() as conn:
        for book in books or (BOOK,):
            journal_heads.create(conn, book, day)


def post(conn: sa.Connection, drafts: Sequence[Draft]) -> tuple[Act, ...]:
    """Lock the books of these drafts and append them in the caller's transaction."""
    heads = journal_heads.lock(conn, {draft.book for draft in drafts})
    return append(conn, heads, drafts, CHART)


def posted(engine: sa.Engine, *drafts: Draft) -> tuple[Act, ...]:
    """Append drafts in a transaction of their own."""
    with engine.begin() as conn:
        return post(conn, drafts)


def contents(conn: sa.Connection, tables: Iterable[str] = ()) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the journal's tables, in key order."""
    return {
        name: [
            tuple(row)
            for row in conn.execute(
                sa.select(metadata.tables[name]).order_by(*metadata.tables[name].primary_key)
            )
        ]
        for name in sorted(tables or metadata.tables)
    }


def balance_of(conn: sa.Connection, account: str, key: str = "", book: str = BOOK) -> int:
    """One balance (fen, normal side) over all fundings, zero when there is no row."""
    balance = metadata.tables["balance"]
    query = sa.select(balance.c.amount).where(
        balance.c.book == book, balance.c.account == account, balance.c.key == key
    )
    return sum(conn.scalars(query))
