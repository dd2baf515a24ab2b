"""Users of the county: who they are, which roles they hold, how they prove it.

Called by ``lianhe federation user``, the demonstration, sign-in and tests. Passwords are kept as
argon2id; a change of password, roles or second factor ends every session of the user. It decides
nothing about money: that is ``perform``, by role and person.
"""

import re
import threading
from collections.abc import Iterable, Mapping
from datetime import datetime

import argon2
import pyotp
import sqlalchemy as sa

from contracts.rejections import Rejection, RejectionCode
from kernel.errors import Rejected
from kernel.policy import Role
from kernel.processes import NODE
from services.federation.console.queries import people
from services.federation.console.queries.people import Account, Held, Officer

PASSWORD_MIN = 10
PASSWORD_MAX = 200
PASSWORD_DIFFERENT = 5
"""Different characters a password has at least."""
CODE_LIFE = 30
"""Seconds of one code of the second factor (RFC 6238); the one before and after count too."""
_USER = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
_PERSON = re.compile(r"p-[0-9a-z][0-9a-z-]{0,40}")
_HASHER = argon2.PasswordHasher()
_AT_ONCE = threading.Semaphore(2)
"""Each check takes 64 MiB: more at once would let strangers fill the memory."""
_NOBODY = _HASHER.hash("nobody signs in with this")


def create(
    conn: sa.Connection,
    roles: Mapping[str, Role],
    officer: Officer,
    password: str,
    *,
    first: bool = False,
) -> None:
    """Enter a user who signs in with this password and holds these roles.

    ``roles`` are those of roles.toml; ``first`` says that the password is one he is to change.
    Raises Rejected FACTS_INVALID naming everything wrong.
    """
    wrong = {
        **_wrong_person(conn, officer),
        **_wrong_roles(conn, roles, officer.held),
        **_wrong_password(officer.user, password),
    }
    _refuse(wrong)
    people.add_user(conn, officer, _hash(password), first=first)
    people.replace_roles(conn, officer.user, officer.held)


def set_roles(
    conn: sa.Connection, roles: Mapping[str, Role], user: str, held: Iterable[Held]
) -> None:
    """The user holds exactly these roles from now on, and signs in anew."""
    _known(conn, user)
    now_held = tuple(sorted(set(held)))
    _refuse(_wrong_roles(conn, roles, now_held))
    people.replace_roles(conn, user, now_held)
    people.end_sessions_of(conn, user)


def set_password(
    conn: sa.Connection, user: str, password: str, *, first: bool = False, keep: str = ""
) -> None:
    """Replace the password; every session of the user ends but the one of the digest ``keep``.

    ``first``: it is one he is to change. Raises Rejected FACTS_INVALID.
    """
    _known(conn, user)
    _refuse(_wrong_password(user, password))
    people.change_user(conn, user, password_hash=_hash(password), first_password=first)
    people.end_sessions_of(conn, user, keep)


def password_faults(user: str, password: str) -> list[Rejection]:
    """Everything that keeps a text from being this user's password."""
    found: list[Rejected] = []
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        found.append(Rejected(RejectionCode.PASSWORD_LENGTH, least=PASSWORD_MIN, most=PASSWORD_MAX))
    if user and user in password.casefold():
        found.append(Rejected(RejectionCode.PASSWORD_HOLDS_USER))
    if len(set(password)) < PASSWORD_DIFFERENT:
        found.append(Rejected(RejectionCode.PASSWORD_TOO_UNIFORM, least=PASSWORD_DIFFERENT))
    return [one.as_struct() for one in found]


def set_second_factor(conn: sa.Connection, user: str, secret: str) -> None:
    """Ask for a code at each sign-in from now on; an empty secret asks for none."""
    _known(conn, user)
    people.change_user(conn, user, second_factor=secret)
    people.end_sessions_of(conn, user)


def deactivate(conn: sa.Connection, user: str) -> None:
    """Let a user in no more; what he did stays under his name."""
    _known(conn, user)
    people.change_user(conn, user, active=False)
    people.end_sessions_of(conn, user)


def check_password(account: Account | None, password: str) -> bool:
    """Whether the password is the user's; nobody's takes as long as somebody's."""
    stored = account.password_hash if account else _NOBODY
    with _AT_ONCE:
        try:
            _HASHER.verify(stored, password[:PASSWORD_MAX])
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False
    return account is not None


def check_code(conn: sa.Connection, account: Account, code: str, now: datetime) -> bool:
    """Whether the code of the second factor is right and was not used; True where none is set.

    The step it was made for is remembered beside the secret: a code read over a shoulder is
    worth nothing.
    """
    if not account.second_factor:
        return True
    secret, _, used = account.second_factor.partition("/")
    generator = pyotp.TOTP(secret, interval=CODE_LIFE)
    this = int(now.timestamp()) // CODE_LIFE
    for step in (this - 1, this, this + 1):
        if step > int(used or 0) and generator.verify(code.strip(), for_time=step * CODE_LIFE):
            return people.use_code(
                conn, account.officer.user, account.second_factor, f"{secret}/{step}"
            )
    return False


def _known(conn: sa.Connection, user: str) -> None:
    if not people.exists(conn, user):
        _refuse({"user": f"{user!r}: 没有此用户 no such user"})


def _wrong_person(conn: sa.Connection, officer: Officer) -> dict[str, str]:
    wrong = {}
    if _USER.fullmatch(officer.user) is None:
        wrong["user"] = "2–40 a-z 0-9 . _ -"
    elif people.exists(conn, officer.user):
        wrong["user"] = "已有此用户 taken"
    if not officer.name.strip():
        wrong["name"] = "不能为空 empty"
    if _PERSON.fullmatch(officer.person) is None:
        wrong["person"] = "p-…"
    return wrong


def _wrong_roles(
    conn: sa.Connection, roles: Mapping[str, Role], held: Iterable[Held]
) -> dict[str, str]:
    wrong = {}
    places, banks = people.scopes(conn), people.banks(conn)
    held = tuple(held)
    of_banks = {one.scope for one in held if one.role.endswith("@bank") and one.scope}
    if (of_banks and {one.scope for one in held} != of_banks) or len(of_banks) > 1:
        wrong["roles"] = "银行人员只任一家银行的岗位 a bank's officer is one bank's alone"
    for one in held:
        if one.role not in roles:
            wrong[f"roles.{one.role}"] = f"没有此角色 not one of {', '.join(sorted(roles))}"
        elif one.role.endswith("@bank") and one.scope:
            if one.scope not in banks:
                wrong[f"roles.{one.role}"] = f"{one.scope!r}: 没有此合作银行 no such bank"
        elif roles[one.role].place != NODE and one.scope:
            wrong[f"roles.{one.role}"] = "县级角色不限地区 a county's role has no place"
        elif roles[one.role].place == NODE and one.scope not in places:
            wrong[f"roles.{one.role}"] = f"{one.scope!r}: 没有此乡镇或互助社 no such place"
    return wrong


def _wrong_password(user: str, password: str) -> dict[str, str]:
    faults = password_faults(user, password)
    told = " ".join(f"{one.text('zh')} {one.text('en')}" for one in faults)
    return {"password": told} if faults else {}


def _refuse(wrong: Mapping[str, str]) -> None:
    if wrong:
        raise Rejected(
            RejectionCode.FACTS_INVALID,
            where=", ".join(wrong),
            problem="; ".join(f"{place}: {why}" for place, why in wrong.items()),
        )


def _hash(password: str) -> str:
    with _AT_ONCE:
        return _HASHER.hash(password)
