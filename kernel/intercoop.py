"""One inter-cooperative loan (P4): its states, what is signed, what is owed and late on a day.

Pure. Called by its rules, by settlement, pages, proofs and tests. Amounts fen, rates ppm a month.
Sources R-060, R-075, P4.2–P4.5.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from contracts.codec import digest, encode
from contracts.ids import FEDERATION_BOOK
from kernel.fees import fee_to_date, slices_of
from kernel.policy import Policy

OWN_FUND = (
    "30101", "30102", "31101", "31102", "31103", "31104", "31105", "31106", "31107", "31108",
    "31109", "321", "32201", "32202", "32203", "33201",
)  # fmt: skip
"""Accounts of a cooperative's own fund (domain.md fixed words), loss deducted."""
LIVE = ("proposed", "approved", "active", "suspended")
"""States in which the lender has money out or promised."""
OWING = (*LIVE, "written_off")
"""The same for the borrower: what the lender wrote off is still owed."""
UNFUNDED = ("declined", "lapsed")
"""States in which a contract ended before any money moved."""
OWED = ("active", "suspended", "written_off")
"""States in which a repayment is taken in."""
SIGNED = ("lender", "borrower", "amount", "rate_ppm", "term_months", "service_ppm")
"""The terms a signature stands for; one fen changed is another contract (I14). A contract made
before there was a service fee does not name one."""
PRINCIPAL = "principal"
"""Mode in which the federation is a party itself (P4.2)."""
PAIR = "pair"
"""Term of a contract with the federation: the other contract that is funded with it."""


def needs_own_account(policy: Policy) -> list[str]:
    """Parameters under which the federation itself is paid or is a party (P4.2, P4.3)."""
    asked = {
        "intercoop.mode": policy.text("intercoop.mode") == PRINCIPAL,
        "intercoop.service_fee": policy.ppm("intercoop.service_fee") > 0,
    }
    return [key for key, needs in asked.items() if needs]


def service_ppm(policy: Policy, borrower: str) -> int:
    """The federation's service fee (ppm of the principal, once): a village's, never its own."""
    return 0 if borrower == FEDERATION_BOOK else policy.ppm("intercoop.service_fee")


def terms_digest(terms: Mapping[str, Any]) -> str:
    """Hex digest of what is being signed; a council's act in its own book quotes it."""
    signed = {name: terms[name] for name in SIGNED if name in terms}
    return digest("terms.intercoop", encode(signed)).hex()


def owed_on(terms: Mapping[str, Any], on: date) -> tuple[int, int]:
    """(principal, fee) owed on a date, in fen: fee to date on every slice, less what was paid."""
    return int(terms["outstanding"]), fee_of(terms, on) - int(terms["fee_paid"])


def fee_of(terms: Mapping[str, Any], on: date) -> int:
    """Fee of the whole loan from funding to a date, rounded once (R-060 cumulative method)."""
    start = date.fromisoformat(terms["funded_on"])
    repaid = [(date.fromisoformat(day), int(part)) for part, day in terms["slices"]]
    principal = int(terms["outstanding"]) + sum(part for _, part in repaid)
    return fee_to_date(slices_of(principal, start, repaid), int(terms["rate_ppm"]), on)


def overdue_fen(terms: Mapping[str, Any], on: date) -> int:
    """What is owed past the due date and not held for the next cycle (fen); its day is not late.

    Measured on the day money was last held for it: the days it then lies at the bank are not held
    against the borrower.
    """
    if not terms.get("funded_on") or date.fromisoformat(terms["due_on"]) >= on:
        return 0
    day = date.fromisoformat(terms["aside_on"]) if terms["aside"] else on
    return sum(owed_on(terms, day)) - int(terms["aside"])
