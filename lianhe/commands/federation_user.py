"""`lianhe federation user`: who may sign in to the county's console, and in which roles.

Called by people. A password is asked for at the terminal or read from standard input, never taken
from the command line, where every process of the computer could read it.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import click
import pyotp
import sqlalchemy as sa

from infra.county_service import county_engine
from journal import data
from kernel.errors import Rejected
from services.federation.console import users
from services.federation.console.queries.people import Held, Officer

_DATA = click.option(
    "--data", "datadir", type=click.Path(path_type=Path, file_okay=False), required=True,
    help="数据目录 The county's data directory.",
)  # fmt: skip
_DATABASE = click.option(
    "--database", default="", help="PostgreSQL 地址 URL of a PostgreSQL, instead of our own."
)
_ROLES = click.option(
    "--role", "roles", multiple=True, required=True,
    help="角色,可多次 A role, e.g. staff@federation, or township@node:bikou for one township.",
)  # fmt: skip


@click.group()
def user() -> None:
    """用户 Users of the console."""


@user.command()
@_DATA
@_DATABASE
@_ROLES
@click.option("--name", required=True, help="姓名 Name.")
@click.option("--person", required=True, help="自然人编号 Natural-person id, p-…")
@click.argument("user_id")
def add(
    datadir: Path, database: str, roles: tuple[str, ...], name: str, person: str, user_id: str
) -> None:
    """新增 Enter a user; the password is asked for, and he is led to change it."""
    officer = Officer(user=user_id, name=name, person=person, held=tuple(map(_held, roles)))
    password = _password()
    _change(
        datadir,
        database,
        lambda conn: users.create(conn, data.roles(), officer, password, first=True),
    )


@user.command("roles")
@_DATA
@_DATABASE
@_ROLES
@click.argument("user_id")
def roles_command(datadir: Path, database: str, roles: tuple[str, ...], user_id: str) -> None:
    """改角色 Give a user exactly these roles; every session of his ends."""
    held = tuple(map(_held, roles))
    _change(datadir, database, lambda conn: users.set_roles(conn, data.roles(), user_id, held))


@user.command()
@_DATA
@_DATABASE
@click.argument("user_id")
def password(datadir: Path, database: str, user_id: str) -> None:
    """改密码 Give a user a new password, which he is led to change; his every session ends."""
    chosen = _password()
    _change(datadir, database, lambda conn: users.set_password(conn, user_id, chosen, first=True))


@user.command()
@_DATA
@_DATABASE
@click.option("--off", is_flag=True, help="停用 Ask for no code any more.")
@click.argument("user_id")
def code(datadir: Path, database: str, user_id: str, *, off: bool) -> None:
    """动态口令 Ask for a code at each sign-in; prints what the user's app scans, once."""
    secret = "" if off else pyotp.random_base32()
    _change(datadir, database, lambda conn: users.set_second_factor(conn, user_id, secret))
    if secret:
        click.echo(pyotp.TOTP(secret).provisioning_uri(name=user_id, issuer_name="Lianhe"))


@user.command()
@_DATA
@_DATABASE
@click.argument("user_id")
def remove(datadir: Path, database: str, user_id: str) -> None:
    """停用 Let a user in no more; what he did stays under his name."""
    _change(datadir, database, lambda conn: users.deactivate(conn, user_id))


def _held(text: str) -> Held:
    role, _, scope = text.partition(":")
    return Held(role, scope)


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    said: str = click.prompt("密码 Password", hide_input=True, confirmation_prompt=True)
    return said


def _change(datadir: Path, database: str, doing: Callable[[sa.Connection], None]) -> None:
    try:
        with county_engine(datadir, database) as engine, engine.begin() as conn:
            doing(conn)
    except Rejected as refused:
        told = refused.as_struct()
        raise click.ClickException(f"{told.text('zh')} {told.text('en')}") from refused
    click.echo("ok")
