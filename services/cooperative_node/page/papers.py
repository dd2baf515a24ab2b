"""Papers to print: contract, public notice, dunning, roster, passbook, receipt (R-046, R-048).

HTML with a print style; the browser prints it. Routes read the same figures as the screen. A
public notice shows names, never ID numbers or cards (R-015, `board.mask_ids`).
"""

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from litestar import Response, get
from litestar.params import FromPath

from contracts.codec import decode
from contracts.ledger import Act
from journal import store
from journal.engine import reading
from journal.post import find
from kernel.calendar import months_after
from kernel.loans import RUNNING
from services.cooperative_node import queries
from services.cooperative_node.page import figures
from services.cooperative_node.page import queries as page_queries
from services.cooperative_node.page.render import page
from services.cooperative_node.page.visit import Visit, VisitIn
from services.cooperative_node.world import policy_of

Page = Response[Any]


@get("/print/contract/{case:str}", sync_to_thread=True)
def contract(visit: VisitIn, case: FromPath[str]) -> Page:
    """The loan contract (借款合同) of one loan."""
    with reading(visit.node.engine).connect() as conn:
        row = next((r for r in figures.loans(conn, visit) if r.case.id == case), None)
        if row is None:
            return page(visit, "nothing.html", 404, name=case)
        policy, _ = policy_of(conn)
        start = row.loan.paid_on or date.fromisoformat(visit.today)
        return page(
            visit,
            "print_contract.html",
            row=row,
            household=_household(conn, visit, row.loan.member),
            guarantors=_guarantors(conn, visit, row),
            rate_ppm=row.loan.rate_ppm or policy.ppm("fee.monthly_permille"),
            due=row.loan.due_on or months_after(start, row.loan.term_months),
            call_days=policy.days("guarantor.call_days"),
        )


@get("/print/notice", sync_to_thread=True)
def notice(visit: VisitIn) -> Page:
    """The public notice (公示) of all loans approved or on notice."""
    with reading(visit.node.engine).connect() as conn:
        policy, _ = policy_of(conn)
        return page(
            visit,
            "print_notice.html",
            rows=figures.loans(conn, visit, ("approved", "noticed")),
            days=policy.days("notice.days"),
        )


@get("/print/dunning/{case:str}", sync_to_thread=True)
def dunning(visit: VisitIn, case: FromPath[str]) -> Page:
    """The notice that a loan is overdue (催收通知书): to the borrower, and to each guarantor."""
    with reading(visit.node.engine).connect() as conn:
        late = figures.loans(conn, visit, RUNNING)
        row = next((r for r in late if r.case.id == case and r.days), None)
        if row is None or row.loan.due_on is None:
            return page(visit, "nothing.html", 404, name=case)
        policy, _ = policy_of(conn)
        return page(
            visit,
            "print_dunning.html",
            row=row,
            guarantors=_guarantors(conn, visit, row),
            call_days=policy.days("guarantor.call_days"),
            call_on=row.loan.due_on + timedelta(days=policy.days("guarantor.call_days")),
        )


@get("/print/roster", sync_to_thread=True)
def roster(visit: VisitIn) -> Page:
    """The roster of borrowers (借款花名册)."""
    with reading(visit.node.engine).connect() as conn:
        rows = figures.loans(conn, visit, ("active", "closed", "written_off"))
        return page(visit, "print_roster.html", rows=rows)


@get("/print/passbook/{case:str}", sync_to_thread=True)
def passbook(visit: VisitIn, case: FromPath[str]) -> Page:
    """A member's passbook page: share, loans, repayments."""
    with reading(visit.node.engine).connect() as conn:
        row = next((r for r in figures.members(conn, visit) if r.case.id == case), None)
        if row is None:
            return page(visit, "nothing.html", 404, name=case)
        loans = figures.loans(conn, visit, member=case)
        cases = [row.case, *(loan.case for loan in loans)]
        acts = [act for one in cases for act in figures.history(conn, one)]
        moved = sorted((act for act in acts if act.movements), key=lambda act: act.seq)
        return page(visit, "print_passbook.html", row=row, loans=loans, acts=moved)


@get("/print/receipt/{seq:int}", sync_to_thread=True)
def receipt(visit: VisitIn, seq: FromPath[int]) -> Page:
    """The receipt of one repayment."""
    with reading(visit.node.engine).connect() as conn:
        found = queries.acts_between(conn, visit.node.book, seq, seq)
        act = decode(found[0].body, Act) if found else None
        case = store.load(conn, visit.node.book, act.case) if act else None
        if act is None or case is None or case.process != "loan" or not act.movements:
            return page(visit, "nothing.html", 404, name=f"{visit.node.book}/{seq}")
        parts: dict[str, int] = {}
        for one in act.movements:
            if one.credit != "909":
                parts[one.credit] = parts.get(one.credit, 0) + one.amount
        stored = find(conn, visit.node.book, act.id)
        return page(visit, "print_receipt.html", act=stored, case=case, parts=parts)


def router_handlers() -> list[Any]:
    """The routes of this file below ``/n/{coop}``."""
    return [contract, notice, dunning, roster, passbook, receipt]


def _household(conn: sa.Connection, visit: Visit, member: str) -> str:
    """The household of a member, by which the village knows it."""
    found = store.load(conn, visit.node.book, member)
    return str(found.terms["household"]) if found else member


def _guarantors(conn: sa.Connection, visit: Visit, row: figures.LoanRow) -> list[str]:
    """Names of who answers for a loan beside its borrower."""
    group = store.load(conn, visit.node.book, row.loan.group)
    members = {one.id: one for one in page_queries.of_process(conn, visit.node.book, "member")}
    return [
        visit.person(str(members[one].terms["person"]))
        for one in (group.terms["group_member"] if group else ())
        if one != row.loan.member
    ]
