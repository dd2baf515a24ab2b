"""Nights of the county: steps with their times and counts, who was missing, what was proven."""

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from services.federation.tables import missing, night, proof

NIGHTS_SHOWN = 800
_ALWAYS = ("missing", "checked")
"""Counted in every night, also in one on which nothing happened."""


class Night(msgspec.Struct, frozen=True, kw_only=True):
    """One business date that was, or is being, closed; ``quiet`` when nothing happened."""

    day: str
    quiet: bool
    steps: int
    done: int
    milliseconds: int
    missing: int
    checked: int
    failed: int


class StepRow(msgspec.Struct, frozen=True, kw_only=True):
    """One step of one night; ``milliseconds`` is None while it runs."""

    step: str
    milliseconds: int | None
    counts: dict[str, int]


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """A cooperative that had not delivered at the cut-off."""

    cooperative: str
    closed: str
    mode: str


class Proven(msgspec.Struct, frozen=True, kw_only=True):
    """One invariant of targets.md: how many times it was checked and how many failed."""

    name: str
    checked: int
    failed: int


def nights(conn: sa.Connection) -> list[Night]:
    """Business dates with their steps, newest first."""
    days: dict[str, list[sa.Row[tuple[object, ...]]]] = {}
    query = sa.select(night).order_by(night.c.business_date.desc(), night.c.started)
    for row in conn.execute(query):
        days.setdefault(row.business_date, []).append(row)
        if len(days) > NIGHTS_SHOWN:
            days.popitem()
            break
    absent = _by_day(conn, sa.select(missing.c.business_date, sa.func.count()))
    checked = _by_day(conn, sa.select(proof.c.business_date, sa.func.sum(proof.c.checked)))
    failed = _by_day(conn, sa.select(proof.c.business_date, sa.func.sum(proof.c.failed)))
    return [
        Night(
            day=day,
            quiet=not any(
                number
                for row in rows
                for name, number in _counts(row.facts).items()
                if name not in _ALWAYS
            ),
            steps=len(rows),
            done=sum(bool(row.finished) for row in rows),
            milliseconds=sum(_took(row.started, row.finished) or 0 for row in rows),
            missing=absent.get(day, 0),
            checked=checked.get(day, 0),
            failed=failed.get(day, 0),
        )
        for day, rows in days.items()
    ]


def steps(conn: sa.Connection, day: str) -> list[StepRow]:
    """The steps of one night in the order they began."""
    query = sa.select(night).where(night.c.business_date == day).order_by(night.c.started)
    return [
        StepRow(
            step=row.step,
            milliseconds=_took(row.started, row.finished),
            counts=_counts(row.facts),
        )
        for row in conn.execute(query)
    ]


def absent(conn: sa.Connection, day: str) -> list[Missing]:
    """Who had not delivered at the cut-off of a night, in id order."""
    query = sa.select(missing).where(missing.c.business_date == day).order_by(missing.c.cooperative)
    return [
        Missing(cooperative=row.cooperative, closed=row.closed_date, mode=row.mode)
        for row in conn.execute(query)
    ]


def proofs(conn: sa.Connection, day: str) -> list[Proven]:
    """What was proven in a night, I2 before I10."""
    query = (
        sa.select(proof)
        .where(proof.c.business_date == day)
        .order_by(sa.func.length(proof.c.name), proof.c.name)
    )
    return [
        Proven(name=row.name, checked=row.checked, failed=row.failed) for row in conn.execute(query)
    ]


def _by_day(conn: sa.Connection, query: "sa.Select[Any]") -> dict[str, int]:
    rows = conn.execute(query.group_by(query.selected_columns[0]))
    return {str(row[0]): int(row[1]) for row in rows}


def _took(started: str, finished: str) -> int | None:
    if not finished:
        return None
    took = datetime.fromisoformat(finished) - datetime.fromisoformat(started)
    return round(took.total_seconds() * 1000)


def _counts(facts: str) -> dict[str, int]:
    """The numbers a step counted, whatever else its done-mark says."""
    told = msgspec.json.decode(facts) if facts else {}
    if isinstance(told, dict) and isinstance(told.get("counts"), dict):
        told = told["counts"]
    return {str(name): value for name, value in told.items() if type(value) is int}
