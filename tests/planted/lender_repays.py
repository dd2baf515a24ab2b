"""Planted bug: whoever is a party of a loan may say that it is repaid."""

import pytest

from services.federation.cases import intercoop
from services.federation.cases.voices import Voice

NAME = "a lender repays its own claim"


def plant(patch: pytest.MonkeyPatch) -> None:
    """Replace the question whose side speaks."""

    def anybody(voice: Voice, side: str, needed: str) -> None:
        del voice, side, needed

    patch.setattr(intercoop, "_only", anybody)
