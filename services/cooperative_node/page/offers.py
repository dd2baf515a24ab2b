"""What may be done with a case now: each act a person may perform, and what stands against it.

Called by the pages of a case. Reads the same rows as perform; a refusal shown here is what a dry
run of the act answered a moment ago, in a savepoint that was rolled back.
"""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from contracts.facts import Nothing, Reason, Votes
from contracts.facts.credit import LoanContract, LoanNotice
from contracts.ledger import Actor
from contracts.rejections import Rejection
from journal.perform import Command, World
from journal.store import DatabaseLookup
from kernel.cases import Case
from kernel.processes import Transition
from kernel.signatures import ABSTAIN, YES, Step, Tally, given, tally
from services.cooperative_node import api
from services.cooperative_node.acting import refusal
from services.cooperative_node.page.visit import CASHIER, Visit
from services.cooperative_node.world import world_of

_FORESEEABLE = (Nothing, Reason, Votes, LoanNotice, LoanContract)
"""Facts that say nothing a rule needs, so that a dry run without a form means something."""


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """One act one role may perform: the form to show, or why not.

    ``roster`` are persons who may decide (None: the sign-in alone decides), ``signed`` those who
    have. ``id`` makes a form sent twice one act.
    """

    id: str
    process: str
    act: str
    role: str
    votes: bool
    roster: tuple[str, ...] | None
    signed: tuple[str, ...] = ()
    avoids: tuple[str, ...] = ()
    tally: Tally | None = None
    needs_pin: bool = False
    away: bool = False
    refusal: Rejection | None = None


def offers(conn: sa.Connection, visit: Visit, case: Case) -> list[Offer]:
    """Every act possible in the case's state, in table order, one for each role that may.

    Needs a writing transaction for the dry runs; leaves no trace.
    """
    world = world_of(conn)
    process = world.registry.table[case.process]
    found: list[Offer] = []
    for row in process.offered(case.state):
        if row.by_system or (case.process, row.act) not in api.human_acts():
            continue
        for role, step in _roles(conn, visit, world, row, case):
            offer = _offer(conn, visit, world, row, case, role, step)
            found.append(_tried(conn, visit, case, row, offer))
    return found


def _roles(
    conn: sa.Connection, visit: Visit, world: World, row: Transition, case: Case
) -> list[tuple[str, Step | None]]:
    """Roles that may perform the row here; of a signature set, the steps that are not full."""
    if not row.signature_set:
        return [(role, None) for role in row.who]
    policy = world.policy(conn, visit.node.cooperative)
    return [(step.role, step) for step in policy.steps(row.signature_set, case.terms)]


def _offer(
    conn: sa.Connection,
    visit: Visit,
    world: World,
    row: Transition,
    case: Case,
    role: str,
    step: Step | None,
) -> Offer:
    lookup = DatabaseLookup(conn, visit.node.book)
    roster = world.registry.roster(role, case, case.parties, lookup)
    before = [hand for hand in case.signed if hand.act == row.act and hand.role == role]
    counted = tally(step, given(case, row.act), roster) if step else None
    person = case.terms.get("person")
    return Offer(
        id=visit.node.ports.act_id(),
        process=case.process,
        act=row.act,
        role=role,
        votes=step is not None,
        roster=None if roster is None else tuple(roster),
        signed=tuple(hand.person for hand in before),
        avoids=tuple({person, *case.terms.get("relatives", ())} - {None}),
        tally=counted,
        needs_pin=role == CASHIER,
        away=not role.endswith("@node"),
    )


def _tried(conn: sa.Connection, visit: Visit, case: Case, row: Transition, offer: Offer) -> Offer:
    """The offer with what a dry run refuses, where a dry run can tell."""
    facts = api.human_acts()[case.process, row.act]
    waiting = [one for one in offer.roster or () if one not in offer.signed]
    if offer.away or facts not in _FORESEEABLE or (offer.votes and not waiting):
        return offer
    votes = {one: ABSTAIN if one in offer.avoids else YES for one in waiting}
    operator = waiting[0] if waiting and not offer.votes else visit.session.person
    persons: Sequence[str] = () if offer.votes else tuple(waiting[:1])
    command = Command(
        id=offer.id,
        process=case.process,
        case=case.id,
        act=row.act,
        actor=Actor(role=offer.role, operator=operator, persons=tuple(persons)),
        facts={"votes": votes} if offer.votes else {},
        parties=case.parties,
    )
    return msgspec.structs.replace(offer, refusal=refusal(conn, command))
