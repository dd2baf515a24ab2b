"""A simulated county: its computers, its bank, its clock, and everything outside of them.

Holds no rule and does nothing by itself: happenings.py lets events happen to it, checks look at
it. What a restart keeps is on the machines' files; what the real world keeps (the bank, people,
papers) is in ``Outside``. Nothing else survives.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import sqlalchemy as sa

from contracts.rejections import Rejection
from journal import heads as journal_heads
from journal.engine import reading
from journal.perform import Command
from services.cooperative_node.ports import Ports as NodePorts
from services.cooperative_node.world import Node
from services.federation.cases import night
from services.federation.county import County, load_county
from services.federation.identity import CountyKeys
from services.federation.ports import Ports as CountyPorts
from simulation.bank import Bank
from simulation.chance import Clock
from simulation.county_sql import speak_sqlite
from simulation.machine import Machine
from simulation.network import Gate, Message

COUNTY = "county"
"""Name of the county's computer; villages' computers have the name of their cooperative."""


class Found(Exception):
    """Something that must never be. ``invariant`` is its number in targets.md, or its kind."""

    def __init__(self, invariant: str, what: str) -> None:
        super().__init__(invariant, what)
        self.invariant = invariant
        self.what = what


class Villager(msgspec.Struct, frozen=True, kw_only=True):
    """A natural person of a village, with the card the village wrote down."""

    coop: str
    person: str
    name: str
    household: str
    card: str


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked under an act id, and the digest of the acts that answered (None: unknown)."""

    command: Command
    answer: bytes | None


class Outside:
    """What is no computer's memory: it stays whatever stops, and is copied with a snapshot."""

    def __init__(self, seed: str, opened: date, bank: Bank, keys: CountyKeys) -> None:
        self.clock = Clock(opened)
        self.bank = bank
        self.keys = keys
        self.cooperatives: dict[str, str] = {}  # id → sub-account
        self.villagers: dict[str, Villager] = {}
        self.chance: dict[str, Random] = {}
        self.computers: dict[str, int] = {}  # how many computers a village has had
        self.late: list[Message] = []
        self.liars: dict[str, str] = {}
        self.asked: dict[tuple[str, str], Asked] = {}
        self.refusals: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.nights = 0
        self.seed(seed)

    def seed(self, seed: str) -> None:
        """From here on every computer draws from streams of this seed."""
        self._seed = seed
        self.chance = {}

    def forget(self) -> None:
        """Begin counting anew; what was asked before is asked no more."""
        self.asked.clear()
        self.refusals.clear()
        self.faults.clear()
        self.nights = 0

    def stream(self, name: str) -> Random:
        """The stream of chance of one computer."""
        return self.chance.setdefault(name, Random(f"{self._seed}/{name}"))


class World:
    """One county on files in ``folder``; ``outside`` is its own copy."""

    def __init__(self, folder: Path, outside: Outside) -> None:
        self.folder = folder
        self.outside = outside
        self.skew: dict[str, int] = {}
        self.machines: dict[str, Machine] = {}
        self._county: County | None = None
        for name in (COUNTY, *outside.cooperatives):
            self.switch_on(name)

    def switch_on(self, name: str) -> Machine:
        """Open the file of a computer, replacing the one of this name."""
        if name in self.machines:
            self.machines[name].stop()
        number = self.outside.computers.setdefault(name, 1)
        path = self.folder / f"{name}-{number}.sqlite"
        machine = Machine(name, path, speak_sqlite if name == COUNTY else None)
        self.machines[name] = machine
        return machine

    def restart(self, name: str) -> None:
        """A computer stopped and is started again: memory is gone, files are there."""
        self.machines[name].restart()
        if name == COUNTY:
            self._county = None
        self.outside.faults[f"restart {'county' if name == COUNTY else 'node'}"] += 1

    def stop(self) -> None:
        """Switch everything off."""
        for machine in self.machines.values():
            machine.stop()

    @property
    def clock(self) -> Clock:
        """The virtual clock."""
        return self.outside.clock

    @property
    def bank(self) -> Bank:
        """The bank."""
        return self.outside.bank

    @property
    def cooperatives(self) -> tuple[str, ...]:
        """Ids of the cooperatives, in order."""
        return tuple(sorted(self.outside.cooperatives))

    @property
    def gate(self) -> Gate:
        """The county's end of the line."""
        return Gate(self.machines[COUNTY], self.county, lambda: self.clock.now)

    @property
    def spool(self) -> Path:
        """The folder between county and bank."""
        return self.folder / "bank"

    def node(self, cooperative: str) -> Node:
        """A village's node, with its computer's clock and randomness."""
        stream = self.outside.stream(cooperative)
        return Node(
            cooperative=cooperative,
            engine=self.machines[cooperative].engine,
            ports=NodePorts(
                now=lambda: self.clock.as_seen_with(self.skew.get(cooperative, 0)),
                random=stream.randbytes,
            ),
        )

    def county(self, conn: sa.Connection) -> County:
        """The county as loaded since its computer was last started."""
        if self._county is None:
            stream = self.outside.stream(COUNTY)
            ports = CountyPorts(now=lambda: self.clock.now, random=stream.randbytes)
            self._county = load_county(conn, self.outside.keys, ports)
        return self._county

    @contextmanager
    def at_county(self) -> Iterator[tuple[sa.Connection, County]]:
        """One transaction of the county."""
        with self.machines[COUNTY].engine.begin() as conn:
            yield conn, self.county(conn)

    @contextmanager
    def reading(self, name: str) -> Iterator[sa.Connection]:
        """A look into one computer's file."""
        with reading(self.machines[name].engine).connect() as conn:
            yield conn

    def today(self) -> date:
        """The county's open date."""
        with self.reading(COUNTY) as conn:
            return night.open_date(conn)

    def open_day(self, cooperative: str) -> date:
        """A village's open day."""
        with self.reading(cooperative) as conn:
            return journal_heads.read(conn, f"N-{cooperative}").today

    def refused(self, refusal: Rejection) -> str:
        """Count a named refusal; its code."""
        self.outside.refusals[refusal.code.value] += 1
        return refusal.code.value

    def suffered(self, faults: Mapping[str, int] | Any) -> None:
        """Count what went wrong."""
        self.outside.faults.update(faults)
