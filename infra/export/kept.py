"""A kept data directory: which books it holds and where, opened for reading only.

``lianhe.toml`` names the nodes' files (``[nodes]``, cooperative = path) and, where the county's
database is not in ``postgres/``, its ``county_url``. Called by `lianhe export`. A village's book
is read from its own file; the county's replica stands in where there is none.
"""

import contextlib
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from contracts.ids import cooperative_of, kind_of
from infra.county_service import running_url
from infra.postgres import DATABASE_URL, Postgres
from infra.program import DataDirectoryInUse
from infra.supervisor import Supervisor
from journal import heads
from journal.engine import open_engine, reading, sqlite_url

NOTE = "lianhe.toml"
NODES = "nodes"


class NoDataKept(Exception):
    """This folder is no kept data directory; the text says what is missing."""


@contextlib.contextmanager
def kept_books(folder: Path, *, own_files: bool = True) -> Iterator[dict[str, sa.Engine]]:
    """Every book of the directory by id, in order, with the engine it is read from.

    Without ``own_files`` only what the county holds. Starts the kept PostgreSQL if it does not run
    and stops it again. Raises NoDataKept.
    """
    note = _note(folder)
    with contextlib.ExitStack() as stack:
        books: dict[str, sa.Engine] = {}
        for engine in (*_county(folder, note, stack), *(_nodes(folder, note) if own_files else ())):
            stack.callback(engine.dispose)
            with engine.connect() as conn:
                for head in heads.read_all(conn):
                    # The owner's own file comes last and wins; a node's copy of K(i) never does.
                    if head.book not in books or kind_of(head.book) == "N":
                        books[head.book] = engine
        if not books:
            raise NoDataKept(f"{folder}: 没有账本 no book is kept here")
        yield dict(sorted(books.items(), key=lambda pair: (cooperative_of(pair[0]), pair[0])))


def county_of(folder: Path) -> str:
    """What the county of a kept directory is called; "" where nobody wrote it down."""
    return str(_note(folder).get("county", ""))


def _note(folder: Path) -> Mapping[str, Any]:
    file = folder / NOTE
    if file.exists():
        return tomllib.loads(file.read_text(encoding="utf-8"))
    if (folder / NODES).is_dir() or (folder / "postgres").is_dir():
        return {}
    raise NoDataKept(f"{folder}: 没有 {NOTE} 也没有 nodes/ 或 postgres/ neither is there")


def _county(
    folder: Path, note: Mapping[str, Any], stack: contextlib.ExitStack
) -> Iterator[sa.Engine]:
    url = note.get("county_url", "") or os.environ.get(DATABASE_URL, "")
    cluster = Postgres(folder / "postgres")
    if not url and cluster.data.exists():
        try:
            cluster.start(stack.enter_context(Supervisor(folder)))
        except DataDirectoryInUse:
            # It runs already, kept up by somebody else (`lianhe demo --serve`).
            url = running_url(folder)
        else:
            url = cluster.url()
    if url:
        yield reading(open_engine(url))


def _nodes(folder: Path, note: Mapping[str, Any]) -> Iterator[sa.Engine]:
    named = [folder / path for path in note.get(NODES, {}).values()]
    for file in named or sorted((folder / NODES).glob("*.sqlite")):
        if file.exists():
            yield reading(open_engine(sqlite_url(file)))
