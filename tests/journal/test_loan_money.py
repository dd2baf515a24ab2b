"""P2 from the payout on, on both databases: fee, repayment, excess, suspense, on-lent money.

Every figure was worked out by hand from domain.md (R-060, P2.4, P2.5, E3); 7‰ a month on 10,000.00
is 70.00.
"""

from journal import store
from tests.journal.loan_stories import APPLY, PAID
from tests.support.village import BOOK, COOP, Village


def test_e3_a_year_costs_840_and_95_days_221_67(village: Village) -> None:
    village.play(f"""
      {PAID}
      until 2017-04-14
      repay  L1  follow  amount=4_221.67 on=2017-04-15   active
      115    L1  6_000.00                                  # all but the fee was principal
      until 2018-01-09
      repay  L1  follow  amount=6_371.00 on=2018-01-10   active
      21105  -   0.00
      50101  -   592.67                                    # 88.666… + 504, rounded once
      finish L1  close                                   closed
    """)
    assert village.case("L1").terms["slices"] == [
        [4_000_00, "2017-04-15"],
        [6_000_00, "2018-01-10"],
    ]


def test_fee_is_booked_at_each_months_end_and_the_rest_with_the_payment(village: Village) -> None:
    village.play(f"""
      {PAID}
      until 2017-01-31
      117    L1  49.00                                     # 21 days of 30
      until 2017-02-28
      117    L1  112.00                                    # 1 month 18 days
      repay  L1  follow  amount=100.00 on=2017-03-01      active
      117    L1  12.00                                     # fee first: no principal came back
      115    L1  10_000.00
      repay  L1  follow  amount=10_014.33 on=2017-03-01   active
      117    L1  0.00                                      # 1 month 19 days: 2.33 never booked
      115    L1  0.00
      50101  -   114.33
      finish L1  close                                    closed
    """)


def test_booking_stops_after_90_days_and_the_later_fee_is_still_owed(village: Village) -> None:
    village.play(f"""
      {PAID}
      until 2018-03-31
      117    L1  1_029.00                                  # 14 months 21 days
      until 2018-06-30
      117    L1  1_050.00                                  # to 10 April: 15 months
      50101  -   1_050.00
      until 2018-07-09
      repay  L1  follow  amount=1_300.00 on=2018-07-10    active
      117    L1  0.00
      50101  -   1_260.00                                  # 18 months
      116    L1  9_960.00
      until 2018-07-31
      117    L1  0.00                                      # paid beyond the stop: not booked twice
    """)


def test_a_late_statement_takes_back_fee_booked_beyond_its_value_date(village: Village) -> None:
    village.play(f"""
      {PAID}
      until 2017-01-31
      117    L1  49.00
      repay  L1  follow  amount=10_023.33 on=2017-01-20   active
      117    L1  0.00
      50101  -   23.33                                     # ten days
      finish L1  close                                    closed
    """)


def test_fee_paid_beyond_what_a_finished_loan_owed_goes_back(village: Village) -> None:
    village.play(f"""
      {PAID}
      until 2017-03-09
      repay  L1  follow  amount=5_140.00 on=2017-03-10 by=K-baiguo/5   active
      repay  L1  follow  amount=5_035.00 on=2017-02-10 by=K-baiguo/6   active
      115    L1  0.00
      50101  -   105.00                                    # 5,000 two months, 5,000 one
      21105  K-baiguo/6  70.00
      finish L1  close                                    closed
    """)


def test_excess_waits_in_suspense_and_goes_back_by_a_payment(village: Village) -> None:
    village.play(f"""
      {PAID}
      until 2018-01-09
      repay    L1  follow amount=11_000.00 on=2018-01-10 by=K-baiguo/7   active
      21105    K-baiguo/7  160.00
      pay_back S1  cashier:k1 item=K-baiguo/7 member=m1 person=p1 amount=160.01  MORE_THAN_OWED
      pay_back S1  cashier:k1 item=K-baiguo/7 member=m1 person=p1 amount=160.00  asked
      returned S1  follow                            returned
      pay_again S1 cashier:k1                        asked
      paid     S1  follow amount=160.00              paid
      21105    K-baiguo/7  0.00
    """)
    assert village.case("S1").terms["pay"]["keys"] == {"suspense": "S1", "item": "K-baiguo/7"}


def test_money_in_suspense_is_assigned_from_its_own_date(village: Village) -> None:
    village.play(PAID)
    line = {"amounts": {"amount": 1_070_00}, "keys": {"item": "K-baiguo/9"}}
    village.do("village_book", "follow", f"village-{COOP}", "follow",
               {"recipe": "receipt.unclaimed", "lines": [line]})  # fmt: skip
    village.play("""
      until 2017-02-28
      assign L1 bookkeeper:c2 item=K-baiguo/9 amount=1_070.00 on=2017-03-02   FACTS_INVALID
      assign L1 bookkeeper:c2 item=K-baiguo/9 amount=1_070.01 on=2017-02-10   MORE_THAN_OWED
      assign L1 bookkeeper:c2 item=K-baiguo/9 amount=11_000.00 on=2017-02-10  MORE_THAN_OWED
      assign L1 bookkeeper:c2 item=K-baiguo/9 amount=1_070.00 on=2017-02-10   active
      115    L1  9_000.00                             # one month's fee, 70, then principal
      117    L1  39.90                                # 42 left of 112; 2.10 not earned by today
    """)


def test_money_on_its_way_back_to_its_payer_is_used_for_nothing_else(village: Village) -> None:
    village.play(PAID)
    line = {"amounts": {"amount": 1_000_00}, "keys": {"item": "K-baiguo/9"}}
    village.do("village_book", "follow", f"village-{COOP}", "follow",
               {"recipe": "receipt.unclaimed", "lines": [line]})  # fmt: skip
    village.play("""
      until 2017-02-28
      pay_back S1 cashier:k1 item=K-baiguo/9 member=m1 person=p1 amount=900.00    asked
      assign   L1 bookkeeper:c2 item=K-baiguo/9 amount=100.01 on=2017-02-10       MORE_THAN_OWED
      to_share S2 bookkeeper:c2 item=K-baiguo/9 member=m1 person=p1 amount=100.01 MORE_THAN_OWED
      pay_back S3 cashier:k1 item=K-baiguo/9 member=m1 person=p1 amount=100.01    MORE_THAN_OWED
      assign   L1 bookkeeper:c2 item=K-baiguo/9 amount=100.00 on=2017-02-10       active
      paid     S1 follow amount=900.00                                            paid
      21105    K-baiguo/9  0.00
    """)


def test_on_lent_money_keeps_its_name_through_the_whole_loan(village: Village) -> None:
    line = {"amounts": {"principal": 9_000_00}, "keys": {"contract": "ic-1"},
            "funding": "intercoop:ic-1"}  # fmt: skip
    village.do("village_book", "follow", f"village-{COOP}", "follow",
               {"recipe": "intercoop.fund", "lines": [line], "party": "borrower"})  # fmt: skip
    village.play(f"""
      {APPLY} amount=10_000.00 funding=intercoop:ic-1   applied
      sign     L1  guarantor:p2,p3           endorsed
      vote     L1  council:c1,c2             approved
      notice   L1  bookkeeper:c2             noticed
      until 2017-01-09
      contract L1  bookkeeper:c2             contracted
      instruct L1  cashier:k1                BALANCE_TOO_LOW
      cancel   L1  member:p1                 withdrawn
      apply L2 member:p1 amount=9_000.00 funding=intercoop:ic-1 applied
      sign     L2  guarantor:p2,p3           endorsed
      vote     L2  council:c1,c2             approved
      notice   L2  bookkeeper:c2             noticed
      until 2017-01-17
      contract L2  bookkeeper:c2             contracted
      instruct L2  cashier:k1                instructed
      paid     L2  follow  amount=9_000.00 on=2017-01-18  active
      until 2018-01-19
      116      L2  9_000.00
      50102    -   720.30                     # 11 months 13 days, to 31 December
      repay    L2  follow amount=9_760.20 on=2018-01-20  active
      50102    -   760.20                     # 12 months and 2 days
      50101    -   0.00
      finish   L2  close                     closed
    """)
    funded = store.rows(village.conn, BOOK, ["10201", "115", "116", "20102"], by="funding")
    assert funded["10201"]["intercoop:ic-1"] == 9_000_00
    assert (funded["115"], funded["116"]) == ({}, {})
    assert funded["20102"] == {"intercoop:ic-1": 9_000_00}
