"""`lianhe federation`: set the county up, migrate, serve, close nights, tell the figures.

Called by people and by whoever supervises the county's processes. Every command names the data
directory; the database is the one given, or the cluster kept there. Money is printed in fen.
"""

import os
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

import click
import msgspec
import sqlalchemy as sa

from contracts.codec import decode, encode
from contracts.ledger import Actor
from contracts.sync import KeyCard
from infra.county_directory import CountyErrors, find, load
from infra.county_plan import plan_of
from infra.county_service import county_engine
from infra.postgres import DATABASE_URL
from journal.engine import reading
from kernel.errors import Rejected
from lianhe.commands.federation_audit import audit
from lianhe.commands.federation_bank import bank_key, send_again
from lianhe.commands.federation_parameters import own_account, policy
from lianhe.commands.federation_user import user
from services.federation import spool
from services.federation.app import open_core
from services.federation.cases import agreements, hand_over, night
from services.federation.core import Core
from services.federation.identity import load_keys, make_keys, save_keys
from services.federation.packages.keys import (
    has_signing_keys,
    load_signing_keys,
    make_signing_keys,
    save_signing_keys,
)
from services.federation.ports import real_ports
from services.federation.queries import report as county_report
from services.federation.server import serve_forever
from services.federation.settings import Settings, read_settings
from services.federation.setup import set_up

_DATA = click.option(
    "--data", "datadir", type=click.Path(path_type=Path, file_okay=False), required=True,
    help="数据目录 The county's data directory.",
)  # fmt: skip
_DATABASE = click.option(
    "--database", default="", help="PostgreSQL 地址 URL of a PostgreSQL, instead of our own."
)

GRADES = ("A", "B", "C", "D")


@click.group()
def command() -> None:
    """联合社 Set up and run the county federation."""


command.add_command(audit)
command.add_command(user)
command.add_command(bank_key)
command.add_command(send_again)
command.add_command(policy)
command.add_command(own_account)


@command.command()
@_DATA
@_DATABASE
@click.option("--county", "directory", required=True, help="县目录 A folder, or a built-in county.")
def init(datadir: Path, database: str, directory: str) -> None:
    """建县 Make keys, database and books of a county from its directory."""
    try:
        plan = plan_of(load(find(directory)))
    except CountyErrors as refused:
        raise click.ClickException(
            f"县目录有误,先运行 county check: {directory} has errors, see county check"
        ) from refused
    settings = _settings(datadir)
    ports = real_ports()
    if not settings.keys.exists():
        save_keys(make_keys(ports.random), settings.keys)
    if not has_signing_keys(settings.keys):
        made = make_signing_keys(plan.name, ports.random, ports.now())
        save_signing_keys(made, settings.keys)
    keys = load_keys(settings.keys)
    with county_engine(datadir, database, migrate=True) as engine, engine.begin() as conn:
        county = set_up(conn, keys, ports, plan)
    click.echo(encode(county.keys.card()).decode())


@command.command()
@_DATA
@click.option("--pem", is_flag=True, help="打印证书 Print the certificates instead.")
def certificate(datadir: Path, *, pem: bool) -> None:
    """证书指纹 Print the fingerprint that the agreements with banks carry (SHA-256)."""
    folder = _settings(datadir).keys
    if not has_signing_keys(folder):
        raise click.ClickException(f"{folder}: 没有证书,先运行 init: no document keys, run init")
    keys = load_signing_keys(folder)
    click.echo(keys.pem.decode("ascii") if pem else keys.fingerprint, nl=not pem)


@command.command()
@_DATA
@_DATABASE
def migrate(datadir: Path, database: str) -> None:
    """升级数据库 Bring the county's database to the newest schema."""
    with county_engine(datadir, database, migrate=True):
        click.echo("ok")


@command.command()
@_DATA
@_DATABASE
@click.option("--host", default=None, help="监听地址 Address to listen on.")
@click.option("--port", type=int, default=None, help="端口 Port.")
def serve(datadir: Path, database: str, host: str | None, port: int | None) -> None:
    """启动服务 Serve nodes and pages until stopped."""
    settings = read_settings(os.environ, datadir=datadir, host=host, port=port)
    with county_engine(datadir, database) as engine:
        serve_forever(settings, engine.url.render_as_string(hide_password=False))


@command.command()
@_DATA
@_DATABASE
@click.option("--temporal", required=True, help="Temporal 地址 host:port of Temporal.")
@click.option(
    "--close-at", type=click.DateTime(["%H:%M"]), default=None,
    help="每天几点自动日结(县里时间) Close the day every evening at HH:MM, county time.",
)  # fmt: skip
def worker(datadir: Path, database: str, temporal: str, close_at: datetime | None) -> None:
    """启动流程 Work for Temporal until stopped."""
    # Imported here: only this command needs Temporal's native library.
    from services.federation.worker import run  # noqa: PLC0415

    with county_engine(datadir, database) as engine:
        environ = {
            **os.environ,
            "LIANHE_DATADIR": str(datadir),
            DATABASE_URL: engine.url.render_as_string(hide_password=False),
        }
        if close_at is not None:
            environ["LIANHE_CLOSE_AT"] = close_at.strftime("%H:%M")
        run(environ, temporal, click.echo)


@command.command("night")
@_DATA
@_DATABASE
@click.option(
    "--date", "until", type=click.DateTime(["%Y-%m-%d"]), default=None,
    help="结到哪一天 Close every open date up to this one; left out, the open one.",
)  # fmt: skip
def night_command(datadir: Path, database: str, until: datetime | None) -> None:
    """日结 Close the county's open dates, oldest first, without Temporal."""
    with county_engine(datadir, database) as engine:
        core = open_core(engine, _settings(datadir), real_ports())
        try:
            for line in _nights(core, until.date() if until else None):
                click.echo(line)
        except Rejected as refused:
            raise click.ClickException(refused.as_struct().text("zh")) from refused


@command.command()
@_DATA
@_DATABASE
def report(datadir: Path, database: str) -> None:
    """县汇总 Print the county's figures as JSON, with the heads they hold at."""
    with county_engine(datadir, database) as engine:
        snapshot = engine.execution_options(isolation_level="REPEATABLE READ")
        with snapshot.begin() as conn:
            told = county_report(conn)
    click.echo(msgspec.json.format(encode(told), indent=2).decode())


@command.command()
@_DATA
@_DATABASE
@click.argument("card", type=click.File("rb"))
def register(datadir: Path, database: str, card: BinaryIO) -> None:
    """登记节点 Register a node's public keys (the card printed by `node init`)."""
    told = _card(card)
    with county_engine(datadir, database) as engine, engine.begin() as conn:
        hand_over.register_node(conn, told)
    click.echo(told.key)


@command.command("hand-over")
@_DATA
@_DATABASE
@click.argument("card", type=click.File("rb"))
@click.option("--operator", required=True, help="经办人编号 Person id of the officer.")
@click.option("--reason", required=True, help="原因 Why.")
def hand_over_command(
    datadir: Path, database: str, card: BinaryIO, operator: str, reason: str
) -> None:
    """移交账簿 Pass a village's book to another computer's key; the old one is retired."""
    told = _card(card)
    actor = Actor(role="staff@federation", operator=operator, persons=(operator,))
    with county_engine(datadir, database) as engine:
        core = open_core(engine, _settings(datadir), real_ports())
        with engine.begin() as conn:
            performed = hand_over.hand_over(conn, core.county, told, actor, reason)
    click.echo(encode(performed.acts[0].facts).decode())


@command.command("grade")
@_DATA
@_DATABASE
@click.option("--cooperative", required=True, help="互助社编号 Id of the cooperative.")
@click.option("--source", required=True, help="依据 Who rated it, and in which paper.")
@click.argument("grade", type=click.Choice(GRADES))
def grade_command(datadir: Path, database: str, cooperative: str, source: str, grade: str) -> None:
    """评级 Tell a cooperative its grade; too low a one stops its pool's new guarantees at once."""
    with county_engine(datadir, database) as engine:
        core = open_core(engine, _settings(datadir), real_ports())
        try:
            with engine.begin() as conn:
                agreements.tell_grade(conn, core.county, cooperative, grade, source)
                stands = agreements.live(conn, cooperative)
        except Rejected as refused:
            told = refused.as_struct()
            raise click.ClickException(f"{told.text('zh')} {told.text('en')}") from refused
    click.echo(f"{cooperative} {grade}" + (f" {stands.id} {stands.state}" if stands else ""))


def _nights(core: Core, until: date | None) -> list[str]:
    """Close date by date; files of the bank come in before each and go out after it."""
    lines = []
    last = until or _open_date(core.engine)
    while (on := _open_date(core.engine)) <= last:
        spool.collect(core.engine, core.settings.spool)
        with core.engine.begin() as conn:
            done = night.close_date(conn, core.county, on)
        spool.send(core.engine, core.settings.spool)
        told = {one.step: one.counts for one in done if one.counts}
        lines.append(f"{on.isoformat()} {encode(told).decode()}")
    return lines


def _open_date(engine: sa.Engine) -> date:
    with reading(engine).connect() as conn:
        return night.open_date(conn)


def _settings(datadir: Path) -> Settings:
    return read_settings(os.environ, datadir=datadir)


def _card(file: BinaryIO) -> KeyCard:
    try:
        return decode(file.read(), KeyCard)
    except msgspec.MsgspecError as error:
        raise click.ClickException(f"不是公钥卡 not a key card: {error}") from error
