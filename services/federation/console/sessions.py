"""Sessions of the console: a new unguessable id each time somebody proves who he is.

The id lives in one cookie; the database keeps only its digest, so a stolen table signs nobody in.
An id that comes from outside is looked up, never adopted: what is not there is no session.
Called by sign_in and guard.
"""

import hmac
from datetime import UTC, datetime, timedelta

import msgspec
import sqlalchemy as sa
from litestar.datastructures import Cookie

from contracts.codec import decode, digest, encode
from services.federation.console.desk import Desk, Session
from services.federation.console.queries import people
from services.federation.console.queries.people import Officer, StoredSession

LIFE = timedelta(hours=8)
"""A working day; after that one signs in again, whatever one was doing."""
CONFIRMED = timedelta(minutes=5)
"""How long a password stands for acts that approve or disburse."""
_ID_BYTES = 32
_ID_HEX = 2 * _ID_BYTES


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A live session: whose it is, what it remembers, the digest it is kept under.

    ``first_password``: he still signs in with the password somebody gave him.
    """

    officer: Officer
    session: Session
    digest: str
    first_password: bool


def cookie_name(desk: Desk) -> str:
    """``__Host-`` binds the cookie to this host by TLS; a loopback has no TLS to ask for."""
    return "__Host-lianhe" if desk.secure else "lianhe"


def start(
    conn: sa.Connection, desk: Desk, user: str, *, instead: str = "", confirmed: bool = False
) -> Cookie:
    """Open a session for a user whose password was just checked, under a fresh id.

    ``instead`` is the digest of the session it follows, which ends here; with ``confirmed`` acts
    that approve may be done for some minutes.
    """
    now = desk.county.ports.now().astimezone(UTC)
    expires = now + LIFE
    if instead:
        before = people.session(conn, instead, now.isoformat())
        # A step-up never lengthens the working day.
        expires = datetime.fromisoformat(before.expires) if before else expires
        people.end_session(conn, instead)
    session_id = desk.county.ports.random(_ID_BYTES).hex()
    session = Session(
        csrf=desk.county.ports.random(_ID_BYTES).hex(),
        confirmed_until=(now + CONFIRMED).isoformat() if confirmed else "",
    )
    people.add_session(
        conn,
        _digest(session_id),
        StoredSession(
            user=user,
            created=now.isoformat(),
            expires=expires.isoformat(),
            body=encode(session),
        ),
    )
    return _cookie(desk, session_id, max_age=int((expires - now).total_seconds()))


def find(conn: sa.Connection, desk: Desk, session_id: str) -> Found | None:
    """The live session of an id from a cookie; the officer's roles are read anew each time."""
    if len(session_id) != _ID_HEX:
        return None
    place = _digest(session_id)
    stored = people.session(conn, place, desk.county.ports.moment())
    account = people.account(conn, stored.user) if stored else None
    if stored is None or account is None:
        return None
    return Found(
        officer=account.officer,
        session=decode(stored.body, Session),
        digest=place,
        first_password=account.first_password,
    )


def end(conn: sa.Connection, desk: Desk, place: str) -> Cookie:
    """Forget a session and tell the browser to forget it too."""
    people.end_session(conn, place)
    return _cookie(desk, "", max_age=0)


def same(known: str, given: str) -> bool:
    """Compare two secrets in a time that tells nothing."""
    return hmac.compare_digest(known.encode(), given.encode())


def _digest(session_id: str) -> str:
    return digest("session", session_id.encode()).hex()


def _cookie(desk: Desk, value: str, *, max_age: int) -> Cookie:
    return Cookie(
        key=cookie_name(desk),
        value=value,
        path="/",
        httponly=True,
        secure=desk.secure,
        samesite="strict",
        max_age=max_age,
    )
