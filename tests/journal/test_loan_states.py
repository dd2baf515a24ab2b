"""P2 performed on both databases, from application to payout, told as tables.

What happens to the money afterwards is in test_loan_money.py.
"""

import sqlalchemy as sa

from tests.journal.loan_stories import APPLY, CONTRACTED, PAID, VOTED
from tests.support.village import Village, policy_of


def test_a_loan_from_application_to_its_end(village: Village) -> None:
    village.play(f"""
      {CONTRACTED}
      901    L1  10_000.00
      instruct L1  cashier:k1               instructed
      115    L1  0.00                                       # the instruction moves nothing
      paid     L1  follow  amount=10_000.00 on=2017-01-10   active
      115    L1  10_000.00
      10201  -   250_000.00
      finish   L1  close                                    STILL_OWED
      repay    L1  follow  amount=10_840.00 on=2018-01-10   active
      finish   L1  close                                    closed
      901    L1  0.00
      50101  -   840.00
    """)
    loan = village.case("L1")
    assert (loan.terms["paid_on"], loan.terms["due_on"]) == ("2017-01-10", "2018-01-10")
    assert (loan.terms["rate_ppm"], loan.terms["approved_on"]) == (7_000, "2016-12-22")


def test_the_four_powers_hold_over_the_whole_history_of_a_loan(village: Village) -> None:
    village.do("post", "vacate", "o-cashier", "meeting:c1")
    village.do("post", "elect", "o-cashier-2", "meeting:c1",
               {"post": "cashier", "person": "c3", "elected_on": "2016-12-22",
                "until": "2019-12-31"})  # fmt: skip
    village.play(f"""
      {APPLY} amount=10_000.00               applied
      sign     L1  guarantor:p2,p3           endorsed
      vote     L1  council:c1,c3             approved
      notice   L1  bookkeeper:c2             noticed
      object   L1  supervisor:c1             NOT_ON_THE_LIST
      until 2017-01-09
      contract L1  bookkeeper:c2             contracted
      instruct L1  cashier:c3                FOUR_POWERS
      instruct L1  cashier:k1                NOT_ON_THE_LIST
      cancel   L1  member:p2                 NOT_ON_THE_LIST
    """)


def test_a_borrower_on_the_council_abstains_and_may_not_pay_himself(village: Village) -> None:
    village.join(4, person="c1")
    village.join(5)
    village.join(6)
    village.group("g2", 4, 5, 6)
    village.play("""
      apply L1 member:c1 member=m4 group=g2 amount=1_000.00 applied
      sign     L1  guarantor:p5,p6                             endorsed
      vote     L1  council:c1                                  MUST_ABSTAIN
      vote     L1  council:c1 votes=c1:abstain,c2:yes          endorsed
      refuse   L1  chair:c1                                    MUST_ABSTAIN
      vote     L1  council:c3                                  approved
    """)
    assert [hand.vote for hand in village.case("L1").hands if hand.person == "c1"] == [
        "",
        "abstain",
    ]


def test_a_close_relative_on_the_council_abstains(village: Village) -> None:
    village.play(f"""
      {APPLY} amount=10_000.00 relatives=c3   applied
      sign     L1  guarantor:p2,p3            endorsed
      vote     L1  council:c3                 MUST_ABSTAIN
      vote     L1  council:c3 vote=abstain    endorsed
      vote     L1  council:c1                 endorsed
      vote     L1  council:c1                 ALREADY_SIGNED
      vote     L1  council:c2                 approved
    """)


def test_a_majority_lost_is_refused_by_the_chair_and_not_before(village: Village) -> None:
    village.play(f"""
      {APPLY} amount=10_000.00               applied
      sign     L1  guarantor:p2,p3           endorsed
      vote     L1  council:c2 vote=no        endorsed
      refuse   L1  chair:c1                  VOTE_NOT_LOST
      vote     L1  council:c3 vote=no        endorsed
      refuse   L1  bookkeeper:c2             ROLE_NOT_ALLOWED
      refuse   L1  chair:c1                  refused
      vote     L1  council:c1                ACT_NOT_ALLOWED_NOW
    """)


def test_every_guarantor_signs_and_nobody_else(village: Village) -> None:
    village.join(4)
    village.play(f"""
      {APPLY} amount=10_000.00               applied
      sign     L1  guarantor:p1              NOT_ON_THE_LIST
      sign     L1  guarantor:p4              NOT_ON_THE_LIST
      sign     L1  guarantor:p2              applied
      vote     L1  council:c1                ACT_NOT_ALLOWED_NOW
      sign     L1  council:c1                ROLE_NOT_ALLOWED
      sign     L1  guarantor:p3              endorsed
    """)


def test_a_council_without_members_can_approve_nothing(village: Village) -> None:
    for post in ("chair", "accountant", "council"):
        village.do("post", "vacate", f"o-{post}", "meeting:c1")
    village.play(f"""
      {APPLY} amount=10_000.00               applied
      sign     L1  guarantor:p2,p3           endorsed
      vote     L1  council:c1                NOT_ON_THE_LIST
    """)


def test_above_the_cap_the_county_consents_after_the_council(village: Village) -> None:
    village.do("member", "mark", "m1", "council:c1,c3", {"level": 5})
    village.do("member", "mark", "m1", "township:t1", {"level": 5})
    village.play(f"""
      {APPLY} amount=20_000.01               applied
      sign     L1  guarantor:p2,p3           endorsed
      vote     L1  council:c1,c2,c3          endorsed
      vote     L1  council:c1                ALREADY_SIGNED
      refuse   L1  chair:c1                  VOTE_NOT_LOST
      vote     L1  cpo:officer               approved
    """)


def test_without_consent_the_vote_is_lost(village: Village) -> None:
    village.do("member", "mark", "m1", "council:c1,c3", {"level": 5})
    village.do("member", "mark", "m1", "township:t1", {"level": 5})
    village.play(f"""
      {APPLY} amount=20_000.01               applied
      sign     L1  guarantor:p2,p3           endorsed
      vote     L1  council:c1,c2,c3          endorsed
      vote     L1  cpo:officer vote=no       endorsed
      refuse   L1  chair:c1                  refused
    """)


def test_at_the_cap_nobody_asks_the_county(village: Village) -> None:
    village.do("member", "mark", "m1", "council:c1,c3", {"level": 5})
    village.do("member", "mark", "m1", "township:t1", {"level": 5})
    village.play(f"""
      {APPLY} amount=20_000.00               applied
      sign     L1  guarantor:p2,p3           endorsed
      vote     L1  cpo:officer               ROLE_NOT_ALLOWED
      vote     L1  council:c1,c2             approved
    """)


def test_lanzhou_asks_the_township_review_committee_too(conn: sa.Connection) -> None:
    village = Village(conn, policy_of("LANZHOU"))
    village.founded(members=0)
    for number in range(1, 5):
        village.join(number, poor=number > 1)
    village.grant("200_000.00")
    village.group("g1", 1, 2, 3, 4, leaders=["m1"])
    village.play(f"""
      {APPLY} amount=10_000.00               applied
      sign     L1  guarantor:p2,p3,p4        endorsed
      vote     L1  council:c1,c2,c3          endorsed
      vote     L1  township_review:c1        FOUR_POWERS
      vote     L1  township_review:t2        approved
    """)


def test_who_became_wealthy_before_the_vote_gets_no_loan(village: Village) -> None:
    village.play(f"""
      {APPLY} amount=10_000.00               applied
      sign     L1  guarantor:p2,p3           endorsed
      mark     m1  council:c1,c3 wealthy=true   active
      mark     m1  township:t1 wealthy=true     active
      vote     L1  council:c1,c2             WEALTHY_MAY_NOT_BORROW
      vote     L1  council:c1                endorsed
    """)


def test_an_objection_stops_the_clock_and_the_notice_starts_again(village: Village) -> None:
    village.play(f"""
      {VOTED}
      clear    L1  deadline                  ACT_NOT_ALLOWED_NOW
      notice   L1  bookkeeper:c2             noticed
      clear    L1  deadline                  TOO_EARLY
      object   L1  supervisor:s1 reason=x    objected
      contract L1  bookkeeper:c2             ACT_NOT_ALLOWED_NOW
      dismiss  L1  supervisor:s1             ROLE_NOT_ALLOWED
      dismiss  L1  chair:c1 reason=y         approved
      until 2017-01-09
      contract L1  bookkeeper:c2             ACT_NOT_ALLOWED_NOW
      notice   L1  bookkeeper:c2             noticed
      until 2017-01-15
      contract L1  bookkeeper:c2             ACT_NOT_ALLOWED_NOW
      until 2017-01-16
      contract L1  bookkeeper:c2             contracted
    """)


def test_an_objection_sustained_ends_it(village: Village) -> None:
    village.play(f"""
      {VOTED}
      notice   L1  bookkeeper:c2             noticed
      object   L1  supervisor:s1             objected
      sustain  L1  chair:c1                  refused
    """)


def test_what_nobody_signs_lapses(village: Village) -> None:
    village.play(f"{APPLY} amount=10_000.00  applied")
    due = village.case("L1").due
    assert due is not None
    village.until(due)
    assert village.case("L1").state == "lapsed"


def test_a_member_withdraws_until_the_contract_and_cancels_after_it(village: Village) -> None:
    village.play(f"""
      {CONTRACTED}
      withdraw L1  member:p1                 ACT_NOT_ALLOWED_NOW
      cancel   L1  member:p1                 withdrawn
      901    L1  0.00
    """)


def test_a_returned_payment_leaves_the_contract_and_is_paid_anew(village: Village) -> None:
    village.play(f"""
      {CONTRACTED}
      instruct L1  cashier:k1                               instructed
      cancel   L1  member:p1                                ACT_NOT_ALLOWED_NOW
      returned L1  follow                                   contracted
      instruct L1  cashier:k1                               instructed
      paid     L1  follow amount=9_999.99                   FACTS_INVALID
      paid     L1  follow amount=10_000.00 on=2017-01-12    active
    """)
    assert village.case("L1").terms["due_on"] == "2018-01-12"


def test_a_payout_that_comes_back_late_owed_no_fee(village: Village) -> None:
    village.play(
        f"""
      {PAID}
      until 2017-01-31
      117    L1  49.00
      provision_of - 100.00
      returned_late L1  follow amount=10_000.00             contracted
      117    L1  0.00
      115    L1  0.00
      50101  -   0.00
      10201  -   260_000.00
      until 2017-02-28
      118    -   0.00
      cancel   L1  member:p1                                withdrawn
    """.replace("provision_of - 100.00", "118 - 100.00")
    )


def test_the_cashier_signs_in_himself_and_sees_what_is_left(village: Village) -> None:
    village.play(CONTRACTED)
    told = {"role": "cashier@node", "operator": "c2", "persons": ("k1",)}
    assert village.attempt_as("loan", "instruct", "L1", told) == "OWN_SIGN_IN"
    # Money under way is not there twice: the second loan's instruction is the one too many.
    village.join(4)
    village.join(5)
    village.join(6)
    village.group("g2", 4, 5, 6)
    village.play("""
      apply L2 member:p4 group=g2 amount=8_000.00 applied
      sign     L2  guarantor:p5,p6               endorsed
      vote     L2  council:c1,c2                 approved
      notice   L2  bookkeeper:c2                 noticed
      until 2017-02-28
      contract L2  bookkeeper:c2                 contracted
    """)
    village.take("303_000.00")
    village.play("""
      instruct L1  cashier:k1                    instructed
      instruct L2  cashier:k1                    BALANCE_TOO_LOW
    """)


def test_r_058_where_the_county_asks_for_it_an_uninsured_borrower_is_paid_nothing(
    conn: sa.Connection,
) -> None:
    village = Village(conn, policy_of(insurance__required=True)).founded()
    village.grant("200_000.00")
    village.play(f"""
      {CONTRACTED}
      instruct L1 cashier:k1                                          NOT_INSURED
      insure m1 bookkeeper:c2 insurer=县人保 number=A-17 until=2017-01-09   FACTS_INVALID
      insure m1 bookkeeper:c2 number=A-17 until=2018-01-31            FACTS_INVALID
      insure m1 cashier:k1 insurer=县人保 number=A-17 until=2018-01-31  ROLE_NOT_ALLOWED
      insure m2 council:c1 insurer=县人保 number=A-18 until=2018-01-31  active
      instruct L1 cashier:k1                                          NOT_INSURED
      insure m1 bookkeeper:c2 insurer=县人保 number=A-17 until=2017-01-10   active
      until 2017-01-10
      instruct L1 cashier:k1                                          NOT_INSURED
      insure m1 council:c1 insurer=县人保 number=A-17 until=2018-01-31  active
      instruct L1 cashier:k1                                          instructed
    """)
    assert village.case("L1").terms["insured_until"] == "2018-01-31"
    assert village.case("m1").terms["insurance_number"] == "A-17"


def test_r_058_elsewhere_insurance_is_recorded_and_asked_of_nobody(village: Village) -> None:
    village.play(f"""
      {CONTRACTED}
      instruct L1 cashier:k1                                          instructed
    """)
    assert "insured_until" not in village.case("L1").terms
