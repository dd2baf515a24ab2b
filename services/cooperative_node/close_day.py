"""Closing the day in one transaction, so a crash leaves it open or closed, never half.

Called by page, CLI, API and simulation. What is due is done, the month's end accrues, ages,
classes and provides, the trial balance and the mirrors are proved, and the next calendar day
opens. Missed days close oldest first, quiet ones in a row together. Nothing here needs a network.
"""

from datetime import date, timedelta, timezone

import msgspec
import sqlalchemy as sa

from contracts.codec import decode
from contracts.facts import facts_of
from contracts.facts.books import DayClosed
from contracts.ledger import Act, Actor
from contracts.rejections import RejectionCode
from journal import heads as journal_heads
from journal import store
from journal.engine import reading
from journal.heads import Head
from journal.perform import Command, Performed, World, perform
from journal.read import totals_at
from kernel.calendar import month_end
from kernel.errors import InvariantViolation, Rejected, ensure
from services.cooperative_node import queries
from services.cooperative_node.follow import follow
from services.cooperative_node.world import Node, world_of

CLOSER = Actor(role="system:close", operator="system")
DEADLINE = Actor(role="system:deadline", operator="system")
AGE, CROSS_BACK = "age", "cross_back"
MONTH_END = ("fee", "intercoop_fee", "provision")
"""Acts of ``village_book`` a month's end asks for, in their order."""
_ONE_DAY = timedelta(days=1)
_CHINA = timezone(timedelta(hours=8))
"""What day it is in a village, whatever zone its computer is set to."""
_SPAN = 31
"""Most days that are closed in one transaction."""
_MIRRORS = (("10201", ("80101", "80102")), ("10901", ("802", "8021", "805", "8051")))


class DayReport(msgspec.Struct, frozen=True, kw_only=True):
    """What closing one date did: act names with how many, and what was proved."""

    closed: date
    opened: date
    acts: dict[str, int]
    total_fen: int
    applied: int


def close_day(node: Node) -> DayReport:
    """Follow what is due, close the open day, open the next and follow what that day brings."""
    follow(node)
    report = _close_alone(node)
    follow(node)
    return report


def catch_up(node: Node, until: date) -> list[DayReport]:
    """Close every open day through ``until``, oldest first; none when it is closed already.

    Raises Rejected DAY_NOT_COME, with nothing closed, for a date that is still to come.
    """
    reports: list[DayReport] = []
    with reading(node.engine).connect() as conn:
        _must_have_come(conn, node, until)
    follow(node)
    while open_day(node) <= until:
        reports += _close_span(node, until)
        with reading(node.engine).connect() as conn:
            told_more = _told_more(conn, node)
        if told_more:
            follow(node)
    return reports


def _close_span(node: Node, until: date) -> list[DayReport]:
    """Close the open day and the quiet ones after it in one transaction.

    A span that cannot be closed as a whole is closed day by day, up to the day that stops it.
    """
    reports: list[DayReport] = []
    try:
        with node.engine.begin() as conn:
            while not reports or (_quiet(conn, node, reports[-1], until) and len(reports) < _SPAN):
                reports.append(close(conn, node))
    except (Rejected, InvariantViolation):
        return [_close_alone(node)]
    return reports


def _quiet(conn: sa.Connection, node: Node, before: DayReport, until: date) -> bool:
    """Whether the open day may follow at once: nothing was done, and nothing waits to be."""
    return not before.acts and before.opened <= until and not _told_more(conn, node)


def _close_alone(node: Node) -> DayReport:
    with node.engine.begin() as conn:
        return close(conn, node)


def _told_more(conn: sa.Connection, node: Node) -> bool:
    """Whether K(i) holds acts this node has not followed: most days of a catch-up have none."""
    cursor = journal_heads.read(conn, node.book).cursor
    return journal_heads.read(conn, node.custody).seq > cursor


def open_day(node: Node) -> date:
    """The open business day of N(i)."""
    with reading(node.engine).connect() as conn:
        return journal_heads.read(conn, node.book).today


def close(conn: sa.Connection, node: Node) -> DayReport:
    """Close the open day in the caller's transaction.

    Raises Rejected BOOK_WAITS while the book waits for a hand-over and DAY_NOT_COME for a day
    that is still to come, InvariantViolation when the trial balance or a mirror does not hold:
    then nothing of the close stands.
    """
    world = world_of(conn)
    head = journal_heads.lock(conn, [node.book])[node.book]
    today, tomorrow = head.today, head.today + _ONE_DAY
    _must_have_come(conn, node, today)
    done: dict[str, int] = {}
    before = _quiet_since(conn, node, head)
    if before is None:
        _deadlines(conn, node, world, today, done)
    _periodic(conn, node, world, today, done)
    if before is None or done:
        _finish(conn, node, world, done)
        applied, total = prove(conn, node)
    else:
        applied, total = before.applied, before.total
    facts = DayClosed(closes=today, opens=tomorrow, applied=applied, total=total)
    _book_act(conn, node, world, "close", today, facts_of(facts))
    head = journal_heads.lock(conn, [node.book])[node.book]
    journal_heads.close_day(conn, head, tomorrow)
    _deadlines(conn, node, world, tomorrow, done)
    return DayReport(closed=today, opened=tomorrow, acts=done, total_fen=total, applied=applied)


def _must_have_come(conn: sa.Connection, node: Node, day: date) -> None:
    """Refuse a day that neither this computer's clock nor the county has reached.

    A closed day is never opened again, and the county takes in nothing that is dated ahead of it.
    """
    clock = node.ports.now().astimezone(_CHINA).date()
    if day <= clock:
        return
    county = queries.read_sync(conn, node.cooperative).county_date
    if str(day) > county:
        facts = {"day": str(day), "clock": str(clock), "county": county or "-"}
        raise Rejected(RejectionCode.DAY_NOT_COME, **facts)


def _quiet_since(conn: sa.Connection, node: Node, head: Head) -> DayClosed | None:
    """The last close, if nothing was written or followed since: what it proved still stands."""
    found = queries.acts_between(conn, node.book, head.seq, head.seq)
    if not found or b'"act":"close"' not in found[0].body:
        return None
    facts = msgspec.convert(decode(found[0].body, Act).facts, DayClosed)
    return facts if facts.applied == head.cursor else None


def prove(conn: sa.Connection, node: Node) -> tuple[int, int]:
    """Prove the trial balance and the mirrors at the cursor (I1, I5).

    Returns the K(i) cursor and the foot of the trial balance (fen). Raises InvariantViolation.
    """
    for book in (node.book, node.custody):
        wrong = queries.imbalance(conn, book)
        ensure(not wrong, "trial_balance_is_zero", book=book, difference=wrong)
    cursor = journal_heads.read(conn, node.book).cursor
    mine, theirs = totals_at(conn, node.book), totals_at(conn, node.custody, cursor)
    for own, parts in _MIRRORS:
        here = sum(one.amount for one in mine if one.account == own)
        there = sum(one.amount for one in theirs if one.account in parts)
        ensure(here == there, "mirror_at_cursor", account=own, node=here, county=there, at=cursor)
    return cursor, queries.debit_total(conn, node.book)


def _deadlines(
    conn: sa.Connection, node: Node, world: World, on: date, done: dict[str, int]
) -> None:
    """Every deadline of this village's cases due on ``on`` or before, oldest first."""
    for case in store.due(conn, node.book, on.isoformat()):
        command = Command(
            id=f"due-{case.id}-{case.step + 1}",
            process=case.process,
            case=case.id,
            act=case.due_act,
            actor=DEADLINE,
        )
        if _try(conn, world, command):
            _count(done, f"{case.process}.{case.due_act}")


def _periodic(
    conn: sa.Connection, node: Node, world: World, today: date, done: dict[str, int]
) -> None:
    """What fundings owe each other, ageing past a due date, and what a month's end asks for.

    The month's end brings fees, inter-coop fees and provision. A loan is aged before it is
    classed. An act that would post nothing is not kept.
    """
    names = [CROSS_BACK] if store.rows(conn, node.book, ["191"], by="funding")["191"] else []
    names += [AGE] if queries.loans_past_due(conn, node.book, today.isoformat()) else []
    for name in (*names, *(MONTH_END if today == month_end(today) else ())):
        savepoint = conn.begin_nested()
        performed = _book_act(conn, node, world, name, today, {})
        if any(act.movements for act in performed.acts):
            savepoint.commit()
            _count(done, name)
        else:
            savepoint.rollback()


def _finish(conn: sa.Connection, node: Node, world: World, done: dict[str, int]) -> None:
    """End the loans on which nothing is owed; the rule looks at fee not yet booked as well."""
    for loan in queries.loans_paid_off(conn, node.book):
        command = Command(
            id=f"finish-{loan}", process="loan", case=loan, act="finish", actor=CLOSER
        )
        if _try(conn, world, command):
            _count(done, "loan.finish")


def _book_act(
    conn: sa.Connection,
    node: Node,
    world: World,
    name: str,
    today: date,
    facts: dict[str, object],
) -> Performed:
    command = Command(
        id=f"{name}-{today.isoformat()}",
        process="village_book",
        case=node.life,
        act=name,
        actor=CLOSER,
        facts=facts,
    )
    return perform(conn, world, command)


def _try(conn: sa.Connection, world: World, command: Command) -> bool:
    savepoint = conn.begin_nested()
    try:
        perform(conn, world, command)
    except Rejected:
        # Not due after all (a rule sees more than the table): it is asked again next day.
        savepoint.rollback()
        return False
    savepoint.commit()
    return True


def _count(done: dict[str, int], name: str) -> None:
    done[name] = done.get(name, 0) + 1
