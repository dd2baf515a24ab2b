"""Facts of what a village posts before anybody is matched (P4.1): it would lend, or would borrow.

Written in N(i) by the council; the county reads it in the proven replica. Amounts are fen.
"""

from contracts.facts import Facts, Reason


class LendingWish(Facts, frozen=True):
    """``amount`` fen at most, at ``rate_ppm`` a month (an offer: at least; a request: at most).

    ``term_months`` is the longest an offer waits for its money, the term a request asks for.
    """

    amount: int
    rate_ppm: int
    term_months: int


FACTS: dict[tuple[str, str], type[Facts]] = {
    ("lending_wish", "post_offer"): LendingWish,
    ("lending_wish", "post_request"): LendingWish,
    ("lending_wish", "withdraw"): Reason,
}
