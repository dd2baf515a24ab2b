"""The stretches of a loan's way that several tables start from (tests.support.village)."""

APPLY = "apply L1 member:p1"
VOTED = f"""
  {APPLY} amount=10_000.00          applied
  sign     L1  guarantor:p2,p3      endorsed
  vote     L1  council:c1,c2        approved
"""
CONTRACTED = f"""
  {VOTED}
  notice   L1  bookkeeper:c2        noticed
  until 2017-01-09
  contract L1  bookkeeper:c2        contracted
"""
PAID = f"""
  {CONTRACTED}
  instruct L1  cashier:k1           instructed
  paid     L1  follow  amount=10_000.00 on=2017-01-10  active
"""
"""Out from 10 January 2017, due 10 January 2018, 7‰ a month: the loan of example E3."""
