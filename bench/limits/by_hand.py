"""The limit of one act at a time: a transaction written by hand for exactly this act.

The same rows, the same chain, the same balances held by the same CHECKs; five statements, no
library between, no trigger, and nothing that knows another kind of act.
"""

from typing import Any

import psycopg
from psycopg import sql

from contracts.codec import GENESIS, chain, encode
from journal.post import Draft

_TABLES = ("head", "act", "movement", "balance")
_HEAD = "SELECT seq, digest FROM hand_head WHERE book = %s FOR UPDATE"
_ACT = "INSERT INTO hand_act VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
_MOVEMENT = (
    "INSERT INTO hand_movement VALUES (%s, %s, 1, %s, %s, %s, %s, %s, %s),"
    " (%s, %s, 2, %s, %s, %s, %s, %s, %s)"
)
_BALANCE = (
    "UPDATE hand_balance b SET amount = b.amount + d.delta::bigint FROM (VALUES (%s, '10201', ''),"
    " (%s, '117', %s), (%s, '115', %s)) AS d(delta, account, key)"
    " WHERE b.book = %s AND b.account = d.account AND b.key = d.key AND b.funding = 'own'"
)
_SAVE = "UPDATE hand_head SET seq = %s, digest = %s WHERE book = %s"


def create(connection: psycopg.Connection[Any]) -> None:
    """Copies of the tables with their indexes and CHECKs, without triggers."""
    for table in _TABLES:
        connection.execute(
            sql.SQL("CREATE TABLE IF NOT EXISTS {} (LIKE {} INCLUDING ALL)").format(
                sql.Identifier(f"hand_{table}"), sql.Identifier(table)
            )
        )
    connection.commit()


def open_book(connection: psycopg.Connection[Any], book: str) -> None:
    """Begin the book with the balances the product's book begins with."""
    connection.execute("INSERT INTO hand_head SELECT * FROM head WHERE book = %s", (book,))
    connection.execute("UPDATE hand_head SET seq = 0, digest = %s WHERE book = %s", (GENESIS, book))
    connection.execute("INSERT INTO hand_balance SELECT * FROM balance WHERE book = %s", (book,))
    connection.commit()


def repay(connection: psycopg.Connection[Any], draft: Draft) -> None:
    """One repayment of two movements, committed."""
    book = draft.book
    fee, principal = draft.movements
    with connection.transaction(), connection.cursor() as cursor:
        found = cursor.execute(_HEAD, (book,)).fetchone()
        seq, digest = found if found is not None else (0, GENESIS)
        seq += 1
        body = encode(draft) + b" " * 60
        digest = chain(digest, body)
        cursor.execute(
            _ACT,
            (book, seq, draft.id, "2010-01-04", draft.case, draft.process, draft.act,
             draft.request, body, digest),
        )  # fmt: skip
        cursor.execute(
            _MOVEMENT,
            [cell for m in (fee, principal) for cell in
             (book, seq, m.debit, m.debit_key, m.credit, m.credit_key, m.funding, m.amount)],
        )  # fmt: skip
        cursor.execute(
            _BALANCE,
            (fee.amount + principal.amount, -fee.amount, fee.credit_key, -principal.amount,
             principal.credit_key, book),
        )  # fmt: skip
        cursor.execute(_SAVE, (seq, digest, book))
