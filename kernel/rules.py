"""The register of rules: pure functions from a case, facts and balances to named amounts.

A rule declares which balances it reads; journal loads them under the lock and hands them in.
All arithmetic of the processes is in rules; rows and recipes hold names only (engine.md).
"""

from collections.abc import Callable, Mapping
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


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule is handed. ``balance`` holds the declared reads (fen, normal side).

    ``rows`` holds, for a read written ``account.*``, every key and its balance.
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
    lookup: Any


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
    """A rule and its reads: name → ``account`` (own key) or ``account.*`` (all keys).

    A read of another party's book is written ``party:account``.
    """

    run: Rule
    reads: Mapping[str, str]


RULES: dict[str, Declared] = {}


def rule(**reads: str) -> Callable[[Rule], Rule]:
    """Register a rule under its function's name, with the balances it reads."""

    def register(run: Rule) -> Rule:
        RULES[run.__name__] = Declared(run=run, reads=reads)
        return run

    return register
