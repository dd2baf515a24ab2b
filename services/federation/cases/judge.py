"""What a village's act would have been refused for, had the county performed it itself.

A true act against a rule is never refused: it becomes a finding (design.md 4.3). Called by intake
for every act taken in, with the policies the node may have applied; writes nothing. Asked again
are row, deadline, signatures, four powers, and whether the movements are the recipe's; limits are
told by ``journal.post.append_written``.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from contracts.ledger import Act, Movement
from contracts.rejections import RejectionCode
from journal.perform import DEADLINE
from journal.registry import Registry
from kernel import cases, signatures
from kernel.cases import Case
from kernel.errors import InvariantViolation, Rejected
from kernel.facts import invalid
from kernel.policy import Policy
from kernel.processes import FACTS, NODE, SYSTEM, TERMS, Process, Transition
from kernel.rules import RULES


class Rosters(Protocol):
    """Who holds a role for a case, None where the sign-in alone decides."""

    def roster(self, registry: Registry, role: str, case: Case) -> Sequence[str] | None:
        """The persons, as they stand at the act that is judged."""


WRONG = (InvariantViolation, KeyError, TypeError, ValueError, AttributeError)
"""What facts of the wrong kind make of a rule: the node's doing, so a finding and no bug."""


class Step(msgspec.Struct, frozen=True, gc=False):
    """One act of a village with its case before (None: it opens) and after.

    ``row`` is the row of the table it was performed by, None where there is none.
    """

    act: Act
    before: Case | None
    after: Case
    row: Transition | None


def judge(
    step: Step, registry: Registry, policies: Sequence[Policy], rosters: Rosters
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
    row = step.row
    if row is None:
        return [_no_row(case, act, process)]
    found = _movements(step, row, registry)
    verdict: list[Rejected] = []
    for policy in policies:
        verdict = _signed(step, case, row, policy, registry, rosters)
        if not verdict:
            break
    return verdict + found


def _no_row(case: Case, act: Act, process: Process) -> Rejected:
    try:
        process.transition(case.state, act.act)
    except Rejected as refusal:
        return refusal
    raise InvariantViolation("step_names_its_row", process=process.name, act=act.act)


def _signed(
    step: Step, case: Case, row: Transition, policy: Policy, registry: Registry, rosters: Rosters
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
                roster=lambda role: rosters.roster(registry, role, about),
                facts=act.facts,
                apart=bool(name) and policy.signature_set(name).apart,
                agreed=declared.agreed if declared else (),
            ),
        )
        given = msgspec.convert(act.terms.get(cases.HANDS, ()), tuple[cases.Hand, ...])
    except Rejected as refusal:
        return [refusal]
    except WRONG:
        return [invalid("facts", f"{act.process}.{act.act}")]
    if given != hands:
        return [invalid("hands", f"{act.process}.{act.act}")]
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
        return [invalid("hands", f"{act.process}.{act.act}")]
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
        return [invalid("movements", act.id)] if act.movements else []
    recipe = registry.recipes.get(act.recipe)
    if recipe is None or act.recipe not in (row.recipe, _expected(step, row)):
        return [invalid("recipe", act.recipe)]
    party = str(act.facts.get("party", "coop"))
    made: list[Movement] = []
    try:
        for line in act.lines:
            made += recipe.half(NODE, party, line)
    except WRONG:
        return [invalid("lines", act.recipe)]
    return [] if tuple(made) == act.movements else [invalid("movements", act.recipe)]


def _expected(step: Step, row: Transition) -> str:
    if row.recipe.startswith(TERMS):
        return str(step.after.terms.get(row.recipe.removeprefix(TERMS), ""))
    if row.recipe.startswith(FACTS):
        return str(step.act.facts.get(row.recipe.removeprefix(FACTS), ""))
    return row.recipe
