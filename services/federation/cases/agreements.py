"""Pool agreements (P6.1): proposed, signed, amended, stopped and resumed as acts of the case.

Called by the console, the bank portal, the pool's sweep of the night and by intake for what a
village says in its own book. Holds no rule: kernel.rules_pool decides under the lock.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from contracts.ledger import Act, Actor
from contracts.rejections import RejectionCode
from journal import store
from journal.perform import Command, Performed, World, perform
from kernel.cases import Case
from kernel.errors import Rejected
from services.federation.cases import pool_money, registers
from services.federation.cases.actors import COUNTY, INTAKE

PROCESS = "agreement"
LIVE = ("proposed", "open", "suspended")
MEETING, COUNCIL = "meeting@node", "council@node"
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
    return _act(conn, world, name, "propose", actor, facts, parties=parties(cooperative))


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
    return _act(conn, world, case.id, act, actor, told, act_id=act_id)


def offer(
    conn: sa.Connection, world: World, case: Case, covenants: Mapping[str, Any], actor: Actor
) -> Performed:
    """Put a new version on offer; signatures under an earlier offer no longer count."""
    return _act(
        conn, world, case.id, "offer", actor, covenants, act_id=f"{case.id}/offer/{case.step + 1}"
    )


def stop(
    conn: sa.Connection, world: World, case: Case, reason: str, *, actor: Actor = COUNTY,
    **facts: Any,
) -> Performed:  # fmt: skip
    """No new guarantees under this agreement until it is resumed (R-087, R-089)."""
    return _act(
        conn, world, case.id, "suspend", actor, {"reason": reason, **facts},
        act_id=f"{case.id}/suspend/{case.step + 1}",
    )  # fmt: skip


def decline(conn: sa.Connection, world: World, case: Case, actor: Actor, reason: str) -> Performed:
    """A party does not agree; the proposal is over."""
    return _act(conn, world, case.id, "decline", actor, {"reason": reason})


def end(conn: sa.Connection, world: World, case: Case, actor: Actor, reason: str) -> Performed:
    """End an agreement whose pool is empty. Raises POOL_NOT_EMPTY."""
    return _act(conn, world, case.id, "end", actor, {"reason": reason})


def said(conn: sa.Connection, world: World, act: Act) -> Performed:
    """Take in what a village said on its agreement: a signature, a stake, money asked back.

    Raises Rejected UNKNOWN_CASE, ROLE_NOT_ALLOWED, SIGNED_OTHER_TERMS, and the act's own.
    """
    facts = act.facts
    case = store.load(conn, store.COUNTY_SCOPE, str(facts["for"]))
    if case is None or case.parties["coop"] != act.parties["coop"]:
        raise Rejected(RejectionCode.UNKNOWN_CASE, case=facts["for"])
    asked = str(facts["act"])
    allowed = SPOKEN.get(asked, ())
    if act.actor.role not in allowed:
        raise Rejected(
            RejectionCode.ROLE_NOT_ALLOWED,
            role=act.actor.role,
            act=asked,
            needed=", ".join(allowed) or "-",
        )
    # The village chose its act's id: in the county's books it could be anybody's.
    said_id = f"{act.book}/{act.seq}"
    minutes = str(facts.get("minutes", ""))
    if asked == "stake":
        wish = pool_money.Wish(
            name=f"transfer-{act.book}-{act.seq}", amount=int(facts["amount"]), minutes=minutes,
            said=said_id,
        )  # fmt: skip
        return pool_money.stake(conn, world, case, wish, INTAKE)
    if asked == "release":
        wish = pool_money.Wish(
            name=f"transfer-{act.book}-{act.seq}", amount=int(facts["amount"]), minutes=minutes,
            said=said_id,
        )  # fmt: skip
        return pool_money.release(conn, world, case, wish, INTAKE)[0]
    role = act.actor.role.replace("@node", "@coop") if asked != "decline" else act.actor.role
    actor = Actor(role=role, operator=act.actor.operator, persons=act.actor.persons)
    told = {"votes": facts.get("votes", {}), "minutes": minutes, "said": said_id}
    if asked == "decline":
        return _act(conn, world, case.id, "decline", actor, {"reason": minutes}, act_id=said_id)
    return sign(
        conn, world, case, actor, terms=str(facts.get("terms", "")), act_id=said_id, facts=told
    )


def _act(
    conn: sa.Connection, world: World, case: str, act: str, actor: Actor,
    facts: Mapping[str, Any], *, act_id: str = "", parties: dict[str, str] | None = None,
) -> Performed:  # fmt: skip
    return perform(
        conn,
        world,
        Command(
            id=act_id or f"{case}/{act}/{actor.operator}",
            process=PROCESS,
            case=case,
            act=act,
            actor=actor,
            facts=dict(facts),
            parties=parties or {},
        ),
    )
