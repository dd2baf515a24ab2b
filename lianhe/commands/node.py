"""`lianhe node`: set up and run a village's node, and do its day without the page.

Called by people and scripts. Files lie in one folder, ``<cooperative>.sqlite`` each. Prints no
name, card or ID number.
"""

import os
import sys
from datetime import datetime
from pathlib import Path

import click

from contracts.codec import decode, encode
from contracts.persons import Person
from contracts.sync import CountyCard, KeyCard
from infra.migrate import NODE, upgrade
from journal import heads as journal_heads
from journal.engine import open_engine, reading, sqlite_url
from journal.registry import registry
from kernel.errors import Rejected
from lianhe.commands import audited
from services.cooperative_node import api, people, set_up, usb
from services.cooperative_node.delivery import Unreachable
from services.cooperative_node.host import Host, open_node, path_of
from services.cooperative_node.import_excel import import_file
from services.cooperative_node.import_rows import SHEETS
from services.cooperative_node.page import sign_ins
from services.cooperative_node.ports import real_ports
from services.cooperative_node.take_over import take_over
from services.cooperative_node.vouchers import vouchers
from services.cooperative_node.world import Node

DATA = click.option(
    "--data", "folder", type=click.Path(path_type=Path, file_okay=False), required=True,
    help="数据文件夹 Folder of the node files.",
)  # fmt: skip
COOP = click.option("--cooperative", "coop", required=True, help="互助社编号 Id, e.g. baiguo.")
DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def command() -> None:
    """互助社 Set up and run a village node."""


@command.command()
@DATA
@COOP
@click.option("--name", required=True, help="互助社名称 Name of the cooperative.")
@click.option("--county-card", type=click.Path(path_type=Path, exists=True), required=True,
              help="县公钥卡 File with the county's public keys.")  # fmt: skip
@click.option("--open-date", type=DAY, help="开账日 First business day; left out for a hand-over.")
@click.option("--profile", default="", help="县政策 Profile until the county tells its policy.")
@click.option("--operator", required=True, help="会计姓名 Name of the bookkeeper.")
@click.option("--pin", prompt="PIN (6+)", hide_input=True, confirmation_prompt=True,
              envvar="LIANHE_NODE_PIN")  # fmt: skip
def init(
    folder: Path, coop: str, name: str, county_card: Path,
    open_date: datetime | None, profile: str, operator: str, pin: str,
) -> None:  # fmt: skip
    """建账 Make the node's file, keys, first sign-in and API token.

    Prints the key card to be registered at the county. Without --open-date the file waits for
    `take-over`.
    """
    path = path_of(folder, coop)
    if path.exists():
        raise click.ClickException(f"{path} 已存在 exists already")
    if len(pin) not in sign_ins.PIN_LENGTHS:
        raise click.ClickException("PIN 至少 6 位 A PIN has at least 6 characters")
    registry()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    county = decode(county_card.read_bytes(), CountyCard)
    node = _migrated(folder, coop)
    with node.engine.begin() as conn:
        card = set_up.create(
            conn, node, name=name, county=county, profile=profile,
            open_date=open_date.date() if open_date else None,
        )  # fmt: skip
        person = people.keep(conn, node, Person(name=operator))
        sign_ins.set_pin(conn, person, pin)
        token = set_up.new_token(conn, node)
        if open_date is not None:
            set_up.open_books(conn, node, person)
    _private(folder / f"{coop}.token", token)
    _private(folder / f"{coop}.keycard.json", encode(card).decode())
    _tell(card, person, folder / f"{coop}.token")


@command.command("take-over")
@DATA
@COOP
@click.option("--operator", required=True, help="会计人员编号 Person id printed by init.")
@click.option("--reason", default="", help="移交原因 Why the book changes hands.")
def take_over_command(folder: Path, coop: str, operator: str, reason: str) -> None:
    """接账 Rebuild the book from the county's replica and go on with this file's key."""
    host = Host(folder, real_ports())
    with _refusals():
        taken = take_over(host.node(coop), host.transport(coop), operator, reason)
    click.echo(f"已接账 taken over: N-{coop}/{taken.acts[0].seq}, epoch {taken.acts[0].epoch}")


@command.command()
@DATA
@click.option("--host", "address", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, default=8210, show_default=True)
def serve(folder: Path, address: str, port: int) -> None:
    """服务 Serve the pages and the JSON door of every node in the folder."""
    os.execv(
        sys.executable,
        [sys.executable, "-m", "services.cooperative_node", "--data", str(folder),
         "--host", address, "--port", str(port)],
    )  # fmt: skip


@command.command("import")
@DATA
@COOP
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--operator", required=True, help="会计人员编号 Person id of who types it in.")
def import_command(folder: Path, coop: str, file: Path, operator: str) -> None:
    """导入 Import members, groups and applications from FILE (Excel); all of it or nothing.

    Exit code 2 with every bad row by sheet, row and column.
    """
    done = import_file(_node(folder, coop), file, operator)
    for bad in done.bad:
        click.echo(f"{bad.sheet} {bad.row} {bad.column}: {bad.zh} {bad.en}", err=True)
    if done.bad:
        click.echo(f"{len(done.bad)} 处有误,未导入。 Nothing was imported.", err=True)
        sys.exit(2)
    for sheet, count in done.rows.items():
        click.echo(f"{SHEETS[sheet]} {sheet}: {count}")


@command.command("close-day")
@DATA
@COOP
@click.option("--through", type=DAY, help="补日结至 Close every open day through this date.")
def close_day_command(folder: Path, coop: str, through: datetime | None) -> None:
    """日结 Close the open day, or all missed days, oldest first."""
    with _refusals():
        for report in api.close_through(_node(folder, coop), through.date() if through else None):
            did = ", ".join(f"{name} {count}" for name, count in report.acts.items()) or "-"
            click.echo(f"{report.closed}  {did}")


@command.command()
@DATA
@COOP
def deliver(folder: Path, coop: str) -> None:
    """收发 Send what the county lacks, take what it has, follow it."""
    host = Host(folder, real_ports())
    with _refusals():
        met = api.synchronise(host.node(coop), host.transport(coop))
    click.echo(f"已发 sent {met.batches}, 已收 received {met.pulled}, 至 through {met.through}")
    if met.trouble:
        raise click.ClickException(f"须办理移交 a hand-over is needed: {met.trouble}")


@command.command()
@DATA
@COOP
@click.option("--usb", "stick", type=click.Path(path_type=Path, file_okay=False, exists=True),
              help="U盘 Folder for what the county lacks.")  # fmt: skip
@click.option("--books", "csv_file", type=click.Path(path_type=Path, dir_okay=False),
              help="账簿 CSV file for the vouchers of the book.")  # fmt: skip
def export(folder: Path, coop: str, stick: Path | None, csv_file: Path | None) -> None:
    """导出 Write what the county lacks (--usb), or the vouchers of the book (--books)."""
    node = _node(folder, coop)
    if stick is None and csv_file is None:
        raise click.UsageError("--usb DIR, --books FILE.csv")
    for path in usb.export(node, stick) if stick else ():
        click.echo(path.name)
    if csv_file is not None:
        csv_file.write_bytes(vouchers(node))
        click.echo(csv_file.name)


@command.command("usb-import")
@DATA
@COOP
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
def usb_import(folder: Path, coop: str, files: tuple[Path, ...]) -> None:
    """U盘导入 Take the county's answers from FILES and follow them."""
    with _refusals():
        new = usb.take_files(_node(folder, coop), [path.read_bytes() for path in files])
    click.echo(f"新收 new: {new}")


class _refusals:  # noqa: N801 - reads as a sentence: with _refusals()
    """Print a refusal in both languages and exit 1."""

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, Rejected):
            told = error.as_struct()
            raise click.ClickException(f"{told.text('zh')} {told.text('en')}") from error
        if isinstance(error, Unreachable):
            raise click.ClickException(f"连不上县联合社 the county is away: {error}") from error


@command.command()
@DATA
@COOP
@audited.TOLD
def audit(folder: Path, coop: str, files: tuple[Path, ...]) -> None:
    """核账 Recompute the book and its cases; 0 when nothing differs, 1 when something does."""
    node = _node(folder, coop)
    # The copy of K(i) may be behind what the county told others; the own book never is.
    told = [one for one in audited.told(files) if one.book == node.book]
    with reading(node.engine).connect() as conn:
        found = audited.recomputed(conn, "K", told)
        books = len(journal_heads.read_all(conn))
    audited.end(found, books, len(told))


def _node(folder: Path, coop: str) -> Node:
    if not path_of(folder, coop).exists():
        raise click.ClickException(f"没有 no file: {path_of(folder, coop)}")
    return open_node(folder, coop, real_ports())


def _migrated(folder: Path, coop: str) -> Node:
    engine = open_engine(sqlite_url(path_of(folder, coop)))
    upgrade(engine, NODE)
    engine.dispose()
    return open_node(folder, coop, real_ports())


def _private(path: Path, text: str) -> None:
    """Write a file only its owner can read."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)


def _tell(card: KeyCard, person: str, token: Path) -> None:
    click.echo("公钥卡,交县联合社登记 Key card, to be registered at the county:")
    click.echo(encode(card).decode())
    click.echo(f"会计人员编号 Bookkeeper's person id: {person}")
    click.echo(f"接口令牌 API token: {token}")
