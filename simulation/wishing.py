"""What a wish is, and what an area of people's wishes is made of.

Every area (members, loans, lending between villages…) is a module that ends in one ``AREA``;
simulation.wishes joins them. Values and small helpers only.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from random import Random
from typing import Any

import msgspec

from kernel.cases import Case
from simulation.village_eyes import Eyes


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """One act somebody thinks of."""

    weight: int
    process: str
    case: str
    act: str
    role: str
    operator: str
    persons: tuple[str, ...] = ()
    facts: dict[str, Any] = {}
    value_date: date | None = None


Facts = dict[str, Any] | None
"""What is said with an act; None: nobody could say it now."""
Say = Callable[[Eyes, Random, Case], Facts]
"""Makes what a person says with an act on a case."""


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """The wishes of one area: how often people think of an act, what they say, what they begin.

    ``weights`` and ``facts`` are by (process, act); an act without a weight is thought of by
    nobody. ``opened`` yields wishes that begin a case; ``serial`` makes their ids new.
    """

    weights: Mapping[tuple[str, str], int]
    facts: Mapping[tuple[str, str], Say] = {}
    opened: tuple[Callable[[Eyes, Random, int], Iterator[Wish]], ...] = ()


def because(_eyes: Eyes, _chance: Random, _case: Case) -> Facts:
    """Said with an act that asks for a reason."""
    return {"reason": "simulated"}


def rarely(chance: Random) -> bool:
    """Whether somebody who knows better tries it all the same."""
    return chance.random() < 0.05
