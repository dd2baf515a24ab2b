"""What a village's act would have been refused for, had the county performed it itself.

A true act against a rule is never refused: it becomes a finding (design.md 4.3). Called by intake
for every act taken in, with the policies the node may have applied; writes nothing. Asked again
are row, deadline, signatures, four powers, and whether the movements are the recipe's; limits are
told by ``journal.post.append_written``.
"""

from collections.abc import Callable, Sequence

import msgspec

from contracts.ledger import Act
from contracts.rejections import RejectionCode
from journal.perform import DEADLINE
from journal.registry import Registry
from kernel import cases, signatures
from kernel.cases import Case
from kernel.errors import InvariantViolation, Rejected
from kernel.policy import Policy
from kernel.processes import FACTS, NODE, SYSTEM, TERMS, Process, Transition
from kernel.rules import RULES

Roster = Callable[[str, Case], Sequence[str] | None]
"""role and case → who holds it, None where the sign-in alone decides."""
WRONG = (InvariantViolation, KeyError, TypeError, ValueError, AttributeError)
"""What facts of the wrong kind make of a rule: the node's doing, so a finding and no bug."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One act of a village with its case before (None: it opens) and after."""

    act: Act
    before: Case | None
    after: Case


def judge(
    step: Step, registry: Registry, policies: Sequence[Policy], roster: Roster
) -> list[Rejected]:
    """Every rule the act breaks; under several policies, those it breaks under each of them."""
    act, process = step.act, registry.table[step.act.process]
    case = step.before or Case(
        id=act.case,
        process=act.process,
        version=act.version,
        home=process.home,
        parties=act.parties,
    )
    try:
        row = process.transition(case.state, act.act)
    except Rejected as refusal:
        return [refusal]
    found = _movements(step, row, registry)
    verdict: list[Rejected] = []
    for policy in policies:
        verdict = _signed(step, case, row, policy, registry, roster)
        if not verdict:
            break
    return [*verdict, *found]


def _signed(
    step: Step, case: Case, row: Transition, policy: Policy, registry: Registry, roster: Roster
) -> list[Rejected]:
    """Who signed could sign, and the case is where these signatures bring it."""
    act = step.act
    if act.actor.role == DEADLINE and not _due(case, act, row):
        return [Rejected(RejectionCode.TOO_EARLY, from_date=case.due or "-", act=row.act)]
    if act.actor.role.startswith(SYSTEM):
        return _by_system(case, act, row, registry)
    about = step.after if row.opens else case
    name = row.signature_set
    declared = RULES[row.rule] if row.rule else None
    try:
        hands, moves = signatures.check(
            row,
            act.actor,
            case,
            signatures.Signing(
                steps=policy.steps(name, case.terms) if name else (),
                powers=registry.powers,
                roster=lambda role: roster(role, about),
                facts=act.facts,
                apart=bool(name) and policy.signature_set(name).apart,
                agreed=declared.agreed if declared else (),
            ),
        )
        given = msgspec.convert(act.terms.get(cases.HANDS, ()), tuple[cases.Hand, ...])
    except Rejected as refusal:
        return [refusal]
    except WRONG:
        return [_invalid("facts", f"{act.process}.{act.act}")]
    if given != hands:
        return [_invalid("hands", f"{act.process}.{act.act}")]
    if act.state != ((row.to or case.state) if moves else case.state):
        return [_elsewhere(case, act, registry.table[act.process])]
    return []


def _by_system(case: Case, act: Act, row: Transition, registry: Registry) -> list[Rejected]:
    """What no person signs: the row names this part of the system, and the case goes on."""
    if act.actor.role not in row.who:
        needed = ", ".join(row.who)
        return [
            Rejected(
                RejectionCode.ROLE_NOT_ALLOWED, role=act.actor.role, act=row.act, needed=needed
            )
        ]
    if cases.HANDS in act.terms:
        return [_invalid("hands", f"{act.process}.{act.act}")]
    if act.state != (row.to or case.state):
        return [_elsewhere(case, act, registry.table[act.process])]
    return []


def _due(case: Case, act: Act, row: Transition) -> bool:
    return case.due is not None and case.due_act == row.act and case.due <= act.business_date


def _elsewhere(case: Case, act: Act, process: Process) -> Rejected:
    return Rejected(
        RejectionCode.ACT_NOT_ALLOWED_NOW,
        state=case.state,
        act=f"{act.act} → {act.state}",
        allowed=", ".join(one.act for one in process.offered(case.state)) or "-",
    )


def _movements(step: Step, row: Transition, registry: Registry) -> list[Rejected]:
    """The movements are what the row's recipe makes of the act's own lines."""
    act = step.act
    if not act.recipe:
        return [_invalid("movements", act.id)] if act.movements else []
    if act.recipe != _expected(step, row) or act.recipe not in registry.recipes:
        return [_invalid("recipe", act.recipe)]
    recipe = registry.recipes[act.recipe]
    party = str(act.facts.get("party", "coop"))
    try:
        made = tuple(m for line in act.lines for m in recipe.half(NODE, party, line))
    except WRONG:
        return [_invalid("lines", act.recipe)]
    return [] if made == act.movements else [_invalid("movements", act.recipe)]


def _expected(step: Step, row: Transition) -> str:
    if row.recipe.startswith(TERMS):
        return str(step.after.terms.get(row.recipe.removeprefix(TERMS), ""))
    if row.recipe.startswith(FACTS):
        return str(step.act.facts.get(row.recipe.removeprefix(FACTS), ""))
    return row.recipe


def _invalid(where: str, problem: str) -> Rejected:
    return Rejected(RejectionCode.FACTS_INVALID, where=where, problem=problem)
