"""The limit of a node's act: one transaction in bare SQLite, WAL with synchronous=FULL.

The same rows into the same tables without triggers, the same balances held by the same CHECKs,
prepared statements of the driver, nothing that knows another kind of act.
"""

from pathlib import Path
from typing import Any

import pysqlite3.dbapi2 as sqlite

from contracts.codec import GENESIS, chain, encode
from journal.post import Draft

_ACT = "INSERT INTO act VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_MOVEMENT = "INSERT INTO movement VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_BALANCE = (
    "UPDATE balance SET amount = amount + ? WHERE book = ? AND account = ? AND key = ?"
    " AND funding = 'own'"
)


class Bare:
    """A copy of a migrated, opened node file with its triggers gone."""

    def __init__(self, file: Path, book: str) -> None:
        self.connection: Any = sqlite.connect(
            str(file), isolation_level=None, check_same_thread=False
        )
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            self.connection.execute(f"PRAGMA {pragma}")
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (name,) in self.connection.execute(query).fetchall():
            self.connection.execute(f"DROP TRIGGER {name}")
        self.book = book

    def repay(self, draft: Draft) -> None:
        """One repayment of two movements, committed."""
        book, run = self.book, self.connection.execute
        run("BEGIN IMMEDIATE")
        seq, digest = run("SELECT seq, digest FROM head WHERE book = ?", (book,)).fetchone()
        seq += 1
        body = encode(draft) + b" " * 60
        digest = chain(digest or GENESIS, body)
        run(_ACT, (book, seq, draft.id, "2010-01-04", draft.case, draft.process, draft.act,
                   draft.request, body, digest))  # fmt: skip
        for line, m in enumerate(draft.movements, 1):
            run(_MOVEMENT, (book, seq, line, m.debit, m.debit_key, m.credit, m.credit_key,
                            m.funding, m.amount))  # fmt: skip
            run(_BALANCE, (-m.amount, book, m.credit, m.credit_key))
        run(_BALANCE, (sum(m.amount for m in draft.movements), book, "10201", ""))
        run("UPDATE head SET seq = ?, digest = ? WHERE book = ?", (seq, digest, book))
        run("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self.connection.close()
