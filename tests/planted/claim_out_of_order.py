"""Planted bug: a claim is paid from the last layer first, the county's match before the stake."""

from typing import Any

import msgspec
import pytest

from kernel import pool

NAME = "pay a claim out of its layer order"


def plant(patch: pytest.MonkeyPatch) -> None:
    """Replace the order in which the layers bear a loss."""
    borne = pool.borne

    def last_first(terms: pool.Terms, *rest: Any) -> pool.Loss:
        turned = msgspec.structs.replace(terms, layers=tuple(reversed(terms.layers)))
        return borne(turned, *rest)

    patch.setattr(pool, "borne", last_first)
