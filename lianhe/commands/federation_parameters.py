"""`lianhe federation policy` and `own-account`: what a running county changes about itself.

Called by the county's administrator. A change holds from the open date on, for what begins after
it; contracts that stand keep their terms.
"""

import os
import tomllib
from pathlib import Path
from typing import Any

import click

from infra.county_service import county_engine
from kernel.errors import Rejected
from kernel.policy import PolicyRefused
from services.federation.app import open_core
from services.federation.cases import opening, registers
from services.federation.ports import real_ports
from services.federation.settings import read_settings

_DATA = click.option(
    "--data", "datadir", type=click.Path(path_type=Path, file_okay=False), required=True,
    help="数据目录 The county's data directory.",
)  # fmt: skip
_DATABASE = click.option(
    "--database", default="", help="PostgreSQL 地址 URL of a PostgreSQL, instead of our own."
)


@click.command("policy")
@_DATA
@_DATABASE
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="KEY=VALUE",
    required=True,
    help="参数 A parameter and its value in TOML, e.g. intercoop.service_fee='5'.",
)
def policy(datadir: Path, database: str, changes: tuple[str, ...]) -> None:
    """改参数 Change parameters of the county from today on; every cooperative is told."""
    told = _toml(changes)
    with county_engine(datadir, database) as engine:
        core = open_core(engine, read_settings(os.environ, datadir=datadir), real_ports())
        try:
            with engine.begin() as conn:
                opening.change_parameters(conn, core.county, told)
        except PolicyRefused as refused:
            lines = [f"{one.key}: {one.zh} {one.en}" for one in refused.problems]
            raise click.ClickException("\n".join(lines)) from refused
        except Rejected as rejected:
            raise click.ClickException(_said(rejected)) from rejected
    click.echo("\n".join(f"{key} = {value}" for key, value in told.items()))


@click.command("own-account")
@_DATA
@_DATABASE
@click.argument("number")
def own_account(datadir: Path, database: str, number: str) -> None:
    """自有户 Enter the sub-account the bank has opened for the federation's own money."""
    with county_engine(datadir, database) as engine:
        try:
            with engine.begin() as conn:
                registers.enter_own_account(conn, number)
        except Rejected as rejected:
            raise click.ClickException(_said(rejected)) from rejected
    click.echo(number)


def _toml(changes: tuple[str, ...]) -> dict[str, Any]:
    """``key=value`` as a county directory would say it; several errors are told at once."""
    told: dict[str, Any] = {}
    wrong = []
    for one in changes:
        key, _, value = one.partition("=")
        try:
            told[key.strip()] = tomllib.loads(f"value = {value}", parse_float=str)["value"]
        except tomllib.TOMLDecodeError as error:
            wrong.append(f"{one}: {error}")
    if wrong:
        raise click.ClickException("\n".join(wrong))
    return told


def _said(rejected: Rejected) -> str:
    told = rejected.as_struct()
    return f"{told.text('zh')} {told.text('en')}"
