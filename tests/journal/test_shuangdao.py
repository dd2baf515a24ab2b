"""双到 money at a village: whose it is at any moment, on both databases (R-068, P1, P2.7, P8.1)."""

import pytest
import sqlalchemy as sa

from journal import store
from tests.journal.loan_stories import APPLY
from tests.support.village import BOOK, Village, policy_of

LENT = f"""
  pay_in_shuangdao m1 follow amount=6_000.00          active
  {APPLY} amount=5_000.00 funding=shuangdao           applied
  sign     L1  guarantor:p2,p3      endorsed
  vote     L1  council:c1,c2        approved
  notice   L1  bookkeeper:c2        noticed
  until 2017-01-09
  contract L1  bookkeeper:c2        contracted
  instruct L1  cashier:k1           instructed
  paid     L1  follow  amount=5_000.00 on=2017-01-10  active
"""


@pytest.fixture
def poor(conn: sa.Connection) -> Village:
    """Member 1 is poor on file; the village has nothing but three shares of 20,000.00."""
    village = Village(conn, policy_of()).founded(members=0)
    village.join(1, poor=True)
    village.join(2)
    village.join(3)
    village.group("g1", 1, 2, 3)
    return village


def by_funding(village: Village, *accounts: str) -> dict[str, dict[str, int]]:
    """Balances by account and funding (yuan, whole)."""
    found = store.rows(village.conn, BOOK, accounts, by="funding")
    return {
        account: {funding: amount // 100 for funding, amount in rows.items()}
        for account, rows in found.items()
    }


def test_r068_a_loan_of_shuangdao_money_leaves_the_own_fund_alone(poor: Village) -> None:
    poor.play(LENT)
    assert by_funding(poor, "10201", "115", "30102") == {
        "10201": {"own": 60_000, "shuangdao": 1_000},
        "115": {"shuangdao": 5_000},
        "30102": {"shuangdao": 6_000},
    }
    poor.play("""
      until 2017-02-09
      repay L1 follow amount=5_035.00 on=2017-02-10   active
      50101 -  35.00
    """)
    assert by_funding(poor, "10201", "115")["10201"] == {"own": 60_035, "shuangdao": 6_000}


def test_i12_shuangdao_money_is_lent_as_far_as_it_is_there(poor: Village) -> None:
    poor.play("""
      pay_in_shuangdao m1 follow amount=4_999.99         active
      apply L1 member:p1 amount=5_000.00 funding=shuangdao applied
      sign     L1  guarantor:p2,p3      endorsed
      vote     L1  council:c1,c2        approved
      notice   L1  bookkeeper:c2        noticed
      until 2017-01-09
      contract L1  bookkeeper:c2        contracted
      instruct L1  cashier:k1           BALANCE_TOO_LOW
    """)


def test_p1_3_an_expelled_members_debt_is_set_off_against_the_share_never_the_shuangdao(
    poor: Village,
) -> None:
    poor.play("""
      pay_in_shuangdao m2 follow amount=6_000.00     active
      apply L1 member:p2 amount=30_000.00            OVER_LEVEL_LIMIT
    """)
    poor.play("""
      expel m2 meeting:c1                            expelled
    """)
    assert by_funding(poor, "23503")["23503"] == {"own": 20_000, "shuangdao": 6_000}
    poor.play("""
      refund m2 cashier:k1                           refunding
      refunded m2 follow amount=26_000.00            left
      returned_late m2 follow amount=26_000.00       refund_owed
    """)
    assert by_funding(poor, "23503")["23503"] == {"own": 20_000, "shuangdao": 6_000}
    poor.play("""
      refund m2 cashier:k1                           refunding
      refunded m2 follow amount=26_000.00            left
    """)
    assert by_funding(poor, "23503", "10201") == {"23503": {}, "10201": {"own": 40_000}}


def test_p1_2_who_asked_to_leave_and_stays_has_both_kinds_again(poor: Village) -> None:
    poor.play("""
      pay_in_shuangdao m1 follow amount=6_000.00     active
      expel m3 meeting:c1                            expelled
    """)
    poor.play("""
      until 2018-12-31
      ask_leave m1 member:p1                         leave_asked
      stay m1 member:p1                              active
    """)
    assert by_funding(poor, "30101", "30102", "23503") == {
        "30101": {"own": 40_000}, "30102": {"shuangdao": 6_000}, "23503": {"own": 20_000},
    }  # fmt: skip


def test_p2_7_the_own_fund_bears_a_written_off_loan_of_shuangdao_money(poor: Village) -> None:
    poor.play(f"""
      {LENT}
      until 2019-02-28
      write_off L1 council:c1,c2                     active
      write_off L1 township:t1                       active
      write_off L1 reviewer:o1                       active
      write_off L1 leading_group:o2                  written_off
    """)
    assert by_funding(poor, "116", "191", "30102", "118") == {
        "116": {}, "191": {"own": -5_000, "shuangdao": 5_000}, "30102": {"shuangdao": 6_000},
        "118": {},
    }  # fmt: skip
