"""Planted bug: of an act with several movements the last one is not written."""

from collections.abc import Mapping, Sequence

import pytest
import sqlalchemy as sa

from journal import write
from journal.driver import Row

NAME = "drop one movement"


def plant(patch: pytest.MonkeyPatch) -> None:
    """Replace the writing of acts, movements and balances."""
    whole = write.everything

    def all_but_one(
        conn: sa.Connection,
        acts: Sequence[Row],
        movements: Sequence[Row],
        changes: Mapping[write.BalanceKey, write.Change],
        *,
        limits: bool = True,
    ) -> None:
        whole(conn, acts, list(movements)[:-1], changes, limits=limits)

    patch.setattr(write, "everything", all_but_one)
