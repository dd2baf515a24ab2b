"""The county calendar: business days from a table that is handed in, and month arithmetic."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.calendar import Calendar, month_end, month_ends, months_after
from kernel.errors import InvariantViolation

OCTOBER = Calendar().edited(
    rest=[date(2017, 10, day) for day in range(1, 9)], work=[date(2017, 9, 30)]
)
days = st.dates(date(2017, 1, 1), date(2018, 12, 31))


def test_a_holiday_is_no_business_day_and_a_make_up_saturday_is_one() -> None:
    assert OCTOBER.is_business_day(date(2017, 9, 29))
    assert OCTOBER.is_business_day(date(2017, 9, 30))
    assert not OCTOBER.is_business_day(date(2017, 10, 2))
    assert OCTOBER.is_business_day(date(2017, 10, 9))
    assert not OCTOBER.is_business_day(date(2017, 10, 14))


def test_deadlines_count_business_days_over_a_long_holiday() -> None:
    friday = date(2017, 9, 29)
    assert OCTOBER.next_business_day(friday) == date(2017, 9, 30)
    assert OCTOBER.add_business_days(friday, 2) == date(2017, 10, 9)
    assert OCTOBER.add_business_days(date(2017, 10, 3), 1) == date(2017, 10, 9)
    assert OCTOBER.add_business_days(date(2017, 10, 3), 0) == date(2017, 10, 9)
    assert OCTOBER.add_business_days(friday, 0) == friday
    assert OCTOBER.on_or_after(date(2017, 10, 1)) == date(2017, 10, 9)
    with pytest.raises(InvariantViolation):
        OCTOBER.add_business_days(friday, -1)


def test_a_county_edits_its_calendar_and_work_wins_over_rest() -> None:
    day, market = date(2017, 10, 10), date(2017, 10, 15)
    edited = OCTOBER.edited(rest=[day, market], work=[market])
    assert not edited.is_business_day(day)
    assert edited.is_business_day(market)
    assert OCTOBER.is_business_day(day)


def test_a_year_the_calendar_says_nothing_of_has_weekends_only() -> None:
    assert OCTOBER.is_business_day(date(2018, 10, 1))
    assert not OCTOBER.is_business_day(date(2018, 9, 30))


def test_a_month_later_is_the_same_day_or_the_last() -> None:
    assert months_after(date(2017, 1, 31), 1) == date(2017, 2, 28)
    assert months_after(date(2016, 1, 31), 1) == date(2016, 2, 29)
    assert months_after(date(2017, 11, 30), 3) == date(2018, 2, 28)
    assert months_after(date(2017, 5, 5), 0) == date(2017, 5, 5)
    assert months_after(date(2017, 5, 5), 24) == date(2019, 5, 5)


def test_month_ends_include_both_ends() -> None:
    assert list(month_ends(date(2008, 1, 31), date(2008, 4, 29))) == [
        date(2008, 1, 31),
        date(2008, 2, 29),
        date(2008, 3, 31),
    ]
    assert list(month_ends(date(2008, 2, 1), date(2008, 2, 28))) == []


@given(days, st.integers(1, 40))
def test_adding_business_days_passes_exactly_that_many(start: date, count: int) -> None:
    end = OCTOBER.add_business_days(start, count)
    assert OCTOBER.is_business_day(end)
    between = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
    assert sum(map(OCTOBER.is_business_day, between)) == count
    one_by_one = start
    for _ in range(count):
        one_by_one = OCTOBER.next_business_day(one_by_one)
    assert one_by_one == end


@given(days)
def test_the_next_business_day_is_the_first_one_after(day: date) -> None:
    following = OCTOBER.next_business_day(day)
    between = range(1, (following - day).days)
    assert not any(OCTOBER.is_business_day(day + timedelta(days=n)) for n in between)


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(0, 600))
def test_months_after_keeps_the_day_or_is_the_months_end(start: date, months: int) -> None:
    later = months_after(start, months)
    assert (later.year - start.year) * 12 + later.month - start.month == months
    assert later.day == start.day or (later == month_end(later) and later.day < start.day)
