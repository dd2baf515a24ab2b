"""Planted bug: head-room is read before anything was used and written without being tested."""

import pytest

from journal import post
from kernel import pool_lines

NAME = "read head-room, then write without the lock's limits"
PLENTY = 10**12


def plant(patch: pytest.MonkeyPatch) -> None:
    """Replace the free line a rule sees and the test of limits when an act is posted."""

    def stale(lines: pool_lines.Lines) -> dict[str, int]:
        return dict.fromkeys((name.rstrip("_") or "coop" for name in lines.stands), PLENTY)

    patch.setattr(pool_lines.Lines, "free", stale)
    patch.setattr(post, "_may_pass", lambda _change: False)
