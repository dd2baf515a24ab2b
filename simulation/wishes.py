"""What people of a village might do next: acts their screen offers them, with weights.

Every act a person can perform comes from the process table; facts and signers are made the way
people make them: mostly right, sometimes not, and then the refusal is what is tested. Draws from
the generator's stream only. The areas say what is said; a new flow is a new area.
"""

from collections.abc import Iterator
from random import Random
from typing import Any

from kernel.cases import Case
from kernel.processes import Transition
from simulation import wishes_lending, wishes_loans, wishes_members, wishes_pool
from simulation.village_eyes import Eyes
from simulation.wishing import Area, Say, Wish

AREAS: tuple[Area, ...] = (
    wishes_loans.AREA,
    wishes_members.AREA,
    wishes_lending.AREA,
    wishes_pool.AREA,
)
_WEIGHTS = {act: weight for area in AREAS for act, weight in area.weights.items()}
_FACTS: dict[tuple[str, str], Say] = {act: say for area in AREAS for act, say in area.facts.items()}


def offered(eyes: Eyes, chance: Random) -> Iterator[Wish]:
    """A wish for every act the rows offer on every living case of the village."""
    for _, case in sorted(eyes.cases.items()):
        for row in eyes.offered(case):
            weight = _WEIGHTS.get((case.process, row.act), 0)
            if weight and (wish := _wish(eyes, chance, case, row, weight)):
                yield wish


def _wish(eyes: Eyes, chance: Random, case: Case, row: Transition, weight: int) -> Wish | None:
    make = _FACTS.get((case.process, row.act))
    facts = make(eyes, chance, case) if make else {}
    if facts is None:
        return None
    on = facts.pop("_on", None)
    if row.signature_set:
        return _signature(eyes, chance, case, row, weight, facts)
    who = [one for one in row.who if one.endswith("@node")]
    role = chance.choice(who)
    listed = eyes.roster(role, case)
    if role == "cashier@node":
        operator, persons = (listed[0] if listed else eyes.clerk), []
    else:
        operator, persons = eyes.clerk, [chance.choice(listed)] if listed else []
    return Wish(
        weight=weight, process=case.process, case=case.id, act=row.act, role=role,
        operator=operator, persons=tuple(persons), facts=facts, value_date=on,
    )  # fmt: skip


def _signature(
    eyes: Eyes, chance: Random, case: Case, row: Transition, weight: int, facts: dict[str, Any]
) -> Wish | None:
    """Some of those who have not signed yet sign; a council votes and sometimes disagrees."""
    steps = eyes.policy.steps(row.signature_set, case.terms)
    signed = {(hand.role, hand.person) for hand in case.signed if hand.act == row.act}
    open_steps = []
    for step in steps:
        persons = eyes.roster(step.role, case)
        if not persons:
            persons = [f"p-{step.role.partition('@')[0].replace('_', '-')}-1"]
        left = [one for one in persons if (step.role, one) not in signed]
        if left and not (case.process == "loan" and row.act == "vote" and "cpo" in step.role):
            open_steps.append((step.role, left))
    if not open_steps:
        return None
    role, left = chance.choice(open_steps)
    some = chance.sample(left, chance.randint(1, len(left)))
    against = chance.random() < 0.06
    votes = {one: _vote(chance, case, one, role, against=against) for one in sorted(some)}
    return Wish(
        weight=weight, process=case.process, case=case.id, act=row.act, role=role,
        operator=eyes.clerk, persons=tuple(votes), facts={**facts, "votes": votes},
    )  # fmt: skip


def _vote(chance: Random, case: Case, person: str, role: str, *, against: bool) -> str:
    about = {str(case.terms.get("person", "")), *case.terms.get("relatives", ())}
    if person in about and role == "council@node" and chance.random() < 0.95:
        return "abstain"
    return "no" if against else chance.choices(("yes", "no", "abstain"), (92, 4, 4))[0]


def opened(eyes: Eyes, chance: Random, serial: int) -> Iterator[Wish]:
    """Wishes that begin something: a household joins, a group forms, somebody asks for a loan."""
    for area in AREAS:
        for begin in area.opened:
            yield from begin(eyes, chance, serial)
