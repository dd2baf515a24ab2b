"""Pool agreements (P6.1): proposed, signed, amended, stopped and resumed as acts of the case.

Called by the console, the bank portal, the command line for a grade, the pool's sweep of the night
and by intake for what a village says in its own book. Holds no rule: kernel.rules_pool decides
under the lock.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from contracts.ledger import Act, Actor
from contracts.rejections import RejectionCode
from journal import store
from journal.perform import Performed, World
from kernel.cases import Case
from kernel.errors import Rejected
from kernel.pool_agreement import LIVE
from services.federation.cases import opening, pool_money, registers
from services.federation.cases.actors import COUNTY, INTAKE
from services.federation.cases.county_acts import act_on
from services.federation.cases.voices import COUNCIL, MEETING, allow, carried, heard
from services.federation.county import County

PROCESS = "agreement"
SPOKEN = {
    "sign": (MEETING, COUNCIL),
    "amend": (COUNCIL,),
    "decline": (MEETING, COUNCIL),
    "stake": (MEETING,),
    "release": (MEETING, COUNCIL),
}
"""What a village says on its agreement, and who of it may: a stake is its meeting's vote."""


def parties(cooperative: str) -> dict[str, str]:
    """The parties of every pool case: the cooperative's book, and K(0) for bank and county."""
    return {"coop": cooperative, "bank": "", "county": ""}


def live(conn: sa.Connection, cooperative: str) -> Case | None:
    """The cooperative's agreement that is proposed, open or suspended."""
    lookup = store.DatabaseLookup(conn, store.COUNTY_SCOPE)
    return next((one for one in lookup.all(PROCESS, cooperative) if one.state in LIVE), None)


def propose(
    conn: sa.Connection, world: World, cooperative: str, name: str, said: Mapping[str, Any],
    actor: Actor,
) -> Performed:  # fmt: skip
    """Propose an agreement; the grade is the county's own, whatever the form says.

    Raises Rejected: see kernel.rules_pool.faults.
    """
    grade = registers.find_cooperative(conn, cooperative).grade
    facts = {**said, "grade": grade}
    return act_on(conn, world, PROCESS, name, "propose", actor, facts, parties=parties(cooperative))


def sign(
    conn: sa.Connection, world: World, case: Case, actor: Actor, *, terms: str, act_id: str,
    facts: Mapping[str, Any] | None = None,
) -> Performed:  # fmt: skip
    """Sign an agreement, its version on offer or its resumption, under the digest shown.

    Raises Rejected SIGNED_OTHER_TERMS and what the signature set refuses.
    """
    act = {"proposed": "sign", "open": "amend", "suspended": "resume"}.get(case.state, "sign")
    told = dict(facts or {})
    if act == "amend":
        told["terms"] = terms
    elif terms != case.terms["digest"]:
        raise Rejected(RejectionCode.SIGNED_OTHER_TERMS)
    return act_on(conn, world, PROCESS, case.id, act, actor, told, act_id=act_id)


def offer(
    conn: sa.Connection, world: World, case: Case, covenants: Mapping[str, Any], actor: Actor
) -> Performed:
    """Put a new version on offer; signatures under an earlier offer no longer count."""
    return act_on(
        conn, world, PROCESS, case.id, "offer", actor, covenants,
        act_id=f"{case.id}/offer/{case.step + 1}",
    )  # fmt: skip


def stop(
    conn: sa.Connection, world: World, case: Case, reason: str, *, actor: Actor = COUNTY,
    **facts: Any,
) -> Performed:  # fmt: skip
    """No new guarantees under this agreement until it is resumed (R-087, R-089)."""
    return act_on(
        conn, world, PROCESS, case.id, "suspend", actor, {"reason": reason, **facts},
        act_id=f"{case.id}/suspend/{case.step + 1}",
    )  # fmt: skip


def settle(conn: sa.Connection, world: World, case: Case) -> Performed:
    """The claim rate seen at a resumption counts no more: it is within its limit again (R-089)."""
    return act_on(
        conn, world, PROCESS, case.id, "settle", COUNTY, act_id=f"{case.id}/settle/{case.step + 1}"
    )


def tell_grade(
    conn: sa.Connection, county: County, cooperative: str, grade: str, source: str
) -> Performed:
    """Tell a cooperative its grade; one its agreement does not allow stops it at once (R-087)."""
    told = opening.tell_grade(conn, county, cooperative, grade, source)
    case = live(conn, cooperative)
    if case is not None and case.state == "open" and grade not in case.terms["grades"]:
        stop(conn, county.world, case, "grade", grade=grade)
    return told


def decline(conn: sa.Connection, world: World, case: Case, actor: Actor, reason: str) -> Performed:
    """A party does not agree; the proposal is over."""
    return act_on(conn, world, PROCESS, case.id, "decline", actor, {"reason": reason})


def end(conn: sa.Connection, world: World, case: Case, actor: Actor, reason: str) -> Performed:
    """End an agreement whose pool is empty. Raises POOL_NOT_EMPTY."""
    return act_on(conn, world, PROCESS, case.id, "end", actor, {"reason": reason})


def said(conn: sa.Connection, world: World, act: Act) -> Performed:
    """Take in what a village said on its agreement: a signature, a stake, money asked back.

    Raises Rejected UNKNOWN_CASE, ROLE_NOT_ALLOWED, VOTE_NOT_COUNTED, FACTS_INVALID for a lost
    vote, SIGNED_OTHER_TERMS, and the act's own.
    """
    voice, facts = heard(conn, act), act.facts
    case, actor = voice.case, voice.actor
    allow(act, SPOKEN.get(voice.act, ()))
    if act.actor.role == MEETING and voice.act != "decline":
        carried(act, case.id)
    minutes = str(facts.get("minutes", ""))
    if voice.act in ("stake", "release"):
        wish = pool_money.Wish(
            name=f"transfer-{act.book}-{act.seq}", amount=int(facts["amount"]), minutes=minutes,
            said=voice.id,
        )  # fmt: skip
        if voice.act == "stake":
            return pool_money.stake(conn, world, case, wish, INTAKE)
        return pool_money.release(conn, world, case, wish, INTAKE)[0]
    if voice.act == "decline":
        told = {"reason": minutes}
        return act_on(conn, world, PROCESS, case.id, "decline", act.actor, told, act_id=voice.id)
    told = {"votes": facts.get("votes", {}), "minutes": minutes, "said": voice.id}
    terms = str(facts.get("terms", ""))
    return sign(conn, world, case, actor, terms=terms, act_id=voice.id, facts=told)
