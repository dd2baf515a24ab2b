"""A simulated computer: one database file, and the moment at which it stops.

Stopping is an exception no code catches, raised just before or just after a commit; what memory
held is gone and the file is opened again. Files live in memory-backed folders with synchronous
OFF: the machine stops, the disk does not lose power (tier T1 proves power cuts).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from journal.engine import open_engine, sqlite_url

BEFORE, AFTER = "before", "after"


class Crashed(BaseException):
    """The machine stopped here. No ``except Exception`` can go on as if nothing had happened."""


class Crash(msgspec.Struct, frozen=True, kw_only=True):
    """Stop ``when`` (before or after) the ``commit``-th commit from now, counted from 1."""

    when: str
    commit: int


class Machine:
    """One computer with one database file; a restart replaces ``engine``.

    ``prepare`` is done to every engine this machine opens.
    """

    def __init__(
        self, name: str, path: Path, prepare: Callable[[sa.Engine], None] | None = None
    ) -> None:
        self.name = name
        self.path = path
        self._prepare = prepare
        self.crash: Crash | None = None
        self.restarts = 0
        self._commits = 0
        self.engine = self._open()

    def arm(self, crash: Crash | None) -> None:
        """Stop at this point of what happens next; None: do not stop."""
        self.crash, self._commits = crash, 0

    def restart(self) -> None:
        """Drop everything memory holds and open the file again."""
        self.stop()
        self.restarts += 1
        self.engine = self._open()

    def stop(self) -> None:
        """Let go of the file."""
        self.crash = None
        self.engine.dispose()

    def fold(self) -> bytes:
        """Stop with the log folded into the file; the file's bytes, to be copied."""
        raw: Any = self.engine.raw_connection()
        raw.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raw.close()
        self.stop()
        return self.path.read_bytes()

    def _open(self) -> sa.Engine:
        engine = open_engine(sqlite_url(self.path))
        sa.event.listen(engine, "connect", _fast)
        if self._prepare is not None:
            self._prepare(engine)
        dialect: Any = engine.dialect
        commit = dialect.do_commit

        def commit_or_crash(connection: Any) -> None:
            self._commits += 1
            crash = self.crash if self.crash and self.crash.commit == self._commits else None
            if crash and crash.when == BEFORE:
                raise Crashed(self.name)
            commit(connection)
            if crash:
                raise Crashed(self.name)

        dialect.do_commit = commit_or_crash
        return engine


def _fast(connection: Any, _record: Any) -> None:
    for pragma in ("synchronous=OFF", "wal_autocheckpoint=0", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")
