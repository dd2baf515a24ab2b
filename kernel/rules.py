"""The register of rules: pure functions from a case, facts and balances to named amounts.

A rule declares which balances it reads; journal loads them under the lock and hands them in.
All arithmetic of the processes is in rules; rows and recipes hold names only (engine.md).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Protocol

import msgspec

from contracts.ledger import Line
from kernel.calendar import Calendar
from kernel.cases import Case
from kernel.policy import Policy


class Lookup(Protocol):
    """Other cases a rule may look at, read under the same lock."""

    def case(self, case: str) -> Case | None:
        """One case by id."""

    def linked(self, process: str, name: str, value: str) -> tuple[Case, ...]:
        """Cases of a process whose link ``name`` is ``value``, oldest first."""

    def all(self, process: str, cooperative: str) -> tuple[Case, ...]:
        """Every case of a process with this cooperative as a party, oldest first."""

    def some(self, ids: Sequence[str]) -> dict[str, Case]:
        """Those of these cases that exist, by id, in one read."""

    def village(self, cooperative: str) -> "Lookup":
        """The same, looking at one village's own cases (its replica at the county)."""

    def county(self) -> "Lookup":
        """The same, looking at the county's cases (at a node: its followed copy)."""


def nobody(role: str) -> Sequence[str] | None:
    """The roster of a place that keeps none: who holds a role is known by the sign-in alone."""
    del role
    return None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule is handed. ``balance`` holds the declared reads (fen, normal side).

    ``rows`` holds, for a read written ``account.*``, every key and its balance. ``roster`` names
    the persons who hold a role for this case.
    """

    case: Case
    act: str
    facts: dict[str, Any]
    policy: Policy
    calendar: Calendar
    today: date
    value_date: date
    balance: Mapping[str, int]
    rows: Mapping[str, Mapping[str, int]]
    lookup: Lookup
    roster: Callable[[str], Sequence[str] | None] = nobody


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule decided: amounts for the recipe (fen), changed terms, or ready lines.

    ``lines`` is for acts that post many keys at once (the close of a day); else one line is
    made of ``amounts``. ``keys`` adds account keys the case's terms do not hold. ``party``
    posts another party's half than the case's own (a node following a case of several parties).
    """

    amounts: dict[str, int] = {}
    terms: dict[str, Any] = {}
    keys: dict[str, str] = {}
    funding: str = ""
    party: str = ""
    lines: tuple[Line, ...] = ()


Rule = Callable[[Asked], Outcome]


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """A rule and its reads: name → ``account`` (own key), ``account.*`` or ``account#``.

    With ``.*`` every key is read and ``rows`` is by key, with ``#`` by funding. A read of another
    party's book is written ``party:account``. ``agreed`` names the facts that every signer of
    the act must sign alike: other facts are another signature (I14).
    """

    run: Rule
    reads: Mapping[str, str]
    agreed: tuple[str, ...] = ()


RULES: dict[str, Declared] = {}


def rule(*agreed: str, **reads: str) -> Callable[[Rule], Rule]:
    """Register a rule under its function's name: facts to agree on, and the balances it reads."""

    def register(run: Rule) -> Rule:
        RULES[run.__name__] = Declared(run=run, reads=reads, agreed=agreed)
        return run

    return register
