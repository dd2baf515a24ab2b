"""The bank as a process: folders in, folders out, killable at any moment.

Called by __main__. Everything a file or order does is one transaction of the bank's database;
then the answers are put out, then the file is taken away. Killed in between, the next start
repeats the rest: the file is known by its digest, answers not marked as delivered are put out.
"""

import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from infra.bank_simulator.bank import Bank
from infra.bank_simulator.orders import CloseDay, OrderRefused, decode_order
from infra.bank_simulator.tables import open_books
from services.federation.bank_files.exchange import FROM_BANK, TO_BANK, put, take, waiting

ORDERS = "orders"
REFUSED = "refused"
READY = "ready"
LOCK = "lock"
BOOKS = "state.sqlite"
_BUSY_SECONDS, _IDLE_SECONDS, _CALM_AFTER = 0.005, 0.1, 400
"""Look 200 times a second while there is work and two seconds after it, then ten times."""

Tell = Callable[[str], None]


class AlreadyRunning(Exception):
    """Another bank process works in this folder."""


def run(folder: Path, *, once: bool, stop: threading.Event, tell: Tell) -> None:
    """Serve a folder until ``stop`` is set, or with ``once`` until there is nothing to do."""
    with _alone(folder):
        bank = Bank(open_books(str(folder / BOOKS)))
        try:
            _put_out(bank, folder, tell)
            if once:
                while work(bank, folder, tell):
                    pass
                return
            put(folder, READY, msgspec.json.encode({"pid": os.getpid()}))
            calm = 0
            while not stop.is_set():
                calm = 0 if work(bank, folder, tell) else calm + 1
                stop.wait(_BUSY_SECONDS if calm < _CALM_AFTER else _IDLE_SECONDS)
        finally:
            (folder / READY).unlink(missing_ok=True)
            bank.close()


def work(bank: Bank, folder: Path, tell: Tell) -> int:
    """Orders by name, then payment files by name; how many there were.

    Payment files already lying there are executed before a day is closed, so the outcome is a
    function of what lies in the folders, not of who looked first.
    """
    done = 0
    for path in waiting(folder / ORDERS):
        try:
            order = decode_order(path.read_bytes())
            if isinstance(order, CloseDay):
                done += _receive(bank, folder, tell)
            bank.order(order)
        except OrderRefused as refused:
            put(path.parent / REFUSED, f"{path.name}.txt", str(refused).encode())
            take(path, REFUSED)
            tell(f"refused {path.name}: {refused}")
        else:
            _put_out(bank, folder, tell)
            take(path)
            tell(f"obeyed {path.name}")
        done += 1
    return done + _receive(bank, folder, tell)


def _receive(bank: Bank, folder: Path, tell: Tell) -> int:
    paths = waiting(folder / TO_BANK)
    for path in paths:
        bank.receive(path.read_bytes())
        _put_out(bank, folder, tell)
        take(path)
        tell(f"took {path.name}")
    return len(paths)


def _put_out(bank: Bank, folder: Path, tell: Tell) -> None:
    files = bank.undelivered()
    for file in files:
        put(folder / FROM_BANK, file.name, file.body)
        tell(f"sent {file.name}")
    bank.delivered(files)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; the kernel frees it with the process, however that ends."""
    for name in (TO_BANK, FROM_BANK, ORDERS):
        (folder / name).mkdir(parents=True, exist_ok=True)
    path = folder / LOCK
    handle = _lock(path)
    try:
        (folder / READY).unlink(missing_ok=True)
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


def _lock(path: Path) -> int:
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.exists() and path.stat().st_ino == os.fstat(handle).st_ino:
                return handle
        except BlockingIOError:
            os.close(handle)
            raise AlreadyRunning(str(path.parent)) from None
        # The last holder removed the file after we opened it: this lock guards nothing.
        os.close(handle)
