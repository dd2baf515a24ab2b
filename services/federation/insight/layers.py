"""From defaults to who pays, in whole fen, many scenarios at once (R-089, P6.5).

Called by stress for every cooperative of every block. The order is: guarantors lower the claim,
the bank bears its part of the rest, then the cooperative's own stake, then its match (or both
pro rata); what neither covers stays with the bank. Uses no float.
"""

import numpy as np
import numpy.typing as npt

from contracts.money import PPM

Amounts = npt.NDArray[np.int64]
SAFE_MAX = 3_000_000_000
"""Largest stake or match of one cooperative (fen): a product of two such still fits 63 bits."""


def half_up(amounts: Amounts, ppm: int) -> Amounts:
    """``ppm`` of each amount, rounded half up as contracts.money does."""
    return (amounts * np.int64(ppm) + np.int64(PPM // 2)) // np.int64(PPM)


def pool_due(
    principal: Amounts, *, interest_ppm: int, guarantor_ppm: int, bank_ppm: int
) -> Amounts:
    """What the pool is asked for each defaulted principal.

    ``interest_ppm`` is the interest claimed beside the principal.
    """
    claim = principal + half_up(principal, interest_ppm)
    called = claim - half_up(claim, guarantor_ppm)
    return called - half_up(called, bank_ppm)


def layers(
    due: Amounts, stake: int, match: int, *, pro_rata: bool
) -> tuple[Amounts, Amounts, Amounts]:
    """Stake paid, match paid, uncovered; the three sum to ``due``.

    Pro rata shares what is paid by largest remainder, a tie to the match (the smaller name).
    """
    funds = stake + match
    paid = np.minimum(due, funds)
    uncovered = due - paid
    if pro_rata and funds:
        product = paid * np.int64(stake)
        stake_paid = product // funds
        stake_paid += 2 * (product - stake_paid * funds) > funds
    else:
        stake_paid = np.minimum(paid, stake)
    return stake_paid, paid - stake_paid, uncovered
