"""The doors the demonstration goes through, as protocols: a village, the bank, the county.

``infra.demonstration.processes`` implements them over HTTP, the spool and Temporal, each against a
process of its own. Nothing here knows a directory.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

import msgspec

from contracts.persons import Person
from infra.bank_simulator.orders import Order
from infra.county_directory.model import IntercoopLoan
from infra.demonstration.life import Wish
from kernel.cases import Case


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A named refusal: code, Chinese and English sentence."""

    code: str
    zh: str
    en: str


class VillageDoor(Protocol):
    """One node, as its people use it."""

    def register(self, people: Mapping[str, Person]) -> dict[str, str]:
        """Keep what is known of people (any key → person); returns key → person id."""

    def perform(self, wish: Wish, on: date) -> Refused | None:
        """Do one act; None when it was done."""

    def cases(self) -> dict[str, Case]:
        """Every case of the village and every county case it knows, by id."""

    def close_through(self, on: date) -> None:
        """Close every open day through a date."""

    def last_act(self) -> int:
        """Sequence of the newest act of the book."""

    def synchronise(self) -> None:
        """Send what the county lacks and take what it has; raises ConnectionError if offline."""


class BankDoor(Protocol):
    """The bank's spool."""

    def order(self, orders: Sequence[Order]) -> None:
        """Play the world outside; returns when the bank has done it."""

    def close_day(self, on: date) -> None:
        """The bank works its files and ends a day; returns when the statement lies there."""


class CountyDoor(Protocol):
    """The county's staff and its nightly close."""

    def match(self, lent: IntercoopLoan) -> str | Refused:
        """Staff propose an inter-cooperative loan; the case it became."""

    def sign(self, case: str) -> Sequence[Refused]:
        """Federation staff and the poverty office sign what waits for them."""

    def close(self, until: date) -> Mapping[str, int]:
        """Run the county close through Temporal; returns the counts of its steps."""

    def payment_of(self, case: str) -> str:
        """Reference of the payment under way for a case; "" for none."""

    def in_motion(self) -> int:
        """Payments, legs and loans on their way through the bank or settlement."""
