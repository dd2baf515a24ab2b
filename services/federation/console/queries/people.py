"""Statements about the county's users: who may sign in, in which roles, and open sessions.

Called by users.py and sessions.py alone. Passwords and session ids come here as digests.
"""

from collections.abc import Collection

import msgspec
import sqlalchemy as sa

from services.federation.cases.registers import FINANCE
from services.federation.tables import cooperative, partner, sessions, user_roles, users


class Held(msgspec.Struct, frozen=True, order=True):
    """One role of roles.toml and where it holds: township or cooperative, "" the whole county."""

    role: str
    scope: str = ""


class Officer(msgspec.Struct, frozen=True, kw_only=True):
    """A user as pages and acts know him. ``person`` is what the four powers are checked over."""

    user: str
    name: str
    person: str
    held: tuple[Held, ...] = ()


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed to let an officer in. ``second_factor`` is empty where none is set up.

    ``first_password``: somebody of the county chose the password for him, and knows it.
    """

    officer: Officer
    password_hash: str
    second_factor: str
    first_password: bool


class StoredSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session row: times are ISO text in UTC, ``body`` belongs to sessions.py."""

    user: str
    created: str
    expires: str
    body: bytes


def account(conn: sa.Connection, user: str) -> Account | None:
    """An active user with his roles, or None."""
    row = conn.execute(sa.select(users).where(users.c.id == user, users.c.active)).first()
    if row is None:
        return None
    query = sa.select(user_roles.c.role, user_roles.c.scope).where(user_roles.c.user_id == user)
    held = tuple(sorted(Held(role, scope) for role, scope in conn.execute(query)))
    return Account(
        officer=Officer(user=row.id, name=row.name, person=row.person, held=held),
        password_hash=row.password_hash,
        second_factor=row.second_factor,
        first_password=row.first_password,
    )


def exists(conn: sa.Connection, user: str) -> bool:
    """Whether the name is taken, also by somebody who left."""
    return conn.execute(sa.select(users.c.id).where(users.c.id == user)).first() is not None


def scopes(conn: sa.Connection) -> set[str]:
    """Everything a role may be bound to: townships and cooperatives."""
    rows = conn.execute(sa.select(cooperative.c.id, cooperative.c.township))
    return {str(name) for row in rows for name in row}


def banks(conn: sa.Connection, ids: Collection[str] = ()) -> dict[str, tuple[str, str]]:
    """Bank of the pool → its names; those of these ids, or all without any."""
    query = sa.select(partner.c.id, partner.c.name, partner.c.name_en).where(
        partner.c.id != FINANCE
    )
    rows = conn.execute(query.where(partner.c.id.in_(list(ids))) if ids else query)
    return {str(row.id): (str(row.name), str(row.name_en or row.name)) for row in rows}


def add_user(
    conn: sa.Connection, officer: Officer, password_hash: str, *, first: bool = False
) -> None:
    """Enter an active user without a second factor; ``first``: he is to change the password."""
    conn.execute(
        users.insert().values(
            id=officer.user,
            name=officer.name,
            person=officer.person,
            password_hash=password_hash,
            second_factor="",
            active=True,
            first_password=first,
        )
    )


def change_user(conn: sa.Connection, user: str, **columns: str | bool) -> None:
    """Write ``password_hash``, ``first_password``, ``second_factor`` or ``active`` of a user."""
    conn.execute(users.update().where(users.c.id == user).values(**columns))


def use_code(conn: sa.Connection, user: str, before: str, after: str) -> bool:
    """Remember the step of a code; False when somebody else used one since ``before`` was read."""
    changed = conn.execute(
        users.update()
        .where(users.c.id == user, users.c.second_factor == before)
        .values(second_factor=after)
    )
    return changed.rowcount == 1


def replace_roles(conn: sa.Connection, user: str, held: tuple[Held, ...]) -> None:
    """The user holds exactly these roles from now on."""
    conn.execute(user_roles.delete().where(user_roles.c.user_id == user))
    if held:
        conn.execute(
            user_roles.insert(),
            [{"user_id": user, "role": one.role, "scope": one.scope} for one in held],
        )


def names(conn: sa.Connection) -> dict[str, str]:
    """Person id → name of the county's officers; villagers have no name here."""
    rows = conn.execute(sa.select(users.c.person, users.c.name))
    return {row.person: row.name for row in rows}


def add_session(conn: sa.Connection, digest: str, session: StoredSession) -> None:
    """Keep a session under the digest of its id, and forget those that ran out."""
    conn.execute(sessions.delete().where(sessions.c.expires <= session.created))
    conn.execute(
        sessions.insert().values(
            id=digest,
            user_id=session.user,
            created=session.created,
            expires=session.expires,
            body=session.body,
        )
    )


def session(conn: sa.Connection, digest: str, now: str) -> StoredSession | None:
    """A session that has not run out."""
    row = conn.execute(
        sa.select(sessions).where(sessions.c.id == digest, sessions.c.expires > now)
    ).first()
    if row is None:
        return None
    return StoredSession(user=row.user_id, created=row.created, expires=row.expires, body=row.body)


def end_session(conn: sa.Connection, digest: str) -> bool:
    """Forget one session; False when it was not there (any more)."""
    return conn.execute(sessions.delete().where(sessions.c.id == digest)).rowcount == 1


def end_sessions_of(conn: sa.Connection, user: str, but: str = "") -> None:
    """Forget every session of a user but the one kept under the digest ``but``."""
    conn.execute(sessions.delete().where(sessions.c.user_id == user, sessions.c.id != but))
