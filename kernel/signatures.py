"""Who may perform an act: role, roster, signature set, quorum, recusal and the four powers.

Called by journal.perform under the lock. Pure: the roster of each role is handed in. Sets are
policy data (domain.md R-016…R-020, design.md 5); this module never names a process.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from contracts.codec import digest, encode
from contracts.ledger import Actor
from contracts.rejections import RejectionCode
from kernel.cases import Case, Hand
from kernel.errors import Rejected
from kernel.processes import POLICY, SYSTEM, Transition

YES, NO, ABSTAIN = "yes", "no", "abstain"
ALL, MAJORITY = "all", "majority"
APPROVE, PAY = "approve", "pay"


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


Roster = Callable[[str], Sequence[str] | None]
"""role → the persons who hold it now; None where the sign-in alone decides (an office, a meeting,
a bookkeeper by contract). An empty roster is a vacant post: nobody may act in it."""


class Signing(msgspec.Struct, frozen=True, kw_only=True):
    """What one act is checked against: the steps of its set, powers, rosters, and its facts.

    ``apart``: nobody signs two steps. ``agreed`` names the facts all signers must sign alike.
    """

    steps: Sequence[Step] = ()
    powers: Mapping[str, str] = {}
    roster: Roster
    facts: Mapping[str, Any] = {}
    apart: bool = False
    agreed: Sequence[str] = ()


def check(
    row: Transition, actor: Actor, case: Case, asked: Signing
) -> tuple[tuple[Hand, ...], bool]:
    """The hands this act adds, and whether it moves the case on.

    A signature act moves the case when its whole set is full. Raises Rejected: ROLE_NOT_ALLOWED,
    OWN_SIGN_IN, NOT_ON_THE_LIST, ALREADY_SIGNED, MUST_ABSTAIN, FOUR_POWERS.
    """
    if actor.role.startswith(SYSTEM):
        if actor.role not in row.who:
            raise _role_refused(row, actor)
        return (), True
    if not row.signature_set:
        hands = _decision(row, actor, case, asked)
        _four_powers(hands, case)
        return hands, True
    step = next((s for s in asked.steps if s.role == actor.role), None)
    if step is None:
        raise _role_refused(row, actor)
    hands = _signatures(row, actor, case, step, asked)
    _four_powers(hands, case)
    signed = (*given(case, row.act, hands[0].signs), *hands) if hands else ()
    return hands, bool(hands) and all(
        tally(s, signed, asked.roster(s.role)).full for s in asked.steps
    )


def given(case: Case, act: str, signs: str = "") -> tuple[Hand, ...]:
    """The signatures a case holds for one act and one thing agreed on, in its present state."""
    return tuple(hand for hand in case.signed if hand.act == act and hand.signs == signs)


def tally(step: Step, signed: Sequence[Hand], roster: Sequence[str] | None) -> Tally:
    """Count one step. A majority is of those who may vote and did not abstain.

    Who signed and then left his post still counts; who is on the roster and has not signed is
    open.
    """
    mine = [hand for hand in signed if hand.role == step.role]
    votes = [hand.vote for hand in mine]
    persons = [hand.person for hand in mine]
    waiting = sum(person not in persons for person in roster or ())
    voters = waiting + len(mine) - votes.count(ABSTAIN)
    if step.quorum == ALL:
        needed = max(waiting + len(mine), 1)
    elif step.quorum == MAJORITY:
        needed = voters // 2 + 1
    else:
        needed = int(step.quorum)
    if roster is None:
        waiting = max(needed - len(mine), 0)
    return Tally(
        role=step.role,
        yes=votes.count(YES),
        no=votes.count(NO),
        abstained=votes.count(ABSTAIN),
        open=waiting,
        needed=needed,
    )


def _decision(row: Transition, actor: Actor, case: Case, asked: Signing) -> tuple[Hand, ...]:
    """An act one role decides alone. Releasing a payment takes the payer's own sign-in."""
    if actor.role not in row.who:
        raise _role_refused(row, actor)
    named = actor.persons or (actor.operator,)
    power = asked.powers.get(actor.role, "")
    if power == PAY and named != (actor.operator,):
        raise Rejected(RejectionCode.OWN_SIGN_IN, person=", ".join(named), act=row.act)
    listed = asked.roster(actor.role)
    for person in named:
        _on_the_list(person, listed)
        if power == APPROVE and person in _parties(case):
            raise Rejected(RejectionCode.MUST_ABSTAIN, person=person)
    return tuple(Hand(person, actor.role, power, row.act) for person in named)


def _signatures(
    row: Transition, actor: Actor, case: Case, step: Step, asked: Signing
) -> tuple[Hand, ...]:
    facts = asked.facts
    votes: Mapping[str, str] = facts.get("votes") or dict.fromkeys(
        actor.persons or (actor.operator,), facts.get("vote", YES)
    )
    signs = signs_of(facts, asked.agreed)
    before = given(case, row.act, signs)
    listed = asked.roster(step.role)
    power = step.power or asked.powers.get(step.role, "")
    hands = []
    for person, vote in sorted(votes.items()):
        _on_the_list(person, listed)
        if any(h.person == person and (asked.apart or h.role == step.role) for h in before):
            raise Rejected(RejectionCode.ALREADY_SIGNED, person=person)
        if vote not in (YES, NO, ABSTAIN):
            raise Rejected(
                RejectionCode.FACTS_INVALID, where=f"votes.{person}", problem=f"{vote!r}"
            )
        if person in _parties(case) and power == APPROVE and vote != ABSTAIN:
            raise Rejected(RejectionCode.MUST_ABSTAIN, person=person)
        used = "" if vote == ABSTAIN else power
        hands.append(Hand(person, step.role, used, row.act, vote, signs))
    return tuple(hands)


def signs_of(facts: Mapping[str, Any], agreed: Sequence[str]) -> str:
    """Digest of the facts agreed on, absent ones included; empty when nothing is."""
    if not agreed:
        return ""
    return digest("agreed", encode([[name, facts.get(name)] for name in agreed])).hex()


def _parties(case: Case) -> set[str]:
    """Who may not decide on the case: the person it is about and close relatives (R-017)."""
    own = case.terms.get("person")
    return {*case.terms.get("relatives", ()), *([own] if isinstance(own, str) else [])}


def _on_the_list(person: str, listed: Sequence[str] | None) -> None:
    if listed is not None and person not in listed:
        raise Rejected(
            RejectionCode.NOT_ON_THE_LIST, person=person, needed=", ".join(listed) or "-"
        )


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
