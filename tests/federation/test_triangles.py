"""Triangles by cohort: cumulative, complete, nothing from the future; against a plain count."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import InvariantViolation
from services.federation.insight.triangles import (
    QUARTER,
    YEAR,
    Base,
    Event,
    name,
    period,
    triangle,
)

DAYS = st.dates(date(2015, 1, 1), date(2018, 12, 31))
FEN = st.integers(1, 10**12)


def test_a_cohorts_claims_add_up_as_it_ages_and_the_future_is_empty() -> None:
    q1, q2 = date(2017, 2, 1), date(2017, 5, 1)
    rows = triangle(
        [Base(q1, 100_000), Base(date(2017, 3, 31), 50_000), Base(q2, 80_000)],
        [
            Event(q1, date(2017, 3, 1), 1_000),
            Event(q1, date(2017, 8, 1), 2_000),
            Event(q1, date(2017, 9, 30), 500),
            Event(q2, date(2017, 7, 1), 700),
        ],
        as_of=date(2017, 9, 30),
    )
    assert [(row.cohort, row.base_fen, row.cells) for row in rows] == [
        ("2017 Q1", 150_000, (1_000, 1_000, 3_500)),
        ("2017 Q2", 80_000, (0, 700, None)),
    ]
    assert [rows[0].rate_ppm(age) for age in range(3)] == [6_667, 6_667, 23_333]
    assert rows[1].rate_ppm(2) is None
    assert [row.latest_fen for row in rows] == [3_500, 700]


def test_the_picture_of_an_earlier_day_can_be_drawn_again() -> None:
    day = date(2017, 2, 1)
    later = Event(day, date(2017, 7, 1), 5)
    early = triangle([Base(day, 10), Base(date(2017, 9, 1), 99)], [later], as_of=date(2017, 6, 30))
    assert [(row.cohort, row.cells) for row in early] == [("2017 Q1", (0, 0))]


def test_periods_are_named_as_people_call_them() -> None:
    day = date(2017, 12, 31)
    named = [name(period(day, months), months) for months in (1, QUARTER, YEAR)]
    assert named == ["2017-12", "2017 Q4", "2017"]
    assert name(period(date(2018, 1, 1), QUARTER), QUARTER) == "2018 Q1"


@pytest.mark.parametrize(
    "event",
    [
        Event(date(2016, 1, 1), date(2017, 3, 1), 1),
        Event(date(2017, 2, 1), date(2017, 1, 31), 1),
    ],
)
def test_an_event_without_or_before_its_base_is_a_bug(event: Event) -> None:
    with pytest.raises(InvariantViolation):
        triangle([Base(date(2017, 2, 1), 10)], [event], as_of=date(2017, 12, 31))


def test_without_anything_there_is_no_row() -> None:
    assert triangle([], [], as_of=date(2017, 12, 31)) == ()


@given(
    st.lists(st.tuples(DAYS, FEN), min_size=1, max_size=20),
    st.lists(st.tuples(st.integers(0, 19), st.integers(0, 900), FEN), max_size=40),
    DAYS,
    st.sampled_from([1, QUARTER, YEAR]),
)
def test_every_cell_is_a_plain_count_of_what_came_by_then(
    loans: list[tuple[date, int]], later: list[tuple[int, int, int]], as_of: date, months: int
) -> None:
    bases = [Base(day, fen) for day, fen in loans]
    events = [
        Event(began, began + timedelta(days), fen)
        for which, days, fen in later
        for began in [loans[which % len(loans)][0]]
    ]
    rows = triangle(bases, events, as_of=as_of, months=months)
    counted = [event for event in events if event.on <= as_of]
    assert sum(row.latest_fen for row in rows) == sum(event.amount_fen for event in counted)
    assert sum(row.base_fen for row in rows) == sum(fen for day, fen in loans if day <= as_of)
    for row in rows:
        members = [e for e in counted if name(period(e.began, months), months) == row.cohort]
        start = min(
            period(day, months)
            for day, _ in loans
            if name(period(day, months), months) == row.cohort
        )
        for age, cell in enumerate(row.cells):
            if start + age > period(as_of, months):
                assert cell is None
            else:
                by_then = [e for e in members if period(e.on, months) <= start + age]
                assert cell == sum(e.amount_fen for e in by_then)
