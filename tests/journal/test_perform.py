"""The engine, on both databases: exactly once, by its row, nothing half done."""

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from contracts.facts.credit import LoanApply
from contracts.ledger import Actor
from contracts.rejections import RejectionCode as Code
from journal.perform import Command, ask, perform
from kernel.eligibility import eligibility
from kernel.errors import InvariantViolation, Rejected
from tests.journal.ledger import contents
from tests.journal.loan_stories import APPLY, VOTED
from tests.support.village import BOOK, COOP, Village

BOOKKEEPER = Actor(role="bookkeeper@node", operator="c2")
LOAN: dict[str, Any] = {
    "member": "m1",
    "person": "p1",
    "group": "g1",
    "amount": 10_000_00,
    "purpose": "养殖",
    "term_months": 12,
}


def a_command(**changes: Any) -> Command:
    """The bookkeeper takes in a household's application."""
    values: dict[str, Any] = {
        "id": "once",
        "process": "member",
        "case": "m7",
        "act": "apply",
        "actor": BOOKKEEPER,
        "facts": {"person": "p7", "household": "h7"},
        "parties": {"coop": COOP},
    }
    return Command(**{**values, **changes})


def refused(village: Village, command: Command) -> Rejected:
    """The refusal of a command, which changed nothing at all."""
    before = contents(village.conn)
    with pytest.raises(Rejected) as raised:
        perform(village.conn, village.world, command)
    assert contents(village.conn) == before
    return raised.value


def test_i7_the_same_request_twice_is_one_act_and_the_same_answer(village: Village) -> None:
    first = perform(village.conn, village.world, a_command())
    before = contents(village.conn)
    again = perform(village.conn, village.world, a_command())
    assert (first.fresh, again.fresh) == (True, False)
    assert (again.acts, again.case) == (first.acts, first.case)
    assert contents(village.conn) == before


@pytest.mark.parametrize(
    "other",
    [
        {"facts": {"person": "p7", "household": "h8"}},
        {"case": "m8"},
        {"actor": Actor(role="bookkeeper@node", operator="c3")},
        {"value_date": date(2016, 12, 1)},
    ],
)
def test_i7_the_same_id_for_something_else_is_refused(
    village: Village, other: dict[str, Any]
) -> None:
    perform(village.conn, village.world, a_command())
    assert refused(village, a_command(**other)).code is Code.REQUEST_CHANGED


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"process": "lottery"}, Code.UNKNOWN_ACT),
        ({"act": "marry"}, Code.UNKNOWN_ACT),
        ({"case": "m99", "act": "admit", "parties": {}}, Code.UNKNOWN_CASE),
        ({"parties": {"coop": "elsewhere"}}, Code.BOOK_NOT_OPEN),
        ({"case": "g1"}, Code.CASE_EXISTS),
        ({"case": "m1"}, Code.ACT_NOT_ALLOWED_NOW),
        ({"actor": Actor(role="chair@node", operator="c1")}, Code.ROLE_NOT_ALLOWED),
        ({"facts": {}}, Code.FACTS_INVALID),
    ],
)
def test_what_cannot_be_is_refused_by_name_and_changes_nothing(
    village: Village, wrong: dict[str, Any], code: Code
) -> None:
    assert refused(village, a_command(**wrong)).code is code


def test_an_act_not_possible_now_says_what_is(village: Village) -> None:
    refusal = refused(village, a_command(case="g1", process="group", act="form"))
    assert refusal.facts["allowed"] == "dissolve"


def test_the_parties_of_a_case_never_change(village: Village) -> None:
    village.do("member", "apply", "m7", "bookkeeper:c2", {"person": "p7", "household": "h7"})
    command = a_command(act="withdraw", parties={"coop": COOP, "other": COOP})
    with pytest.raises(InvariantViolation, match="parties_never_change"):
        perform(village.conn, village.world, command)


def test_a_case_opened_again_for_other_parties_is_refused_by_name(village: Village) -> None:
    village.do("member", "apply", "m7", "bookkeeper:c2", {"person": "p7", "household": "h7"})
    facts = {"person": "p8", "household": "h8"}
    parties = {"coop": COOP, "other": COOP}
    command = a_command(act="apply", facts=facts, parties=parties)
    with pytest.raises(Rejected) as refusal:
        perform(village.conn, village.world, command)
    assert refusal.value.code is Code.CASE_EXISTS


def test_a_deadline_act_waits_for_its_day_and_its_own_deadline(village: Village) -> None:
    village.play(VOTED)
    clock = Actor(role="system:deadline", operator="system")
    village.do("loan", "notice", "L1", "bookkeeper:c2")
    early = a_command(process="loan", case="L1", act="clear", actor=clock, facts={})
    refusal = refused(village, early)
    assert (refusal.code, refusal.facts["from_date"]) == (Code.TOO_EARLY, date(2016, 12, 29))
    village.do("member", "apply", "m7", "bookkeeper:c2", {"person": "p7", "household": "h7"})
    no_deadline = a_command(id="x", act="accept", actor=clock, facts={})
    assert refused(village, no_deadline).code is Code.ACT_NOT_ALLOWED_NOW


def test_a_full_set_in_a_state_that_stays_starts_empty_next_time(village: Village) -> None:
    flags = {"poor": True}
    for _ in range(2):
        village.do("member", "mark", "m1", "council:c1,c3", flags)
        assert len(village.case("m1").signed) == 2
        village.do("member", "mark", "m1", "township:t1", flags)
        assert village.case("m1").signed == ()


def test_a_refused_act_inside_a_bigger_transaction_leaves_the_rest(village: Village) -> None:
    perform(village.conn, village.world, a_command())
    with pytest.raises(Rejected):
        perform(village.conn, village.world, a_command(id="b", case="m8"))
    assert village.case("m7").state == "applied"
    village.prove()


def test_a_page_sees_every_reason_without_a_lock_and_without_a_trace(village: Village) -> None:
    before = contents(village.conn)
    command = a_command(process="loan", case="L1", facts={})
    question = ask(village.conn, village.world, command)
    hopeless = LoanApply(**{**LOAN, "amount": 13_000_00, "purpose": "x", "term_months": 99})
    codes = [reason.code for reason in eligibility(question, hopeless)]
    assert codes == [Code.PURPOSE_NOT_LISTED, Code.TERM_TOO_LONG, Code.OVER_LEVEL_LIMIT]
    assert eligibility(question, LoanApply(**LOAN)) == ()
    assert contents(village.conn) == before


def test_the_question_is_what_the_rule_itself_is_asked(village: Village) -> None:
    village.play(f"{APPLY} amount=10_000.00 applied")
    question = ask(village.conn, village.world,
                   a_command(process="loan", case="L1", act="sign"))  # fmt: skip
    assert question.roster("guarantor@node") == ["p2", "p3"]
    assert question.roster("council@node") == ["c1", "c2", "c3"]
    assert question.roster("member@node") == ["p1"]
    assert question.roster("bookkeeper@node") is None
    assert question.roster("cpo@federation") is None
    with pytest.raises(Rejected) as raised:
        ask(village.conn, village.world, a_command(process="loan", case="L1", act="contract"))
    assert raised.value.code is Code.ACT_NOT_ALLOWED_NOW
    with pytest.raises(Rejected) as raised:
        ask(village.conn, village.world, a_command(process="lottery"))
    assert raised.value.code is Code.UNKNOWN_ACT


def test_every_act_says_who_decided_and_who_was_signed_in(
    conn: sa.Connection, village: Village
) -> None:
    minutes = Actor(role="council@node", operator="c2", persons=("c1", "c3"))
    perform(conn, village.world, a_command())
    perform(conn, village.world, a_command(id="admit", act="admit", actor=minutes,
                                           facts={"minutes": "2016-17"}))  # fmt: skip
    last = list(village.acts())[-1]
    assert (last.actor.operator, last.actor.persons) == ("c2", ("c1", "c3"))
    assert [hand.person for hand in village.case("m7").hands] == ["c2", "c1", "c3"]
    assert last.book == BOOK
