"""Who may perform an act: role, signature set, quorum, recusal and the four powers.

Called by journal.perform under the lock. Pure: the roster of each role is handed in. Sets are
policy data (domain.md R-016…R-020, design.md 5); this module never names a process.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from contracts.ledger import Actor
from contracts.rejections import RejectionCode
from kernel.cases import Case, Hand
from kernel.errors import Rejected
from kernel.processes import POLICY, SYSTEM, Transition

YES, NO, ABSTAIN = "yes", "no", "abstain"
ALL, MAJORITY = "all", "majority"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of signer in a set: a role, and how many of its roster."""

    role: str
    quorum: str | int
    power: str = ""


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """Where a step stands: yes, no, abstained, and the most who could still say yes."""

    role: str
    yes: int
    no: int
    abstained: int
    open: int
    needed: int

    @property
    def full(self) -> bool:
        """The step has what it needs."""
        return self.yes >= self.needed

    @property
    def lost(self) -> bool:
        """The step can no longer get what it needs."""
        return self.yes + self.open < self.needed


Roster = Callable[[str], Sequence[str]]
"""role → the persons who hold it now (for ``guarantor@node``, the group's members)."""


def check(  # noqa: PLR0913 - the facts of one signature
    row: Transition,
    actor: Actor,
    case: Case,
    *,
    steps: Sequence[Step],
    powers: Mapping[str, str],
    roster: Roster,
    facts: Mapping[str, Any],
) -> tuple[tuple[Hand, ...], bool]:
    """The hands this act adds, and whether it moves the case on.

    A signature act moves the case when its whole set is full. Raises Rejected:
    ROLE_NOT_ALLOWED, NOT_ON_THE_LIST, ALREADY_SIGNED, MUST_ABSTAIN, FOUR_POWERS.
    """
    if actor.role.startswith(SYSTEM):
        if actor.role not in row.who:
            raise _role_refused(row, actor)
        return (), True
    if not row.signature_set:
        if actor.role not in row.who:
            raise _role_refused(row, actor)
        named = actor.persons or (actor.operator,)
        power = powers.get(actor.role, "")
        hands = tuple(Hand(person, actor.role, power, row.act) for person in named)
        _four_powers(hands, case)
        return hands, True
    step = next((s for s in steps if s.role == actor.role), None)
    if step is None:
        raise _role_refused(row, actor)
    hands = _signatures(row, actor, case, step, powers, roster, facts)
    _four_powers(hands, case)
    signed = (*case.signed, *hands)
    return hands, all(tally(s, signed, roster(s.role)).full for s in steps)


def tally(step: Step, signed: Sequence[Hand], roster: Sequence[str]) -> Tally:
    """Count one step. A majority is of those on the roster who did not abstain."""
    mine = [hand for hand in signed if hand.role == step.role]
    yes = sum(hand.vote == YES for hand in mine)
    no = sum(hand.vote == NO for hand in mine)
    abstained = sum(hand.vote == ABSTAIN for hand in mine)
    voters = max(len(roster), len(mine)) - abstained
    if step.quorum == ALL:
        needed = max(len(roster), 1)
    elif step.quorum == MAJORITY:
        needed = voters // 2 + 1
    else:
        needed = int(step.quorum)
    still = max(len(roster) - len(mine), 0)
    if not isinstance(step.quorum, str):
        still = max(still, needed - yes - no)
    return Tally(role=step.role, yes=yes, no=no, abstained=abstained, open=still, needed=needed)


def _signatures(  # noqa: PLR0913 - one signer's facts
    row: Transition,
    actor: Actor,
    case: Case,
    step: Step,
    powers: Mapping[str, str],
    roster: Roster,
    facts: Mapping[str, Any],
) -> tuple[Hand, ...]:
    votes: Mapping[str, str] = facts.get("votes") or dict.fromkeys(
        actor.persons or (actor.operator,), facts.get("vote", YES)
    )
    listed = roster(step.role)
    own = {case.terms.get("person"), case.terms.get("member")}
    avoids = {*case.terms.get("relatives", ()), *own} - {None}
    hands = []
    for person, vote in sorted(votes.items()):
        if listed and person not in listed:
            raise Rejected(
                RejectionCode.NOT_ON_THE_LIST, person=person, needed=", ".join(listed)
            )
        if any(hand.person == person and hand.role == step.role for hand in case.signed):
            raise Rejected(RejectionCode.ALREADY_SIGNED, person=person)
        if vote not in (YES, NO, ABSTAIN):
            raise Rejected(RejectionCode.FACTS_INVALID, where=f"votes.{person}", problem=vote)
        power = step.power or powers.get(step.role, "")
        if person in avoids and power == "approve" and vote != ABSTAIN:
            raise Rejected(RejectionCode.MUST_ABSTAIN, person=person)
        used = "" if vote == ABSTAIN else power
        hands.append(Hand(person, step.role, used, row.act, vote))
    return tuple(hands)


def _four_powers(hands: Sequence[Hand], case: Case) -> None:
    """R-020: no natural person uses two of the four powers over the whole history of a case."""
    before: dict[str, str] = {h.person: h.power for h in case.hands if h.power}
    for hand in hands:
        used = before.get(hand.person, hand.power)
        if hand.power and used != hand.power:
            raise Rejected(
                RejectionCode.FOUR_POWERS, person=hand.person, used=used, asked=hand.power
            )


def _role_refused(row: Transition, actor: Actor) -> Rejected:
    needed = ", ".join(who.removeprefix(POLICY) for who in row.who)
    return Rejected(RejectionCode.ROLE_NOT_ALLOWED, role=actor.role, act=row.act, needed=needed)
