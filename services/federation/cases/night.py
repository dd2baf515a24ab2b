"""The county close: six steps of one business date, each one transaction with a done-mark.

Called by Temporal's activities step by step, by ``lianhe federation night`` and the simulator date
by date. A step that is asked for again answers from its mark; two workers that overlap wait for
each other at the mark's row. This is the one case that calls the others, in their order.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from contracts.codec import decode, encode
from contracts.ids import COUNTY_BOOK, FEDERATION_BOOK, cooperative_of, is_countys
from contracts.rejections import RejectionCode
from journal import heads as journal_heads
from journal import store
from journal.heads import OPEN
from kernel.errors import Rejected, ensure
from services.federation.cases import (
    bank_register,
    closing,
    custody,
    findings,
    intercoop,
    legs,
    lending,
    own_money,
    payments,
    pool_money,
    pool_sweep,
    proofs,
    receipts,
    service_fees,
    settlement,
)
from services.federation.county import County
from services.federation.tables import missing as missing_table
from services.federation.tables import night as night_table

OVERDUE = "intercoop_overdue"
CUT_OFF, BANK_LINES, PROVE = "cut_off", "bank_lines", "prove"
SETTLE, FILES, OPEN_NEXT = "settle", "files", "open_next"
STEPS = (CUT_OFF, BANK_LINES, PROVE, SETTLE, FILES, OPEN_NEXT)
"""The steps of one date, in the only order they are taken."""
SOURCES = (
    payments.queued,
    legs.instructions,
    receipts.instructions,
    pool_money.instructions,
)
"""Who has something for tonight's payment file."""


class StepResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a step did: counts by name. ``fresh`` is false when it had been done before."""

    date: date
    step: str
    counts: dict[str, int] = {}
    names: tuple[str, ...] = ()
    fresh: bool = True


def run_step(conn: sa.Connection, county: County, on: date, step: str) -> StepResult:
    """Take one step of the close of ``on``, or answer from its mark.

    Raises Rejected DAY_CLOSED / TOO_EARLY for another date than the county's open one,
    InvariantViolation when an earlier step is not done.
    """
    marks = marked(conn, on)
    if step in marks:
        return marks[step]
    # Whoever comes second waits at this row for the first to commit, and then finds the mark.
    mine = conn.execute(
        insert(night_table)
        .values(
            business_date=on.isoformat(),
            step=step,
            started=county.ports.moment(),
            finished="",
            facts="",
        )
        .on_conflict_do_nothing()
        .returning(night_table.c.step)
    )
    if mine.first() is None:
        marks = marked(conn, on)
        ensure(step in marks, "marked_step_is_done", on=on, step=step)
        return marks[step]
    _must_be_open(conn, on)
    for earlier in STEPS[: STEPS.index(step)]:
        ensure(earlier in marks, "steps_in_order", step=step, missing=earlier)
    counts, names = _HANDLERS[step](conn, county, on)
    result = StepResult(date=on, step=step, counts=dict(+counts), names=names)
    conn.execute(
        night_table.update()
        .where(night_table.c.business_date == on.isoformat(), night_table.c.step == step)
        .values(finished=county.ports.moment(), facts=encode(result).decode())
    )
    return result


def close_date(conn: sa.Connection, county: County, on: date) -> tuple[StepResult, ...]:
    """Every step of one date in the caller's one transaction: how quiet dates are caught up."""
    return tuple(run_step(conn, county, on, step) for step in STEPS)


_MARKS = sa.select(night_table.c.step, night_table.c.facts).where(
    night_table.c.business_date == sa.bindparam("on"), night_table.c.finished != ""
)


def marked(conn: sa.Connection, on: date) -> dict[str, StepResult]:
    """What the steps of a date did that are done, by step."""
    rows = conn.execute(_MARKS, {"on": on.isoformat()})
    return {
        str(step): msgspec.structs.replace(decode(body.encode(), StepResult), fresh=False)
        for step, body in rows
    }


def open_date(conn: sa.Connection) -> date:
    """The county's open business date."""
    return journal_heads.read(conn, COUNTY_BOOK).today


def plan(conn: sa.Connection, county: County, until: date) -> tuple[tuple[date, ...], ...]:
    """The open dates up to ``until``, oldest first; dates on which nothing is known share a group.

    A group is closed date by date with every step, so a date that turns out not to be quiet is
    closed as well as any other.
    """
    groups: list[list[date]] = []
    on, quiet_before = open_date(conn), False
    first = on
    while on <= until:
        following = county.world.calendar.next_business_day(on)
        quiet = not _due_between(conn, on, following) and (on > first or not _work(conn))
        if quiet and quiet_before:
            groups[-1].append(on)
        else:
            groups.append([on])
        on, quiet_before = following, quiet
    return tuple(tuple(group) for group in groups)


def _must_be_open(conn: sa.Connection, on: date) -> None:
    today = open_date(conn)
    if on < today:
        raise Rejected(RejectionCode.DAY_CLOSED, date=on, open=today)
    if on > today:
        raise Rejected(RejectionCode.TOO_EARLY, from_date=on, open=today)


def _work(conn: sa.Connection) -> bool:
    """Whether the open date has something to do that is known now."""
    return bool(
        bank_register.files_in(conn, bank_register.IN, bank_register.RECEIVED)
        or store.in_states(conn, store.COUNTY_SCOPE, payments.PROCESS, ("queued",))
        or store.in_states(conn, store.COUNTY_SCOPE, receipts.PROCESS, ("named",))
        or store.in_states(conn, store.COUNTY_SCOPE, "settlement", settlement.OPEN_CYCLES)
        or store.in_states(conn, store.COUNTY_SCOPE, "intercoop", ("approved",))
        or store.in_states(conn, store.COUNTY_SCOPE, service_fees.PROCESS, ("due", "held"))
        or store.in_states(conn, store.COUNTY_SCOPE, pool_money.TRANSFER, ("queued",))
        or store.in_states(conn, store.COUNTY_SCOPE, pool_money.CLAIM, ("accepted",))
    )


def _due_between(conn: sa.Connection, on: date, following: date) -> bool:
    """Whether closing ``on`` makes something due."""
    due = store.due(conn, store.COUNTY_SCOPE, following.isoformat())
    return any(case.due is not None and case.due > on for case in due)


Done = tuple[Counter[str], tuple[str, ...]]


def _cut_off(conn: sa.Connection, _county: County, on: date) -> Done:
    """Name the villages that have not closed the date or wait; nobody waits for them."""
    late = [
        head
        for head in journal_heads.read_all(conn, "N")
        if head.closed_date < on.isoformat() or head.mode != OPEN
    ]
    if late:
        conn.execute(
            missing_table.insert(),
            [
                {
                    "business_date": on.isoformat(),
                    "cooperative": cooperative_of(head.book),
                    "closed_date": head.closed_date,
                    "mode": head.mode,
                }
                for head in late
            ],
        )
    names = tuple(cooperative_of(head.book) for head in late)
    return Counter(missing=len(late)), names


def _bank_lines(conn: sa.Connection, county: County, on: date) -> Done:
    # All custody books in the one order: lines come in the bank's order, not in ours.
    journal_heads.lock(conn, _books(conn))
    return custody.take_files(conn, county, on), ()


def _prove(conn: sa.Connection, county: County, on: date) -> Done:
    found = proofs.prove(conn, county, on)
    return proofs.totals(found), tuple(one.name for one in found if one.failures)


def _settle(conn: sa.Connection, county: County, on: date) -> Done:
    """Hold what is due, net it, move open cycles on; what stays short is overdue, with a name."""
    journal_heads.lock(conn, _books(conn))
    world = county.world
    parted = lending.part(conn, world)
    held, short = intercoop.set_aside_due(conn, world, on)
    held += service_fees.hold_due(conn, world)
    moved = settlement.progress(conn, world)
    own, own_short = lending.set_aside_due(conn, world, on)
    held, short = held + own, short + own_short
    cycle = settlement.plan(conn, world, on)
    if cycle is not None:
        moved += settlement.progress(conn, world)
    ended = settlement.finished(conn, world, on)
    for case in short:
        loan = store.load(conn, store.COUNTY_SCOPE, case)
        findings.open_once(
            conn, county, OVERDUE, case,
            cooperative=_village(loan.parties["borrower"]) if loan else "", facts={"case": case},
        )  # fmt: skip
    _no_longer_short(conn, county, on, short)
    counts = Counter(
        held=len(held), short=len(short), moved=len(moved), cycles=int(cycle is not None),
        ended=len(ended), parted=len(parted),
    )  # fmt: skip
    return counts, tuple(case.id for case in moved)


def _books(conn: sa.Connection) -> list[str]:
    """Every book the county writes: a step that may touch any takes all, in the one order."""
    return [head.book for head in journal_heads.read_all(conn) if is_countys(head.book)]


def _village(party: str) -> str:
    """Whose finding it is: a village's, or the county's own ("") where the federation is party."""
    return "" if party == FEDERATION_BOOK else party


def _no_longer_short(conn: sa.Connection, county: County, on: date, short: Sequence[str]) -> None:
    """An overdue loan that was repaid, waived, or is held for in full is no finding any more."""
    late = {f"{OVERDUE}:{case}" for case in short}
    for case in store.in_states(conn, store.COUNTY_SCOPE, findings.PROCESS, findings.LIVE):
        kind, _, subject = str(case.terms.get("about", "")).partition(":")
        if kind == OVERDUE and f"{kind}:{subject}" not in late:
            findings.settled(conn, county, kind, subject, {"settled_on": on.isoformat()})


def _files(conn: sa.Connection, county: County, on: date) -> Done:
    journal_heads.lock(conn, _books(conn))
    built = payments.build(conn, county, on, SOURCES)
    counts = Counter(
        files=int(bool(built.file)), lines=built.lines, total_fen=built.total_fen,
        left_out=built.left_out,
    )  # fmt: skip
    return counts, (built.file,) if built.file else ()


def _open_next(conn: sa.Connection, county: County, on: date) -> Done:
    following = county.world.calendar.next_business_day(on)
    journal_heads.lock(conn, _books(conn))
    own_money.month_end(conn, county.world, on, following)
    return closing.open_next(conn, county, on) + pool_sweep.sweep(conn, county), ()


_HANDLERS: dict[str, Callable[[sa.Connection, County, date], Done]] = {
    CUT_OFF: _cut_off,
    BANK_LINES: _bank_lines,
    PROVE: _prove,
    SETTLE: _settle,
    FILES: _files,
    OPEN_NEXT: _open_next,
}
