"""Following K(i): once, in order, in the first open day, and never losing the money side."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from contracts.codec import decode
from contracts.ledger import Act
from contracts.rejections import RejectionCode
from journal import heads, store
from journal.engine import reading
from kernel.errors import Rejected
from kernel.rules_custody import consent_digest
from services.cooperative_node import queries
from services.cooperative_node.close_day import close_day
from services.cooperative_node.delivery import pull
from services.cooperative_node.follow import follow_next, follow_one
from tests.node.village import CARD, FIRST_DAY, Village, member, power_cut


def acts_of(village: Village) -> list[Act]:
    with reading(village.node.engine).connect() as conn:
        end = heads.read(conn, village.node.book).seq
        found = queries.acts_between(conn, village.node.book, 1, end)
    return [decode(one.body, Act) for one in found]


def test_a_village_loan_goes_the_whole_way_round(village: Village) -> None:
    village.founded()
    loan = village.paid_loan()
    assert village.case(loan).state == "active"
    assert village.balances("10201", "30101", "115") == {
        "10201": 55_000_00, "30101": 60_000_00, "115": 5_000_00,
    }  # fmt: skip
    village.county.bank_line("repayment", "R1", village.county_day, loan=loan, amount=2_000_00)
    village.synchronise()
    assert village.balances("10201", "115") == {"10201": 57_000_00, "115": 3_000_00}


def test_each_act_of_the_county_is_followed_once_however_often_it_is_pulled(
    village: Village,
) -> None:
    village.founded()
    before = village.balances("10201"), len(acts_of(village))
    for _ in range(3):
        pull(village.node, village.county)
        village.follow()
    assert (village.balances("10201"), len(acts_of(village))) == before
    ids = [act.id for act in acts_of(village)]
    assert len(ids) == len(set(ids))


def test_an_act_of_a_later_date_waits_for_the_day_to_open(village: Village) -> None:
    village.founded(members=3)
    tomorrow = village.county.next_day()
    village.county.bank_line("grant", "G1", tomorrow, source="county", amount=100_00)
    village.synchronise()
    assert village.balances("31104") == {"31104": 0}
    close_day(village.node)
    assert village.balances("31104") == {"31104": 100_00}


def test_a_bounced_payment_brings_the_loan_back_to_contracted(village: Village) -> None:
    village.founded()
    loan = village.loan(state="instructed")
    village.synchronise()
    village.county.pay("bounce")
    village.synchronise()
    assert village.case(loan).state == "contracted"
    assert village.balances("115", "10201") == {"115": 0, "10201": 60_000_00}


def test_a_payout_that_comes_back_late_undoes_the_loan(village: Village) -> None:
    village.founded()
    loan = village.paid_loan()
    payment = village.case(loan).terms["pay"]
    assert payment["recipe"] == "loan.payout"
    village.county.come_back()
    village.synchronise()
    assert village.case(loan).state == "contracted"
    assert village.balances("115", "10201") == {"115": 0, "10201": 60_000_00}


def test_the_county_s_consent_completes_a_vote_over_the_cap(village: Village) -> None:
    village.founded()
    village.county.tell_policy(
        "DEFAULT", county={"loan.cap": "4000", "level.factors": ["1.0"], "loan.cap_shuangdao": "1"}
    )
    village.synchronise()
    loan = village.loan(state="endorsed")
    village.do("loan", loan, "vote", "council", by=("chair", "accountant"))
    assert village.case(loan).state == "endorsed"
    village.synchronise()
    asked = village.county.act("consent", "consent-1", "ask", "system:intake", {"for": loan})
    shown = {"terms": consent_digest(asked.case.terms)}
    village.county.act("consent", "consent-1", "grant", "cpo@federation", shown)
    village.synchronise()
    assert village.case(loan).state == "approved"
    assert village.case(loan).hands[-1].role == "cpo@federation"


def test_a_repayment_no_loan_can_take_goes_to_suspense_with_the_refusal(village: Village) -> None:
    village.founded()
    village.county.bank_line("repayment", "R9", FIRST_DAY, loan="loan-baiguo-9999", amount=300_00)
    village.synchronise()
    assert village.balances("21105", "10201") == {"21105": 300_00, "10201": 60_300_00}
    followed = acts_of(village)[-1]
    assert (followed.process, followed.act) == ("village_book", "follow")
    assert followed.facts["refused"]["code"] == "UNKNOWN_CASE"
    assert followed.movements[0].credit_key == followed.id


def test_unclaimed_money_and_grants_are_followed_as_the_county_filled_them(
    village: Village,
) -> None:
    village.founded()
    village.county.bank_line("unclaimed", "U1", FIRST_DAY, amount=70_00)
    village.county.bank_line("grant", "G1", FIRST_DAY, source="provincial", amount=900_00)
    village.synchronise()
    assert village.balances("21105", "31102") == {"21105": 70_00, "31102": 900_00}


def test_money_taken_in_error_is_booked_even_when_no_case_explains_it(village: Village) -> None:
    village.founded()
    village.county.bank_line("error", "E1", FIRST_DAY, amount=10_00)
    village.synchronise()
    assert village.balances("11309", "10201") == {"11309": 10_00, "10201": 59_990_00}


def test_money_out_that_its_own_funding_lacks_is_crossed_from_the_others(village: Village) -> None:
    """Custody knows one sum a village; which of its fundings lies idle is no reason to refuse."""
    village.founded()
    village.county.lend_on(700_00, "intercoop-1")
    village.county.lend_on(500_00, "intercoop-2")
    village.county.bank_line("error", "E1", FIRST_DAY, amount=60_900_00)
    village.synchronise()
    assert village.balances("11309", "10201", "191") == {
        "11309": 60_900_00, "10201": 300_00, "191": 0,
    }  # fmt: skip
    assert cash_of(village) == {"intercoop:intercoop-2": 300_00}
    cross, error = acts_of(village)[-2:]
    assert (cross.id, cross.recipe) == (f"{error.id}/cross/own", "funding.cross")
    assert error.facts["recipe"] == "receipt.error"
    assert "refused" not in error.facts


def test_what_a_repayment_takes_of_a_funding_itself_is_not_lent_to_another(
    village: Village,
) -> None:
    """The loan's own cash is short and the own fund empty: the other lender's stands in, once."""
    village.founded()
    village.county.lend_on(700_00, "intercoop-1")
    village.county.lend_on(500_00, "intercoop-2")
    village.county.bank_line("error", "E1", FIRST_DAY, amount=60_100_00)
    village.county.pay_back(700_00)
    village.synchronise()
    assert cash_of(village) == {"intercoop:intercoop-2": 400_00}
    assert village.balances("20102", "11309") == {"20102": 500_00, "11309": 60_100_00}


def test_what_is_refused_after_a_crossing_takes_the_crossing_with_it(village: Village) -> None:
    """More leaves than was borrowed: the money is in suspense, and the books go on."""
    village.founded()
    village.county.lend_on(700_00, "intercoop-1")
    village.county.lend_on(500_00, "intercoop-2")
    village.county.bank_line("error", "E1", FIRST_DAY, amount=60_000_00)
    village.county.pay_back(800_00)
    village.synchronise()
    assert village.balances("20102", "11309") == {"20102": 1_200_00, "11309": 60_800_00}
    assert cash_of(village) == {"intercoop:intercoop-2": 400_00}
    cross, error = acts_of(village)[-2:]
    assert (cross.id, cross.facts["amount"]) == (f"{error.id}/cross/own", 800_00)
    assert error.facts["refused"]["code"] == "BALANCE_TOO_LOW"


def test_a_payout_whose_funding_lacks_the_cash_by_now_is_crossed_and_the_loan_active(
    village: Village,
) -> None:
    village.founded()
    loan = village.loan(state="instructed")
    village.synchronise()
    village.county.lend_on(4_000_00)
    village.county.bank_line("error", "E1", FIRST_DAY, amount=58_000_00)
    village.county.pay()
    village.synchronise()
    assert village.case(loan).state == "active"
    assert village.balances("115", "10201") == {"115": 5_000_00, "10201": 1_000_00}
    assert cash_of(village) == {"intercoop:intercoop-1": 1_000_00}


def cash_of(village: Village) -> dict[str, int]:
    with reading(village.node.engine).connect() as conn:
        return store.rows(conn, village.node.book, ["10201"], by="funding")["10201"]


def test_the_policy_told_holds_from_the_act_that_told_it(village: Village) -> None:
    village.founded()
    loan = village.loan(state="applied")
    due = village.case(loan).due
    village.county.tell_policy("DEFAULT", county={"loan.sign_days": 3})
    village.synchronise()
    village.do("loan", loan, "withdraw", "member", by=("m1",))
    again = village.loan(2, state="applied")
    assert due is not None
    new = village.case(again).due
    assert new is not None
    assert new < due


def test_a_crash_between_any_two_steps_of_following_loses_and_doubles_nothing(
    village: Village,
) -> None:
    village.founded()
    loan = village.loan(state="instructed")
    village.synchronise()
    village.county.pay()
    village.county.bank_line("repayment", "R1", village.county_day, loan=loan, amount=100_00)
    pull(village.node, village.county)
    while True:
        more = power_cut(village.node.engine, lambda conn: follow_next(conn, village.node))
        assert follow_one(village.node) is more
        if not more:
            break
    assert village.case(loan).state == "active"
    assert village.balances("115") == {"115": 4_900_00}


def test_no_name_card_or_id_number_stands_in_an_act(village: Village) -> None:
    village.founded()
    village.paid_loan()
    with reading(village.node.engine).connect() as conn:
        raw = b"".join(conn.scalars(sa.text("select body from act")))
        rest = str(conn.execute(sa.text("select record from node_person")).all())
    for private in ("社员", "622626197001011234", "6228480000000000018", "王秀英"):
        assert private.encode() not in raw
        assert private not in rest


def test_an_application_with_the_number_of_a_card_is_refused(village: Village) -> None:
    village.founded()
    facts = {"person": village.person["m1"], "household": "H900", "card": CARD}
    with pytest.raises(Rejected) as refused:
        village.do("member", "member-baiguo-900", "apply", "bookkeeper", facts)
    assert refused.value.code is RejectionCode.FACTS_INVALID
    assert CARD not in str(refused.value.as_struct())


def test_days_and_members_of_the_founded_village_are_as_told(village: Village) -> None:
    village.founded()
    assert village.case(member(1)).state == "active"
    assert village.county_day - FIRST_DAY >= timedelta(days=5)
    assert date(2017, 1, 1) < village.county_day
