"""What the console is built with, and who sits at it: the county, its database, one visitor.

``Desk`` is made once by the composition root; a ``Visitor`` is made for every request by
``guard``. Neither decides anything: roles are checked by ``perform``, scope by the statements.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa
from litestar import Request

from contracts.ids import FEDERATION_BOOK
from kernel.organs import Organs, organs_of
from services.federation.console.queries.people import Officer
from services.federation.console.queries.villages import Scope
from services.federation.console.throttle import Throttle
from services.federation.console.words import LANGUAGES, ZH, Pair
from services.federation.county import County
from services.federation.insight.jobs import Jobs

AT = "/console"
"""Where every page of the console stands."""
BANK_AT = "/bank"
"""Where every page of the bank portal stands."""
BANK_PLACE = "bank"
COOPERATIVES = ("coop", "lender", "borrower")
"""Parties of a case that are cooperatives."""


def party_page(party: str) -> str:
    """Where a party of a case has its own page: a cooperative, or the federation itself (F)."""
    return f"{AT}/federation" if party == FEDERATION_BOOK else f"{AT}/cooperatives/{party}"


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """The console's surroundings.

    ``secure`` is true where people come by TLS; ``origins`` are the addresses they type, empty:
    whatever host they asked for. ``start_close`` starts the close of every open date up to one,
    and returns at once; None where this process cannot (then the page offers no button).
    """

    engine: sa.Engine
    county: County
    secure: bool = False
    origins: tuple[str, ...] = ()
    start_close: Callable[[date], None] | None = None
    throttle: Throttle = msgspec.field(default_factory=Throttle)
    stress: Jobs = msgspec.field(default_factory=Jobs)


def bank_of(officer: Officer) -> str:
    """The bank of the pool an officer is of, "" when he holds an office of the county too."""
    held = officer.held
    ours = [one for one in held if not (one.role.endswith(f"@{BANK_PLACE}") and one.scope)]
    return "" if ours or not held else held[0].scope


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """What a session remembers beside its user: its CSRF token and the last step-up.

    Until ``confirmed_until`` (ISO, UTC) the password stands for acts that approve or disburse.
    """

    csrf: str
    confirmed_until: str = ""


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """One request of one signed-in officer. ``session_digest`` is where his session is kept.

    ``places`` says what the townships and villages of his roles are called; ``first_password``
    that he still signs in with the password somebody gave him.
    """

    desk: Desk
    request: Request[Any, Any, Any]
    officer: Officer
    session: Session
    session_digest: str
    language: str = ZH
    places: Mapping[str, Pair] = {}
    first_password: bool = False

    def say(self, zh: str, en: str) -> str:
        """The sentence in the visitor's language."""
        return (zh, en)[LANGUAGES.index(self.language)]

    def pick(self, pair: Pair) -> str:
        """One of a pair, in the visitor's language."""
        return pair[LANGUAGES.index(self.language)]

    def day(self, otherwise: date) -> date:
        """The date the page is asked for by ``?day=``; ``otherwise`` without a true one."""
        try:
            return date.fromisoformat(self.request.query_params.get("day", ""))
        except ValueError:
            return otherwise

    @property
    def scope(self) -> Scope:
        """The villages he sees: an office of the county all of them, a township its own."""
        places = [one for one in self.officer.held if not one.role.endswith(f"@{BANK_PLACE}")]
        return Scope(
            everything=any(not one.scope for one in places),
            places=tuple(sorted({one.scope for one in places if one.scope})),
        )

    @property
    def bank(self) -> str:
        """The bank whose officer he is and nothing else; "" for everybody of the county."""
        return bank_of(self.officer)

    @property
    def county_wide(self) -> bool:
        """Whether he sees what belongs to no single village: nights, K-0, lending, files."""
        return self.scope.everything

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles in which he may act for the county; the act's own row decides."""
        return tuple(one.role for one in self.officer.held if not one.scope)

    @property
    def confirmed(self) -> bool:
        """Whether the password was given for approving within the last minutes."""
        return self.session.confirmed_until > self.desk.county.ports.moment()

    def organs(self, conn: sa.Connection, parties: Mapping[str, str]) -> Organs:
        """What the cooperatives of a case call themselves, council and supervisors."""
        world = self.desk.county.world
        found = [parties[side] for side in COOPERATIVES if parties.get(side)]
        return organs_of(*(world.policy(conn, one) for one in found))

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that only reads and sees one moment, so the figures of a page agree."""
        snapshot = self.desk.engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        with snapshot.begin() as conn:
            yield conn
