"""Servers shared by a whole pytest session, xdist workers included.

Used only by tests/conftest.py. The first test that asks for a server starts a keeper process
(tests/support/keeper.py) for it; kernel tests therefore start nothing. The main pytest process
holds a lock for as long as it lives; when the kernel releases it, however pytest ended, every
keeper stops its server. Nothing survives a session, also not one that was killed.
"""

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

SESSION_SETTING = "LIANHE_TEST_SESSION"
ALIVE = "alive"
_KEEPER_SECONDS = 1800.0  # the first use of Temporal on a new machine builds it
_END_SECONDS = 60.0


class Session:
    """The folder and the lock of one pytest session; made by its main process."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="lianhe-tests-"))
        self._alive = (self.folder / ALIVE).open("w", encoding="ascii")
        fcntl.flock(self._alive, fcntl.LOCK_EX)
        os.environ[SESSION_SETTING] = str(self.folder)

    def end(self) -> None:
        """Release the lock, wait until every keeper has stopped its server, remove the folder."""
        self._alive.close()
        os.environ.pop(SESSION_SETTING, None)
        until = time.monotonic() + _END_SECONDS
        for running in self.folder.glob("*.running"):
            with running.open(encoding="ascii") as handle:
                while time.monotonic() < until:
                    with contextlib.suppress(BlockingIOError):
                        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        break
                    time.sleep(0.02)
        shutil.rmtree(self.folder, ignore_errors=True)


def session_folder() -> Path:
    """The folder of the running session, in its main process and in its workers."""
    return Path(os.environ[SESSION_SETTING])


@contextlib.contextmanager
def only_one(name: str) -> Iterator[Path]:
    """Hold the session's lock ``name``; gives the path of a mark to set when work is done."""
    folder = session_folder()
    with (folder / f"{name}.lock").open("w", encoding="ascii") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield folder / f"{name}.done"


def server(kind: str) -> dict[str, str]:
    """What clients need to know of the session's server ``kind``, started when not there yet."""
    with only_one(kind) as done:
        if not done.exists():
            _start_keeper(kind, done)
        told: dict[str, str] = json.loads(done.read_text(encoding="utf-8"))
        return told


def _start_keeper(kind: str, done: Path) -> None:
    log = done.with_suffix(".log")
    with log.open("wb") as output:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.support.keeper", kind, str(done)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # A Ctrl-C is pytest's to handle; the lock tells the keeper.
            start_new_session=True,
        )
    until = time.monotonic() + _KEEPER_SECONDS
    while not done.exists():
        if keeper.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"no {kind}:\n{log.read_text(encoding='utf-8')}")
        time.sleep(0.01)
    # It outlives the worker that asked for it, so nobody here waits for its end.
    keeper.returncode = 0
