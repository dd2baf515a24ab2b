"""The county calendar: which days are business days, and dates counted by it.

Called by deadlines, the county close and reports. The table of days off and make-up workdays is
handed in (the county may edit it; infra.county_calendar builds one); nothing here knows a holiday.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta

import msgspec

from kernel.errors import ensure

ONE_DAY = timedelta(days=1)
WEEKEND = (6, 7)
REST, WORK = "rest", "work"
COLUMNS = ("date", "kind", "name")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class SpecialDay(msgspec.Struct, frozen=True):
    """One row of the table: a day off (``rest``) or a make-up workday (``work``), and its name."""

    on: date
    kind: str
    name: str = ""


class CalendarProblem(msgspec.Struct, frozen=True, kw_only=True):
    """One row that cannot be used; ``row`` counts the heading as 1."""

    row: int
    value: str
    zh: str
    en: str


class CalendarRefused(Exception):
    """The table was refused; ``problems`` holds every one."""

    def __init__(self, problems: Sequence[CalendarProblem]) -> None:
        super().__init__(problems[0].en)
        self.problems = tuple(problems)


class Calendar(msgspec.Struct, frozen=True, kw_only=True):
    """Business days: not a weekend and not a day off, or a make-up workday.

    ``special`` maps a day to True when it is worked. Outside ``first`` to ``last``, the years
    the table speaks of, only weekends are known to be free; ask ``covers``.
    """

    special: Mapping[date, bool] = {}
    first: date = date.max
    last: date = date.min

    def covers(self, day: date) -> bool:
        """Whether the table speaks of this day's year; if not, holidays in it are not known."""
        return self.first <= day <= self.last

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


def of_days(days: Iterable[SpecialDay]) -> Calendar:
    """The calendar a table of special days makes; it covers every year the table names."""
    special = {day.on: day.kind == WORK for day in days}
    if not special:
        return Calendar()
    return Calendar(
        special=special,
        first=date(min(special).year, 1, 1),
        last=date(max(special).year, 12, 31),
    )


def read_table(body: bytes) -> tuple[SpecialDay, ...]:
    """Read a calendar table: CSV in UTF-8 with the columns date, kind (rest or work), name.

    Raises CalendarRefused with every bad row at once.
    """
    days: dict[date, SpecialDay] = {}
    problems: list[CalendarProblem] = []

    def refuse(row: int, value: object, zh: str, en: str) -> None:
        problems.append(CalendarProblem(row=row, value=str(value), zh=zh, en=en))

    lines = csv.reader(io.StringIO(body.decode("utf-8-sig", errors="replace")))
    heading = tuple(cell.strip() for cell in next(lines, []))
    if heading != COLUMNS:
        refuse(
            1, ",".join(heading), "首行须为 date,kind,name", "the first row reads date,kind,name"
        )
        raise CalendarRefused(problems)
    for number, cells in enumerate(lines, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        text, kind, name = [*(cell.strip() for cell in cells), "", "", ""][:3]
        try:
            # fromisoformat alone also takes 20171001; what was meant is then a guess.
            day = date.fromisoformat(text if _DATE.fullmatch(text) else "")
        except ValueError:
            refuse(number, text, "日期须写作 2017-10-01", "a date reads 2017-10-01")
            continue
        if kind not in (REST, WORK):
            refuse(number, kind, "须为 rest(休)或 work(班)", "the kind is rest or work")
        elif day in days:
            refuse(number, text, "该日已在表中", "this day stands in the table already")
        else:
            days[day] = SpecialDay(day, kind, name)
    if problems:
        raise CalendarRefused(problems)
    return tuple(days[day] for day in sorted(days))


def write_table(days: Iterable[SpecialDay]) -> bytes:
    """The table as CSV, oldest first, with a byte-order mark so that Excel shows Chinese."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for day in sorted(days, key=lambda day: day.on):
        writer.writerow((day.on.isoformat(), day.kind, day.name))
    return out.getvalue().encode("utf-8-sig")


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
