"""What a village's act sets going at the county: money, consent, a voice heard, a finding.

Called by intake for every act taken in, in its order and in the batch's transaction. An effect
that is refused becomes a finding; it never undoes the act, which is a fact.
"""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from contracts.rejections import Rejection
from kernel import signatures
from kernel.errors import Rejected
from kernel.policy import Policy
from kernel.processes import START, Transition
from services.federation.cases import consents, findings, home_acts, payments
from services.federation.cases.judge import WRONG, Step
from services.federation.cases.village import Village
from services.federation.county import County

FOLLOW = ("village_book", "follow")
_COUNTY_ROLES = "@federation"


def take_effect(
    conn: sa.Connection,
    county: County,
    cooperative: str,
    village: Village,
    steps: Sequence[Step],
    policy: Policy,
) -> None:
    """Everything these acts ask of the county; nothing here can refuse the batch."""
    for step in steps:
        act = step.act
        if "pay" in act.terms:
            payments.request(conn, county, cooperative, act, policy)
        if act.process == home_acts.VOICE:
            _hear(conn, county, cooperative, step)
        if (act.process, act.act) == FOLLOW and "refused" in act.facts:
            _follow_refused(conn, county, cooperative, step)
        if step.row is not None and step.row.signature_set:
            _ask_consent(conn, county, cooperative, village, step, step.row, policy)


def _hear(conn: sa.Connection, county: County, cooperative: str, step: Step) -> None:
    act = step.act
    refusal: Rejection | None = None
    try:
        with conn.begin_nested():
            home_acts.hear(conn, county.world, act)
    except Rejected as refused:
        refusal = refused.as_struct()
    except WRONG as wrong:
        refusal = findings.unreadable(act.id, type(wrong).__name__)
    if refusal is not None:
        findings.open_once(
            conn, county, "voice_refused", f"{act.book}/{act.seq}", cooperative=cooperative,
            facts={"case": str(act.facts.get("for", "")), **findings.refusal_facts(refusal)},
        )  # fmt: skip


def _follow_refused(conn: sa.Connection, county: County, cooperative: str, step: Step) -> None:
    """The node could not book what custody did: the money is in suspense, somebody must look."""
    act = step.act
    try:
        refusal = msgspec.convert(act.facts["refused"], Rejection)
    except msgspec.ValidationError:
        refusal = findings.unreadable(act.id, "refused")
    findings.open_once(
        conn, county, "follow_refused", f"{act.book}/{act.seq}", cooperative=cooperative,
        facts={"case": str(act.facts.get("about", "")), **findings.refusal_facts(refusal)},
    )  # fmt: skip


def _ask_consent(
    conn: sa.Connection,
    county: County,
    cooperative: str,
    village: Village,
    step: Step,
    row: Transition,
    policy: Policy,
) -> None:
    """Once a village has signed all that is its own, the county is asked for its part (R-027)."""
    if step.after.state != (step.before.state if step.before else START):
        return
    try:
        steps = policy.steps(row.signature_set, step.after.terms)
        ours = [one for one in steps if one.role.endswith(_COUNTY_ROLES)]
        given = [hand for hand in step.after.signed if hand.act == row.act]
        registry = county.world.registry
        full = all(
            signatures.tally(one, given, village.roster(registry, one.role, step.after)).full
            for one in steps
            if one not in ours
        )
        if not ours or not full:
            return
        told = {
            "amount": int(step.after.terms.get("amount", 0)),
            "of": f"{step.act.process}.{step.act.act}",
            "roles": [one.role for one in ours],
        }
    except WRONG:
        return  # The judge has already said what is wrong with these terms.
    consents.ask(conn, county, cooperative, step.act.case, told)
