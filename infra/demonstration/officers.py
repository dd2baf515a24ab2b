"""The county's officers of a directory as users of the console, for `lianhe demo --serve`.

Made after the county has been played. Each gets a name that says his body and duty and a random
password, shown once on the screen; a served demonstration listens on this machine only.
"""

import secrets

import msgspec
import sqlalchemy as sa

from infra.county_directory import CountyDirectory
from infra.county_directory.model import Officer as Entered
from journal.registry import registry
from services.federation.console import users
from services.federation.console.queries.people import Held, Officer

_BYTES = 9


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
        held = _held(officer)
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
        person = f"p-officer-{number:02d}"
        with engine.begin() as conn:
            entered = Officer(user=user, name=officer.person, person=person, held=held)
            users.create(conn, registry().roles, entered, login.password)
        logins.append(login)
    return tuple(logins)


def _held(officer: Entered) -> tuple[Held, ...]:
    """The county roles his post gives him, in his own township where he has one."""
    post = f"{officer.body}.{officer.duty}"
    roles = registry().roles.values()
    return tuple(
        Held(role.name, officer.township)
        for role in roles
        if post in role.posts and role.place != "bank"
    )
