"""A whole county of real processes in a folder of its own, and its books as plain values.

Used by the end-to-end tests. ``running`` starts the same stack as `lianhe demo`; ``books`` reads
what a run left, with the random parts (person ids, digests, keys) replaced by what they stand for,
so that two runs of the same files can be compared act by act.
"""

import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from infra.county_directory import CountyDirectory
from infra.demonstration import result
from infra.demonstration.figures import Figures
from infra.demonstration.play import Night, Player
from infra.demonstration.pool_play import PoolPlay
from infra.demonstration.proof import Proof
from infra.demonstration.stack import Stack
from infra.supervisor import Supervisor
from journal import tables
from journal.engine import reading

_OWN_SERVERS = ("LIANHE_DATABASE_URL", "TEMPORAL_ADDRESS")
_RANDOM = re.compile(r"\b[0-9a-f]{32,}\b")
PROVEN = {f"I{number}" for number in (*range(1, 16), 18, 19)}
"""The invariants that a demonstration proves."""
NO_POOL = {"I6", "I13"}
"""Proofs about a risk pool, where a county has none."""


class Running:
    """A stack that runs, and the player that plays its county; ``nights`` are those played."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.office = stack.office()
        self.villages = stack.villages()
        self.nights: list[Night] = []
        self.player = Player(
            stack.directory,
            self.villages,
            stack.bank(),
            self.office,
            PoolPlay(stack.engine, stack.county, stack.directory),
            tell=self.nights.append,
            phase=lambda _: nullcontext(),
        )

    def whole(self) -> None:
        """Play the county from its first day to its last."""
        self.player.open()
        for _ in self.player.play():
            pass

    def taken(self) -> tuple[Figures, dict[str, Proof]]:
        """Figures, and every proof with the repetition of the latest acts."""
        directory = self.stack.directory
        figures, proofs, _ = result.take(self.stack.engine, directory, directory.as_of)
        rows = result.merged([*proofs, self.player.repeat()])
        return figures, {row.name: row for row in rows}

    def books(self) -> dict[str, Any]:
        """Every act, balance and case of every book and the bank's lines, comparable."""
        names = {
            person: f"<{village}/{key}>"
            for village, people in self.player.persons.items()
            for key, person in people.items()
        }
        person = re.compile("|".join(map(re.escape, names))) if names else _RANDOM

        def plain(text: str) -> Any:
            told = person.sub(lambda found: names.get(found[0], found[0]), text)
            return _unordered(json.loads(_RANDOM.sub("#", told)))

        with reading(self.stack.engine).connect() as conn:
            return _read(conn, plain)

    def rows(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        """Rows of the county's database."""
        with reading(self.stack.engine).connect() as conn:
            return [tuple(row) for row in conn.execute(sa.text(statement), values)]


@contextmanager
def running(directory: CountyDirectory) -> Iterator[Running]:
    """Start every process of a county; all of it ends, and its folder goes, with the block."""
    environ = {name: text for name, text in os.environ.items() if name not in _OWN_SERVERS}
    with (
        tempfile.TemporaryDirectory(prefix="lianhe-e2e-") as folder,
        Supervisor(Path(folder)) as supervisor,
    ):
        stack = Stack(supervisor, directory, lambda _: None)
        stack.start(environ)
        own = Running(stack)
        try:
            yield own
        finally:
            own.office.leave()
            for door in own.villages.values():
                door.http.close()
            stack.engine.dispose()


def _unordered(told: Any) -> Any:
    """Hands stand in the order of random person ids; what counts is whose they are."""
    if isinstance(told, dict):
        inner = {key: _unordered(value) for key, value in told.items()}
        return {k: sorted(v) if k in ("hands", "_hands") else v for k, v in inner.items()}
    return [_unordered(one) for one in told] if isinstance(told, list) else told


def _read(conn: sa.Connection, plain: Any) -> dict[str, Any]:
    act, balance, case = tables.act, tables.balance, tables.cases
    acts: dict[str, list[Any]] = {}
    query = sa.select(act.c.book, act.c.body).order_by(act.c.book, act.c.seq)
    for book, body in conn.execute(query):
        told = plain(bytes(body).decode())
        # The digest of what was asked covers the random ids.
        told.pop("request")
        acts.setdefault(book, []).append(told)
    lines = sa.text("SELECT line, amount, state, matched FROM bank_line ORDER BY line")
    return {
        "acts": acts,
        "balances": sorted(
            tuple(row)
            for row in conn.execute(
                sa.select(
                    balance.c.book,
                    balance.c.account,
                    balance.c.key,
                    balance.c.funding,
                    balance.c.amount,
                )
            )
        ),
        "cases": {
            f"{scope}/{name}": (state, plain(body))
            for scope, name, state, body in conn.execute(
                sa.select(case.c.scope, case.c.id, case.c.state, case.c.body)
            )
        },
        "lines": [tuple(row) for row in conn.execute(lines)],
    }
