"""Who may act: rosters, quorums, abstention, recusal, one's own sign-in, and the four powers."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.ledger import Actor
from contracts.rejections import RejectionCode as Code
from kernel.cases import Case, Hand
from kernel.errors import Rejected
from kernel.processes import Transition
from kernel.signatures import Signing, Step, check, tally

COUNCIL = ("c1", "c2", "c3")
ROSTERS: dict[str, Sequence[str]] = {
    "council@node": COUNCIL,
    "guarantor@node": ("g1", "g2"),
    "cashier@node": ("k1",),
    "chair@node": ("c1",),
    "supervisor@node": ("s1",),
    "vacant@node": (),
}
POWERS = {
    "council@node": "approve",
    "chair@node": "approve",
    "cashier@node": "pay",
    "supervisor@node": "supervise",
    "member@node": "use",
    "vacant@node": "approve",
}
MAJORITY = (Step(role="council@node", quorum="majority", power="approve"),)
CASE = Case(id="L1", process="loan", version=1, home="node", state="endorsed")


def a_row(*who: str, act: str = "vote") -> Transition:
    return Transition(process="loan", act=act, origins=("endorsed",), to="approved", who=who,
                      rule="", recipe="", deadline=None)  # fmt: skip


def sign(
    who: str,
    *,
    case: Case = CASE,
    steps: Sequence[Step] = MAJORITY,
    row: Transition | None = None,
    facts: Mapping[str, Any] | None = None,
    operator: str = "",
    apart: bool = False,
    agreed: Sequence[str] = (),
) -> tuple[Case, bool]:
    """The case with the hands this act adds, and whether the act moves it."""
    role, _, persons = who.partition(":")
    named = tuple(persons.split(","))
    actor = Actor(role=f"{role}@node", operator=operator or named[0], persons=named)
    if role == "system":
        actor = Actor(role=who, operator="system")
    asked = Signing(steps=steps, powers=POWERS, roster=ROSTERS.get, facts=facts or {},
                    apart=apart, agreed=agreed)  # fmt: skip
    hands, moves = check(row or a_row("policy:loan.council"), actor, case, asked)
    after = msgspec.structs.replace(case, hands=case.hands + hands, signed=case.signed + hands)
    return after, moves


def refused(who: str, **parts: Any) -> Code:
    with pytest.raises(Rejected) as raised:
        sign(who, **parts)
    return raised.value.code


def test_a_majority_of_those_who_may_vote_carries() -> None:
    case, moves = sign("council:c1")
    assert not moves
    case, moves = sign("council:c2", case=case)
    assert moves


def test_abstentions_lower_the_majority_and_are_recorded_without_power() -> None:
    case, moves = sign("council:c1,c2", facts={"votes": {"c1": "abstain", "c2": "yes"}})
    assert not moves
    _, moves = sign("council:c3", case=case)
    assert moves
    assert case.hands[0] == Hand("c1", "council@node", "", "vote", "abstain")
    alone, moves = sign("council:c1,c2", facts={"vote": "abstain"})
    assert not moves
    _, moves = sign("council:c3", case=alone)
    assert moves


def test_all_means_everyone_and_an_abstention_is_not_a_signature() -> None:
    everyone = (Step(role="guarantor@node", quorum="all"),)
    case, moves = sign("guarantor:g1", steps=everyone)
    assert not moves
    assert sign("guarantor:g2", steps=everyone, case=case)[1]
    _, moves = sign("guarantor:g2", steps=everyone, case=case, facts={"vote": "abstain"})
    assert not moves


def test_who_signed_and_left_his_post_still_counts_and_one_vote_is_lost_only_when_it_is() -> None:
    step = MAJORITY[0]
    gone = [Hand("c9", step.role, "approve", "vote", "yes")]
    now = tally(step, gone, COUNCIL)
    assert (now.yes, now.open, now.needed, now.full, now.lost) == (1, 3, 3, False, False)
    noes = [Hand(person, step.role, "approve", "vote", "no") for person in ("c1", "c2")]
    assert tally(step, noes[:1], COUNCIL).lost is False
    assert tally(step, noes, COUNCIL).lost is True
    silent = [Hand(person, step.role, "", "vote", "abstain") for person in COUNCIL]
    assert tally(step, silent, COUNCIL).lost is True


def test_an_office_that_says_no_has_lost_the_step() -> None:
    office = Step(role="cpo@federation", quorum=1)
    assert tally(office, [], None).lost is False
    assert tally(office, [Hand("o1", "cpo@federation", "", "vote", "no")], None).lost is True


def test_nobody_signs_for_a_vacant_post_or_from_outside_the_roster() -> None:
    assert refused("council:x9") is Code.NOT_ON_THE_LIST
    vacant = (Step(role="vacant@node", quorum="majority"),)
    assert refused("vacant:c1", steps=vacant) is Code.NOT_ON_THE_LIST
    assert refused("cashier:c1", row=a_row("cashier@node")) is Code.NOT_ON_THE_LIST
    assert refused("vacant:c1", row=a_row("vacant@node")) is Code.NOT_ON_THE_LIST


def test_a_role_the_row_does_not_name_is_refused() -> None:
    assert refused("supervisor:s1") is Code.ROLE_NOT_ALLOWED
    assert refused("supervisor:s1", row=a_row("cashier@node")) is Code.ROLE_NOT_ALLOWED
    assert refused("system:close", row=a_row("system:follow")) is Code.ROLE_NOT_ALLOWED
    assert sign("system:follow", row=a_row("system:follow"))[1]


def test_a_signature_counts_once_in_its_role_and_once_at_all_where_steps_are_apart() -> None:
    steps = (*MAJORITY, Step(role="chair@node", quorum=1, power="approve"))
    case, _ = sign("council:c1", steps=steps)
    assert refused("council:c1", steps=steps, case=case) is Code.ALREADY_SIGNED
    assert refused("chair:c1", steps=steps, case=case, apart=True) is Code.ALREADY_SIGNED
    sign("chair:c1", steps=steps, case=case)


def test_a_vote_is_yes_no_or_abstain() -> None:
    assert refused("council:c1", facts={"vote": "maybe"}) is Code.FACTS_INVALID


def test_parties_and_relatives_abstain_from_approving_and_may_say_so() -> None:
    about = msgspec.structs.replace(CASE, terms={"person": "c1", "relatives": ["c2"]})
    assert refused("council:c1", case=about) is Code.MUST_ABSTAIN
    assert refused("council:c2", case=about, facts={"vote": "no"}) is Code.MUST_ABSTAIN
    sign("council:c1,c2", case=about, facts={"vote": "abstain"})
    assert refused("chair:c1", case=about, row=a_row("chair@node")) is Code.MUST_ABSTAIN


def test_releasing_money_takes_ones_own_sign_in() -> None:
    row = a_row("cashier@node", act="instruct")
    assert refused("cashier:k1", row=row, operator="c2") is Code.OWN_SIGN_IN
    assert sign("cashier:k1", row=row)[1]
    # Others may be entered by reference to minutes.
    assert sign("supervisor:s1", row=a_row("supervisor@node"), operator="c2")[1]


def test_other_facts_are_another_signature_and_the_right_ones_add_up() -> None:
    june, july = {"due_on": "2018-06-10"}, {"due_on": "2018-07-10"}
    case, _ = sign("council:c1", facts=june, agreed=["due_on"])
    case, moves = sign("council:c2", facts=july, case=case, agreed=["due_on"])
    assert not moves
    assert refused("council:c1", facts=june, case=case, agreed=["due_on"]) is Code.ALREADY_SIGNED
    assert sign("council:c3", facts=july, case=case, agreed=["due_on"])[1]
    assert sign("council:c2", facts=june, case=case, agreed=["due_on"])[1]


def test_signatures_of_another_act_do_not_count() -> None:
    case, _ = sign("council:c1", row=a_row("policy:loan.extend", act="extend"))
    _, moves = sign("council:c2", case=case)
    assert not moves


acts = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "d"]),
        st.sampled_from(["council", "cashier", "supervisor", "member"]),
        st.sampled_from(["yes", "no", "abstain"]),
    ),
    max_size=12,
)


@given(acts)
def test_r020_no_sequence_of_acts_lets_one_person_use_two_powers(
    story: list[tuple[str, str, str]],
) -> None:
    rows = {role: a_row(f"{role}@node", act=role) for role in ("cashier", "supervisor", "member")}
    case = CASE
    for person, role, vote in story:
        actor = Actor(role=f"{role}@node", operator=person)
        row = rows.get(role, a_row("policy:loan.council"))
        asked = Signing(steps=MAJORITY, powers=POWERS, roster=lambda _role: None,
                        facts={"vote": vote})  # fmt: skip
        try:
            hands, _ = check(row, actor, case, asked)
        except Rejected:
            continue
        case = msgspec.structs.replace(case, hands=case.hands + hands, signed=case.signed + hands)
    used: dict[str, set[str]] = {}
    for hand in case.hands:
        used.setdefault(hand.person, set()).update({hand.power} - {""})
    assert all(len(powers) <= 1 for powers in used.values())
