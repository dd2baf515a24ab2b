"""Papers of the risk pool to print: application, public notice, pooling form, meeting resolution.

HTML with a print style; the browser prints it. Reads the same figures as the screen. A public
notice shows names, never ID numbers or cards (R-015); the application leaves them to be written.
"""

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from journal import store
from journal.engine import reading
from kernel.cases import Case
from services.cooperative_node.page import figures, pool_figures
from services.cooperative_node.page import queries as page_queries
from services.cooperative_node.page.render import page
from services.cooperative_node.page.visit import Visit, VisitIn
from services.cooperative_node.pool_state import agreement_of, pool_state
from services.cooperative_node.world import policy_of

Page = Response[Any]


@get("/print/bank-loan/{case:str}", sync_to_thread=True)
def application(visit: VisitIn, case: FromPath[str]) -> Page:
    """The application for a bank loan (担保贷款申请表), with the group's counter-guarantee."""
    with reading(visit.node.engine).connect() as conn:
        rows = pool_figures.bank_loans(conn, visit)
        row = next((one for one in rows if one.case.id == case), None)
        agreement = _agreement(conn, row.told.agreement if row else "")
        if row is None or agreement is None:
            return page(visit, "nothing.html", 404, name=case)
        policy, _ = policy_of(conn)
        return page(
            visit,
            "print_bank_loan.html",
            row=row,
            agreement=agreement,
            guarantors=_guarantors(conn, visit, row.told.group, row.told.member),
            call_days=policy.days("guarantor.call_days"),
        )


@get("/print/bank-notice", sync_to_thread=True)
def notice(visit: VisitIn) -> Page:
    """The public notice (公示) of all bank-loan applications approved or on notice."""
    with reading(visit.node.engine).connect() as conn:
        policy, _ = policy_of(conn)
        rows = pool_figures.bank_loans(conn, visit)
        return page(
            visit,
            "print_bank_notice.html",
            rows=[row for row in rows if row.case.state in ("approved", "noticed")],
            days=policy.days("notice.days"),
        )


@get("/print/pooling/{case:str}", sync_to_thread=True)
def pooling(visit: VisitIn, case: FromPath[str]) -> Page:
    """A pooling application (打包担保申请书), with the mutual clause where the member agreed."""
    with reading(visit.node.engine).connect() as conn:
        found = store.load(conn, visit.node.book, case)
        if found is None or found.process != "pooling":
            return page(visit, "nothing.html", 404, name=case)
        agreement = _agreement(conn, str(found.terms["agreement"]))
        loans = figures.loans(conn, visit, member=str(found.terms["member"]))
        loan = next((one for one in loans if one.case.id == found.terms["loan"]), None)
        if agreement is None or loan is None:
            return page(visit, "nothing.html", 404, name=case)
        return page(visit, "print_pooling.html", case=found, agreement=agreement, loan=loan)


@get("/print/pool-resolution", sync_to_thread=True)
def resolution(visit: VisitIn) -> Page:
    """The member meeting's resolution on agreement and stake (成员大会决议), to be signed."""
    with reading(visit.node.engine).connect() as conn:
        agreement = agreement_of(conn, visit.node)
        if agreement is None:
            return page(visit, "nothing.html", 404, name="agreement")
        members = page_queries.of_process(conn, visit.node.book, "member")
        voices = pool_figures.said_on(conn, visit, agreement.id)
        wishes = [one for one in voices if one.terms["act"] in ("stake", "release")]
        return page(
            visit,
            "print_resolution.html",
            agreement=agreement,
            state=pool_state(conn, visit.node),
            wish=wishes[-1] if wishes else None,
            households=sum(1 for one in members if one.state == "active"),
        )


def router_handlers() -> list[Any]:
    """The routes of this file below ``/n/{coop}``."""
    return [application, notice, pooling, resolution]


def _agreement(conn: Any, name: str) -> Case | None:
    found = store.load(conn, store.COUNTY_SCOPE, name)
    return found if found and found.process == "agreement" else None


def _guarantors(conn: Any, visit: Visit, group: str, member: str) -> list[str]:
    """Names of the other households of the group, who answer for the loan jointly."""
    found = store.load(conn, visit.node.book, group)
    members = {one.id: one for one in page_queries.of_process(conn, visit.node.book, "member")}
    names = found.terms["group_member"] if found else ()
    return [visit.person(str(members[one].terms["person"])) for one in names if one != member]
