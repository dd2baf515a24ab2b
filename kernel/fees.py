"""Usage fee: exact to a rational number, rounded once.

Called by the daily close, by repayments (fee to the value date) and by inter-cooperative loans.
Pure. Amounts fen, rates ppm a month. Nothing is compounded; an overdue loan keeps the same rate
(R-060).
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta

import msgspec

from contracts.money import PPM, Fen, round_half_up
from kernel.calendar import months_after
from kernel.errors import ensure

MONTH_DAYS = 30
"""The ÷ 30 of R-060 (GK/PD); ``fee.month_days`` of the policy allows no other number."""


class Slice(msgspec.Struct, frozen=True):
    """Principal (fen) that was out from ``start`` to ``end``: payout and repayment, value dates.

    ``end`` None: still out. A part repayment is a slice of its own from the payout (R-060).
    """

    principal: int
    start: date
    end: date | None = None


def slices_of(
    principal: int, payout: date, repaid: Sequence[tuple[date, int]]
) -> tuple[Slice, ...]:
    """A loan cut into slices: one for each repayment of principal (date, fen), one for the rest.

    The principals add up to the loan. Raises InvariantViolation if more came back than went out.
    """
    left = principal - sum(amount for _, amount in repaid)
    ensure(left >= 0, "repaid_is_not_over_the_loan", principal=principal, left=left)
    cut = [Slice(amount, payout, day) for day, amount in repaid if amount]
    return tuple([*cut, Slice(left, payout)] if left else cut)


def whole_months(start: date, end: date) -> tuple[int, int]:
    """Whole calendar months from ``start`` and the days that remain to ``end``.

    The start day counts, the end day does not; a day that a month lacks is its last day, so
    31 January + 1 month is 28 or 29 February. (0, 0) when ``end`` is not after ``start``.
    """
    if end <= start:
        return 0, 0
    months = (end.year - start.year) * 12 + end.month - start.month
    if months_after(start, months) > end:
        months -= 1
    return months, (end - months_after(start, months)).days


def exact_fee(
    slices: Iterable[Slice], rate_ppm: int, on: date, month_days: int = MONTH_DAYS
) -> tuple[int, int]:
    """The fee of all slices up to ``on`` in fen, as (numerator, denominator).

    Whole calendar months × rate + remaining days × rate ÷ ``month_days`` (R-060).
    """

    def units(start: date, end: date) -> int:
        months, days = whole_months(start, end)
        return months * month_days + days

    return _weigh(slices, on, units) * rate_ppm, month_days * PPM


def fee_to_date(
    slices: Iterable[Slice], rate_ppm: int, on: date, month_days: int = MONTH_DAYS
) -> Fen:
    """The fee of all slices from payout to ``on`` in fen, rounded once, half up (R-060)."""
    return Fen(round_half_up(*exact_fee(slices, rate_ppm, on, month_days)))


def booked_through(on: date, oldest_unpaid_due: date | None, stop_days: int) -> date:
    """The day up to which fee is booked when the books are at ``on``.

    Booking stops ``fee.accrual_stop_days`` after the oldest unpaid due date (P2.4). The later fee
    is still owed, and booked when it is paid.
    """
    if oldest_unpaid_due is None:
        return on
    return min(on, oldest_unpaid_due + timedelta(days=stop_days))


def _weigh(slices: Iterable[Slice], on: date, units: Callable[[date, date], int]) -> int:
    """Σ principal × units of time until the slice ended or ``on``, whichever is earlier."""
    return sum(
        piece.principal * units(piece.start, on if piece.end is None else min(piece.end, on))
        for piece in slices
    )
