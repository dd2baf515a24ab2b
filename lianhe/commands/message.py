"""`lianhe message`: read ISO 20022 guarantee messages, say what each means or why it is refused.

Called by people of a bank or a county while they connect their systems; it needs no data, changes
nothing, and reads by the very code that takes a bank's files. Exit 1 when a message is refused.
"""

import hashlib
import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from contracts.money import show
from services.federation.bank_files.faults import BankFileRefused
from services.federation.guarantee_messages.exchange import kind_of, read_guarantee_message
from services.federation.guarantee_messages.layouts import GuaranteeKind


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
def command(files: tuple[Path, ...]) -> None:
    """报文 Read guarantee messages (tsrv.*) and check them: FILE..."""
    refused = 0
    for file in files:
        try:
            message = read_guarantee_message(file.read_bytes(), tuple(GuaranteeKind))
        except BankFileRefused as refusal:
            refused += 1
            click.echo(f"{file.name}\t不收 refused")
            for fault in refusal.faults:
                click.echo(f"  {fault.code.value}\t{fault.text('zh')}\t{fault.text('en')}")
            continue
        click.echo(f"{file.name}\t{kind_of(message).value}\t{type(message).__name__}")
        for name, value in _facts(message, ""):
            click.echo(f"  {name}\t{value}")
    sys.exit(1 if refused else 0)


def _facts(value: Any, name: str) -> list[tuple[str, str]]:
    """Every field under a dotted name; what an element left out is not listed."""
    if isinstance(value, msgspec.Struct):
        fields = value.__struct_fields__
        parts = [(f"{name}.{field}".lstrip("."), getattr(value, field)) for field in fields]
        return [fact for below, part in parts for fact in _facts(part, below)]
    if isinstance(value, tuple):
        return [fact for at, part in enumerate(value, 1) for fact in _facts(part, f"{name}[{at}]")]
    if value is None or value == "":
        return []
    if isinstance(value, bytes):
        return [(name, f"{len(value)} bytes, SHA-256 {hashlib.sha256(value).hexdigest()}")]
    if name.endswith("_fen"):
        return [(name.removesuffix("_fen"), f"{show(value)} 元")] if value else []
    return [(name, str(value).replace("\n", " / "))]
