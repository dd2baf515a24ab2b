"""Sign-ins and sessions of a node's page: PINs by argon2id, sessions by unguessable tokens.

Called by pages and set-up. A session id is always minted here, never taken from the caller; only
its hash is kept. Who may do what is not decided here.
"""

from datetime import datetime, timedelta
from functools import cache
from hmac import compare_digest

import msgspec
import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.cooperative_node.page import queries
from services.cooperative_node.queries import iso
from services.cooperative_node.set_up import hashed
from services.cooperative_node.world import Node

PIN_LENGTHS = range(6, 33)
"""A PIN has at least six characters; digits are enough because wrong ones lock."""
WRONG_MAX = 5
LOCKED = timedelta(minutes=15)
SESSION = timedelta(hours=10)
"""A working day at the desk."""


class PinRefused(Exception):
    """A PIN that does not open: ``locked_until`` (ISO time) once too many were wrong."""

    def __init__(self, locked_until: str = "") -> None:
        super().__init__(locked_until)
        self.locked_until = locked_until


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A signed-in person and the token every form of this session carries."""

    person: str
    csrf: str


def set_pin(conn: sa.Connection, person: str, pin: str) -> None:
    """Give a person a sign-in, or a new PIN; open sessions of the person end.

    Raises ValueError for a PIN of the wrong length.
    """
    if len(pin) not in PIN_LENGTHS:
        raise ValueError("pin")
    queries.write_sign_in(conn, person, _hasher().hash(pin))
    queries.end_sessions_of(conn, person)


def check_pin(conn: sa.Connection, node: Node, person: str, pin: str) -> bool:
    """Whether the PIN is this person's; counts wrong ones. Raises PinRefused while locked.

    The caller commits also when the answer is no, or wrong PINs would not count.
    """
    now = node.ports.now()
    known = queries.read_sign_in(conn, person)
    if known is not None and known.locked_until > iso(now):
        raise PinRefused(known.locked_until)
    if _matches(known.pin_hash if known else _nobody(), pin) and known is not None:
        queries.count_wrong(conn, person, 0, "")
        return True
    if known is not None:
        wrong = known.failed + 1
        locked = iso(now + LOCKED) if wrong >= WRONG_MAX else ""
        queries.count_wrong(conn, person, 0 if locked else wrong, locked)
    return False


def begin(conn: sa.Connection, node: Node, person: str) -> str:
    """Start a session; the token for the cookie. Only its hash is kept."""
    now = node.ports.now()
    token = node.ports.token()
    queries.end_sessions_before(conn, iso(now))
    queries.add_session(conn, hashed(token), person, node.ports.token(), iso(now + SESSION))
    return token


def read(conn: sa.Connection, now: datetime, token: str) -> Session | None:
    """The session of a cookie, if it is one of ours and has not ended."""
    row = queries.read_session(conn, hashed(token)) if token else None
    if row is None or row.expires <= iso(now):
        return None
    return Session(person=row.person, csrf=row.csrf)


def end(conn: sa.Connection, token: str) -> None:
    """Sign out."""
    queries.end_session(conn, hashed(token))


def same_token(one: str, other: str) -> bool:
    """Compare a form's token with the session's without telling by time where they differ."""
    return compare_digest(one.encode(), other.encode())


def _matches(pin_hash: str, pin: str) -> bool:
    try:
        return _hasher().verify(pin_hash, pin)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobody() -> str:
    """A hash to compare with when nobody is known by that id, so that both take as long."""
    return _hasher().hash("nobody's pin")
