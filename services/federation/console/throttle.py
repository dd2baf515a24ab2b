"""How often a password may be wrong before one has to wait: by user, by address, by both.

Kept in this process's memory: it slows guessing down, it is no record. Called by sign_in and
guard; the clock is handed in.
"""

import threading
from collections import OrderedDict
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
BOTH, USER, ADDRESS = 5, 20, 30
"""Failures in the window: one user from one address; one user, so that guessing from everywhere
ends; one address, wide because an office shares one. A stranger cannot lock an officer out of his
own office with five wrong guesses."""
REMEMBERED = 10_000
"""Names kept at most, the longest untouched forgotten first: memory is bounded."""


class Throttle:
    """Failures of the last minutes, by who tried and from where."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: OrderedDict[str, list[datetime]] = OrderedDict()

    def wait_seconds(self, user: str, address: str, now: datetime) -> int:
        """How long this user at this address has to wait before trying again; 0: not at all."""
        with self._lock:
            return max(self._wait(key, limit, now) for key, limit in _keys(user, address))

    def failed(self, user: str, address: str, now: datetime) -> None:
        """Note a wrong password."""
        with self._lock:
            for key, limit in _keys(user, address):
                recent = [at for at in self._failures.pop(key, ()) if at > now - WINDOW]
                self._failures[key] = [*recent, now][-limit:]
            while len(self._failures) > REMEMBERED:
                self._failures.popitem(last=False)

    def succeeded(self, user: str, address: str) -> None:
        """The right password clears the user's own counts, never the address's."""
        with self._lock:
            for key, _ in _keys(user, address)[:2]:
                self._failures.pop(key, None)

    def _wait(self, key: str, limit: int, now: datetime) -> int:
        recent = [at for at in self._failures.get(key, ()) if at > now - WINDOW]
        if len(recent) < limit:
            return 0
        return int((recent[-limit] + WINDOW - now).total_seconds()) + 1


def _keys(user: str, address: str) -> tuple[tuple[str, int], ...]:
    user = user[:200]
    return ((f"both {address} {user}", BOTH), (f"user {user}", USER), (f"from {address}", ADDRESS))
