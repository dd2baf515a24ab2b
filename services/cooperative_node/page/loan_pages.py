"""Loans, what is due, and money that came in: lists and the application form.

Routes decode, call, render. One loan's page is the case page of village_pages.
"""

from typing import Any

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromQuery
from litestar.response import Redirect

from contracts.facts.credit import LoanApply
from journal import store
from journal.engine import reading
from journal.perform import Command, ask
from kernel import eligibility
from kernel.errors import Rejected
from kernel.loans import RUNNING
from services.cooperative_node import acting
from services.cooperative_node.page import figures, forms, pool_figures, sign_ins
from services.cooperative_node.page import queries as page_queries
from services.cooperative_node.page.render import page
from services.cooperative_node.page.visit import FormIn, Visit, VisitIn
from services.cooperative_node.world import policy_of, world_of

Page = Response[Any]
WRONG_PIN = "Wrong cashier's PIN. Not released."
LISTS = {
    "open": ("applied", "endorsed", "approved", "noticed", "objected", "cleared", "contracted",
             "instructed"),
    "active": ("active",),
    "ended": ("closed", "refused", "withdrawn", "lapsed", "written_off"),
}  # fmt: skip


@get("/loans", sync_to_thread=True)
def loans(
    visit: VisitIn,
    show: FromQuery[str] = "open",
    only: FromQuery[str] = "",
    q: FromQuery[str] = "",
) -> Page:
    """Loans on their way, running, or ended; looked for by ``q`` they are in any state."""
    states = (only,) if only else () if q else LISTS.get(show, LISTS["open"])
    with reading(visit.node.engine).connect() as conn:
        rows = figures.loans(conn, visit, states, query=q)
        return page(visit, "loans.html", rows=rows, show="" if q else show, only=only, q=q)


@get("/loans/new", sync_to_thread=True)
def new_loan(visit: VisitIn, member: FromQuery[str] = "") -> Page:
    """The application form (借款审批表)."""
    return _form(visit, {"member": member}, [])


@post("/loans/new", sync_to_thread=True)
def apply(visit: VisitIn, form: FormIn) -> Page:
    """Apply; everything that stands against it is said at once."""
    with reading(visit.node.engine).connect() as conn:
        case = figures.next_id(conn, visit, "loan", 4)
        member = next(
            (r.case for r in figures.members(conn, visit) if r.case.id == form.get("member")), None
        )
        groups = page_queries.of_process(conn, visit.node.book, "group")
    group = next(
        (g.id for g in groups
         if g.state == "live" and member and member.id in g.terms["group_member"]), "",
    )  # fmt: skip
    person = str(member.terms["person"]) if member else ""
    typed = FormMultiDict([*form.multi_items(), ("person", person), ("group", group or "-"),
                           ("by", person)])  # fmt: skip
    try:
        command = forms.command_of(visit, typed, "loan", case, "apply")
        acting.act(visit.node, command)
    except Rejected as refused:
        return _form(visit, form, _everything(visit, typed, case, refused), 409)
    return Redirect(f"{visit.base}/cases/{case}", status_code=303)


@get("/due", sync_to_thread=True)
def due(visit: VisitIn) -> Page:
    """The month's collection sheet: due and overdue."""
    with reading(visit.node.engine).connect() as conn:
        return page(
            visit,
            "due.html",
            rows=figures.due(conn, visit),
            guaranteed=pool_figures.due(conn, visit),
        )


@get("/bank", sync_to_thread=True)
def bank(visit: VisitIn) -> Page:
    """Money the county told of, and what nobody has claimed yet."""
    return _bank(visit)


@post("/pay-back", sync_to_thread=True)
def pay_back(visit: VisitIn, form: FormIn) -> Page:
    """Money in suspense goes back to the member it came from; the cashier releases it."""
    if said := _not_released(visit, form):
        return _bank(visit, said, 403)
    with reading(visit.node.engine).connect() as conn:
        case = figures.next_id(conn, visit, "suspense", 3)
        member = store.load(conn, visit.node.book, str(form.get("member", "")))
    person = str(member.terms["person"]) if member else ""
    typed = FormMultiDict([*form.multi_items(), ("person", person)])
    return _done(visit, typed, ("suspense", case, "pay_back"))


@post("/pass-on", sync_to_thread=True)
def pass_on(visit: VisitIn, form: FormIn) -> Page:
    """Money in suspense was paid on a claimed loan: on to its bank; the cashier releases it."""
    if said := _not_released(visit, form):
        return _bank(visit, said, 403)
    with reading(visit.node.engine).connect() as conn:
        case = figures.next_id(conn, visit, "suspense", 3)
    return _done(visit, form, ("suspense", case, "pass_on"))


@post("/assign", sync_to_thread=True)
def assign(visit: VisitIn, form: FormIn) -> Page:
    """Money in suspense was a repayment of a loan."""
    return _done(visit, form, ("loan", str(form.get("loan", "")), "assign"))


@post("/to-share", sync_to_thread=True)
def to_share(visit: VisitIn, form: FormIn) -> Page:
    """Money in suspense was a member's share."""
    with reading(visit.node.engine).connect() as conn:
        case = figures.next_id(conn, visit, "suspense", 3)
        member = store.load(conn, visit.node.book, str(form.get("member", "")))
    person = str(member.terms["person"]) if member else ""
    typed = FormMultiDict([*form.multi_items(), ("person", person)])
    return _done(visit, typed, ("suspense", case, "to_share"))


def router_handlers() -> list[Any]:
    """The routes of this file below ``/n/{coop}``."""
    return [loans, new_loan, apply, due, bank, pay_back, pass_on, assign, to_share]


def _done(visit: Visit, form: FormMultiDict, act: tuple[str, str, str]) -> Page:
    """Do an act (process, case, act) of the bank page; what refuses it is said on that page."""
    try:
        acting.act(visit.node, forms.command_of(visit, form, *act))
    except Rejected as refused:
        return _bank(visit, visit.tell(refused.as_struct()), 409)
    return Redirect(f"{visit.base}/bank", status_code=303)


def _not_released(visit: Visit, form: FormMultiDict) -> str:
    """Why the cashier's PIN released nothing, "" when it did."""
    try:
        if forms.released_by(visit, form):
            return ""
    except sign_ins.PinRefused:
        return visit.words.t("PIN 已锁定，请 15 分钟后再试。", "Locked; try in 15 minutes.")
    return visit.words.t("出纳 PIN 不对，未发放。", WRONG_PIN)


def _bank(visit: Visit, said: str = "", status: int = 200) -> Page:
    with reading(visit.node.engine).connect() as conn:
        posts = page_queries.of_process(conn, visit.node.book, "post")
        return page(
            visit,
            "bank.html",
            status,
            acts=figures.followed(conn, visit),
            suspense=figures.suspense(conn, visit),
            active=figures.loans(conn, visit, RUNNING),
            members=[r for r in figures.members(conn, visit) if r.case.state == "active"],
            names=figures.names(conn, visit),
            numbers={row.case.id: row.number for row in figures.loans(conn, visit)},
            cashiers=[
                str(post.terms["person"])
                for post in posts
                if post.state == "held" and post.terms["post"] == "cashier"
            ],
            claims=[one for one in pool_figures.claims(conn, visit) if one.to_bank],
            ids=[visit.node.ports.act_id() for _ in range(4)],
            said=said,
        )


def _everything(visit: Visit, form: FormMultiDict, case: str, refused: Rejected) -> list[str]:
    """Every reason against an application, the engine's own first."""
    first = visit.tell(refused.as_struct())
    try:
        command: Command = forms.command_of(visit, form, "loan", case, "apply")
        application = forms.struct_of(command.facts, LoanApply)
        with reading(visit.node.engine).connect() as conn:
            asked = ask(conn, world_of(conn), command)
            found = eligibility.eligibility(asked, application)
            said = [visit.tell(one) for one in found]
    except Rejected:
        said = []
    return list(dict.fromkeys([first, *said]))


def _form(visit: Visit, form: Any, said: list[str], status: int = 200) -> Page:
    with reading(visit.node.engine).connect() as conn:
        policy, _ = policy_of(conn)
        groups = page_queries.of_process(conn, visit.node.book, "group")
        grouped = {m for g in groups if g.state == "live" for m in g.terms["group_member"]}
        return page(
            visit,
            "loan_new.html",
            status,
            members=[r for r in figures.members(conn, visit) if r.case.state == "active"],
            grouped=grouped,
            purposes=policy.list("purpose.list"),
            term=policy.months("loan.term_default"),
            longest=policy.months("loan.term_max"),
            cap=policy.fen("loan.cap"),
            form=form,
            said=said,
            act_id=visit.node.ports.act_id(),
        )
