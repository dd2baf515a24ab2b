"""A loan as arithmetic (R-060, P2.5): properties over any life of a loan, against fractions."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.money import round_half_up
from kernel import loans
from kernel.calendar import months_after
from kernel.errors import InvariantViolation
from kernel.loans import Loan, Split, loan_of, split, split_principal_first
from tests.kernel.asking import a_loan

PAID_ON = date(2017, 1, 10)


def out(amount: int = 10_000_00, rate_ppm: int = 7_000, on: date = PAID_ON) -> Loan:
    approved = Loan(amount=amount, rate_ppm=rate_ppm, term_months=12, stop_days=90)
    return loans.paid_out(approved, on)


def exact_fee(loan: Loan, on: date) -> Fraction:
    """R-060 written a second time: every slice by whole months and days, never rounded."""
    pieces = [(part, min(day, on)) for part, day in loan.slices] + [(loan.outstanding, on)]
    total = Fraction(0)
    for part, end in pieces:
        months = 0
        while months_after(PAID_ON, months + 1) <= end:
            months += 1
        days = max((end - months_after(PAID_ON, months)).days, 0) if end > PAID_ON else 0
        total += Fraction(part * loan.rate_ppm, 1_000_000) * (months + Fraction(days, 30))
    return total


def rounded(value: Fraction) -> int:
    return round_half_up(value.numerator, value.denominator)


def test_e3_the_fee_of_10_000_at_7_permille() -> None:
    loan = out()
    assert loan.fee(date(2018, 1, 10)) == 840_00
    assert loan.fee(date(2017, 4, 15)) == 221_67
    assert loan.fee(PAID_ON) == 0
    assert Loan(amount=1).fee(PAID_ON) == 0


def test_a_loan_paid_on_31_january_for_a_month_is_due_on_the_last_of_february() -> None:
    loan = Loan(amount=1_00, term_months=1)
    assert loans.paid_out(loan, date(2017, 1, 31)).due_on == date(2017, 2, 28)
    assert loans.paid_out(loan, date(2016, 1, 31)).due_on == date(2016, 2, 29)


payments = st.lists(
    st.tuples(st.integers(1, 6_000_00), st.integers(0, 200)), min_size=1, max_size=8
)


def play(loan: Loan, paid: Sequence[tuple[int, int]]) -> tuple[Loan, list[Split], date]:
    """Payments (fen, days after the one before), in order of their value dates."""
    on, splits = PAID_ON, []
    for amount, days in paid:
        on += timedelta(days=days)
        splits.append(split(loan, amount, on, on, booked=0))
        loan = splits[-1].after
    return loan, splits, on


@given(payments, st.integers(1, 20_000_00), st.integers(1, 20_000))
def test_parts_sum_to_the_payment_and_none_is_negative(
    paid: list[tuple[int, int]], amount: int, rate_ppm: int
) -> None:
    start = out(amount, rate_ppm)
    end, splits, _ = play(start, paid)
    for (payment, _), one in zip(paid, splits, strict=True):
        assert one.booked + one.unbooked + one.principal + one.excess == payment
        assert min(one.booked, one.unbooked, one.principal, one.excess, one.over, one.back) >= 0
    assert end.outstanding == amount - sum(one.principal for one in splits)
    assert sum(part for part, _ in end.slices) + end.outstanding == amount


@given(payments, st.integers(1, 20_000_00), st.integers(1, 20_000))
def test_i11_fee_paid_in_any_number_of_parts_is_the_exact_fee_rounded_once(
    paid: list[tuple[int, int]], amount: int, rate_ppm: int
) -> None:
    end, _, on = play(out(amount, rate_ppm), paid)
    last = split(end, end.outstanding + end.fee_owed(on), on, on, booked=0)
    closed = last.after
    assert (closed.outstanding, last.excess) == (0, 0)
    assert closed.fee_paid == rounded(exact_fee(closed, on))


@given(payments)
def test_fee_and_principal_come_in_that_order(paid: list[tuple[int, int]]) -> None:
    loan, on = out(), PAID_ON
    for amount, days in paid:
        on += timedelta(days=days)
        owed = loan.fee_owed(on)
        one = split(loan, amount, on, on, booked=0)
        fee = one.booked + one.unbooked
        assert fee == min(amount, owed)
        assert not (one.principal and fee < owed)
        assert not (one.excess and one.principal < loan.outstanding)
        loan = one.after


@given(payments, st.randoms(use_true_random=False))
def test_facts_that_come_late_and_in_any_order_end_in_the_same_fee(
    paid: list[tuple[int, int]], order: object
) -> None:
    """Whatever the order facts arrive in, a finished loan has paid the fee of its slices."""
    days = sorted({PAID_ON + timedelta(days=gap) for _, gap in paid})
    arriving = [(amount, days[number % len(days)]) for number, (amount, _) in enumerate(paid)]
    order.shuffle(arriving)  # type: ignore[attr-defined]
    loan, today, kept = out(), days[-1], 0
    for amount, on in [*arriving, (60_000_00, today)]:
        one = split(loan, amount, on, today, booked=0)
        kept += amount - one.excess - one.back - one.principal
        loan = one.after
    assert loan.outstanding == 0
    assert kept == loan.fee_paid == rounded(exact_fee(loan, today))


@given(payments, st.integers(0, 900))
def test_whatever_was_booked_the_income_is_the_fee(paid: list[tuple[int, int]], wait: int) -> None:
    """Income = fee booked at month-ends + unbooked − taken back; at the end it is the fee."""
    loan, on, booked, income = out(), PAID_ON, 0, 0
    for amount, days in [*paid, (60_000_00, wait)]:
        on += timedelta(days=days)
        # A close between two payments books up to its day, or stops 90 days overdue.
        accrued = max(loan.fee_bookable(on) - loan.fee_paid - booked, 0)
        booked, income = booked + accrued, income + accrued
        one = split(loan, amount, on, on, booked)
        booked -= one.booked + one.over
        income += one.unbooked - one.over - one.back
        loan = one.after
        assert booked >= 0
    assert (loan.outstanding, booked) == (0, 0)
    assert income == loan.fee_paid == rounded(exact_fee(loan, on))


@given(st.integers(1, 30_000_00), st.integers(0, 800))
def test_a_share_meets_principal_first(amount: int, days: int) -> None:
    loan, on = out(), PAID_ON + timedelta(days=days)
    one = split_principal_first(loan, amount, on, booked=0)
    assert one.principal == min(amount, 10_000_00)
    assert one.booked + one.unbooked == min(amount - one.principal, loan.fee(on))


def test_more_principal_than_is_out_is_a_bug() -> None:
    with pytest.raises(InvariantViolation, match="repaid_is_not_over_the_loan"):
        loans.parts(out(1_00), fee=0, principal=1_01, excess=0, on=PAID_ON, today=PAID_ON, booked=0)


def test_fee_is_booked_until_90_days_overdue_and_owed_after() -> None:
    loan = out()
    assert loan.fee_bookable(date(2018, 4, 10)) == loan.fee(date(2018, 4, 10)) == 1_050_00
    assert loan.fee_bookable(date(2018, 7, 10)) == 1_050_00
    assert loan.fee_owed(date(2018, 7, 10)) == 1_260_00


def test_late_is_late_on_the_day_after_the_first_due_date() -> None:
    year = (date(2018, 1, 1), date(2018, 12, 31))
    on_time = loan_of(a_loan(outstanding=0, slices=[[10_000_00, "2018-01-10"]]))
    a_day_late = loan_of(a_loan(outstanding=0, slices=[[10_000_00, "2018-01-11"]]))
    assert (on_time.late_in(*year), a_day_late.late_in(*year)) == (False, True)
    assert not a_day_late.late_in(date(2019, 1, 1), date(2019, 12, 31))
    assert not loan_of(a_loan()).late_in(date(2017, 1, 1), date(2017, 12, 31))
    assert loan_of(a_loan()).late_in(*year)
    assert not Loan(amount=1).late_in(*year)


def test_a_loan_is_out_from_its_payout_to_its_last_principal() -> None:
    repaid = loan_of(a_loan(outstanding=0, slices=[[10_000_00, "2017-06-01"]]))
    assert repaid.cleared_on() == date(2017, 6, 1)
    assert repaid.out_in(date(2017, 6, 1), date(2017, 12, 31))
    assert not repaid.out_in(date(2017, 6, 2), date(2017, 12, 31))
    assert not repaid.out_in(date(2016, 1, 1), date(2017, 1, 9))
    assert not Loan(amount=1).out_in(date.min, date.max)


def test_due_recovery_counts_what_came_back_by_the_day() -> None:
    loan = a_loan(outstanding=4_000_00, slices=[[1_000_00, "2017-05-01"], [5_000_00, "2017-07-01"]])
    before = a_loan("L2", "approved", paid_on=None, first_due_on=None)
    found = loans.instalments([loan, before], date(2017, 6, 30))
    assert [(one.principal_fen, one.repaid_fen) for one in found] == [(10_000_00, 1_000_00)]


def test_a_case_reads_back_what_a_payment_changed() -> None:
    loan = loan_of(a_loan())
    after = split(loan, 3_000_00, date(2017, 3, 10), date(2017, 3, 10), booked=0).after
    again = loan_of(a_loan(**loans.moved(after)))
    assert again == msgspec.structs.replace(after, member="m1", group="g1")
