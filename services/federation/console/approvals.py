"""The inbox: what waits for my roles, since when, until when, at whose desk, on which terms.

Each row was tried before it is shown: where the act would be refused, the refusal stands in place
of the button, in both languages. What is approved are exactly the terms shown; their digest goes
with the form.
"""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException

from kernel.cases import Case
from kernel.intercoop import SIGNED
from kernel.rules_escalation import ESCALATION, called, late_days
from kernel.rules_intercoop_loss import DEBT, MAY_BE_GIVEN_UP
from kernel.signatures import Tally
from services.federation.cases import consents, intercoop
from services.federation.console import acting, deeds, guard, page, words
from services.federation.console.desk import AT, Visitor
from services.federation.console.guard import Form
from services.federation.console.queries import naming, villages, waiting
from services.federation.console.queries.naming import Names
from services.federation.console.words import Pair

SIGN, GRANT, REFUSE = "sign", "grant", "refuse"
POOL_STATES = {
    "agreement": ("proposed", "open", "suspended"), "match": ("claimed",), "transfer": ("asked",),
    "package": ("drafting",), "guarantee": ("conditioned",), "claim": ("noticed",),
}  # fmt: skip
"""States in which a case of the pool may wait for the county; an open agreement by its offer."""
CALLED_STATES = {"match": ("approved",), "package": ("approved",), "claim": ("accepted",)}
"""States that wait for money or a paper: shown once their clock has run out."""
POOL_TERMS = (
    "agreement", "kind", "amount", "stake", "leverage", "base", "match_ppm", "bank_part_ppm",
    "loan_cap", "stop_ppm", "grades", "version", "lines", "stopped", "noticed", "guarantors",
)  # fmt: skip
TRIED = 40
"""Rows a page tries beforehand; what lies beyond shows its button untried."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One desk on the way of a case: where its count stands and who signed there."""

    tally: Tally
    names: tuple[Pair, ...]


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that waits for the visitor. ``acts`` maps each act to what it is refused with.

    ``late``: days past its first deadline; ``office`` is who was named for it.
    """

    case: Case
    act: str
    parties: tuple[tuple[str, Pair], ...]
    terms: tuple[tuple[str, Any], ...]
    digest: str
    steps: tuple[Step, ...]
    acts: dict[str, Pair | None]
    mine: bool
    late: int = 0
    office: str = ""


@get("/approvals", sync_to_thread=True)
def approvals(visitor: NamedDependency[Visitor]) -> Response[Any]:
    """What waits for me, then what waits for others."""
    if not visitor.county_wide:
        raise NotFoundException
    with visitor.reading() as conn:
        names = naming.names(conn, visitor.scope)
        head = villages.county_head(conn)
        found = [_late(visitor, one, head.today) for one in _all(conn, visitor, names)]
        found.sort(key=lambda one: -one.late)
    mine = [one for one in found if one.mine]
    tried = [_tried(visitor, one, names) for one in mine[:TRIED]] + mine[TRIED:]
    return page.show_page(
        visitor,
        "approvals.html",
        mine=tried,
        others=[one for one in found if not one.mine],
        names=names,
        deeds=deeds.DEEDS,
        page_of=deeds.page_of,
        pool=deeds.PROCESSES,
        head=head,
    )


@post("/approvals", sync_to_thread=True)
def decide(visitor: NamedDependency[Visitor], form: NamedDependency[Form]) -> Response[Any]:
    """Sign, grant or refuse, under exactly the terms the form was shown with."""
    case, act, terms = form.get("case", ""), form.get("act", ""), form.get("terms", "")
    # Who may not see the case is told nothing about it, before any password is asked for.
    with visitor.reading() as conn:
        seen = acting.seen_case(conn, visitor, "", case)
    sure = guard.confirm(visitor, form)
    if seen.process in deeds.PROCESSES or (seen.process, act) in deeds.DEEDS:
        deeds.do(sure, case, act, terms, form)
    elif act == SIGN:
        acting.sign(sure, case, terms)
    elif act in (GRANT, REFUSE):
        acting.answer(sure, case, act, terms, form.get("reason", "").strip())
    else:
        raise NotFoundException
    return page.go(sure, f"{AT}/approvals")


def trial_of(visitor: Visitor, case: Case, act: str, digest: str, names: Names) -> Pair | None:
    """What an act on a case would be refused with now, in both languages."""
    if (case.process, act) in deeds.DEEDS:
        return deeds.tried(visitor, case, deeds.DEEDS[case.process, act], {}, names)
    if act == SIGN:
        doing = partial(acting.sign_on, visitor=visitor, case_id=case.id, terms=digest)
    else:
        doing = partial(
            acting.answer_on, visitor=visitor, case_id=case.id, act=act, terms=digest, reason=""
        )
    refusal = acting.trial(visitor, doing)
    return words.refusal(refusal.as_struct(), names) if refusal else None


def _all(conn: sa.Connection, visitor: Visitor, names: Names) -> list[Waiting]:
    found = [
        _consent(visitor, case, names) for case in waiting.in_states(conn, "consent", ["asked"])
    ]
    for case in waiting.in_states(conn, intercoop.PROCESS, ["proposed"]):
        steps = [
            Step(tally=tally, names=tuple(names.get(one, (one, one)) for one in signed))
            for tally, signed in acting.tallies(conn, visitor, case, SIGN)
        ]
        found.append(_proposal(visitor, case, names, steps))
    for case in waiting.in_states(conn, intercoop.PROCESS, MAY_BE_GIVEN_UP):
        found += [_given_up(conn, visitor, case, act, names) for act in intercoop.begun(case)]
    found += [_pooled(conn, visitor, case, names) for case in _of_the_pool(conn)]
    return sorted(found, key=lambda one: (str(one.case.due or "9"), one.case.id))


def _of_the_pool(conn: sa.Connection) -> list[Case]:
    """Cases of the pool that wait for somebody of the county (P6)."""
    found = [case for process, states in POOL_STATES.items()
             for case in waiting.in_states(conn, process, states)]  # fmt: skip
    found = [case for case in found if case.state != "open" or case.terms.get("offer")]
    for process, states in CALLED_STATES.items():
        found += [case for case in waiting.in_states(conn, process, states) if called(case)]
    return found


def _pooled(conn: sa.Connection, visitor: Visitor, case: Case, names: Names) -> Waiting:
    """What of the pool waits; acts that need words or figures are done on the case's own page."""
    rows = visitor.desk.county.world.registry.table[case.process].offered(case.state)
    mine = [one.act for one in rows if acting.may(conn, visitor, case, one.act)]
    known = [deeds.DEEDS[case.process, act] for act in mine if (case.process, act) in deeds.DEEDS]
    decides = [one.act for one in known if not one.ends and one.act != "amend"]
    if case.state == "open":
        decides = [act for act in mine if act == "amend"]
    set_of = next((one.act for one in rows if one.signature_set), "")
    tallies = acting.tallies(conn, visitor, case, set_of) if set_of else []
    return Waiting(
        case=case,
        act=decides[0] if decides else "",
        parties=_parties(visitor, case, names),
        terms=tuple((name, case.terms[name]) for name in POOL_TERMS if name in case.terms),
        digest=acting.terms_digest(case),
        steps=tuple(
            Step(tally=tally, names=tuple(names.get(one, (one, one)) for one in signed))
            for tally, signed in tallies
        ),
        acts={act: None for act in decides if deeds.DEEDS[case.process, act].plain},
        mine=bool(decides),
    )


def _consent(visitor: Visitor, case: Case, names: Names) -> Waiting:
    wanted = visitor.desk.county.world.registry.table[consents.PROCESS].transition("asked", GRANT)
    return Waiting(
        case=case,
        act=GRANT,
        parties=_parties(visitor, case, names),
        terms=tuple((name, case.terms[name]) for name in sorted({*case.terms} - {ESCALATION})),
        digest=acting.terms_digest(case),
        steps=tuple(_desk(role) for role in wanted.who),
        acts={GRANT: None, REFUSE: None},
        mine=any(role in visitor.roles for role in wanted.who),
    )


def _proposal(visitor: Visitor, case: Case, names: Names, steps: Sequence[Step]) -> Waiting:
    return Waiting(
        case=case,
        act=SIGN,
        parties=_parties(visitor, case, names),
        terms=tuple((name, case.terms[name]) for name in SIGNED),
        digest=acting.terms_digest(case),
        steps=tuple(steps),
        acts={SIGN: None},
        mine=any(step.tally.role in visitor.roles and not step.tally.full for step in steps),
    )


def _given_up(conn: sa.Connection, visitor: Visitor, case: Case, act: str, names: Names) -> Waiting:
    """A waiver or a write-off somebody has signed already, under the debt as it stands."""
    steps = [
        Step(tally=tally, names=tuple(names.get(one, (one, one)) for one in signed))
        for tally, signed in acting.tallies(conn, visitor, case, act)
    ]
    return Waiting(
        case=case,
        act=act,
        parties=_parties(visitor, case, names),
        terms=tuple((name, case.terms[name]) for name in DEBT),
        digest=acting.terms_digest(case),
        steps=tuple(steps),
        acts={act: None},
        mine=acting.may(conn, visitor, case, act),
    )


def _tried(visitor: Visitor, one: Waiting, names: Names) -> Waiting:
    acts = {act: trial_of(visitor, one.case, act, one.digest, names) for act in one.acts}
    return msgspec.structs.replace(one, acts=acts)


def _late(visitor: Visitor, one: Waiting, today: date) -> Waiting:
    """How late it is; what an office was named for waits for that office."""
    office = str(called(one.case).get("office", ""))
    return msgspec.structs.replace(
        one, late=late_days(one.case, today), office=office,
        mine=one.mine or office in visitor.roles,
    )  # fmt: skip


def _parties(visitor: Visitor, case: Case, names: Names) -> tuple[tuple[str, Pair], ...]:
    order = visitor.desk.county.world.registry.table[case.process].parties
    named = ((party, case.parties.get(party, "")) for party in order)
    return tuple((party, names.get(name, (name, name))) for party, name in named if name)


def _desk(role: str) -> Step:
    """A desk where one hand is enough."""
    tally = Tally(role=role, yes=0, no=0, abstained=0, open=1, needed=1)
    return Step(tally=tally, names=())
