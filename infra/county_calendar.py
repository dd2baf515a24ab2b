"""The country's days off and make-up workdays, from the `holidays` package (State Council notices).

Called when a county directory is read; the county's own days (county.toml, ``[calendar]``) are
added there. The kernel never sees the package, only the days.
"""

from functools import cache

import holidays

from kernel.calendar import Calendar

FIRST_YEAR = 2001
"""The first year whose make-up workdays the package knows."""


def county_calendar(first_year: int, last_year: int) -> Calendar:
    """The calendar of these years without any change of the county's own.

    Years the State Council has not announced yet are left out: of them only weekends are known,
    and the county adds its days as they are announced.
    """
    years = range(first_year, min(last_year, announced_through()) + 1)
    # A notice for January may move a workday into December, and the other way round.
    table = holidays.country_holidays("CN", years=range(first_year - 1, last_year + 2))
    return Calendar().edited(
        rest=sorted(day for day in table if day.year in years),
        work=sorted(day for day in table.weekend_workdays if day.year in years),
    )


@cache
def announced_through() -> int:
    """The last year with announced make-up workdays."""
    years = range(FIRST_YEAR, FIRST_YEAR + 100)
    table = holidays.country_holidays("CN", years=years)
    return max(day.year for day in table.weekend_workdays)
