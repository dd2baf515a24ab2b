"""From an act to its movements: the rule is asked, its amounts fill the recipe of every book.

Called by journal.perform under the heads' lock. Writes nothing.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa

from contracts.ledger import Line, Movement
from journal import store
from journal.registry import Registry
from kernel import cases, processes
from kernel.calendar import Calendar
from kernel.cases import Case
from kernel.policy import Policy
from kernel.processes import Transition
from kernel.recipes import place_of
from kernel.rules import RULES, Asked, Declared, Outcome


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one act is decided on: its row, its case, its books, read under the lock."""

    conn: sa.Connection
    registry: Registry
    calendar: Calendar
    policy: Policy
    lookup: store.DatabaseLookup
    row: Transition
    case: Case
    parties: Mapping[str, str]
    books: Mapping[str, str]
    facts: dict[str, Any]
    today: date
    value_date: date

    def declared(self) -> Declared | None:
        """The row's rule, if it has one."""
        return RULES[self.row.rule] if self.row.rule else None

    def roster(self, role: str) -> list[str] | None:
        """Who holds a role for this case; an opening act is about whom its facts name."""
        case = self.case
        if self.row.opens:
            case = msgspec.structs.replace(case, terms={**case.terms, **self.facts})
        found = self.registry.roster(role, case, self.parties, self.lookup)
        return None if found is None else list(found)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What the act will say: recipe, lines, changed terms, and the movements of each book."""

    recipe: str
    lines: tuple[Line, ...]
    terms: dict[str, Any]
    movements: Mapping[str, tuple[Movement, ...]]


def signed(scene: Scene) -> Plan:
    """A signature that does not complete its set posts nothing and changes no terms.

    Where signers agree on facts, the rule looks at them already: nobody signs what cannot be.
    """
    declared = scene.declared()
    if declared and declared.agreed:
        declared.run(asked(scene))
    return Plan(recipe="", lines=(), terms={}, movements=dict.fromkeys(scene.books.values(), ()))


def asked(scene: Scene) -> Asked:
    """What the row's rule is handed, with the balances it declared."""
    declared = scene.declared()
    reads = declared.reads if declared else {}
    balance, by_key = _balances(scene.conn, reads, scene.case, scene.books)
    return Asked(
        case=scene.case,
        act=scene.row.act,
        facts=scene.facts,
        policy=scene.policy,
        calendar=scene.calendar,
        today=scene.today,
        value_date=scene.value_date,
        balance=balance,
        rows=by_key,
        lookup=scene.lookup,
        roster=scene.roster,
    )


def plan(scene: Scene) -> Plan:
    """Run the row's rule and fill its recipe. Raises what the rule raises."""
    declared = scene.declared()
    outcome = declared.run(asked(scene)) if declared else Outcome()
    terms = {**scene.facts, **outcome.terms} if scene.row.opens else dict(outcome.terms)
    name = _recipe_name(scene)
    empty: dict[str, tuple[Movement, ...]] = dict.fromkeys(scene.books.values(), ())
    if not name:
        return Plan(recipe="", lines=(), terms=terms, movements=empty)
    own = msgspec.structs.replace(scene.case, terms={**scene.case.terms, **terms})
    lines = outcome.lines or (
        Line(
            amounts={k: v for k, v in outcome.amounts.items() if v},
            keys=cases.keys(own, outcome.keys),
            funding=outcome.funding or str(own.terms.get("funding", "own")),
        ),
    )
    recipe = scene.registry.recipes[name]
    movements = dict(empty)
    for party, book in scene.books.items():
        half = tuple(
            movement
            for line in lines
            for movement in recipe.half(place_of(book), outcome.party or party, line)
        )
        movements[book] = movements[book] + half
    return Plan(recipe=name, lines=lines, terms=terms, movements=movements)


def _recipe_name(scene: Scene) -> str:
    cell = scene.row.recipe
    if cell.startswith(processes.TERMS):
        return str(scene.case.terms[cell.removeprefix(processes.TERMS)])
    if cell.startswith(processes.FACTS):
        return str(scene.facts[cell.removeprefix(processes.FACTS)])
    return cell


def _balances(
    conn: sa.Connection, reads: Mapping[str, str], case: Case, books: Mapping[str, str]
) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    """Load a rule's declared reads under the lock.

    ``[party:]account`` (own keys), ``[party:]account.*`` (every key), ``[party:]account#`` (every
    funding; ``rows`` then holds funding → balance).
    """
    if not reads:
        return {}, {}
    first = next(iter(books))
    own = {"", case.id, *(v for v in case.terms.values() if isinstance(v, str))}
    wanted: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for name, text in reads.items():
        party, colon, cell = text.rpartition(":")
        account = cell.removesuffix(".*").removesuffix("#")
        how = cell.removeprefix(account)
        by = "funding" if how == "#" else "key"
        wanted.setdefault((books[party if colon else first], by), []).append((name, account, how))
    balance: dict[str, int] = {}
    by_key: dict[str, dict[str, int]] = {}
    for (book, by), entries in wanted.items():
        found = store.rows(conn, book, sorted({account for _, account, _ in entries}), by=by)
        for name, account, how in entries:
            by_key[name] = found[account]
            balance[name] = sum(
                amount for key, amount in found[account].items() if how or key in own
            )
    return balance, by_key
