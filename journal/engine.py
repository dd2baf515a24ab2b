"""Database engines: one per node file (SQLite) or per county (PostgreSQL).

Called by composition roots, tests and the simulator. SQLite runs WAL with synchronous=FULL and
every writing transaction begins IMMEDIATE, so a lock is taken before anything is read.
"""

import select
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2 as sqlite
import sqlalchemy as sa

from kernel.errors import ensure

_SAFE_SQLITE = (3, 51, 3)
"""Earlier releases can lose a page when the WAL is reset (parts.md)."""
_CONNECTIONS = 16
"""Kept open: one more than this at a time is opened and closed again for its transaction."""
READ = {"lianhe_read": True}
"""Execution option of a connection that will only read: it does not take the write lock."""


OWNER, WRITER, READER = "lianhe_owner", "lianhe_writer", "lianhe_reader"
"""Roles of PostgreSQL: who owns the tables, what the application and what reports work as."""


def open_engine(url: str, *, role: str = "") -> sa.Engine:
    """An engine for ``postgresql+psycopg://…`` or ``sqlite:///…``.

    ``role`` (PostgreSQL only) is taken at sign-in: WRITER may add acts and change no written one.
    """
    if url.startswith("sqlite"):
        return _sqlite(url)
    # A statement over arrays would be planned anew each time: the planner sees their true length
    # and finds that cheaper than the plan for any length, though planning costs more than running.
    settings = {"plan_cache_mode": "force_generic_plan"} | ({"role": role} if role else {})
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    engine = sa.create_engine(
        url,
        pool_size=_CONNECTIONS,
        max_overflow=_CONNECTIONS,
        connect_args={"options": options},
    )
    sa.event.listen(engine, "connect", _on_postgres)
    sa.event.listen(engine, "checkout", _on_checkout)
    return engine


def sqlite_url(path: Path) -> str:
    """The URL of a node's file."""
    return f"sqlite:///{path}"


def reading(engine: sa.Engine) -> sa.Engine:
    """The same engine for transactions that only read."""
    return engine.execution_options(**READ)


def _sqlite(url: str) -> sa.Engine:
    ensure(sqlite.sqlite_version_info >= _SAFE_SQLITE, "sqlite_is_safe", have=sqlite.sqlite_version)
    engine = sa.create_engine(
        url, module=sqlite, connect_args={"timeout": 30, "check_same_thread": False}
    )
    sa.event.listen(engine, "connect", _on_connect)
    sa.event.listen(engine, "begin", _on_begin)
    return engine


def _on_postgres(connection: Any, _record: Any) -> None:
    # psycopg dumps the bytes of a binary COPY in Python unless it is told to do it in C.
    from psycopg.types.string import BytesBinaryDumper  # noqa: PLC0415 (a node has no psycopg)

    connection.adapters.register_dumper(bytes, BytesBinaryDumper)


def _on_checkout(connection: Any, _record: Any, _proxy: Any) -> None:
    """Replace a connection whose server went away; asking the server each time costs a trip."""
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    # Nothing was asked, so whatever is there to read is the end of the connection.
    if waiting.poll(0):
        raise sa.exc.DisconnectionError("the server closed this connection")


def _on_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "trusted_schema=OFF",
        "recursive_triggers=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(conn: sa.Connection) -> None:
    read = conn.get_execution_options().get("lianhe_read", False)
    # By the driver: SQLAlchemy's way to run a text costs as much as two of an act's statements.
    conn.connection.driver_connection.execute("BEGIN" if read else "BEGIN IMMEDIATE")  # type: ignore[union-attr]
