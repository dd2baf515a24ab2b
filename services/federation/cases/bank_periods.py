"""The months a bank owes reports for, so that "not received" is a state (L21).

Opened by the night for every bank that holds a line; received by bank_reports, whole. Shown by
portal and console. It reads no row and compares no figure.
"""

from datetime import date

import sqlalchemy as sa

from contracts.ledger import Actor
from contracts.rejections import RejectionCode
from journal import store
from journal.perform import World
from kernel.calendar import ONE_DAY, month_end
from kernel.cases import Case
from kernel.errors import Rejected
from services.federation.cases import guarantees, registers
from services.federation.cases.actors import COUNTY
from services.federation.cases.county_acts import act_on

PROCESS = "bank_report"
UTILISATION, REPAYMENT = "utilisation", "repayment"
KINDS = (UTILISATION, REPAYMENT)


def expect(conn: sa.Connection, world: World, today: date) -> int:
    """Open this month's periods of every bank that holds a line; how many are new."""
    period, fresh = today.strftime("%Y-%m"), 0
    for partner in registers.partners(conn):
        if partner.id == registers.FINANCE:
            continue
        if store.load(conn, store.COUNTY_SCOPE, case_id(partner.id, UTILISATION, period)):
            continue
        if not guarantees.of_bank(conn, partner.id):
            continue
        day = world.policy(conn, "").count("report.due_month")
        due = (month_end(today) + ONE_DAY).replace(day=day).isoformat()
        for kind in KINDS:
            name = case_id(partner.id, kind, period)
            facts = {"bank": partner.id, "kind": kind, "period": period, "due_on": due}
            fresh += act_on(
                conn, world, PROCESS, name, "expect", COUNTY, facts,
                act_id=f"{name}/expect", parties={"county": ""},
            ).fresh  # fmt: skip
    return fresh


def case_id(bank: str, kind: str, period: str) -> str:
    """The period's case."""
    return f"report-{bank}-{kind}-{period}"


def period_of(conn: sa.Connection, bank: str, kind: str, period: str) -> Case:
    """A period a bank owes a report for. Raises UNKNOWN_CASE when none was opened."""
    name = case_id(bank, kind, period)
    found = store.load(conn, store.COUNTY_SCOPE, name)
    if found is None or found.process != PROCESS or found.terms["bank"] != bank:
        raise Rejected(RejectionCode.UNKNOWN_CASE, case=name[:120])
    return found


def last_day(period: str) -> date:
    """The last calendar day of a month ``YYYY-MM``."""
    return month_end(date(int(period[:4]), int(period[5:]), 1))


def receive(
    conn: sa.Connection, world: World, case: Case, report: str, actor: Actor,
    *, rows: int, total: int,
) -> bool:  # fmt: skip
    """A period's report came, whole: its rows and their sum (fen). False when it had before."""
    facts = {"bank": case.terms["bank"], "report": report, "rows": rows, "total": total}
    return act_on(
        conn, world, PROCESS, case.id, "receive", actor, facts, act_id=f"{case.id}/receive/{report}"
    ).fresh
