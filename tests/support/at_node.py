"""A village as it acts at its own node: its people by alias, each act through the node's door.

The base of the villages that the tests of node and federation build, each with a county of its
own beside it.
"""

import itertools
from datetime import date
from typing import Any

from contracts.ids import node_book
from contracts.ledger import Actor
from journal import store
from journal.engine import reading
from journal.perform import Command, Performed
from kernel.cases import Case
from services.cooperative_node import acting
from services.cooperative_node.world import Node


class AtNode:
    """A node, and its people by alias: posts, then m1, m2, …; ``seed`` begins its acts' ids."""

    def __init__(self, node: Node, seed: str) -> None:
        self.node = node
        self.person: dict[str, str] = {}
        self._seed = seed
        self._ids = itertools.count(1)

    def do(
        self,
        process: str,
        case: str,
        act: str,
        role: str,
        facts: dict[str, Any] | None = None,
        *,
        by: tuple[str, ...] = (),
        on: date | None = None,
    ) -> Performed:
        """Perform one act of the village's people; the bookkeeper types unless it is a payment."""
        persons = tuple(self.person[alias] for alias in by)
        operator = persons[0] if role == "cashier" else self.person["accountant"]
        return acting.act(
            self.node,
            Command(
                id=f"{self._seed}-{next(self._ids)}",
                process=process,
                case=case,
                act=act,
                actor=Actor(role=f"{role}@node", operator=operator, persons=persons),
                facts=facts or {},
                parties={"coop": self.node.cooperative},
                value_date=on,
            ),
        )

    def case(self, name: str) -> Case:
        """A case of the village at its own node."""
        with reading(self.node.engine).connect() as conn:
            found = store.load(conn, node_book(self.node.cooperative), name)
        assert found is not None, name
        return found

    def balances(self, *accounts: str) -> dict[str, int]:
        """Totals of these accounts of N(i) at the node, fen."""
        with reading(self.node.engine).connect() as conn:
            return store.totals(conn, node_book(self.node.cooperative), accounts)
