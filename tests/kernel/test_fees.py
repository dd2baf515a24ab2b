"""Usage fee (R-060, E3): exact, rounded once, telescoping."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal import data
from kernel.errors import InvariantViolation
from kernel.fees import (
    MONTH_DAYS,
    Slice,
    booked_through,
    exact_fee,
    fee_to_date,
    slices_of,
    whole_months,
)

RATE = 7_000
LOAN = 10_000_00
PAYOUT = date(2017, 1, 10)

days = st.dates(date(2000, 1, 1), date(2040, 12, 31))
amounts = st.integers(1, 10**9)
rates = st.integers(1, 20_000)
spans = st.integers(0, 2_000).map(lambda n: timedelta(days=n))


def fee(start: date, end: date, principal: int = LOAN, rate: int = RATE) -> int:
    return fee_to_date([Slice(principal, start, end)], rate, end)


def test_e3_a_year_at_7_permille_is_840() -> None:
    assert fee(PAYOUT, date(2018, 1, 10)) == 840_00


def test_e3_three_months_and_five_days_is_221_67() -> None:
    assert (date(2017, 4, 15) - PAYOUT).days == 95
    assert whole_months(PAYOUT, date(2017, 4, 15)) == (3, 5)
    assert fee(PAYOUT, date(2017, 4, 15)) == 221_67


def test_r060_the_exact_fee_is_a_rational_number_rounded_once() -> None:
    numerator, denominator = exact_fee([Slice(LOAN, PAYOUT, None)], RATE, date(2017, 4, 15))
    assert Fraction(numerator, denominator) == Fraction(22166_6666_6666, 10**8) + Fraction(
        2, 3 * 10**8
    )


def test_r060_payout_day_counts_and_repayment_day_does_not() -> None:
    assert fee(PAYOUT, PAYOUT) == 0
    assert fee(PAYOUT, PAYOUT + timedelta(days=1)) == 2_33
    assert fee(PAYOUT, PAYOUT - timedelta(days=1)) == 0


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2017-01-31", "2017-02-27", (0, 27)),
        ("2017-01-31", "2017-02-28", (1, 0)),
        ("2017-01-31", "2017-03-01", (1, 1)),
        ("2017-01-31", "2017-03-30", (1, 30)),
        ("2017-01-31", "2017-03-31", (2, 0)),
        ("2016-01-31", "2016-02-28", (0, 28)),
        ("2016-01-31", "2016-02-29", (1, 0)),
        ("2017-01-30", "2017-02-28", (1, 0)),
        ("2016-02-29", "2017-02-28", (12, 0)),
        ("2017-12-31", "2018-04-30", (4, 0)),
        ("2017-12-15", "2018-01-14", (0, 30)),
        ("2017-12-15", "2018-01-15", (1, 0)),
    ],
)
def test_r060_a_missing_day_is_the_last_of_the_month(
    start: str, end: str, expected: tuple[int, int]
) -> None:
    assert whole_months(date.fromisoformat(start), date.fromisoformat(end)) == expected


def test_r060_a_part_repayment_is_its_own_slice_from_the_payout() -> None:
    half_year, year = date(2017, 7, 10), date(2018, 1, 10)
    slices = slices_of(LOAN, PAYOUT, [(half_year, 4_000_00)])
    assert slices == (
        Slice(4_000_00, PAYOUT, half_year),
        Slice(6_000_00, PAYOUT, None),
    )
    # 4,000 for six months and 6,000 for twelve.
    assert fee_to_date(slices, RATE, year) == 168_00 + 504_00
    assert fee_to_date(slices, RATE, half_year) == 420_00


def test_r060_overdue_keeps_the_same_rate() -> None:
    slices = slices_of(LOAN, PAYOUT, [])
    a_year = fee_to_date(slices, RATE, date(2018, 1, 10))
    two_years = fee_to_date(slices, RATE, date(2019, 1, 10))
    assert two_years == 2 * a_year


def test_a_loan_wholly_repaid_leaves_no_open_slice() -> None:
    assert slices_of(5, PAYOUT, [(PAYOUT, 2), (PAYOUT, 0), (PAYOUT, 3)]) == (
        Slice(2, PAYOUT, PAYOUT),
        Slice(3, PAYOUT, PAYOUT),
    )
    with pytest.raises(InvariantViolation):
        slices_of(5, PAYOUT, [(PAYOUT, 6)])


def test_a_late_known_repayment_takes_back_fee_booked_beyond_its_value_date() -> None:
    month_end, value_date = date(2017, 3, 31), date(2017, 3, 10)
    booked = fee_to_date(slices_of(LOAN, PAYOUT, []), RATE, month_end)
    late = slices_of(LOAN, PAYOUT, [(value_date, LOAN)])
    assert booked == 140_00 + 49_00
    assert fee_to_date(late, RATE, month_end) - booked == -49_00


def test_booking_stops_90_days_overdue_and_the_fee_is_still_owed() -> None:
    due = date(2018, 1, 10)
    stop = data.policy("DEFAULT").days("fee.accrual_stop_days")
    assert booked_through(date(2018, 4, 9), due, stop) == date(2018, 4, 9)
    assert booked_through(date(2018, 6, 30), due, stop) == date(2018, 4, 10)
    assert booked_through(date(2018, 6, 30), None, stop) == date(2018, 6, 30)
    slices = slices_of(LOAN, PAYOUT, [])
    booked = fee_to_date(slices, RATE, booked_through(date(2018, 6, 30), due, stop))
    assert fee_to_date(slices, RATE, date(2018, 6, 30)) > booked


def test_the_days_of_a_month_are_those_of_the_policy() -> None:
    for name in data.PROFILES:
        assert data.policy(name).count("fee.month_days") == MONTH_DAYS


@given(days, spans, spans, amounts, rates)
def test_the_fee_never_falls_with_time(
    start: date, first: timedelta, more: timedelta, principal: int, rate: int
) -> None:
    slices = [Slice(principal, start, None)]
    one, two = start + first, start + first + more
    low, high = exact_fee(slices, rate, one), exact_fee(slices, rate, two)
    assert low[0] <= high[0]
    assert fee_to_date(slices, rate, one) <= fee_to_date(slices, rate, two)


@given(days, spans, st.lists(amounts, min_size=1, max_size=6), rates)
def test_how_a_principal_is_cut_does_not_change_its_fee(
    start: date, length: timedelta, parts: list[int], rate: int
) -> None:
    on = start + length
    whole = [Slice(sum(parts), start, None)]
    cut = [Slice(part, start, None) for part in parts]
    assert exact_fee(whole, rate, on) == exact_fee(cut, rate, on)
    assert fee_to_date(whole, rate, on) == fee_to_date(cut, rate, on)


@given(
    days,
    st.lists(st.tuples(st.integers(1, 900), st.integers(1, 1000)), max_size=5),
    rates,
    spans,
)
def test_slices_add_up_to_the_loan_and_its_fee_is_that_of_the_daily_balance(
    payout: date, repayments: list[tuple[int, int]], rate: int, length: timedelta
) -> None:
    principal = sum(amount for _, amount in repayments) + 500
    repaid = [(payout + timedelta(days=after), amount) for after, amount in repayments]
    slices = slices_of(principal, payout, repaid)
    assert sum(piece.principal for piece in slices) == principal
    on = payout + length
    by_hand = Fraction(0)
    for day, amount in [*repaid, (on, 500)]:
        months, rest = whole_months(payout, min(day, on))
        by_hand += Fraction(amount * rate * (months * 30 + rest), 30 * 1_000_000)
    assert Fraction(*exact_fee(slices, rate, on)) == by_hand
