"""Time, ids and randomness of a node, handed in: the real ones here, seeded ones in tests.

Business dates never come from the clock but from the heads of books; the clock is for sessions,
request signatures and "last heard of".
"""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """What a node takes from its surroundings. ``random(n)`` gives n unguessable bytes."""

    now: Callable[[], datetime]
    random: Callable[[int], bytes]

    def person_id(self) -> str:
        """A fresh random id of a natural person."""
        return f"p-{self.random(8).hex()}"

    def token(self) -> str:
        """A fresh 256-bit token as hex: sessions, forms, nonces."""
        return self.random(32).hex()

    def act_id(self) -> str:
        """A fresh act id, for acts whose name does not follow from what they do."""
        return f"act-{self.random(12).hex()}"


def real_ports() -> Ports:
    """The computer's clock and its source of randomness."""
    return Ports(now=lambda: datetime.now(UTC), random=secrets.token_bytes)
