"""The acts of a book as they are exported, streamed in their order, with names of accounts.

Called by the writers of each format. Person ids, case ids and amounts only: names, cards and ID
numbers are not in a book.
"""

from collections.abc import Iterator

import msgspec
import sqlalchemy as sa

from contracts.codec import decode
from contracts.ids import kind_of
from contracts.ledger import Act
from journal.read import STREAM, TrialRow, trial_balance
from journal.registry import registry
from journal.tables import act
from kernel.chart import Account


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """A book to export: its connection, its id, and its part of the chart."""

    conn: sa.Connection
    name: str

    @property
    def accounts(self) -> dict[str, Account]:
        """The accounts of this kind of book, by code."""
        return registry().chart[kind_of(self.name)]

    def acts(self) -> Iterator[Act]:
        """Every act in order. Keep the transaction open while reading."""
        query = sa.select(act.c.body).where(act.c.book == self.name).order_by(act.c.seq)
        for (body,) in self.conn.execute(query, execution_options=STREAM):
            yield decode(body, Act)

    def trial(self) -> list[TrialRow]:
        """Debit and credit balances by account and funding, now."""
        return trial_balance(self.conn, self.name)
