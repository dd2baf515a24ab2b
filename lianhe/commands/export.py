"""`lianhe export`: the books of a kept data directory, for other programs and for people.

Called by people and scripts. Starts the kept PostgreSQL if it does not run and stops it again;
changes nothing. Exit 2 when the directory, the book or, for a proof, the county's key is not there.
"""

import contextlib
import sys
from pathlib import Path

import click
import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from infra.export.beancount import beancount
from infra.export.kept import NoDataKept, county_of, kept_books
from infra.export.proof import proven
from infra.export.rows import Book
from infra.export.tables import to_csv, to_xlsx
from journal import heads
from services.federation.identity import load_keys

BEANCOUNT, CSV, XLSX, PROOF = "beancount", "csv", "xlsx", "proof"
_ONE_MOMENT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


@click.command()
@click.option("--data", "folder", required=True, help="数据目录 A directory kept by `demo --keep`.",
              type=click.Path(path_type=Path, file_okay=False, exists=True))  # fmt: skip
@click.option("--list-books", is_flag=True, help="列出账本 List the books.")
@click.option("--book", help="账本编号 Id of a book, e.g. N-baiguo.")
@click.option("--format", "kind", type=click.Choice([BEANCOUNT, CSV, XLSX, PROOF]),
              help="格式 Format; proof: 县签名 signed, all books if none named.")  # fmt: skip
@click.option("--keys", "keys", type=click.Path(path_type=Path, file_okay=False, exists=True),
              help="县密钥文件夹 The county's keys, for a proof (DATA/keys).")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False),
              help="写入文件 Write here instead of standard output.")  # fmt: skip
def command(
    folder: Path,
    book: str | None,
    kind: str | None,
    keys: Path | None,
    out: Path | None,
    *,
    list_books: bool,
) -> None:
    """导出 Export books from a kept data directory."""
    if not list_books and not (kind and (book or kind == PROOF)):
        raise click.UsageError("--list-books,或 or --book ID --format beancount|csv|xlsx|proof")
    if kind in (XLSX, PROOF) and out is None and sys.stdout.isatty():
        raise click.UsageError("请用 --out 指明文件 name the file by --out")
    try:
        with kept_books(folder, own_files=kind != PROOF) as books:
            if list_books:
                _list(books)
                return
            if (book and book not in books) or kind is None:
                raise click.UsageError(f"{book}: 没有这本账 no such book; {', '.join(books)}")
            if kind == PROOF or book is None:
                _prove(folder, keys or folder / "keys", {book: books[book]} if book else books, out)
                return
            with books[book].connect() as conn:
                _export(Book(conn=conn, name=book), kind, out)
    except NoDataKept as missing:
        raise click.UsageError(str(missing)) from None


def _list(books: dict[str, sa.Engine]) -> None:
    """A table for people, lines of tab-separated cells for a pipe; the id comes first in both."""
    table = Table("账本 book", "事项数 acts", "业务日 open day", "状态 mode", "所在 kept in")
    people = sys.stdout.isatty()
    for name, engine in books.items():
        with engine.connect() as conn:
            head = heads.read(conn, name)
        place = Path(engine.url.database or "").name if engine.name == "sqlite" else engine.name
        cells = (name, str(head.seq), head.open_date, head.mode, place)
        if people:
            table.add_row(*cells)
        else:
            click.echo("\t".join(cells))
    if people:
        Console().print(table)


def _prove(folder: Path, keys: Path, books: dict[str, sa.Engine], out: Path | None) -> None:
    """One zip of these books, and on standard error the key it is to be verified by."""
    try:
        county = load_keys(keys)
    except FileNotFoundError as missing:
        raise click.UsageError(f"没有县密钥 the county's key is not here: {missing}") from None
    with contextlib.ExitStack() as stack:
        moments = {
            engine: stack.enter_context(engine.execution_options(**_ONE_MOMENT).connect())
            for engine in dict.fromkeys(books.values())
        }
        body = proven(
            {name: moments[one] for name, one in books.items()}, county_of(folder), county
        )
    if out is None:
        sys.stdout.buffer.write(body)
    else:
        out.write_bytes(body)
    click.echo(f"lianhe verify {out or 'FILE'} --key {county.card().signing}", err=True)


def _export(book: Book, kind: str, out: Path | None) -> None:
    if kind == XLSX:
        with out.open("wb") if out else sys.stdout.buffer as sink:
            to_xlsx(book, sink)
        return
    lines = to_csv(book) if kind == CSV else (line + "\n" for line in beancount(book))
    if out is None:
        for line in lines:
            sys.stdout.buffer.write(line.encode())
        return
    with out.open("wb") as file:
        file.writelines(line.encode() for line in lines)
