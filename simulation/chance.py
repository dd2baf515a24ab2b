"""Chance, time and ids of a simulated county: all from the seed, nothing from the computer.

Every place draws from a stream of its own, named by seed and place, so that an event taken out of
a story does not change what another place draws. Called by world, generator and bank.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from random import Random

MORNING = time(8, 0, tzinfo=UTC)


def stream(*names: object) -> Random:
    """A stream of chance with this name; the same name gives the same stream, on any computer."""
    return Random("/".join(str(name) for name in names))


class Clock:
    """Virtual time. It moves when an event happens and when a new day begins, never by itself."""

    def __init__(self, day: date) -> None:
        self.now = datetime.combine(day, MORNING)

    def tick(self, seconds: int) -> None:
        """Let a little time pass."""
        self.now += timedelta(seconds=seconds)

    def reach(self, day: date) -> None:
        """It is the morning of a day at least."""
        self.now = max(self.now, datetime.combine(day, MORNING))

    def as_seen_with(self, skew_seconds: int) -> datetime:
        """What a computer shows whose clock is wrong by so much."""
        return self.now + timedelta(seconds=skew_seconds)


def source(chance: Random) -> Callable[[int], bytes]:
    """Random bytes as a port: ``source(n)`` gives n bytes of the stream."""
    return chance.randbytes
