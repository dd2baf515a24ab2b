"""Surroundings that are the same every run: bytes from a seed, a clock that stands still."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256


def seeded(seed: str) -> Callable[[int], bytes]:
    """A source of bytes that is the same every run."""
    numbers = itertools.count()

    def random(size: int) -> bytes:
        block = b""
        while len(block) < size:
            block += sha256(f"{seed}/{next(numbers)}".encode()).digest()
        return block[:size]

    return random


def a_moment() -> datetime:
    """A clock that stands still."""
    return datetime(2017, 1, 3, 8, tzinfo=UTC)


def years_later() -> datetime:
    """A village's clock that stands still behind every day its tests close."""
    return datetime(2031, 1, 3, 8, tzinfo=UTC)
