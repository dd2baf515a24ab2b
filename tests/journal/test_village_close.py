"""What the close books for money lent between cooperatives, on both databases (P4.3, P14)."""

import sqlalchemy as sa

from journal import store
from kernel.cases import Case
from tests.support.village import COOP, Village, policy_of


def test_intercoop_fee_of_both_sides_is_cumulative_and_survives_a_repayment_between(
    village: Village,
) -> None:
    terms = {"amount": 50_000_00, "rate_ppm": 3_000, "funded_on": "2016-12-22",
             "due_on": "2017-12-22", "term_months": 12, "outstanding": 50_000_00,
             "fee_paid": 0, "slices": []}  # fmt: skip
    process = village.world.registry.table["intercoop"]
    case = Case(id="ic-1", process="intercoop", version=1, home="county", state="active",
                parties={"lender": COOP, "borrower": "other"}, terms=terms)  # fmt: skip
    store.save(village.conn, store.COUNTY_SCOPE, case, process)
    village.play("""
      until 2016-12-31
      11302  ic-1  45.00                      # 9 days of 3‰ a month on 50,000
    """)
    # The county takes 150 for the month to 22 January; only 45 of it was booked here.
    paid = {"fee_paid": 150_00, "outstanding": 0, "slices": [[50_000_00, "2017-01-22"]]}
    later = {**terms, **paid}
    store.save(village.conn, store.COUNTY_SCOPE,
               Case(id="ic-1", process="intercoop", version=1, home="county", state="repaid",
                    parties=case.parties, terms=later), process)  # fmt: skip
    line = {"amounts": {"fee": 150_00}, "keys": {"contract": "ic-1"}}
    village.do("village_book", "follow", f"village-{COOP}", "follow",
               {"recipe": "intercoop.repay", "lines": [line], "party": "lender"})  # fmt: skip
    village.play("""
      11302  ic-1  -105.00
      until 2017-01-31
      11302  ic-1  0.00
      50103  -     150.00
      until 2017-02-28
      50103  -     150.00
    """)


def test_money_lent_to_another_cooperative_is_provisioned(conn: sa.Connection) -> None:
    village = Village(conn, policy_of()).founded()
    village.grant("200_000.00")
    terms = {"amount": 50_000_00, "rate_ppm": 3_000, "funded_on": "2016-12-22", "fee_paid": 0,
             "due_on": "2017-01-22", "outstanding": 50_000_00, "slices": []}  # fmt: skip
    process = village.world.registry.table["intercoop"]
    case = Case(id="ic-1", process="intercoop", version=1, home="county", state="active",
                parties={"lender": COOP, "borrower": "other"}, terms=terms)  # fmt: skip
    store.save(conn, store.COUNTY_SCOPE, case, process)
    line = {"amounts": {"principal": 50_000_00}, "keys": {"contract": "ic-1"}}
    village.do("village_book", "follow", f"village-{COOP}", "follow",
               {"recipe": "intercoop.fund", "lines": [line], "party": "lender"})  # fmt: skip
    village.play("""
      until 2016-12-31
      118  -  500.00
      until 2017-01-31
      118  -  1_000.00                        # nine days overdue: attention
    """)
