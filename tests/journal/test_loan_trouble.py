"""P2 from the payout on, on both databases: overdue, guarantors, extension, write-off.

Every figure was worked out by hand from domain.md (R-052…R-056, P2.6–P2.8, P14); 7‰ a month on
10,000.00 is 70.00.
"""

from contracts.money import show
from kernel import recovery
from kernel.loans import instalments
from tests.journal.loan_stories import CONTRACTED, PAID
from tests.support.village import Village

OVERDUE = f"""
  {PAID}
  until 2018-01-11
"""


def test_the_due_day_is_no_day_overdue_and_the_next_is_one(village: Village) -> None:
    village.play(f"""
      {PAID}
      until 2018-01-10
      116  L1  0.00
      until 2018-01-11
      116  L1  10_000.00
      115  L1  0.00
    """)


def test_classes_and_provision_to_the_fen_as_the_days_pass(village: Village) -> None:
    village.play(f"""
      {PAID}
      until 2017-12-31
      118  -   100.00                                      # normal 1 %
      until 2018-01-31
      118  -   200.00                                      # 21 days: attention 2 %
      until 2018-04-30
      118  -   2_500.00                                    # 110 days: substandard 25 %
      until 2018-08-31
      118  -   5_000.00                                    # 233 days: doubtful 50 %
      until 2019-01-31
      118  -   10_000.00                                   # 386 days: loss
      523  -   10_000.00
      repay L1 follow amount=12_000.00 on=2019-02-01      active
      until 2019-02-28
      118  -   0.00
      523  -   0.00
    """)


def test_p2_4_who_borrowed_is_visited_by_council_or_township_as_often_as_they_like(
    village: Village,
) -> None:
    village.play(f"""
      {CONTRACTED}
      revisit L1 council:c1 finding=买牛两头                   ACT_NOT_ALLOWED_NOW
      instruct L1 cashier:k1                                 instructed
      paid    L1 follow amount=10_000.00 on=2017-01-10       active
      revisit L1 council:c1                                  FACTS_INVALID
      revisit L1 bookkeeper:c2 finding=买牛两头                ROLE_NOT_ALLOWED
      revisit L1 council:c1 finding=买牛两头                   active
      revisit L1 township:t1 finding=牛已卖出 used=otherwise   active
    """)
    told = village.case("L1").terms
    assert (told["used"], told["revisited_on"]) == ("otherwise", "2017-01-10")


def test_r_053_an_overdue_loan_is_dunned_step_by_step_and_begins_with_the_notice(
    village: Village,
) -> None:
    village.play(f"""
      {PAID}
      until 2018-01-09
      dun L1 bookkeeper:c2                            TOO_EARLY
      until 2018-01-10
      dun L1 council:c1 how=visit note=答应卖牛还款      FACTS_INVALID
      dun L1 cashier:k1                               ROLE_NOT_ALLOWED
      dun L1 bookkeeper:c2                            active
    """)
    assert village.case("L1").terms["dunned_step"] == 1
    village.play("""
      until 2018-01-24
      dun L1 township:t1 how=telephone                FACTS_INVALID
      dun L1 township:t1 how=telephone note=月底还     active
      dun L1 council:c1 how=visit note=答应卖牛还款      active
    """)
    told = village.case("L1").terms
    assert (told["dunned_step"], told["dunned_on"]) == (15, "2018-01-25")
    village.play("""
      extend L1  guarantor:p2,p3 due_on=2018-06-10    active
      extend L1  council:c1,c2 due_on=2018-06-10      active
      dun L1 bookkeeper:c2                            TOO_EARLY
      until 2018-06-11
      dun L1 council:c1 how=visit note=答应卖牛还款      FACTS_INVALID
      dun L1 council:c1                               active
      repay L1 follow amount=10_000.00 on=2018-06-12  active
      repay L1 follow amount=10_000.00 on=2018-06-12  active
      dun L1 council:c1                               TOO_EARLY
    """)


def test_r_058_an_insurers_payout_clears_the_loan_first_and_the_rest_is_the_familys(
    village: Village,
) -> None:
    village.play(f"""
      {PAID}
      repay  L1  follow amount=3_000.00 payer=insurer on=2017-04-15   active
      115    L1  7_221.67                                    # E3: fee of 95 days, 221.67, first
      907    -   0.00                                        # owed to no guarantor
      until 2018-01-11
      116    L1  7_221.67
      repay  L1  follow amount=8_000.00 payer=insurer on=2018-01-12   active
      116    L1  0.00
    """)
    rest = village.balance("21105", "L1")
    assert 0 < rest < 8_000_00 - 7_221_67
    today = village.today
    due = recovery.due_recovery(instalments([village.case("L1")], today), today)
    assert (due.repaid_fen, due.due_fen) == (10_000_00, 10_000_00)
    village.play(f"""
      finish L1  close                                       closed
      pay_back S1 cashier:k1 item=L1 member=m1 person=p1 amount={show(rest).replace(",", "_")} asked
      paid   S1  follow amount={show(rest).replace(",", "_")}  paid
      21105  -   0.00
    """)


def test_r_058_money_in_suspense_is_an_insurers_or_a_guarantors_as_the_bookkeeper_says(
    village: Village,
) -> None:
    village.play(f"""
      {OVERDUE}
      repay  L1  follow amount=10_900.00 on=2018-01-11       active
      assign L1  bookkeeper:c2 item=L1 amount=1.00 payer=m9  FACTS_INVALID
      assign L1  bookkeeper:c2 item=L1 amount=1.00 payer=insurer MORE_THAN_OWED
    """)


def test_guarantors_are_called_pay_and_stay_the_borrowers_creditors(village: Village) -> None:
    village.play(f"""
      {OVERDUE}
      until 2018-01-23
      call   L1  bookkeeper:c2                              TOO_EARLY
      until 2018-01-24
      call   L1  bookkeeper:c2                              active
      until 2018-02-09
      repay  L1  follow amount=6_000.00 payer=m2 on=2018-02-10   active
      116    L1  4_910.00                                    # 13 months' fee, 910, first
      907    L1  6_000.00
      until 2018-02-19
      apply L2 member:p2 amount=100.00 GROUP_NOT_CLEAN
      repay  L1  follow amount=4_921.46 on=2018-02-20        active
      907    L1  6_000.00                                    # the borrower paid for himself
      finish L1  close                                       STILL_OWED
      apply L2 member:p3 amount=100.00 GROUP_NOT_CLEAN
      ask_leave m2 member:p2                                 NOT_FREE_TO_LEAVE
      guarantor_repaid L1 guarantor:p2 payer=m2 amount=6_000.01   MORE_THAN_OWED
      guarantor_repaid L1 guarantor:p1 payer=m2 amount=6_000.00   NOT_ON_THE_LIST
      guarantor_repaid L1 guarantor:p2 payer=m2 amount=6_000.00   active
      907    L1  0.00
      finish L1  close                                       closed
      apply L2 member:p2 amount=100.00 applied
    """)


def test_an_extension_takes_all_signatures_on_one_date(village: Village) -> None:
    village.play(f"""
      {PAID}
      until 2017-12-31
      extend L1  guarantor:p2,p3 due_on=2018-06-10   active
      extend L1  council:c1 due_on=2018-06-10        active
      extend L1  council:c2 due_on=2018-07-10        active
      extend L1  council:c1 due_on=2019-01-11        TERM_TOO_LONG
      extend_long L1 council:c1 due_on=2019-01-11    TERM_TOO_LONG
      extend L1  council:c3 due_on=2018-06-10        active
    """)
    assert village.case("L1").terms["due_on"] == "2018-06-10"
    village.play("""
      extend L1  guarantor:p2 due_on=2018-09-10      EXTENSIONS_USED
      until 2018-06-10
      116    L1  0.00
      until 2018-06-11
      116    L1  10_000.00
    """)
    assert village.case("L1").terms["first_due_on"] == "2018-01-10"


def test_an_overdue_loan_extended_is_current_again_but_watched(village: Village) -> None:
    village.play(f"""
      {OVERDUE}
      116    L1  10_000.00
      extend L1  guarantor:p2,p3 due_on=2018-12-31   active
      extend L1  council:c1,c2 due_on=2018-12-31     active
      116    L1  0.00
      115    L1  10_000.00
      until 2018-01-31
      118    -   200.00                               # not normal: at least attention
    """)


def test_a_write_off_is_decided_by_other_persons_and_still_collected(village: Village) -> None:
    village.play(f"""
      {OVERDUE}
      until 2019-02-28
      write_off L1 council:c1,c2                     active
      write_off L1 township:c3                       active
      write_off L1 reviewer:o1                       active
      write_off L1 leading_group:o1                  ALREADY_SIGNED
      write_off L1 leading_group:s1                  written_off
      116    L1  0.00
      117    L1  0.00
      118    -   0.00
      523    -   11_050.00                            # principal, and last year's fee receivable
      50101  -   1_050.00
      902    L1  11_050.00
      apply L2 member:p2 amount=100.00 GROUP_NOT_CLEAN
      repay  L1  follow amount=500.00 on=2019-03-01  written_off
      50202  -   500.00
      902    L1  10_550.00
      finish L1  close                               STILL_OWED
      until 2019-03-09
      repay  L1  follow amount=11_330.00 on=2019-03-10   written_off
      50202  -   11_820.00                            # 26 months' fee and the principal
      902    L1  0.00
      21105  L1  10.00
      finish L1  close                               closed
      901    L1  0.00
    """)


def test_a_write_off_beyond_the_provision_is_a_loss_first(village: Village) -> None:
    village.play(f"""
      {OVERDUE}
      until 2018-04-30
      118    -   2_500.00
      write_off L1 council:c1,c2                     active
      write_off L1 township:t1                       active
      write_off L1 reviewer:o1                       active
      write_off L1 leading_group:o2                  written_off
      118    -   0.00
      523    -   10_819.00                            # 10,000 and the fee booked in 2017
      50101  -   819.00                               # 11 months 21 days; 231 of 2018 taken back
      902    L1  11_050.00
      until 2018-05-31
      118    -   0.00
    """)


def test_a_loan_not_overdue_cannot_be_written_off(village: Village) -> None:
    village.play(f"""
      {PAID}
      write_off L1 council:c1,c2                     active
      write_off L1 township:t1                       active
      write_off L1 reviewer:o1                       active
      write_off L1 leading_group:o2                  TOO_EARLY
    """)


def test_an_expelled_members_share_clears_his_overdue_debt_first(village: Village) -> None:
    village.play(f"""
      {OVERDUE}
      set_off L1 bookkeeper:c2                       ACT_NOT_ALLOWED_NOW
      expel   m1 meeting:c1                          expelled
      23503   m1  20_000.00
      refund  m1 cashier:k1                          NOT_FREE_TO_LEAVE
      set_off L1 bookkeeper:c2                       active
      116     L1  0.00
      23503   m1  9_155.33                            # 10,000 and a year and two days' fee
      finish  L1  close                              closed
      settle  m1 bookkeeper:c2                       STILL_OWED
      refund  m1 cashier:k1                          refunding
      refunded m1 follow amount=9_155.33             left
      10201   -   240_844.67
    """)
