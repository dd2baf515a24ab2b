"""Statements of the village page: sign-ins, sessions, and acts in the order people ask for them.

Called by sign_ins and figures in their transaction. Decides nothing.
"""

import msgspec
import sqlalchemy as sa

from contracts.codec import decode
from journal.tables import act, cases, movement
from kernel.cases import Case
from services.cooperative_node.tables import session, sign_in


class SignInRow(msgspec.Struct, frozen=True, kw_only=True):
    """A person's sign-in: argon2 hash, wrong PINs in a row, locked until (ISO time or "")."""

    person: str
    pin_hash: str
    failed: int
    locked_until: str


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A session by the hash of its token."""

    token_hash: str
    person: str
    csrf: str
    expires: str


def write_sign_in(conn: sa.Connection, person_id: str, pin_hash: str) -> None:
    """Set a person's PIN."""
    conn.execute(sign_in.delete().where(sign_in.c.person == person_id))
    conn.execute(
        sign_in.insert().values(person=person_id, pin_hash=pin_hash, failed=0, locked_until="")
    )


def read_sign_in(conn: sa.Connection, person_id: str) -> SignInRow | None:
    """A person's sign-in."""
    row = conn.execute(sa.select(sign_in).where(sign_in.c.person == person_id)).first()
    return None if row is None else SignInRow(**row._asdict())


def signs_in(conn: sa.Connection) -> list[str]:
    """Persons who have a sign-in."""
    return list(conn.scalars(sa.select(sign_in.c.person).order_by(sign_in.c.person)))


def count_wrong(conn: sa.Connection, person_id: str, failed: int, locked_until: str) -> None:
    """Note wrong PINs, or that there are none."""
    conn.execute(
        sign_in.update()
        .where(sign_in.c.person == person_id)
        .values(failed=failed, locked_until=locked_until)
    )


def add_session(
    conn: sa.Connection, token_hash: str, person_id: str, csrf: str, expires: str
) -> None:
    """Keep a session."""
    conn.execute(
        session.insert().values(token_hash=token_hash, person=person_id, csrf=csrf, expires=expires)
    )


def read_session(conn: sa.Connection, token_hash: str) -> SessionRow | None:
    """A session by the hash of its token."""
    row = conn.execute(sa.select(session).where(session.c.token_hash == token_hash)).first()
    return None if row is None else SessionRow(**row._asdict())


def end_session(conn: sa.Connection, token_hash: str) -> None:
    """Forget a session."""
    conn.execute(session.delete().where(session.c.token_hash == token_hash))


def end_sessions_of(conn: sa.Connection, person_id: str) -> None:
    """Forget every session of a person."""
    conn.execute(session.delete().where(session.c.person == person_id))


def end_sessions_before(conn: sa.Connection, moment: str) -> None:
    """Forget sessions that have ended."""
    conn.execute(session.delete().where(session.c.expires <= moment))


def followed_acts(conn: sa.Connection, book: str, custody: str, limit: int) -> list[bytes]:
    """Bodies of the newest acts that follow K(i), newest first."""
    query = (
        sa.select(act.c.body)
        .where(act.c.book == book, act.c.id.like(f"{custody}/%"))
        .order_by(act.c.seq.desc())
        .limit(limit)
    )
    return list(conn.scalars(query))


def suspense_act(conn: sa.Connection, book: str, item: str) -> bytes | None:
    """The act by which an item came into suspense."""
    query = (
        sa.select(act.c.body)
        .join(movement, sa.and_(movement.c.book == act.c.book, movement.c.seq == act.c.seq))
        .where(act.c.book == book, movement.c.credit == "21105", movement.c.credit_key == item)
        .order_by(act.c.seq)
        .limit(1)
    )
    found: bytes | None = conn.scalar(query)
    return found


def acts_of(conn: sa.Connection, book: str, before: int, limit: int, *, every: bool) -> list[bytes]:
    """Bodies of acts below a sequence, newest first; without ``every`` those that move money."""
    moves = sa.select(movement.c.seq).where(movement.c.book == book, movement.c.seq == act.c.seq)
    query = (
        sa.select(act.c.body)
        .where(act.c.book == book, act.c.seq < before, sa.true() if every else moves.exists())
        .order_by(act.c.seq.desc())
        .limit(limit)
    )
    return list(conn.scalars(query))


def of_process(conn: sa.Connection, scope: str, process: str) -> list[Case]:
    """Every case of a process in a scope, in id order."""
    query = (
        sa.select(cases.c.body)
        .where(cases.c.scope == scope, cases.c.process == process)
        .order_by(cases.c.id)
    )
    return [decode(body.encode(), Case) for body in conn.scalars(query)]
