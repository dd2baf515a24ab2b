"""Planted bug: a stake is released as if nothing were guaranteed and no claim were open."""

import pytest

from kernel import pool

NAME = "release a stake under live guarantees"


def plant(patch: pytest.MonkeyPatch) -> None:
    """Replace how much of a stake may go back."""
    releasable = pool.releasable

    def all_of_it(terms: pool.Terms, funds: pool.Funds, *, guaranteed: int, claims: int) -> int:
        del guaranteed, claims
        return releasable(terms, funds, guaranteed=0, claims=0)

    patch.setattr(pool, "releasable", all_of_it)
