"""Who may sign in to a demonstration: the county's officers, and three people of each village.

Officers are entered before the county is played: they propose and sign through the console. The
villages' get a PIN when the demonstration is served. Names say body and duty, secrets are random
and shown once on the screen; a demonstration listens on this machine only.
"""

import secrets
from pathlib import Path

import msgspec
import sqlalchemy as sa

from infra.county_directory import CountyDirectory
from infra.county_directory.model import Officer as Entered
from journal import store
from journal.registry import registry
from services.cooperative_node.host import open_node
from services.cooperative_node.page.sign_ins import set_pin
from services.cooperative_node.people import everyone
from services.cooperative_node.ports import real_ports
from services.federation.console import users
from services.federation.console.desk import BANK_PLACE
from services.federation.console.queries.people import Held, Officer

_BYTES = 9
_PIN_DIGITS = 6
DESK = ("accountant", "cashier", "supervisor_head")
"""Posts whose holders sign in at a node's page."""


def person_of(number: int) -> str:
    """Person id of a directory's officer, counted from 1 in its order."""
    return f"p-officer-{number:02d}"


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """A user and his password, to be shown."""

    user: str
    password: str
    name: str
    roles: tuple[str, ...]


def enter(engine: sa.Engine, directory: CountyDirectory) -> tuple[Login, ...]:
    """Create a user for every officer who holds a role at the county."""
    logins = []
    for number, officer in enumerate(directory.officers, 1):
        held = _held(officer, directory.pool.bank if directory.pool else "")
        if not held:
            continue
        body = officer.body.replace("_", "-")
        user = ".".join(filter(None, (body, officer.township, officer.duty)))
        login = Login(
            user=user,
            password=secrets.token_urlsafe(_BYTES),
            name=officer.person,
            roles=tuple(one.role for one in held),
        )
        person = person_of(number)
        with engine.begin() as conn:
            entered = Officer(user=user, name=officer.person, person=person, held=held)
            users.create(conn, registry().roles, entered, login.password)
        logins.append(login)
    return tuple(logins)


class DeskLogin(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of a village and his PIN, to be shown."""

    cooperative: str
    village: str
    name: str
    post: str
    pin: str


def give_pins(nodes: Path, directory: CountyDirectory) -> tuple[DeskLogin, ...]:
    """A fresh PIN for whoever holds a post at a desk of each village."""
    logins = []
    for village in directory.cooperatives:
        node = open_node(nodes, village.id, real_ports())
        with node.engine.begin() as conn:
            names = everyone(conn, node)
            held = {
                str(case.terms["post"]): str(case.terms["person"])
                for case in store.in_states(conn, node.book, "post", ["held"])
            }
            for post in DESK:
                if post not in held:
                    continue
                pin = "".join(secrets.choice("0123456789") for _ in range(_PIN_DIGITS))
                set_pin(conn, held[post], pin)
                name = names[held[post]].name
                logins.append(
                    DeskLogin(
                        cooperative=village.id, village=village.name, name=name, post=post, pin=pin
                    )
                )
        node.engine.dispose()
    return tuple(logins)


def _held(officer: Entered, bank: str) -> tuple[Held, ...]:
    """The roles his post gives him: in his own township where he has one, at the pool's ``bank``.

    Where the county has no pool its bank has no portal, and its people do not sign in.
    """
    post = f"{officer.body}.{officer.duty}"
    roles = registry().roles.values()
    return tuple(
        Held(role.name, bank if role.place == BANK_PLACE else officer.township)
        for role in roles
        if post in role.posts and (bank or role.place != BANK_PLACE)
    )
