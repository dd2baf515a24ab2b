"""Time and randomness of the county, handed in: the real ones here, seeded ones in tests.

Business dates never come from the clock but from the heads of books; the clock is for request
signatures, sessions and the times of steps. Called by composition roots, commands and tests.
"""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """What the county takes from its surroundings. ``random(n)`` gives n unguessable bytes."""

    now: Callable[[], datetime]
    random: Callable[[int], bytes]

    def moment(self) -> str:
        """This moment as ISO text in UTC."""
        return self.now().astimezone(UTC).isoformat()


def real_ports() -> Ports:
    """The computer's clock and its source of randomness."""
    return Ports(now=lambda: datetime.now(UTC), random=secrets.token_bytes)
