"""A process that keeps one server for a pytest session and stops it when the session is over.

Started by tests/support/session.py: `python -m tests.support.keeper KIND MARK`. It writes what
clients need to know to MARK, then waits for the session's lock, which it gets when pytest ends.
"""

import fcntl
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from infra.postgres import Postgres
from infra.supervisor import Supervisor
from infra.temporal_binary import find_binary
from infra.temporal_server import TemporalServer
from tests.support.session import ALIVE


def postgres(supervisor: Supervisor) -> dict[str, str]:
    """Start a cluster that trades crash safety for speed."""
    cluster = Postgres(supervisor.datadir / "pg", durable=False)
    cluster.start(supervisor)
    return {"url": cluster.url("{database}"), "tcp_url": cluster.tcp_url("{database}")}


def temporal(supervisor: Supervisor) -> dict[str, str]:
    """Start a dev server."""
    binary = find_binary(os.environ, print)
    temporal_server = TemporalServer(supervisor.datadir / "temporal", binary)
    temporal_server.start(supervisor)
    return {"address": temporal_server.address}


KINDS: dict[str, Callable[[Supervisor], dict[str, str]]] = {
    "postgres": postgres,
    "temporal": temporal,
}


def main(kind: str, mark: Path) -> None:
    """Keep the server until the session's lock is free."""
    with (
        mark.with_suffix(".running").open("w", encoding="ascii") as running,
        (mark.parent / ALIVE).open(encoding="ascii") as alive,
    ):
        fcntl.flock(running, fcntl.LOCK_EX)
        with Supervisor(mark.parent / kind) as supervisor:
            told = KINDS[kind](supervisor)
            fresh = mark.with_suffix(".new")
            fresh.write_text(json.dumps(told), encoding="utf-8")
            fresh.rename(mark)
            fcntl.flock(alive, fcntl.LOCK_EX)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
