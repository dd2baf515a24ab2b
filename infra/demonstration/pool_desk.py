"""One desk of the pool's people: does an act in its own transaction, tells it, tells a refusal.

Base of ``pool_county`` and ``pool_bank``. Acts go through the same case functions as the console
and the bank's portal; whether they may be done is the county's answer.
"""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa

from contracts.ids import node_book
from contracts.ledger import Actor
from contracts.rejections import Rejection
from infra.county_directory import CountyDirectory
from infra.county_directory.model import GuaranteeLine
from infra.demonstration import officers
from infra.demonstration.pool_life import application_of
from journal import store
from journal.engine import reading
from kernel.cases import Case
from kernel.errors import Rejected
from services.federation.cases import packages
from services.federation.county import County


class Offices(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts for the offices of a directory: the same persons who sign in to the console."""

    drafter: Actor
    staff: Actor
    poverty_office: Actor
    finance: Actor
    maker: Actor
    checker: Actor


def offices_of(directory: CountyDirectory) -> Offices:
    """The officers of a directory as actors; an office nobody holds acts under its own name."""
    return Offices(
        drafter=_officer(directory, "federation", "maker", "staff@federation"),
        staff=_officer(directory, "federation", "checker", "staff@federation"),
        poverty_office=_officer(directory, "poverty_office", "checker", "cpo@federation"),
        finance=_officer(directory, "finance_bureau", "checker", "cfb@federation"),
        maker=_officer(directory, "bank", "maker", "maker@bank"),
        checker=_officer(directory, "bank", "checker", "checker@bank"),
    )


def _officer(directory: CountyDirectory, body: str, duty: str, role: str) -> Actor:
    persons = [
        officers.person_of(number)
        for number, one in enumerate(directory.officers, 1)
        if (one.body, one.duty) == (body, duty)
    ]
    person = persons[0] if persons else f"p-{body}-{duty}"
    return Actor(role=role, operator=person, persons=(person,))


class PoolDesk:
    """A county's database as one desk uses it. ``refusals``: package → why it was stopped."""

    def __init__(self, engine: sa.Engine, county: County, directory: CountyDirectory) -> None:
        self.engine = engine
        self.county = county
        self.directory = directory
        self.offices = offices_of(directory)
        self.refusals: dict[str, Rejection] = {}

    def does(
        self, words: str, act: Callable[..., object], *told: Any, stops: str = "", **more: Any
    ) -> Iterator[str]:
        """Perform ``act(conn, world, *told)``; a refusal changes nothing and is kept by name."""
        try:
            with self.engine.begin() as conn:
                act(conn, self.county.world, *told, **more)
        except packages.LinesRefused as refused:
            yield self._refused(words, stops, next(iter(refused.refusals.values())))
        except Rejected as refused:
            yield self._refused(words, stops, refused.as_struct())
        else:
            yield words

    def case(self, name: str) -> Case | None:
        """A county case as it stands."""
        with reading(self.engine).connect() as conn:
            return store.load(conn, store.COUNTY_SCOPE, name)

    def all(self, process: str, *states: str) -> list[Case]:
        """County cases of a process in these states."""
        with reading(self.engine).connect() as conn:
            return store.in_states(conn, store.COUNTY_SCOPE, process, states)

    def linked(self, process: str, name: str, value: str) -> tuple[Case, ...]:
        """County cases of a process by link, oldest first."""
        with reading(self.engine).connect() as conn:
            return store.DatabaseLookup(conn, store.COUNTY_SCOPE).linked(process, name, value)

    def village_state(self, cooperative: str, case: str) -> str:
        """State of a village's own case by its proven replica, "" for none."""
        with reading(self.engine).connect() as conn:
            found = store.load(conn, node_book(cooperative), case)
        return found.state if found else ""

    def guarantee(self, line: GuaranteeLine) -> Case | None:
        """The guarantee a row of packages.csv has become, if it has."""
        own = self.directory.stake[line.stake].cooperative
        found = self.linked("guarantee", "application", application_of(line, own))
        return found[-1] if found else None

    def _refused(self, words: str, stops: str, refusal: Rejection) -> str:
        if stops:
            self.refusals[stops] = refusal
        return f"拒绝 {words}: {refusal.text('zh')}"


def has_signed(case: Case, actor: Actor, act: str) -> bool:
    """Whether this office has signed in the case's present state."""
    return any(hand.role == actor.role and hand.act == act for hand in case.signed)


def reached(on: date, day: date | None) -> bool:
    """Whether a row's day has come."""
    return day is not None and day <= on
