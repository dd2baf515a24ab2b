"""The inbox: what waits for my roles, since when, until when, at whose desk, on which terms.

Each row was tried before it is shown: where the act would be refused, the refusal stands in place
of the button, in both languages. What is approved are exactly the terms shown; their digest goes
with the form.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException

from kernel.cases import Case
from kernel.rules_intercoop import SIGNED
from kernel.signatures import Tally
from services.federation.cases import consents, intercoop
from services.federation.console import acting, guard, page, words
from services.federation.console.desk import AT, Visitor
from services.federation.console.guard import Form
from services.federation.console.queries import naming, villages, waiting
from services.federation.console.queries.naming import Names
from services.federation.console.words import Pair

SIGN, GRANT, REFUSE = "sign", "grant", "refuse"
TRIED = 40
"""Rows a page tries beforehand; what lies beyond shows its button untried."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One desk on the way of a case: where its count stands and who signed there."""

    tally: Tally
    names: tuple[Pair, ...]


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that waits for the visitor. ``acts`` maps each act to what it is refused with."""

    case: Case
    act: str
    parties: tuple[tuple[str, Pair], ...]
    terms: tuple[tuple[str, Any], ...]
    digest: str
    steps: tuple[Step, ...]
    acts: dict[str, Pair | None]
    mine: bool


@get("/approvals", sync_to_thread=True)
def approvals(visitor: NamedDependency[Visitor]) -> Response[Any]:
    """What waits for me, then what waits for others."""
    if not visitor.county_wide:
        raise NotFoundException
    with visitor.reading() as conn:
        names = naming.names(conn, visitor.scope)
        found = _all(conn, visitor, names)
        head = villages.county_head(conn)
    mine = [one for one in found if one.mine]
    tried = [_tried(visitor, one, names) for one in mine[:TRIED]] + mine[TRIED:]
    return page.show_page(
        visitor,
        "approvals.html",
        mine=tried,
        others=[one for one in found if not one.mine],
        names=names,
        head=head,
    )


@post("/approvals", sync_to_thread=True)
def decide(visitor: NamedDependency[Visitor], form: NamedDependency[Form]) -> Response[Any]:
    """Sign, grant or refuse, under exactly the terms the form was shown with."""
    case, act, terms = form.get("case", ""), form.get("act", ""), form.get("terms", "")
    # Who may not see the case is told nothing about it, before any password is asked for.
    with visitor.reading() as conn:
        acting.seen_case(conn, visitor, "", case)
    sure = guard.confirm(visitor, form)
    if act == SIGN:
        acting.sign(sure, case, terms)
    elif act in (GRANT, REFUSE):
        acting.answer(sure, case, act, terms, form.get("reason", "").strip())
    else:
        raise NotFoundException
    return page.go(sure, f"{AT}/approvals")


def trial_of(visitor: Visitor, case: Case, act: str, digest: str, names: Names) -> Pair | None:
    """What an act on a case would be refused with now, in both languages."""
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
    return sorted(found, key=lambda one: (str(one.case.due or "9"), one.case.id))


def _consent(visitor: Visitor, case: Case, names: Names) -> Waiting:
    wanted = visitor.desk.county.world.registry.table[consents.PROCESS].transition("asked", GRANT)
    return Waiting(
        case=case,
        act=GRANT,
        parties=_parties(visitor, case, names),
        terms=tuple(sorted(case.terms.items())),
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


def _tried(visitor: Visitor, one: Waiting, names: Names) -> Waiting:
    acts = {act: trial_of(visitor, one.case, act, one.digest, names) for act in one.acts}
    return msgspec.structs.replace(one, acts=acts)


def _parties(visitor: Visitor, case: Case, names: Names) -> tuple[tuple[str, Pair], ...]:
    order = visitor.desk.county.world.registry.table[case.process].parties
    named = ((party, case.parties.get(party, "")) for party in order)
    return tuple((party, names.get(name, (name, name))) for party, name in named if name)


def _desk(role: str) -> Step:
    """A desk where one hand is enough."""
    tally = Tally(role=role, yes=0, no=0, abstained=0, open=1, needed=1)
    return Step(tally=tally, names=())
