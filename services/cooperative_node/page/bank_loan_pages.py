"""Guaranteed bank loans (担保贷款) in the village: list, application, what stands against it.

Routes decode, call, render. One application's page is the case page of village_pages; the money
is the bank's and never in the village's books (P6.3).
"""

from typing import Any

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromQuery
from litestar.response import Redirect

from contracts.facts.guarantees import BankLoanApply
from journal.engine import reading
from journal.perform import ask
from kernel.errors import Rejected
from kernel.rules_application import application_faults
from services.cooperative_node import acting
from services.cooperative_node.page import figures, forms, pool_figures
from services.cooperative_node.page import queries as page_queries
from services.cooperative_node.page.render import page
from services.cooperative_node.page.visit import FormIn, Visit, VisitIn
from services.cooperative_node.pool_state import agreement_of, pool_state
from services.cooperative_node.world import policy_of, world_of

Page = Response[Any]


@get("/bank-loans", sync_to_thread=True)
def bank_loans(visit: VisitIn, q: FromQuery[str] = "") -> Page:
    """Every application, the newest first, with where it stands in village and county."""
    with reading(visit.node.engine).connect() as conn:
        rows = pool_figures.bank_loans(conn, visit, query=q)
        state = pool_state(conn, visit.node)
        return page(visit, "bank_loans.html", rows=rows[::-1], state=state, q=q)


@get("/bank-loans/new", sync_to_thread=True)
def new_bank_loan(visit: VisitIn, member: FromQuery[str] = "") -> Page:
    """The application form (担保贷款申请表)."""
    return _form(visit, {"member": member}, [])


@post("/bank-loans/new", sync_to_thread=True)
def apply(visit: VisitIn, form: FormIn) -> Page:
    """Apply; everything that stands against it is said at once."""
    with reading(visit.node.engine).connect() as conn:
        case = figures.next_id(conn, visit, "bank_loan", 4)
        rows = figures.members(conn, visit)
        member = next((row.case for row in rows if row.case.id == form.get("member")), None)
        groups = page_queries.of_process(conn, visit.node.book, "group")
        agreement = agreement_of(conn, visit.node)
    group = next(
        (g.id for g in groups
         if g.state == "live" and member and member.id in g.terms["group_member"]), "-",
    )  # fmt: skip
    person = str(member.terms["person"]) if member else ""
    added = {
        "agreement": agreement.id if agreement else "-",
        "person": person,
        "group": group,
        "by": person,
    }
    typed = FormMultiDict([*form.multi_items(), *added.items()])
    try:
        acting.act(visit.node, forms.command_of(visit, typed, "bank_loan", case, "apply"))
    except Rejected as refused:
        return _form(visit, form, _everything(visit, typed, case, refused), 409)
    return Redirect(f"{visit.base}/cases/{case}", status_code=303)


def router_handlers() -> list[Any]:
    """The routes of this file below ``/n/{coop}``."""
    return [bank_loans, new_bank_loan, apply]


def _everything(visit: Visit, form: FormMultiDict, case: str, refused: Rejected) -> list[str]:
    """Every reason against an application, the engine's own first."""
    first = visit.tell(refused.as_struct())
    try:
        command = forms.command_of(visit, form, "bank_loan", case, "apply")
        application = forms.struct_of(command.facts, BankLoanApply)
        with reading(visit.node.engine).connect() as conn:
            asked = ask(conn, world_of(conn), command)
            found = application_faults(asked, application)
            said = [visit.tell(one.as_struct()) for one in found]
    except Rejected:
        said = []
    return list(dict.fromkeys([first, *said]))


def _form(visit: Visit, form: Any, said: list[str], status: int = 200) -> Page:
    with reading(visit.node.engine).connect() as conn:
        policy, _ = policy_of(conn)
        groups = page_queries.of_process(conn, visit.node.book, "group")
        rows = figures.members(conn, visit)
        agreement = agreement_of(conn, visit.node)
        terms = agreement.terms if agreement else {}
        return page(
            visit,
            "bank_loan_new.html",
            status,
            agreement=agreement,
            state=pool_state(conn, visit.node),
            members=[row for row in rows if row.case.state == "active"],
            grouped={m for g in groups if g.state == "live" for m in g.terms["group_member"]},
            purposes=policy.list("purpose.list"),
            cap=int(terms.get("loan_cap", policy.fen("pool.loan_cap"))),
            longest=int(terms.get("term_max", policy.months("pool.term_max"))),
            form=form,
            said=said,
            act_id=visit.node.ports.act_id(),
        )
