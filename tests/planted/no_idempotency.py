"""Planted bug: an act id that was performed before is performed again."""

from typing import Any

import pytest

from contracts.ledger import Act
from journal import perform

NAME = "skip the idempotency check"


def plant(patch: pytest.MonkeyPatch) -> None:
    """Replace the look for a stored act of the same id."""

    def forget(*_arguments: Any) -> tuple[Act, ...]:
        return ()

    patch.setattr(perform, "_stored", forget)
