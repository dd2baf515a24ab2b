"""`lianhe export`: the books of a kept data directory, for other programs and for people.

Called by people and scripts. Starts the kept PostgreSQL if it does not run and stops it again;
changes nothing. Exit 2 when the directory or the book is not there.
"""

import sys
from pathlib import Path

import click
import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from infra.export.beancount import beancount
from infra.export.kept import NoDataKept, kept_books
from infra.export.rows import Book
from infra.export.tables import to_csv, to_xlsx
from journal import heads

BEANCOUNT, CSV, XLSX = "beancount", "csv", "xlsx"


@click.command()
@click.option("--data", "folder", required=True, help="数据目录 A directory kept by `demo --keep`.",
              type=click.Path(path_type=Path, file_okay=False, exists=True))  # fmt: skip
@click.option("--list-books", is_flag=True, help="列出账本 List the books.")
@click.option("--book", help="账本编号 Id of a book, e.g. N-baiguo.")
@click.option("--format", "kind", type=click.Choice([BEANCOUNT, CSV, XLSX]), help="格式 Format.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False),
              help="写入文件 Write here instead of standard output.")  # fmt: skip
def command(
    folder: Path, book: str | None, kind: str | None, out: Path | None, *, list_books: bool
) -> None:
    """导出 Export books from a kept data directory."""
    if not list_books and not (book and kind):
        raise click.UsageError("--list-books,或 or --book ID --format beancount|csv|xlsx")
    if kind == XLSX and out is None and sys.stdout.isatty():
        raise click.UsageError("Excel 文件请用 --out 指明 name the file by --out")
    try:
        with kept_books(folder) as books:
            if list_books:
                _list(books)
                return
            if book not in books or kind is None:
                raise click.UsageError(f"{book}: 没有这本账 no such book; {', '.join(books)}")
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
