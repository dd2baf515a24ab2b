"""Rules of the county's custody: payments, bank lines, settlement legs, and the node's follow.

Registered in kernel.rules; called by journal.perform under the lock. Pure. Amounts are fen.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from contracts.codec import digest, encode
from contracts.facts.custody import ReceiptOwner
from contracts.ledger import Line
from contracts.rejections import RejectionCode
from kernel.errors import Rejected
from kernel.facts import read
from kernel.rules import Asked, Outcome, rule
from kernel.rules_escalation import ESCALATION

SOURCES = (
    "central", "provincial", "municipal", "county", "donation", "undp", "enterprise",
    "helper", "merged",
)  # fmt: skip
"""Source tags of a grant (R-066), each an amount of recipe grant.in."""
CONSENTED = "consented"
"""Term of a consent: the digest of the terms it was given or refused for."""
_REPAID = ("intercoop.repay", "intercoop.recover")
_LOST = ("intercoop.write_off", "intercoop.waive")
"""Recipes by which a village repays another, and by which the lender bears what it is not paid."""
IDENTIFICATION_OVER = ("withdrawn", "returned")
"""States in which an identification came to nothing: its receipt may be identified anew."""


def _positive(asked: Asked, name: str) -> int:
    amount = asked.facts.get(name, asked.case.terms.get(name))
    if not isinstance(amount, int) or amount <= 0:
        raise Rejected(RejectionCode.AMOUNT_NOT_POSITIVE, what=name)
    return amount


@rule()
def payout_amount(asked: Asked) -> Outcome:
    """The payment's amount, held, released or paid in one piece (design.md 3)."""
    return Outcome(amounts={"amount": _positive(asked, "amount")})


@rule()
def filed_again(asked: Asked) -> Outcome:
    """What the bank rejected is filed once more, under a reference it has not seen."""
    return Outcome(terms={"filing": int(asked.case.terms.get("filing", 1)) + 1})


@rule()
def line_amount(asked: Asked) -> Outcome:
    """The amount of one bank line; a line nobody can name is keyed by its own id."""
    return Outcome(
        amounts={"amount": _positive(asked, "amount")},
        keys={"item": str(asked.facts.get("line", asked.case.terms.get("line", "")))},
    )


@rule()
def receipt_owner(asked: Asked) -> Outcome:
    """Staff names whose an unknown receipt is: its whole amount is set aside for him (80108).

    Raises FACTS_INVALID, RECEIPT_NOT_UNKNOWN for a receipt that is booked or named already.
    """
    facts = read(asked.facts, ReceiptOwner)
    if not facts.evidence.strip():
        raise Rejected(RejectionCode.FACTS_INVALID, where="evidence", problem="empty")
    receipt = asked.lookup.case(facts.receipt)
    named = [
        one.id
        for one in asked.lookup.linked("identification", "receipt", facts.receipt)
        if one.state not in IDENTIFICATION_OVER
    ]
    state = "-" if receipt is None else receipt.state
    if receipt is None or receipt.process != "receipt" or state != "unknown" or named:
        raise Rejected(
            RejectionCode.RECEIPT_NOT_UNKNOWN,
            receipt=facts.receipt,
            state=state,
            identification=", ".join(named) or "-",
        )
    amount, line = int(receipt.terms["amount"]), str(receipt.terms["line"])
    terms = {"amount": amount, "item": line, "receipt": receipt.id}
    return Outcome(amounts={"amount": amount}, terms=terms)


@rule()
def identified_amount(asked: Asked) -> Outcome:
    """What was set aside: put back, or arrived in the sub-account it belongs to."""
    return Outcome(amounts={"amount": _positive(asked, "amount")})


@rule()
def consented(asked: Asked) -> Outcome:
    """The poverty office answers exactly the terms it was shown, and they are kept (R-027, I14).

    Raises SIGNED_OTHER_TERMS.
    """
    shown = consent_digest(asked.case.terms)
    if asked.facts.get("terms") != shown:
        raise Rejected(RejectionCode.SIGNED_OTHER_TERMS)
    return Outcome(terms={CONSENTED: shown})


def consent_digest(terms: Mapping[str, Any]) -> str:
    """Hex digest of the terms a consent is about; the same before and after the answer."""
    aside = (CONSENTED, ESCALATION)
    asked = {name: value for name, value in terms.items() if name not in aside}
    return digest("terms.consent", encode(asked)).hex()


@rule()
def leg_amount(asked: Asked) -> Outcome:
    """One cooperative's net position in a settlement cycle (I10)."""
    return Outcome(amounts={"amount": _positive(asked, "amount")})


@rule()
def grant_amount(asked: Asked) -> Outcome:
    """A grant keeps its source tag (R-066): one amount, named by the tag as well."""
    source = asked.facts.get("source")
    if source not in SOURCES:
        raise Rejected(RejectionCode.FACTS_INVALID, where="source", problem=f"{source} ∉ {SOURCES}")
    amount = _positive(asked, "amount")
    return Outcome(amounts={"amount": amount, source: amount})


@rule(cash="10201#", provision="118#")
def followed(asked: Asked) -> Outcome:
    """The node's half of a K(i) act as the county filled it (design.md 4.4).

    A lender that gives up what another village owes bears it from its provision; what that lacks
    is a loss first (P4.5, as P2.7).

    A village that repays another out of money it did not borrow crosses from its own funding to
    the loan's by an explicit pair, so that each funding stays balanced and no funding overdrawn.
    """
    lines = msgspec.convert(asked.facts["lines"], tuple[Line, ...])
    party = str(asked.facts.get("party", "coop"))
    crossings = []
    for line in lines if party == "borrower" else ():
        short = line.amounts.get("principal", 0) - asked.rows["cash"].get(line.funding, 0)
        if asked.facts["recipe"] in _REPAID and short > 0:
            crossings += [
                Line(amounts={"cross_out": short}, keys=line.keys),
                Line(amounts={"cross_in": short}, keys=line.keys, funding=line.funding),
            ]
    if party == "lender" and asked.facts["recipe"] in _LOST:
        lines = tuple(_borne(line, asked.balance["provision"]) for line in lines)
    return Outcome(lines=(*crossings, *lines), party=party)


def _borne(line: Line, provision: int) -> Line:
    shortfall = max(line.amounts.get("principal", 0) - provision, 0)
    if not shortfall:
        return line
    return msgspec.structs.replace(line, amounts={**line.amounts, "shortfall": shortfall})
