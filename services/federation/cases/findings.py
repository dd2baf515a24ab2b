"""Findings: every break has a name, a place, an owner and a clock (design.md 5).

Opened by intake, custody, proofs and the close, once for each subject; owned and resolved by
people through the console, escalated by deadline. Opening one never stops what found it.
"""

from typing import Any

import sqlalchemy as sa

from contracts.ledger import Actor
from contracts.rejections import Rejection, RejectionCode
from journal import store
from journal.perform import Performed
from kernel.cases import Case
from kernel.errors import Rejected
from kernel.rules_escalation import called
from services.federation.cases.actors import COUNTY
from services.federation.cases.county_acts import act_on, unused
from services.federation.county import County

PROCESS = "finding"
LIVE = ("opened", "owned")
STAFF = "staff@federation"
RECEIPT_MISSING = "receipt_missing"
"""Kind of the finding by which announced money that did not come is told."""


def open_once(
    conn: sa.Connection,
    county: County,
    kind: str,
    subject: str,
    *,
    cooperative: str = "",
    facts: dict[str, Any] | None = None,
) -> Case:
    """The live finding of this kind about this subject, opened now if there is none.

    ``cooperative`` is whose book it stands in ("": K-0). A finding that was resolved and comes
    back is a new one with the next number. Facts never hold a name, a card or an ID number.
    """
    about = f"{kind}:{subject}"
    before = _about(conn, about)
    for one in before:
        if one.state in LIVE:
            return one
    case = unused(conn, f"finding-{kind}-{subject}", len(before))
    told = {"about": about, "kind": kind, "owner": STAFF, **(facts or {})}
    return act_on(
        conn, county.world, PROCESS, case, "open", COUNTY, told,
        act_id=f"{case}/open", parties={"coop": cooperative},
    ).case  # fmt: skip


def live(conn: sa.Connection, kind: str, subject: str) -> Case | None:
    """The finding of this kind about this subject that is not resolved."""
    return next((one for one in _about(conn, f"{kind}:{subject}") if one.state in LIVE), None)


def settled(
    conn: sa.Connection, county: County, kind: str, subject: str, facts: dict[str, Any]
) -> list[Case]:
    """Resolve what the facts themselves have resolved: a line that came, a mirror that agrees."""
    found = [one for one in _about(conn, f"{kind}:{subject}") if one.state in LIVE]
    return [_settle(conn, county, one.id, facts) for one in found]


def announced_came(conn: sa.Connection, county: County, announced: str, line: str) -> None:
    """Announced money that was late has come: nobody need look for it any more."""
    settled(conn, county, RECEIPT_MISSING, announced, {"line": line})


def own(conn: sa.Connection, county: County, case: str, actor: Actor) -> Performed:
    """A person takes a finding on; the clock of resolving starts. Raises ROLE_NOT_ALLOWED."""
    _named(conn, case, "own", actor)
    return act_on(conn, county.world, PROCESS, case, "own", actor)


def resolve(
    conn: sa.Connection, county: County, case: str, actor: Actor, *, reason: str
) -> Performed:
    """A person says what was done about it; the reason stands in the book.

    Raises ROLE_NOT_ALLOWED.
    """
    _named(conn, case, "resolve", actor)
    return act_on(conn, county.world, PROCESS, case, "resolve", actor, {"reason": reason})


def _named(conn: sa.Connection, name: str, act: str, actor: Actor) -> None:
    """Another office than the federation takes on only what names it: a clock that ran out."""
    case = store.load(conn, store.COUNTY_SCOPE, name)
    if case is None:
        return
    told = (case.terms["owner"], called(case).get("office", ""), *case.terms.get("waits_for", ()))
    offices = dict.fromkeys((STAFF, *filter(None, told)))
    if actor.role not in offices:
        needed = ", ".join(offices)
        raise Rejected(RejectionCode.ROLE_NOT_ALLOWED, role=actor.role, act=act, needed=needed)


def refusal_facts(refusal: Rejection) -> dict[str, Any]:
    """A refusal as a finding carries it."""
    return {"code": refusal.code.value, "refusal": refusal.facts}


def unreadable(act_id: str, problem: str) -> Rejection:
    """The refusal of facts that cannot be read at all."""
    return Rejection(code=RejectionCode.FACTS_INVALID, facts={"where": act_id, "problem": problem})


def _about(conn: sa.Connection, about: str) -> tuple[Case, ...]:
    return store.DatabaseLookup(conn, store.COUNTY_SCOPE).linked(PROCESS, "about", about)


def _settle(conn: sa.Connection, county: County, case: str, facts: dict[str, Any]) -> Case:
    act_id = f"{case}/resolve"
    return act_on(conn, county.world, PROCESS, case, "resolve", COUNTY, facts, act_id=act_id).case
