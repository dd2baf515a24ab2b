"""Planted bug: money is passed on to a bank without asking what it is still owed."""

import pytest

from kernel import rules_suspense
from kernel.cases import Case
from services.federation.cases import payees

NAME = "pass on more than the bank is owed"


def plant(patch: pytest.MonkeyPatch) -> None:
    """Replace what node and county ask before they pass money on."""

    def nothing_asked(claim: Case, passed: int, amount: int) -> None:
        del claim, passed, amount

    for module in (rules_suspense, payees):
        patch.setattr(module, "must_be_owed", nothing_asked)
