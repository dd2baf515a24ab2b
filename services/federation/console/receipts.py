"""What staff decide about bank lines: name the owner of a receipt, take it back, book what is gone.

The forms stand on the page of the receipt, of its finding and of the identification (case.html);
the money moves when the bank has moved it (cases/receipts.py).
"""

from typing import Any

import sqlalchemy as sa
from litestar import Response, post
from litestar.di import NamedDependency

from kernel.cases import Case
from services.federation.cases import findings, receipts
from services.federation.console import acting, guard, page
from services.federation.console.desk import AT, Visitor
from services.federation.console.guard import Form


@post("/receipts/identify", sync_to_thread=True)
def identify(visitor: NamedDependency[Visitor], form: NamedDependency[Form]) -> Response[Any]:
    """Name the cooperative a receipt belongs to, by what paper."""
    receipt = form.get("case", "")
    with visitor.reading() as conn:
        acting.seen_case(conn, visitor, receipts.RECEIPT, receipt)
    sure = guard.confirm(visitor, form)
    named = acting.identify(
        sure, receipt, form.get("cooperative", ""), form.get("evidence", "").strip()
    )
    return page.go(sure, f"{AT}/cases/K/{named.id}")


@post("/receipts/withdraw", sync_to_thread=True)
def withdraw(visitor: NamedDependency[Visitor], form: NamedDependency[Form]) -> Response[Any]:
    """Take it back before it is in a payment file."""
    case = form.get("case", "")
    with visitor.reading() as conn:
        acting.seen_case(conn, visitor, receipts.PROCESS, case)
    sure = guard.confirm(visitor, form)
    done = acting.withdraw_identification(sure, case, form.get("reason", "").strip())
    return page.go(sure, f"{AT}/cases/K/{done.id}")


@post("/receipts/gone", sync_to_thread=True)
def gone(visitor: NamedDependency[Visitor], form: NamedDependency[Form]) -> Response[Any]:
    """Book an open outflow as gone: its village holds it as owed to it."""
    finding = form.get("case", "")
    with visitor.reading() as conn:
        line = open_line(conn, acting.seen_case(conn, visitor, findings.PROCESS, finding))
    sure = guard.confirm(visitor, form)
    done = acting.book_gone(sure, line, form.get("reason", "").strip())
    return page.go(sure, f"{AT}/cases/K/{done.id}")


def open_line(conn: sa.Connection, case: Case) -> str:
    """The open outflow a finding is about, "" where there is none."""
    line = str(case.terms.get("line", "")) if case.process == findings.PROCESS else ""
    return line if line and receipts.gone(conn, line) else ""


def unidentified(conn: sa.Connection, case: Case) -> str:
    """The receipt a form on this case's page would be about, "" where there is none."""
    about = case.id if case.process == receipts.RECEIPT else ""
    if case.process == findings.PROCESS and case.terms.get("kind") == receipts.UNKNOWN_IN:
        about = str(case.terms.get("case", ""))
    waiting = about and any(one.id == about for one in receipts.waiting(conn))
    return about if waiting else ""
