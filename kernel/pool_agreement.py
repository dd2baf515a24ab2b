"""A pool agreement as other rules read it: its terms, its state, its line, its claim rate (P6.1).

Called by the rules of agreements, pool money, guarantees and claims under the locks of K(i) and
K(0), and by pages and proofs. Pure; registers no rule. Amounts fen. Sources R-083, R-084, R-089.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from contracts.facts.pool import Covenants
from contracts.rejections import RejectionCode
from kernel import pool
from kernel.cases import Case
from kernel.errors import Rejected
from kernel.pool_lines import LINE_READS
from kernel.rules import Asked, Lookup

OPEN, SUSPENDED, ENDED = "open", "suspended", "ended"
AGREED = (OPEN, SUSPENDED)
LIVE = ("proposed", *AGREED)
COVENANTS = Covenants.__struct_fields__
FUND_READS = {"stake": "802", "match": "803", "deposits": "805.*"}
READS = {**LINE_READS, **FUND_READS}
UNDER_WAY = {
    "transfer": ("asked", "queued", "in_file"),
    "match": ("claimed", "approved"),
    "claim": ("noticed", "accepted", "in_file"),
}
"""What of an agreement must be over before it ends."""


def terms_of(agreement: Case) -> pool.Terms:
    """What of an agreement's terms (or of those pinned to a guarantee) the arithmetic needs."""
    return terms_from(agreement.terms)


def terms_from(terms: Mapping[str, Any]) -> pool.Terms:
    """The same from bare terms."""
    return msgspec.convert({name: terms[name] for name in pool.Terms.__struct_fields__}, pool.Terms)


def line(agreement: Case, have: pool.Funds) -> int:
    """The line these funds carry under this agreement, were it not suspended (fen)."""
    return pool.line_of(terms_of(agreement), have)


def funds(asked: Asked) -> pool.Funds:
    """The free pool money of the cooperative, as it stands under the lock (needs FUND_READS)."""
    return pool.Funds(
        stake=asked.balance["stake"],
        match=asked.balance["match"],
        deposits=asked.rows["deposits"],
    )


def less(have: pool.Funds, kind: str, amount: int, member: str = "") -> pool.Funds:
    """The funds after ``amount`` of one kind has gone (negative: has come back)."""
    deposits = dict(have.deposits)
    if kind == "deposit":
        deposits[member] = deposits.get(member, 0) - amount
    return pool.Funds(
        stake=have.stake - (amount if kind == "stake" else 0),
        match=have.match - (amount if kind == "match" else 0),
        deposits=deposits,
    )


def the_agreement(asked: Asked, name: str) -> Case:
    """An agreement of this cooperative in any state; raises UNKNOWN_CASE."""
    found = asked.lookup.case(name)
    if found is None or found.process != "agreement" or found.parties != asked.case.parties:
        raise Rejected(RejectionCode.UNKNOWN_CASE, case=name)
    return found


def in_force(asked: Asked, name: str) -> Case:
    """The agreement whose line money of this one moves: its successor, once it is over."""
    found = the_agreement(asked, name)
    if found.state == ENDED:
        for other in asked.lookup.all("agreement", found.parties["coop"]):
            if other.state in (OPEN, SUSPENDED):
                return other
    return found


def agreed(asked: Asked, name: str, *states: str) -> Case:
    """The same in one of these states (``open`` when none is said); raises AGREEMENT_NOT_OPEN."""
    found = the_agreement(asked, name)
    if found.state not in (states or (OPEN,)):
        raise Rejected(RejectionCode.AGREEMENT_NOT_OPEN, agreement=name, state=found.state)
    return found


def claim_rate(lookup: Lookup, agreement: Case) -> int:
    """Pool payments net of recoveries over guaranteed principal paid out, in ppm (R-089)."""
    claims = [
        case.terms
        for case in lookup.linked("claim", "agreement", agreement.id)
        if case.terms.get("paid_on") and case.state not in UNDER_WAY["claim"]
    ]
    lines = lookup.linked("guarantee", "agreement", agreement.id)
    return pool.claim_rate_ppm(
        paid=sum(
            sum(int(terms[name]) for name in ("own_deposit", "stake", "match"))
            + sum(int(part) for part in terms["others"].values())
            for terms in claims
        ),
        recovered=sum(int(terms["share_in"]) for terms in claims),
        drawn=sum(int(line.terms["drawn"]) for line in lines),
    )
