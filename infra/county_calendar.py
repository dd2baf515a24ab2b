"""Builds the county calendar's table from the `holidays` package (State Council notices).

Called when a county directory or a federation has no table of its own, and by hand:
``python -m infra.county_calendar 2008 2010 > calendar.csv`` writes the file a county may then
edit. The kernel never sees the package, only the table.
"""

import sys
from functools import cache

import holidays

from kernel.calendar import REST, WORK, Calendar, SpecialDay, of_days, write_table

FIRST_YEAR = 2001
"""The first year whose make-up workdays the package knows."""


def build(first_year: int, last_year: int) -> tuple[SpecialDay, ...]:
    """Days off and make-up workdays of these years, oldest first, named in Chinese.

    Years the State Council has not announced yet are left out, so that ``Calendar.covers``
    says of them what is true: not known.
    """
    years = range(first_year, min(last_year, announced_through()) + 1)
    # A notice for January may move a workday into December, and the other way round.
    table = holidays.country_holidays(
        "CN", years=range(first_year - 1, last_year + 2), language="zh_CN"
    )
    rest = [SpecialDay(day, REST, name) for day, name in table.items() if day.year in years]
    work = [
        SpecialDay(day, WORK, "调休上班") for day in table.weekend_workdays if day.year in years
    ]
    return tuple(sorted([*rest, *work], key=lambda day: day.on))


def county_calendar(first_year: int, last_year: int) -> Calendar:
    """The calendar of these years without any change of the county's own."""
    return of_days(build(first_year, last_year))


@cache
def announced_through() -> int:
    """The last year with announced make-up workdays."""
    years = range(FIRST_YEAR, FIRST_YEAR + 100)
    table = holidays.country_holidays("CN", years=years)
    return max(day.year for day in table.weekend_workdays)


if __name__ == "__main__":
    sys.stdout.buffer.write(write_table(build(int(sys.argv[1]), int(sys.argv[2]))))
