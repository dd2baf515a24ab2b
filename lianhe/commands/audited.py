"""What `lianhe federation audit` and `lianhe node audit` share: outside heads, progress, the end.

A row that was changed together with the whole chain after it is found by a head that somebody
outside was told: a report printed once and kept elsewhere. Writes to no database.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec
import sqlalchemy as sa

from journal import heads
from journal.audit import Difference, Witness, audit
from journal.registry import registry

TOLD = click.option(
    "--told", "files", multiple=True, type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="从前另存的县汇总 A `federation report` kept outside; as often as wished.",
)  # fmt: skip


class Report(msgspec.Struct, frozen=True):
    """The part of a county's report that binds it: each book's last sequence and its digest."""

    heads: dict[str, tuple[int, str]]


def told(files: Sequence[Path]) -> list[Witness]:
    """The heads of reports; raises ClickException for a file that is none."""
    found = []
    for file in files:
        try:
            heads_then = msgspec.json.decode(file.read_bytes(), type=Report).heads
            found += [Witness(book=book, seq=seq, digest=bytes.fromhex(digest))
                      for book, (seq, digest) in heads_then.items()]  # fmt: skip
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as wrong:
            raise click.ClickException(f"{file}: 不是县汇总 no county report ({wrong})") from wrong
    return found


def recomputed(
    conn: sa.Connection, replicas: str, witnesses: Sequence[Witness]
) -> list[Difference]:
    """Every difference of this database, with progress by the book."""
    sizes = {head.book: head.seq for head in heads.read_all(conn)}
    whole, done = sum(sizes.values()), 0

    def progress(book: str) -> None:
        nonlocal done
        share = f"{100 * done // whole if whole else 100:3d} %"
        click.echo(f"{share}  {book}  {sizes[book]:,} 笔 acts", err=True)
        done += sizes[book]

    return list(audit(conn, registry(), witnesses=witnesses, replicas=replicas, tell=progress))


def end(found: Sequence[Difference], books: int, witnesses: int) -> None:
    """Tell every difference and leave with 1; with 0 when there is none."""
    for one in found:
        click.echo(f"{one.book} · {one.what} · {one.where}: {one.expected} ≠ {one.found}")
    click.echo(f"账簿 books {books}, 账头 heads told {witnesses}, 不符 differences {len(found)}")
    sys.exit(1 if found else 0)
