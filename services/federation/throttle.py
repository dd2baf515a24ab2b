"""How often one node may ask: a count a minute for each key at each address.

Called by the sync routes before anything is read. Kept in this process's memory and bounded; the
clock is handed in. It protects the county's two cores, it decides nothing.
"""

import threading
from collections import OrderedDict
from datetime import datetime

REMEMBERED = 20_000
"""Principals kept at most, the longest untouched forgotten first."""
_MINUTE = 60


class Throttle:
    """Requests of the running minute, by principal."""

    def __init__(self, requests_a_minute: int) -> None:
        self._most = requests_a_minute
        self._lock = threading.Lock()
        self._counts: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def wait_seconds(self, principal: str, now: datetime) -> int:
        """Count one request; how long to wait if that was one too many, else 0."""
        moment = int(now.timestamp())
        minute = moment // _MINUTE
        with self._lock:
            seen, count = self._counts.pop(principal, (minute, 0))
            count = count + 1 if seen == minute else 1
            self._counts[principal] = (minute, count)
            while len(self._counts) > REMEMBERED:
                self._counts.popitem(last=False)
        return 0 if count <= self._most else (minute + 1) * _MINUTE - moment
