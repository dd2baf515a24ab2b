"""`lianhe federation bank-key` and `send-again`: banks' keys, and a file the bank never got.

Called by people of the county, with the public half a bank hands over on paper or in person. A
key acts for one bank in one role, for the person who answers for it.
"""

import os
from collections.abc import Callable
from pathlib import Path

import click
import sqlalchemy as sa

from contracts.ids import COUNTY_BOOK
from infra.county_service import county_engine
from infra.program import DataDirectoryInUse
from journal import heads as journal_heads
from kernel.errors import Rejected
from services.federation import spool
from services.federation.cases import bank_keys, bank_register
from services.federation.settings import read_settings

_DATA = click.option(
    "--data", "datadir", type=click.Path(path_type=Path, file_okay=False), required=True,
    help="数据目录 The county's data directory.",
)  # fmt: skip
_DATABASE = click.option(
    "--database", default="", help="PostgreSQL 地址 URL of a PostgreSQL, instead of our own."
)


@click.command("send-again")
@_DATA
@_DATABASE
@click.argument("file")
def send_again(datadir: Path, database: str, file: str) -> None:
    """重送 Send a payment file the bank says it never got once more, unchanged."""
    with county_engine(datadir, database) as engine:
        try:
            with engine.begin() as conn:
                bank_register.send_again(conn, file)
        except Rejected as refused:
            told = refused.as_struct()
            raise click.ClickException(f"{told.text('zh')} {told.text('en')}") from refused
        spool.send(engine, read_settings(os.environ, datadir=datadir).spool)
    click.echo(file)


@click.group()
def bank_key() -> None:
    """银行密钥 Keys of banks' machines."""


@bank_key.command()
@_DATA
@_DATABASE
@click.option("--bank", required=True, help="合作银行 Id of the bank, e.g. rcc.")
@click.option("--role", required=True, type=click.Choice(bank_keys.ROLES), help="岗位 Role.")
@click.option(
    "--person",
    required=True,
    help="负责人 Natural-person id (p-…) of a user of that bank in that role.",
)
@click.option("--public", required=True, help="公钥 Ed25519 public key, 64 hex digits.")
@click.argument("key")
def enter(
    datadir: Path, database: str, bank: str, role: str, person: str, public: str, key: str
) -> None:
    """登记 Register a key, valid from the county's open date."""
    try:
        signing = bytes.fromhex(public)
    except ValueError:
        raise click.BadParameter("64 hex", param_hint="--public") from None

    def doing(conn: sa.Connection) -> None:
        entry = bank_keys.BankKey(
            key=key, bank=bank, role=role, person=person, signing=signing,
            valid_from=_today(conn),
        )  # fmt: skip
        bank_keys.enter(conn, entry)

    _change(datadir, database, doing)


@bank_key.command()
@_DATA
@_DATABASE
@click.argument("key")
def revoke(datadir: Path, database: str, key: str) -> None:
    """吊销 Take nothing from a key any more."""
    _change(datadir, database, lambda conn: bank_keys.revoke(conn, key, _today(conn)))


def _today(conn: sa.Connection) -> str:
    return journal_heads.read(conn, COUNTY_BOOK).open_date


def _change(datadir: Path, database: str, doing: Callable[[sa.Connection], None]) -> None:
    try:
        with county_engine(datadir, database) as engine, engine.begin() as conn:
            doing(conn)
    except DataDirectoryInUse as busy:
        raise click.ClickException(str(busy)) from busy
    except Rejected as refused:
        told = refused.as_struct()
        raise click.ClickException(f"{told.text('zh')} {told.text('en')}") from refused
    click.echo("ok")
