"""Credit levels: how much a member may borrow, and how the level moves (R-045, E8).

Called by the rule that checks an application and by the year-end review. Pure. Level 1 is the
lowest. County consent lifts only the cap, never a member's own level limit.
"""

from collections.abc import Sequence

from contracts.money import PPM, Fen, round_half_up, show
from contracts.rejections import RejectionCode
from kernel.errors import Rejected, ensure
from kernel.policy import Policy

CONSENT = "consent"


def limit(cap_fen: int, factors_ppm: Sequence[int], level: int) -> Fen:
    """Cap × factor of the level, half up to the fen; the limit itself may be borrowed.

    A level above the top one counts as the top one: a county may shorten its scale.
    """
    return Fen(round_half_up(cap_fen * _factor(factors_ppm, level), PPM))


def needs_consent(policy: Policy, asked_fen: int, level: int, *, shuangdao: bool = False) -> bool:
    """Whether a loan of this size needs county consent (R-027); refuses what consent cannot lift.

    Raises Rejected OVER_LEVEL_LIMIT when the member's level is below the top and its limit is
    passed, OVER_LOAN_CAP when the cap is passed where the county refuses, and for money of
    双到, whose cap is not multiplied by a factor and not lifted (R-042, R-068).
    """
    if shuangdao:
        cap = policy.fen("loan.cap_shuangdao")
        if asked_fen > cap:
            raise Rejected(
                RejectionCode.OVER_LOAN_CAP, asked=show(asked_fen), cap=show(cap), rule="R-068"
            )
        return False
    cap, factors = policy.fen("loan.cap"), policy.numbers("level.factors")
    most = limit(cap, factors, level)
    if asked_fen <= most:
        return False
    if _factor(factors, level) < PPM:
        raise Rejected(
            RejectionCode.OVER_LEVEL_LIMIT, asked=show(asked_fen), limit=show(most), level=level
        )
    if policy.text("loan.over_cap") != CONSENT:
        raise Rejected(
            RejectionCode.OVER_LOAN_CAP, asked=show(asked_fen), cap=show(cap), rule="R-027"
        )
    return True


def after_year(policy: Policy, level: int, *, borrowed: bool, overdue: bool) -> int:
    """The level after the year-end review: up for a clean year, down for a year with overdue.

    A year without a loan proves nothing and changes nothing (PD).
    """
    top = len(policy.numbers("level.factors"))
    level = min(level, top)
    if overdue:
        return max(level - policy.count("level.fall"), 1)
    return min(level + policy.count("level.rise"), top) if borrowed else level


def _factor(factors_ppm: Sequence[int], level: int) -> int:
    ensure(level >= 1, "credit_level_starts_at_one", level=level)
    return factors_ppm[min(level, len(factors_ppm)) - 1]
