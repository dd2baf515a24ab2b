"""Dates: within the calendar, on working days, and each after what it rests on."""

from collections.abc import Iterator
from datetime import date

from infra.county_calendar import announced_through
from infra.county_directory.directory import working_days
from infra.county_directory.layout import SETTINGS
from infra.county_directory.model import Calendar, DatedAmount
from infra.county_directory.problems import Place, Problems
from infra.county_directory.table import Row
from infra.county_directory.tables import Tables
from kernel.calendar import Calendar as WorkingDays

OWN = ""
# file, column, the column that names the other row (OWN: the same row), the other row's column:
# the first date is never before the second.
_ORDER = (
    ("members.csv", "joined_on", "cooperative", "opened_on"),
    ("grants.csv", "date", "cooperative", "opened_on"),
    ("guarantee_groups.csv", "formed_on", "households", "joined_on"),
    ("guarantee_groups.csv", "dissolved_on", OWN, "formed_on"),
    ("loans.csv", "applied_on", "household", "joined_on"),
    ("loans.csv", "applied_on", "guarantee_group", "formed_on"),
    ("repayments.csv", "date", "loan", "applied_on"),
    ("intercoop.csv", "offered_on", "lender", "opened_on"),
    ("intercoop.csv", "asked_on", "borrower", "opened_on"),
    ("intercoop.csv", "repayments", OWN, "offered_on"),
    ("intercoop.csv", "repayments", OWN, "asked_on"),
    ("facilities.csv", "signed_on", "cooperative", "opened_on"),
    ("facilities.csv", "draws", OWN, "signed_on"),
    ("facilities.csv", "repayments", OWN, "signed_on"),
    ("stakes.csv", "agreed_on", "cooperative", "opened_on"),
    ("stakes.csv", "staked_on", OWN, "agreed_on"),
    ("stakes.csv", "topped_up", OWN, "staked_on"),
    ("stakes.csv", "released", OWN, "staked_on"),
    ("packages.csv", "applied_on", "stake", "agreed_on"),
    ("packages.csv", "applied_on", "guarantee_group", "formed_on"),
    ("packages.csv", "sent_on", OWN, "applied_on"),
    ("packages.csv", "sent_on", "stake", "staked_on"),
    ("packages.csv", "paid_on", OWN, "sent_on"),
    ("packages.csv", "repaid", OWN, "paid_on"),
    ("packages.csv", "overdue_on", OWN, "paid_on"),
    ("packages.csv", "claimed_on", OWN, "overdue_on"),
    ("packages.csv", "recovered", OWN, "claimed_on"),
    ("faults.csv", "to", OWN, "from"),
)
# Elections and late nodes may fall on any day; what moves money or takes an office does not.
_BEFORE_THE_START = {("posts.csv", "elected_on")}
_ANY_DAY = {
    ("posts.csv", "elected_on"),
    ("cooperatives.csv", "opened_on"),
    ("faults.csv", "from"),
    ("faults.csv", "to"),
}


def check_days(tables: Tables, calendar: Calendar | None, problems: Problems) -> None:
    """Note every date out of span, out of order, or on a day off."""
    for file, column, via, other_column in _ORDER:
        for row in tables[file]:
            for day in _days(row, column):
                for other in _others(tables, row, via):
                    _after(row, column, day, other, other_column, problems)
    if calendar is None:
        return
    if calendar.last_day < calendar.first_day:
        facts = {"first_day": calendar.first_day, "last_day": calendar.last_day}
        problems.note(Place(SETTINGS, 0, "calendar.last_day"), "CALENDAR_ORDER", **facts)
        return
    _announced(calendar, problems)
    working = working_days(calendar)
    for row in tables.every_row():
        for name in (column.name for column in row.file.columns):
            for day in _days(row, name):
                _in_calendar(row, name, day, calendar, working, problems)


def _announced(calendar: Calendar, problems: Problems) -> None:
    """Note the years of which neither the country nor the county has told any day off."""
    told = {day.year for day in (*calendar.extra_holidays, *calendar.extra_workdays)}
    span = range(calendar.first_day.year, calendar.last_day.year + 1)
    if unknown := [year for year in span if year > announced_through() and year not in told]:
        years = str(unknown[0]) if len(unknown) == 1 else f"{unknown[0]}–{unknown[-1]}"
        place = Place(SETTINGS, 0, "calendar.last_day")
        problems.note(place, "CALENDAR_NOT_ANNOUNCED", years=years)


def _days(row: Row, column: str) -> Iterator[date]:
    value = row.values.get(column)
    if isinstance(value, date):
        yield value
    elif isinstance(value, tuple):
        yield from (item.on for item in value if isinstance(item, DatedAmount))


def _others(tables: Tables, row: Row, via: str) -> Iterator[Row]:
    if via == OWN:
        yield row
        return
    link = next(column for column in row.file.columns if column.name == via)
    targets = tables.by_id[link.to]
    for name in row.several(via) if link.kind == "ids" else (row.text(via),):
        if name in targets:
            yield targets[name]


def _after(
    row: Row, column: str, day: date, other: Row, other_column: str, problems: Problems
) -> None:
    earlier = other.day(other_column)
    if earlier is not None and day < earlier:
        at = other.place(other_column)
        problems.note(
            row.place(column),
            "DATE_TOO_EARLY",
            value=day,
            other_file=at.file,
            other_row=at.row,
            other_column=at.column,
            other_value=earlier,
        )


def _in_calendar(
    row: Row,
    column: str,
    day: date,
    calendar: Calendar,
    working: WorkingDays,
    problems: Problems,
) -> None:
    where = (row.file.name, column)
    if day > calendar.last_day or (day < calendar.first_day and where not in _BEFORE_THE_START):
        facts = {"first_day": calendar.first_day, "last_day": calendar.last_day}
        problems.note(row.place(column), "DATE_OUTSIDE_CALENDAR", value=day, **facts)
    elif where not in _ANY_DAY and not working.is_business_day(day):
        problems.note(row.place(column), "DATE_ON_DAY_OFF", value=day)
