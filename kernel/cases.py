"""A case: one thing on its way through its process, rebuilt at any time by folding its acts.

``fold`` is the only way a case changes: perform, replica, audit (I15) and the simulator all use
it. Pure; loads and stores nothing.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from contracts.ledger import Act
from kernel.errors import InvariantViolation
from kernel.processes import START, Process


class Hand(msgspec.Struct, frozen=True, array_like=True):
    """One natural person's act on the case: who, in which role, with which of the four powers.

    ``signs`` is the digest of what the signers of a set must agree on; empty where the case's
    own terms say it all (invariant I14).
    """

    person: str
    role: str
    power: str
    act: str
    vote: str = ""
    signs: str = ""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """The projection. ``signed`` are the signatures given in the present state only.

    ``since`` is the business date the state was entered; ``due`` and ``due_act`` its deadline.
    """

    id: str
    process: str
    version: int
    home: str
    state: str = START
    step: int = 0
    parties: dict[str, str] = {}
    terms: dict[str, Any] = {}
    hands: tuple[Hand, ...] = ()
    signed: tuple[Hand, ...] = ()
    opened: date | None = None
    since: date | None = None
    due: date | None = None
    due_act: str = ""


HANDS = "_hands"
DUE = "_due"
FULL = "_full"
"""Reserved names in ``Act.terms``: the hands this act adds, its deadline [date, act], and a mark
that its signature set is full although the state stays, so that the next set starts empty."""
_RESERVED = frozenset({HANDS, DUE, FULL})


def fold(case: Case | None, act: Act, process: Process) -> Case:
    """The case after ``act``. Steps must follow one another; raises InvariantViolation."""
    case = case or Case(id=act.case, process=act.process, version=act.version, home=process.home)
    if act.step != case.step + 1:
        raise InvariantViolation("case_steps_continue", case=act.case, step=act.step)
    entered = act.state != case.state
    hands: tuple[Hand, ...] = ()
    if HANDS in act.terms:
        hands = msgspec.convert(act.terms[HANDS], tuple[Hand, ...])
    due, due_act = _due(case, act, entered=entered)
    changed = act.terms
    if not _RESERVED.isdisjoint(changed):
        changed = {k: v for k, v in changed.items() if k not in _RESERVED}
    signed = () if entered else case.signed + hands
    if FULL in act.terms:
        signed = tuple(hand for hand in signed if hand.act != act.act)
    return msgspec.structs.replace(
        case,
        state=act.state,
        step=act.step,
        parties=case.parties or act.parties,
        terms={**case.terms, **changed},
        hands=case.hands + hands,
        signed=signed,
        opened=case.opened or act.business_date,
        since=act.business_date if entered else case.since,
        due=due,
        due_act=due_act,
    )


def _due(case: Case, act: Act, *, entered: bool) -> tuple[date | None, str]:
    if DUE in act.terms:
        on, name = act.terms[DUE]
        return date.fromisoformat(on), name
    # The act a deadline called for has used the deadline up.
    done = entered or act.act == case.due_act
    return (None, "") if done else (case.due, case.due_act)


def keys(case: Case, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The account keys a line of this case may need: its own id, and ids in its terms."""
    own = {name: value for name, value in case.terms.items() if isinstance(value, str)}
    return {**own, "case": case.id, case.process: case.id, **(extra or {})}
