"""Facts of the county's custody that a person says: whose an unknown receipt is.

Written by the federation's staff in K(i) and K(0); a village reads them in its copy of K(i).
"""

from contracts.facts import Facts


class ReceiptOwner(Facts, frozen=True):
    """``identification.name``: the cooperative a receipt nobody was named for belongs to.

    ``receipt`` is the case of the bank line in K(0). ``evidence`` says by what paper it was found
    out (payer's slip, letter of the bank); it travels to the village, so it holds no card or ID
    number.
    """

    receipt: str
    evidence: str
