"""Claim and recovery triangles: how what was guaranteed in one quarter turned out, as it aged.

Called by the console and tests. A row is a cohort (the period in which loans were paid out, or
claims paid), a column its age in periods, a cell what had come cumulatively by then; what has
not happened yet is None. Pure: whole fen and ppm, no float.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from contracts.money import PPM, round_half_up
from kernel.errors import ensure

QUARTER, YEAR = 3, 12
"""Months of a period."""


class Base(msgspec.Struct, frozen=True):
    """What a cohort starts from: principal paid out, or what the pool paid (fen)."""

    began: date
    amount_fen: int


class Event(msgspec.Struct, frozen=True):
    """What came of a base that began on a day: a claim paid, a recovery received (fen)."""

    began: date
    on: date
    amount_fen: int


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One cohort. ``cells[age]`` is cumulative fen by the end of that age, None in the future."""

    cohort: str
    base_fen: int
    cells: tuple[int | None, ...]

    @property
    def latest_fen(self) -> int:
        """What had come by the as-of day."""
        return next(cell for cell in reversed(self.cells) if cell is not None)

    def rate_ppm(self, age: int) -> int | None:
        """A cell as a share of the base, half up; None in the future or without a base."""
        cell = self.cells[age]
        if cell is None or not self.base_fen:
            return None
        return round_half_up(cell * PPM, self.base_fen)


def triangle(
    bases: Iterable[Base], events: Iterable[Event], *, as_of: date, months: int = QUARTER
) -> tuple[Row, ...]:
    """Every cohort up to a day, oldest first, those without any base left out.

    What happened after ``as_of`` is not counted, so that the picture of an earlier day can be
    drawn again. An event of a cohort that has no base, or before its base, is a bug.
    """
    base: dict[int, int] = defaultdict(int)
    for one in bases:
        if one.began <= as_of:
            base[period(one.began, months)] += one.amount_fen
    came: dict[tuple[int, int], int] = defaultdict(int)
    for event in events:
        if event.on > as_of:
            continue
        cohort = period(event.began, months)
        ensure(cohort in base, "triangle_event_has_its_base", cohort=name(cohort, months))
        ensure(event.began <= event.on, "triangle_event_follows_its_base", on=event.on)
        came[cohort, period(event.on, months) - cohort] += event.amount_fen
    now = period(as_of, months)
    ages = now - min(base, default=now) + 1
    return tuple(
        Row(
            cohort=name(cohort, months),
            base_fen=base[cohort],
            cells=_cumulative([came[cohort, age] for age in range(now - cohort + 1)], ages),
        )
        for cohort in sorted(base)
    )


def period(day: date, months: int) -> int:
    """The number of the period a day lies in, counted from the year 0."""
    return (day.year * YEAR + day.month - 1) // months


def name(number: int, months: int) -> str:
    """A period as people call it: ``2017``, ``2017 Q1``, ``2017-01``."""
    year, month = divmod(number * months, YEAR)
    if months == YEAR:
        return str(year)
    if months == QUARTER:
        return f"{year} Q{month // QUARTER + 1}"
    return f"{year}-{month + 1:02d}"


def _cumulative(amounts: Sequence[int], ages: int) -> tuple[int | None, ...]:
    total, cells = 0, []
    for amount in amounts:
        total += amount
        cells.append(total)
    return (*cells, *[None] * (ages - len(cells)))
