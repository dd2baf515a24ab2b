"""What can happen in a simulated county, as values: a story is a list of these.

Made by the generator, applied by the world, written to a file and read back by the shrinker and
`lianhe simulate --story`. An event names everything it does, so it can be left out of a story
without changing what the others mean. Amounts are fen.
"""

from datetime import date
from typing import Any

import msgspec

from simulation.bank_orders import BankFault
from simulation.machine import Crash

POOL = "pool"
"""Instead of a cooperative: money that is paid to the pool's own sub-account."""


FEDERATION = "federation"
"""The same: to the account of the federation's own money."""


class Event(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """One thing that happens."""


class Enrol(Event, frozen=True):
    """A village writes down a person. ``known`` is false for a card the bank never issued."""

    coop: str
    person: str
    name: str
    household: str
    card: str
    known: bool = True


class Act(Event, frozen=True):
    """A person at a village's computer performs an act; the same event again asks it again."""

    coop: str
    id: str
    process: str
    case: str
    act: str
    role: str
    operator: str
    persons: tuple[str, ...] = ()
    facts: dict[str, Any] = {}
    value_date: date | None = None
    crash: Crash | None = None


class Desk(Event, frozen=True):
    """Somebody at the county's desk does something; ``what`` is a name of simulation.desk."""

    what: str
    case: str
    coop: str = ""
    facts: dict[str, Any] = {}
    crash: Crash | None = None


class Money(Event, frozen=True):
    """Somebody pays to a sub-account at the bank. ``coop`` empty: to a number nobody has."""

    coop: str
    amount: int
    card: str
    text: str
    reference: str = ""


class BankFails(Event, frozen=True):
    """Something will go wrong at the bank, once."""

    fault: BankFault


class CloseDay(Event, frozen=True):
    """A village closes its open days through the county's date."""

    coop: str
    crash: Crash | None = None


class Sync(Event, frozen=True):
    """A village delivers and fetches; message by message something happens on the line.

    ``crash`` stops the village's computer, ``county_crash`` the county's, ``skew`` sets the
    village's clock wrong by so many seconds.
    """

    coop: str
    line: tuple[str, ...] = ()
    crash: Crash | None = None
    county_crash: Crash | None = None
    skew: int = 0


class Stick(Event, frozen=True):
    """A USB stick carries what the county lacks. ``order`` sorts its files by these numbers.

    ``flip`` (above zero) damages a byte of the first file at that place.
    """

    coop: str
    order: tuple[int, ...] = ()
    flip: int = 0


class Arrive(Event, frozen=True):
    """Requests that were held up on the line reach the county, the last one first."""


class Night(Event, frozen=True):
    """The bank ends its day and the county closes the open date."""

    crash: Crash | None = None


class Quiet(Event, frozen=True):
    """Days on which nobody does anything: county, bank and villages close them one by one."""

    days: int


class Lie(Event, frozen=True):
    """A village's computer signs something false; ``what`` is a name of simulation.liars."""

    coop: str
    what: str


class HandOver(Event, frozen=True):
    """A village goes on with a new computer, rebuilt from the county's replica."""

    coop: str


AnyEvent = (
    Enrol | Act | Desk | Money | BankFails | CloseDay | Sync | Stick | Arrive | Night | Quiet | Lie
    | HandOver
)  # fmt: skip


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """A county's life: how it begins, what happens, what was found at its end ("" for nothing)."""

    seed: int
    cooperatives: int
    events: tuple[AnyEvent, ...] = ()
    found: str = ""


def write_story(story: Story) -> bytes:
    """A story as bytes of a file: its head, then one event a line, each in JSON."""
    head = msgspec.structs.replace(story, events=())
    return b"".join(msgspec.json.encode(one) + b"\n" for one in (head, *story.events))


def read_story(body: bytes) -> Story:
    """A story from the bytes of a file. Raises msgspec.ValidationError or DecodeError."""
    head, *lines = body.splitlines()
    story = msgspec.json.decode(head, type=Story)
    events = tuple(msgspec.json.decode(line, type=AnyEvent) for line in lines)
    return msgspec.structs.replace(story, events=events)
