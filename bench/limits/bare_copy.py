"""The limit of bulk append: COPY of the same rows into copies of the tables, nothing checked.

Same columns, same indexes; no trigger, no CHECK, no chain, no balance, no head. The rows stand
ready as Python tuples; only sending, writing and committing them is measured.
"""

from typing import Any

import psycopg
from psycopg import sql

from bench.acts import repayments
from contracts.codec import encode

Row = tuple[Any, ...]


_COPY = ("COPY {} FROM STDIN", "COPY {} FROM STDIN (FORMAT BINARY)")
_TYPES = {
    "act": ["text", "int8", *["text"] * 6, "bytea", "bytea"],
    "movement": ["text", "int8", "int8", *["text"] * 5, "int8"],
}


def create(connection: psycopg.Connection[Any], name: str) -> None:
    """Make the two tables."""
    for table in ("act", "movement"):
        connection.execute(
            sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING DEFAULTS INCLUDING INDEXES)").format(
                sql.Identifier(f"{name}_{table}"), sql.Identifier(table)
            )
        )
    connection.commit()


class Feed:
    """Fresh rows for every run, laid out before it."""

    def __init__(self, name: str, book: str, size: int, batches: int) -> None:
        self.name, self.book, self.size, self.batches = name, book, size, batches
        self.number = 1
        self.ready: list[tuple[list[Row], list[Row]]] = []

    def prepare(self) -> None:
        """Lay out the rows of the next run."""
        self.ready = []
        for _ in range(self.batches):
            self.ready.append(rows(self.book, self.number, self.size))
            self.number += self.size

    def run(self, connection: psycopg.Connection[Any], *, binary: bool = False) -> int:
        """Write and commit them, a transaction a batch; ``binary`` is the cheaper format."""
        for pair in self.ready:
            with connection.cursor() as cursor:
                for table, lines in zip(("act", "movement"), pair, strict=True):
                    into = sql.Identifier(f"{self.name}_{table}")
                    with cursor.copy(sql.SQL(_COPY[binary]).format(into)) as sink:
                        if binary:
                            sink.set_types(_TYPES[table])
                        for line in lines:
                            sink.write_row(line)
            connection.commit()
        return self.size * self.batches


def rows(book: str, first: int, count: int) -> tuple[list[Row], list[Row]]:
    """What the product writes for the same drafts; digests stand in by length."""
    acts: list[Row] = []
    movements: list[Row] = []
    for seq, draft in enumerate(repayments(book, first, count), first):
        body = encode(draft) + b" " * 60  # an act also says seq, epoch, business date and its tag
        acts.append(
            (book, seq, draft.id, "2010-01-04", draft.case, draft.process, draft.act,
             draft.request, body, body[:32])
        )  # fmt: skip
        movements.extend(
            (book, seq, line, m.debit, m.debit_key, m.credit, m.credit_key, m.funding, m.amount)
            for line, m in enumerate(draft.movements, 1)
        )
    return acts, movements
