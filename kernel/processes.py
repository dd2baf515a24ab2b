"""Processes are rows: what may happen to a case, from where, by whom, with which rule and recipe.

Parses the bytes of ``processes.toml`` and proves the table when loading. Called by
journal.perform, workflows, pages, generated docs and the simulator, which all read the same rows.
It decides nothing about amounts (rules do) and holds no condition.
"""

import tomllib
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import cache

import msgspec

from contracts.rejections import RejectionCode
from kernel.errors import Rejected, ensure

START = "-"
POLICY = "policy:"
SYSTEM = "system:"
TERMS = "terms."
FACTS = "facts."
NODE, COUNTY = "node", "county"


class Deadline(msgspec.Struct, frozen=True):
    """``days``: a parameter (business days) or ``terms.NAME`` (a date); then ``act`` is due."""

    days: str
    act: str


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """One row. ``to`` empty means the state stays; ``who`` lists alternatives."""

    process: str
    act: str
    origins: tuple[str, ...]
    to: str
    who: tuple[str, ...]
    rule: str
    recipe: str
    deadline: Deadline | None

    @property
    def opens(self) -> bool:
        """True when this act opens a case."""
        return START in self.origins

    @property
    def signature_set(self) -> str:
        """Name of the signature set this act belongs to, or empty."""
        return _set_among(self.who)

    @property
    def by_system(self) -> bool:
        """True when no person ever performs it."""
        return all(w.startswith(SYSTEM) for w in self.who)


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of case: where it lives, its parties, and the terms it is found again by.

    ``places`` are the same rows by (state, act), ``origins`` every state one of them leaves.
    """

    name: str
    version: int
    home: str
    parties: tuple[str, ...]
    links: tuple[str, ...]
    rows: tuple[Transition, ...]
    places: Mapping[tuple[str, str], Transition]
    origins: frozenset[str]

    def transition(self, state: str, act: str) -> Transition:
        """The row of ``act`` from ``state``; refuses with what is possible instead."""
        row = self.places.get((state, act))
        if row is not None:
            return row
        if all(row.act != act for row in self.rows):
            raise Rejected(RejectionCode.UNKNOWN_ACT, process=self.name, act=act)
        allowed = ", ".join(row.act for row in self.offered(state)) or "-"
        raise Rejected(RejectionCode.ACT_NOT_ALLOWED_NOW, state=state, act=act, allowed=allowed)

    def ordered(self, parties: Mapping[str, str]) -> dict[str, str]:
        """Parties as the table names them: the first one's book, policy and balances decide."""
        named = [party for party in self.parties if party in parties]
        return {party: parties[party] for party in dict.fromkeys((*named, *sorted(parties)))}

    def offered(self, state: str) -> tuple[Transition, ...]:
        """Every row that starts in ``state``, in table order."""
        return tuple(row for row in self.rows if state in row.origins)

    def ended(self, state: str) -> bool:
        """True when nothing can happen to the case any more."""
        return state != START and state not in self.origins

    def states(self) -> tuple[str, ...]:
        """All states but the start, in the order the table names them."""
        named = [s for row in self.rows for s in (*row.origins, row.to) if s and s != START]
        return tuple(dict.fromkeys(named))


Table = dict[str, Process]


@cache
def _set_among(who: tuple[str, ...]) -> str:
    return next((w.removeprefix(POLICY) for w in who if w.startswith(POLICY)), "")


def load(
    body: bytes,
    rules: AbstractSet[str],
    recipes: Mapping[str, object],
    roles: AbstractSet[str] = frozenset(),
) -> Table:
    """Read ``processes.toml`` and prove it: rules, recipes and deadlines named exist.

    Every state is reached and every state but an end is left. Raises InvariantViolation.
    """
    raw = tomllib.loads(body.decode())
    version = raw.pop("version")
    table = {name: _process(name, version, cells) for name, cells in raw.items()}
    for process in table.values():
        _prove(process, rules, recipes, roles)
    return table


def _process(name: str, version: int, cells: dict[str, object]) -> Process:
    cells_of = msgspec.convert(cells["acts"], list[tuple[str, str, str, str, str, str, str]])
    rows = tuple(_transition(name, *row) for row in cells_of)
    return Process(
        name=name,
        version=version,
        home=str(cells["home"]),
        parties=msgspec.convert(cells["parties"], tuple[str, ...]),
        links=msgspec.convert(cells["links"], tuple[str, ...]),
        rows=rows,
        places={(origin, row.act): row for row in rows for origin in row.origins},
        origins=frozenset(origin for row in rows for origin in row.origins),
    )


def _transition(
    process: str, act: str, origin: str, to: str, who: str, rule: str, recipe: str, deadline: str
) -> Transition:
    days, arrow, then = deadline.partition(" -> ")
    ensure(bool(arrow) == bool(deadline), "deadline_reads_days_arrow_act", process=process, act=act)
    return Transition(
        process=process,
        act=act,
        origins=tuple(origin.split("|")),
        to=to,
        who=tuple(who.split("|")),
        rule=rule,
        recipe=recipe,
        deadline=Deadline(days, then) if deadline else None,
    )


def _prove(
    process: Process,
    rules: AbstractSet[str],
    recipes: Mapping[str, object],
    roles: AbstractSet[str],
) -> None:
    reached = {row.to for row in process.rows if row.to}
    for row in process.rows:
        facts = {"process": process.name, "act": row.act}
        ensure(not row.rule or row.rule in rules, "rule_exists", rule=row.rule, **facts)
        named = row.recipe and not row.recipe.startswith((TERMS, FACTS))
        ensure(not named or row.recipe in recipes, "recipe_exists", recipe=row.recipe, **facts)
        for origin in row.origins:
            ensure(origin == START or origin in reached, "state_is_reached", state=origin, **facts)
        if row.deadline is not None:
            state = row.to or row.origins[0]
            due = [r for r in process.rows if r.act == row.deadline.act and state in r.origins]
            ensure(
                bool(due) and f"{SYSTEM}deadline" in due[0].who,
                "deadline_act_starts_in_the_state_entered",
                **facts,
            )
        people = {w for w in row.who if not w.startswith((POLICY, SYSTEM))}
        ensure(not roles or people <= roles, "role_is_known", roles=people - roles, **facts)
    pairs = [(row.act, origin) for row in process.rows for origin in row.origins]
    ensure(len(pairs) == len(set(pairs)), "one_row_per_act_and_state", process=process.name)
