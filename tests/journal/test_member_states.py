"""P1 performed on both databases: members, shares, groups and posts, told as tables."""

import pytest
import sqlalchemy as sa

from contracts.rejections import RejectionCode
from kernel.errors import Rejected
from tests.journal.loan_stories import PAID
from tests.support.village import COOP, Village, policy_of


def test_a_household_joins_after_its_notice_and_pays_in(village: Village) -> None:
    village.play("""
      apply   m4 bookkeeper:c2 person=p4 household=h4 poor=true  applied
      admit   m4 council:c1                    applied
      admit   m4 cashier:k1                    ROLE_NOT_ALLOWED
      admit   m4 council:c3                    noticed
      pay_in  m4 follow amount=500.00          ACT_NOT_ALLOWED_NOW
      object  m4 supervisor:s1 reason=x        applied
      admit   m4 council:c1,c3                 noticed
      until 2016-12-27
      pay_in  m4 follow amount=500.00          ACT_NOT_ALLOWED_NOW
      until 2016-12-28
      pay_in  m4 follow amount=500.00 on=2016-12-29   active
      pay_in  m4 follow amount=300.00          active
      pay_in  m4 follow amount=0               AMOUNT_NOT_POSITIVE
      30101   m4 800.00
    """)
    assert village.case("m4").terms["joined_on"] == "2016-12-29"


def test_one_member_per_household_and_per_person_until_he_has_left(village: Village) -> None:
    village.play("""
      apply   m4 bookkeeper:c2 person=p4 household=h1   HOUSEHOLD_HAS_MEMBER
      apply   m4 bookkeeper:c2 person=p1 household=h4   HOUSEHOLD_HAS_MEMBER
      apply   m4 bookkeeper:c2 person=p4                FACTS_INVALID
      apply   m4 bookkeeper:c2 person=p4 household=h4 share=1   FACTS_INVALID
      ask_leave m1 member:p1                 leave_asked
      apply   m4 bookkeeper:c2 person=p4 household=h1   HOUSEHOLD_HAS_MEMBER
      refund  m1 cashier:k1                  refunding
      refunded m1 follow amount=20_000.00    left
      apply   m4 bookkeeper:c2 person=p4 household=h1   applied
      withdraw m4 member:p4                  withdrawn
      apply   m5 bookkeeper:c2 person=p4 household=h1   applied
    """)


def test_a_member_leaves_at_par_by_a_payment_and_may_stay_until_it_is_asked(
    village: Village,
) -> None:
    village.play("""
      ask_leave m1 member:p2                 NOT_ON_THE_LIST
      ask_leave m1 member:p1                 leave_asked
      30101   m1  0.00
      23503   m1  20_000.00
      stay    m1 member:p1                   active
      30101   m1  20_000.00
      23503   m1  0.00
      ask_leave m1 member:p1                 leave_asked
      refund  m1 chair:c1                    ROLE_NOT_ALLOWED
      refund  m1 cashier:k1                  refunding
      stay    m1 member:p1                   ACT_NOT_ALLOWED_NOW
      returned m1 follow                     refund_owed
      stay    m1 member:p1                   ACT_NOT_ALLOWED_NOW
      refund  m1 cashier:k1                  refunding
      refunded m1 follow amount=20_000.01    FACTS_INVALID
      refunded m1 follow amount=20_000.00    left
      23503   m1  0.00
      10201   -   240_000.00
      returned_late m1 follow amount=20_000.00   refund_owed
      23503   m1  20_000.00
    """)


def test_who_owes_or_guarantees_does_not_leave(village: Village) -> None:
    village.play(f"""
      {PAID}
      ask_leave m1 member:p1                 NOT_FREE_TO_LEAVE
      ask_leave m2 member:p2                 NOT_FREE_TO_LEAVE
      dissolve  g1 bookkeeper:c2             GROUP_HAS_LOAN
      repay     L1 follow amount=10_840.00 on=2018-01-10   active
      ask_leave m1 member:p1                 NOT_FREE_TO_LEAVE
      finish    L1 close                     closed
      ask_leave m2 member:p2                 leave_asked
      dissolve  g1 bookkeeper:c2             dissolved
    """)


def test_leaving_waits_for_the_months_the_county_sets(conn: sa.Connection) -> None:
    village = Village(conn, policy_of(leave__min_months=6)).founded()
    village.play("""
      ask_leave m1 member:p1                 TOO_EARLY
      until 2017-06-07
      ask_leave m1 member:p1                 leave_asked
    """)


def test_an_expelled_member_without_debts_is_refunded_and_never_stays(village: Village) -> None:
    village.play("""
      expel   m1 council:c1                  ROLE_NOT_ALLOWED
      expel   m1 meeting:c1                  expelled
      stay    m1 member:p1                   ACT_NOT_ALLOWED_NOW
      settle  m1 bookkeeper:c2               STILL_OWED
      refund  m1 cashier:k1                  refunding
      returned m1 follow                     refund_owed
      stay    m1 member:p1                   ACT_NOT_ALLOWED_NOW
      refund  m1 cashier:k1                  refunding
      refunded m1 follow amount=20_000.00    left
    """)


def test_an_expelled_member_whose_share_only_met_his_debt_has_left(conn: sa.Connection) -> None:
    village = Village(conn, policy_of()).founded(share="1_000.00")
    village.grant("200_000.00")
    village.play(f"""
      {PAID}
      until 2018-01-11
      expel   m1 meeting:c1                  expelled
      set_off L1 bookkeeper:c2               active
      116     L1  9_000.00
      23503   m1  0.00
      set_off L1 bookkeeper:c2               AMOUNT_NOT_POSITIVE
      refund  m1 cashier:k1                  NOT_FREE_TO_LEAVE
      settle  m1 bookkeeper:c2               left
    """)


def test_flags_are_decided_alike_by_council_and_township(village: Village) -> None:
    village.play("""
      mark    m1 council:c1,c3 poor=true wealthy=false   active
      mark    m1 township:t1 wealthy=true                active
      mark    m1 township:t1 poor=true wealthy=false     active
      mark    m1 council:c1,c3 level=0                   FACTS_INVALID
    """)
    terms = village.case("m1").terms
    assert (terms["poor"], terms["wealthy"]) == (True, False)
    village.play("""
      mark    m1 council:c1,c3 poor=true wealthy=false   active
      mark    m1 township:t1 poor=true wealthy=false     active
    """)
    # The second decision needed its own signatures: the first set did not count again.
    assert [hand.act for hand in village.case("m1").hands].count("mark") == 7


def test_money_in_suspense_becomes_a_members_share(village: Village) -> None:
    line = {"amounts": {"amount": 500_00}, "keys": {"item": "K-baiguo/3"}}
    village.do("village_book", "follow", f"village-{COOP}", "follow",
               {"recipe": "receipt.unclaimed", "lines": [line]})  # fmt: skip
    village.play("""
      to_share S1 bookkeeper:c2 item=K-baiguo/3 member=m9 person=p9 amount=500.00  NOT_A_MEMBER
      to_share S1 bookkeeper:c2 item=K-baiguo/3 member=m1 person=p1 amount=500.01  MORE_THAN_OWED
      to_share S1 bookkeeper:c2 item=K-baiguo/3 member=m1 person=p1 amount=500.00  resolved
      30101   m1          20_500.00
      21105   K-baiguo/3  0.00
    """)


def test_a_group_has_the_size_of_its_mode_and_members_in_no_other(village: Village) -> None:
    village.join(4)
    village.join(5)
    village.join(6)
    village.play("""
      form g2 bookkeeper:c2 kind=g3 group_member=m4,m5         GROUP_SIZE
      form g2 bookkeeper:c2 kind=g3 group_member=m4,m5,m1      MEMBER_IN_GROUP
      form g2 bookkeeper:c2 kind=g3 group_member=m4,m5,m9      NOT_A_MEMBER
      form g2 bookkeeper:c2 kind=g3 group_member=m4,m4,m5      HOUSEHOLD_HAS_MEMBER
      form g2 bookkeeper:c2 kind=g5 group_member=m4,m5,m6      FACTS_INVALID
      form g2 bookkeeper:c2 kind=g3 group_member=m4,m5,m6 leaders=m4   FACTS_INVALID
      form g2 chair:c1 kind=g3 group_member=m4,m5,m6           ROLE_NOT_ALLOWED
      form g2 bookkeeper:c2 kind=g3 group_member=m4,m5,m6      live
      dissolve g1 bookkeeper:c2                                dissolved
      form g3 bookkeeper:c2 kind=g3 group_member=m1,m2,m3      live
    """)


def test_ningxia_forms_groups_of_five(conn: sa.Connection) -> None:
    village = Village(conn, policy_of("NINGXIA")).founded(members=5)
    assert village.case("g1").state == "live"
    with pytest.raises(Rejected) as raised:
        village.group("g2", 1, 2, 3)
    assert raised.value.code is RejectionCode.MEMBER_IN_GROUP


def test_a_leader_group_is_one_or_two_leaders_and_three_to_five_poor_households(
    conn: sa.Connection,
) -> None:
    village = Village(conn, policy_of("LANZHOU")).founded(members=0)
    for number in range(1, 10):
        village.join(number, poor=3 <= number <= 8)
    village.play("""
      form g1 bookkeeper:c2 kind=leader group_member=m1,m3,m4 leaders=m1             GROUP_SIZE
      form g1 bookkeeper:c2 kind=leader group_member=m3,m4,m5                        GROUP_SIZE
      form g1 bookkeeper:c2 kind=leader group_member=m1,m3,m4,m9 leaders=m1          GROUP_SIZE
      form g1 bookkeeper:c2 kind=leader group_member=m1,m3,m4,m5,m6,m7,m8 leaders=m1  GROUP_SIZE
      form g1 bookkeeper:c2 kind=leader group_member=m3,m4,m5,m6 leaders=m1          FACTS_INVALID
      form g1 bookkeeper:c2 kind=leader group_member=m1,m2,m3,m4,m5,m6,m7 leaders=m1,m2   live
    """)


def test_posts_that_must_be_in_different_hands_are(village: Village) -> None:
    dates = "elected_on=2017-01-01 until=2019-12-31"
    village.play(f"""
      elect o1 meeting:x1 post=cashier    person=c2 {dates}   POST_TAKEN
      vacate o-cashier meeting:x1                             vacant
      elect o1 meeting:x1 post=cashier    person=c2 {dates}   POST_CONFLICT
      elect o1 meeting:x1 post=cashier    person=s1 {dates}   POST_CONFLICT
      elect o1 meeting:x1 post=council    person=s1 {dates}   POST_CONFLICT
      elect o1 meeting:x1 post=supervisor person=c3 {dates}   POST_CONFLICT
      elect o1 meeting:x1 post=supervisor person=s1 {dates}   held
      elect o2 meeting:x1 post=deputy     person=d1 {dates}   held
      elect o3 meeting:x1 post=cashier    person=d1 {dates}   POST_CONFLICT
      elect o3 meeting:x1 post=treasurer  person=d2 {dates}   FACTS_INVALID
      elect o3 meeting:x1 post=chair person=d2 until=2016-12-31 elected_on=2017-01-01 FACTS_INVALID
      elect o3 chair:c1   post=cashier    person=d2 {dates}   ROLE_NOT_ALLOWED
      elect o3 meeting:x1 post=cashier    person=d2 {dates}   held
    """)


def test_in_wenxian_the_deputy_is_cashier_and_so_does_not_vote_on_what_he_pays(
    conn: sa.Connection,
) -> None:
    village = Village(conn, policy_of("WENXIAN")).founded()
    village.grant("200_000.00")
    dates = "elected_on=2017-01-01 until=2019-12-31"
    village.play(f"""
      elect o-deputy meeting:x1 post=deputy person=k1 {dates}   held
      apply    L1  member:p1 amount=1_000.00    applied
      sign     L1  guarantor:p2,p3              endorsed
      vote     L1  council:k1                   endorsed
      vote     L1  council:c1,c2                approved
      notice   L1  bookkeeper:c2                noticed
      until 2017-01-09
      contract L1  bookkeeper:c2                contracted
      instruct L1  cashier:k1                   FOUR_POWERS
    """)
