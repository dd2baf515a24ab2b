"""Waiting for a fact about real processes, with a bound; used by the tests of infra."""

import socket
import time
from collections.abc import Callable
from pathlib import Path

from infra.ports import LOOPBACK

_SECONDS = 30.0


def until(fact: Callable[[], bool]) -> None:
    """Return as soon as ``fact`` holds; fail after half a minute."""
    end = time.monotonic() + _SECONDS
    while not fact():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def gone(pid: int) -> bool:
    """Whether no process of this id runs; one that only waits to be buried is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return True
    return "State:\tZ" in status


def port_answers(port: int) -> bool:
    """Whether something accepts connections on ``port`` of the loopback address."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False
