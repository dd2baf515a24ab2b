"""`lianhe message`: read ISO 20022 guarantee messages, or write those of a guarantee package.

Called by people of a bank or a county while they connect their systems; it needs no data, changes
nothing, and uses the very code that takes a bank's files. Exit 1 when a message is refused. What
it writes rests on the package as it is given: `lianhe verify` says whether that is genuine.
"""

import hashlib
import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from contracts.codec import decode
from contracts.money import show
from contracts.package import GuaranteePackage
from services.federation.bank_files.faults import BankFileRefused
from services.federation.guarantee_messages.exchange import (
    kind_of,
    read_guarantee_message,
    write_guarantee_message,
)
from services.federation.guarantee_messages.layouts import GuaranteeKind
from services.federation.guarantee_messages.messages import Party
from services.federation.guarantee_messages.translation import guarantees_of
from verifier.container import unpack
from verifier.falsehood import Falsehood
from verifier.package import MANIFEST, PACKAGE


@click.group()
def command() -> None:
    """报文 ISO 20022 guarantee messages (tsrv.*): read a bank's, write a package's."""


@command.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
def read(files: tuple[Path, ...]) -> None:
    """读报文 Say what messages mean, or every reason why not."""
    refused = 0
    for file in files:
        try:
            message = read_guarantee_message(file.read_bytes(), tuple(GuaranteeKind))
        except BankFileRefused as refusal:
            refused += 1
            click.echo(f"{file.name}\t不收 refused")
            _tell(refusal)
            continue
        click.echo(f"{file.name}\t{kind_of(message).value}\t{type(message).__name__}")
        for name, value in _facts(message, ""):
            click.echo(f"  {name}\t{value}")
    sys.exit(1 if refused else 0)


@command.command()
@click.argument("package", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--into", required=True, type=click.Path(path_type=Path, file_okay=False),
              help="写入目录 Folder to write into.")  # fmt: skip
@click.option("--issuer", required=True, help="联合社编号 Id of the union in the agreement.")
@click.option("--late-days", required=True, type=click.IntRange(0),
              help="代偿请求期限(天) The county's claim.late_days.")  # fmt: skip
def write(package: Path, into: Path, issuer: str, late_days: int) -> None:
    """写报文 Write tsrv.001 for each line of a package (zip)."""
    try:
        members = unpack(package.read_bytes(), package.name)
        said = decode(members[PACKAGE], GuaranteePackage)
        manifest = hashlib.sha256(members[MANIFEST]).hexdigest()
    except (Falsehood, KeyError, msgspec.ValidationError, msgspec.DecodeError):
        raise click.UsageError(f"{package.name}: 不是担保文件 no guarantee package") from None
    union = Party(id=issuer, name=said.county)
    messages = guarantees_of(said, manifest=manifest, issuer=union, late_days=late_days)
    try:
        bodies = {one.guarantee_id: write_guarantee_message(one) for one in messages}
    except BankFileRefused as refusal:
        _tell(refusal)
        sys.exit(1)
    into.mkdir(parents=True, exist_ok=True)
    for name, body in bodies.items():
        (into / f"tsrv.001-{name}.xml").write_bytes(body)
    click.echo(f"{len(bodies)} × tsrv.001.001.01 → {into}")


def _tell(refusal: BankFileRefused) -> None:
    for fault in refusal.faults:
        click.echo(f"  {fault.code.value}\t{fault.text('zh')}\t{fault.text('en')}")


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
