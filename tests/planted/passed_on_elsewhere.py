"""Planted bug: what is passed on goes to another account than that of the claim's bank."""

from typing import Any

import pytest

from services.federation.cases import payees

NAME = "pass money on to another account"


def plant(patch: pytest.MonkeyPatch) -> None:
    """Replace whom a payment of a claim's money pays."""
    of_payment = payees.of_payment

    def elsewhere(conn: Any, county: Any, payment: Any) -> payees.Payee:
        if payment.terms.get("claim"):
            return payees.partner(conn, "finance")
        return of_payment(conn, county, payment)

    patch.setattr(payees, "of_payment", elsewhere)
