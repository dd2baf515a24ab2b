"""The table built from the `holidays` package, against the State Council's published notices."""

from datetime import date, timedelta

import pytest

from infra.county_calendar import announced_through, county_calendar

YEARS = county_calendar(2008, 2020)


def span(first: str, last: str) -> list[date]:
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2008-02-06", "2008-02-12"),
        ("2009-01-25", "2009-01-31"),
        ("2009-10-01", "2009-10-08"),
        ("2010-01-01", "2010-01-03"),
        ("2010-02-13", "2010-02-19"),
        ("2010-04-03", "2010-04-05"),
        ("2010-10-01", "2010-10-07"),
        ("2015-09-03", "2015-09-05"),
        ("2017-10-01", "2017-10-08"),
        ("2020-01-24", "2020-02-02"),
    ],
)
def test_announced_holidays_are_days_off(first: str, last: str) -> None:
    assert not any(YEARS.is_business_day(day) for day in span(first, last))


@pytest.mark.parametrize(
    "day",
    [
        "2008-02-02",
        "2008-02-03",
        "2009-01-24",
        "2010-02-20",
        "2010-02-21",
        "2010-09-19",
        "2010-10-09",
        "2015-09-06",
        "2017-09-30",
    ],
)
def test_announced_make_up_weekends_are_worked(day: str) -> None:
    found = date.fromisoformat(day)
    assert found.isoweekday() > 5
    assert YEARS.is_business_day(found)


def test_a_make_up_day_in_december_for_january_is_in_the_table_of_december() -> None:
    alone = county_calendar(2007, 2007)
    assert alone.is_business_day(date(2007, 12, 29))
    assert not alone.is_business_day(date(2007, 12, 31))


def test_only_the_years_asked_for_are_in_the_table() -> None:
    assert {day.year for day in county_calendar(2009, 2010).special} == {2009, 2010}


def test_of_a_year_not_announced_yet_only_weekends_are_known() -> None:
    last = announced_through()
    assert last >= 2026
    calendar = county_calendar(last, last + 3)
    assert {day.year for day in calendar.special} == {last}
    assert calendar.is_business_day(date(last + 3, 10, 2)) is (
        date(last + 3, 10, 2).isoweekday() < 6
    )
