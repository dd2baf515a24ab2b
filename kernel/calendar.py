"""The county calendar: which days are business days, and dates counted by it.

Called by deadlines, the county close and reports. Days off and make-up workdays are handed in
(infra.county_calendar knows the country's, county.toml the county's own); nothing here does.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta

import msgspec

from kernel.errors import ensure

ONE_DAY = timedelta(days=1)
WEEKEND = (6, 7)


class Calendar(msgspec.Struct, frozen=True, kw_only=True):
    """Business days: not a weekend and not a day off, or a make-up workday.

    ``special`` maps a day to True when it is worked. Of years it says nothing of, only weekends
    are known to be free.
    """

    special: Mapping[date, bool] = {}

    def is_business_day(self, day: date) -> bool:
        """Whether banks and offices work on this day."""
        return self.special.get(day, day.isoweekday() not in WEEKEND)

    def on_or_after(self, day: date) -> date:
        """This day if it is a business day, else the next one."""
        while not self.is_business_day(day):
            day += ONE_DAY
        return day

    def next_business_day(self, day: date) -> date:
        """The first business day after this day."""
        return self.on_or_after(day + ONE_DAY)

    def add_business_days(self, start: date, days: int) -> date:
        """The ``days``-th business day after ``start``; with 0 days, ``start`` or the next one."""
        ensure(days >= 0, "business_days_are_counted_forward", days=days)
        day = self.on_or_after(start) if days == 0 else start
        for _ in range(days):
            day = self.next_business_day(day)
        return day

    def edited(self, rest: Iterable[date] = (), work: Iterable[date] = ()) -> "Calendar":
        """The same calendar with the county's own days off and workdays; work wins over rest."""
        changes = {**dict.fromkeys(rest, False), **dict.fromkeys(work, True)}
        return msgspec.structs.replace(self, special={**self.special, **changes})


def months_after(start: date, months: int) -> date:
    """The same day ``months`` later; a day the month lacks is its last day (R-060)."""
    month = start.month - 1 + months
    first = date(start.year + month // 12, month % 12 + 1, 1)
    return first.replace(day=min(start.day, month_end(first).day))


def month_end(day: date) -> date:
    """The last day of this day's month."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - ONE_DAY


def month_ends(first: date, last: date) -> Iterator[date]:
    """Every last day of a month from ``first`` to ``last``, both included."""
    day = month_end(first)
    while day <= last:
        yield day
        day = month_end(day + ONE_DAY)
