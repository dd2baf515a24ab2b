"""Facts of the federation's own book F that a person says: what a receipt on its account is.

Written by the federation's staff at the console.
"""

from contracts.facts import Facts


class OwnMoneyNamed(Facts, frozen=True):
    """``own_money.is_fund`` (F 311), ``own_money.is_income`` (F 502): by what paper it was found.

    ``evidence`` holds no card or ID number.
    """

    evidence: str
