"""Advance county cases: whatever has fallen due happens here, in one transaction a case.

Also what the relay has still to tell. Called by Temporal's case driver (activity
``case.advance``), by the relay and, where there is no Temporal, by the simulator. Idempotent: an
act of a deadline is named by its date, so twice is once.
"""

from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa

from contracts.rejections import RejectionCode
from journal import heads, store
from journal.perform import Command, perform
from journal.tables import act, head
from kernel.cases import Case
from kernel.errors import Rejected
from services.federation.cases import escalations, findings
from services.federation.cases.actors import DEADLINE
from services.federation.county import County
from services.federation.tables import relay_cursor

DRIVEN = ("consent", "intercoop", "agreement", "match", "transfer", "package", "claim")
"""Approval chains: people are waited for, and a workflow keeps the time of each."""


def advance(conn: sa.Connection, county: County, case_id: str) -> Case:
    """Perform every act of the case that is due by the county's open date; return where it is.

    A due act that a rule refuses stays due and is tried again when the case is next told. An
    escalation opens its finding; a case that moved on settles it. Raises Rejected UNKNOWN_CASE.
    """
    case = store.load(conn, store.COUNTY_SCOPE, case_id)
    if case is None:
        raise Rejected(RejectionCode.UNKNOWN_CASE, case=case_id)
    home = store.book_for(case.home, next(iter(case.parties.values())))
    today = heads.read(conn, home).today
    while case.due is not None and case.due <= today:
        command = Command(
            id=f"{case.id}/{case.due_act}/{case.due.isoformat()}",
            process=case.process,
            case=case.id,
            act=case.due_act,
            actor=DEADLINE,
        )
        try:
            with conn.begin_nested():
                performed = perform(conn, county.world, command)
        except Rejected:
            break
        case = performed.case
        if not performed.fresh:
            break
        if command.act == escalations.ESCALATE and case.process != findings.PROCESS:
            escalations.call(conn, county, case)
    # Last: what was due locks the books of all parties, in their order, a finding only one.
    escalations.moved_on(conn, county, case)
    return case


def due(conn: sa.Connection, on: date) -> list[str]:
    """Ids of driven cases whose deadline is on or before a date."""
    found = store.due(conn, store.COUNTY_SCOPE, on.isoformat())
    return [case.id for case in found if case.process in DRIVEN]


def news(conn: sa.Connection) -> tuple[list[str], dict[str, int]]:
    """Driven cases that moved beyond the relay's cursors, and where the cursors then stand."""
    behind = (
        sa.select(head.c.book, head.c.seq, sa.func.coalesce(relay_cursor.c.seq, 0))
        .join(relay_cursor, relay_cursor.c.book == head.c.book, isouter=True)
        .where(head.c.book.like("K-%"), head.c.seq > sa.func.coalesce(relay_cursor.c.seq, 0))
        .order_by(head.c.book)
    )
    moved: dict[str, None] = {}
    cursors: dict[str, int] = {}
    for book, seq, told in conn.execute(behind).all():
        acts = sa.select(act.c.case_id).where(
            act.c.book == book, act.c.seq > told, act.c.seq <= seq, act.c.process.in_(DRIVEN)
        )
        moved.update(dict.fromkeys(conn.scalars(acts.order_by(act.c.seq))))
        cursors[book] = seq
    return list(moved), cursors


def told(conn: sa.Connection, cursors: Mapping[str, int]) -> None:
    """Move the relay's cursors after Temporal has been told."""
    for book, seq in cursors.items():
        changed = conn.execute(
            relay_cursor.update().where(relay_cursor.c.book == book).values(seq=seq)
        )
        if not changed.rowcount:
            conn.execute(relay_cursor.insert().values(book=book, seq=seq))
