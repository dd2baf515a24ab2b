"""Command line of the bank simulator: serve a folder, or drop one order into it by hand.

``python -m infra.bank_simulator --dir DIR [--once]`` runs the bank;
``python -m infra.bank_simulator order --dir DIR credit sub_account=… amount=100.00 …`` plays
the world outside. Never touches the bank's database in the second form.
"""

import signal
import threading
import time
from pathlib import Path

import click
import msgspec

from contracts.money import yuan
from infra.bank_simulator.orders import OrderRefused, decode_order
from infra.bank_simulator.spool import ORDERS, AlreadyRunning, run
from services.federation.bank_files.exchange import put

FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group(invoke_without_command=True)
@click.option("--dir", "folder", type=FOLDER, help="Folder the bank works in; made if missing.")
@click.option("--once", is_flag=True, help="Do what lies there, then end.")
@click.pass_context
def main(context: click.Context, folder: Path | None, *, once: bool) -> None:
    """A bank that knows only files: to_bank/, from_bank/, orders/ in one folder."""
    if context.invoked_subcommand is not None:
        return
    if folder is None:
        raise click.UsageError("--dir is needed")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        run(folder, once=once, stop=stop, tell=click.echo)
    except AlreadyRunning:
        raise click.ClickException(f"another bank works in {folder}") from None


@main.command()
@click.option("--dir", "folder", type=FOLDER, required=True, help="The bank's folder.")
@click.option("--id", "order_id", help="Id of the order; the same id happens once.")
@click.argument("kind")
@click.argument("fields", nargs=-1)
def order(folder: Path, order_id: str | None, kind: str, fields: tuple[str, ...]) -> None:
    """Drop one order: KIND and FIELD=VALUE … (`amount=12.50` is yuan; `[…]` is JSON).

    Kinds: open_account, open_sub_accounts, issue_cards, close_card, credit, repay, close_day,
    fail, correct, resend. Their fields: docs/bank-exchange.md.
    """
    name = order_id or f"by-hand-{time.time_ns():020d}"
    values: dict[str, object] = {"type": kind, "id": name}
    try:
        for field in fields:
            key, _, text = field.partition("=")
            values |= _value(key, text)
        body = msgspec.json.encode(values)
        decode_order(body)
    except (ValueError, OrderRefused) as wrong:
        raise click.ClickException(str(wrong)) from None
    path = put(folder / ORDERS, f"{name}.json", body)
    click.echo(path.name)


def _value(key: str, text: str) -> dict[str, object]:
    """One field: JSON lists, whole numbers where the order wants them, else text."""
    if key == "amount":
        return {"amount_fen": yuan(text)}
    if text[:1] in ("[", "{"):
        return {key: msgspec.json.decode(text)}
    if key in ("days", "late_days", "amount_fen"):
        return {key: int(text)}
    if key == "notify":
        return {key: text in ("true", "yes", "1")}
    return {key: text}


if __name__ == "__main__":
    main()
