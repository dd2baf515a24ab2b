"""The parameters of a simulated county, and what its villages are told when one changes."""

from collections.abc import Mapping
from typing import Any

PROFILE = "DEFAULT"
PARAMETERS: Mapping[str, Any] = {
    "member.notice_days": 1,
    "notice.days": 2,
    "loan.cap": "8000",
    "conc.max_household_pct": "30",
    "guarantor.call_days": 3,
    "claim.wait_days": 2,
    "intercoop.service_fee": "5",
}
"""Short notices, so that a loan is born and repaid within six nights; a low cap, for consents."""
MODE, BILATERAL, PRINCIPAL = "intercoop.mode", "bilateral", "principal"


def told(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Facts of an event that tells the parameters, some of them changed."""
    return {"profile": PROFILE, "county": {**PARAMETERS, **changes}}
