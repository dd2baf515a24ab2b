"""Members, guarantee groups and posts: lists, one case with what may be done, new ones.

Routes decode, call, render. A new member's person record and application are one transaction.
"""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from journal import store
from journal.engine import reading
from journal.perform import perform
from kernel.calendar import months_after
from kernel.errors import Rejected
from services.cooperative_node import acting, people
from services.cooperative_node.page import figures, forms, newcomers, pool_figures, sign_ins
from services.cooperative_node.page import queries as page_queries
from services.cooperative_node.page.offers import offers
from services.cooperative_node.page.render import page
from services.cooperative_node.page.visit import CASHIER, FormIn, Visit, VisitIn
from services.cooperative_node.world import policy_of, world_of

Page = Response[Any]
CASE_PAGE = {"member": "member.html", "group": "group.html", "post": "post.html",
             "loan": "loan.html", "suspense": "suspense.html", "bank_loan": "bank_loan.html",
             "pooling": "pooling.html"}  # fmt: skip


@get("/members", sync_to_thread=True)
def members(visit: VisitIn, q: FromQuery[str] = "") -> Page:
    """Members, found by name, pinyin, household, id tail or card tail."""
    with reading(visit.node.engine).connect() as conn:
        return page(visit, "members.html", rows=figures.members(conn, visit, q), q=q)


@get("/members/rows", sync_to_thread=True)
def member_rows(visit: VisitIn, q: FromQuery[str] = "") -> Page:
    """The rows alone, while somebody types."""
    with reading(visit.node.engine).connect() as conn:
        return page(visit, "member_rows.html", rows=figures.members(conn, visit, q))


@get("/members/new", sync_to_thread=True)
def new_member(visit: VisitIn) -> Page:
    """The form of a household that joins."""
    return page(visit, "member_new.html", form={}, said="")


@post("/members/new", sync_to_thread=True)
def keep_member(visit: VisitIn, form: FormIn) -> Page:
    """Register the person and the application together."""
    try:
        with visit.node.engine.begin() as conn:
            case = figures.next_id(conn, visit, "member", 3)
            data = newcomers.person_of(visit.words, form, joins=True)
            known = newcomers.on_file(visit, data)
            person = people.keep(conn, visit.node, data, known)
            typed = newcomers.act_form(form, person)
            command = forms.command_of(visit, typed, "member", case, "apply")
            perform(conn, world_of(conn), command)
    except Rejected as refused:
        said = visit.tell(refused.as_struct())
        return page(visit, "member_new.html", 409, form=form, said=said)
    return Redirect(f"{visit.base}/cases/{case}", status_code=303)


@get("/groups", sync_to_thread=True)
def groups(visit: VisitIn) -> Page:
    """Guarantee groups, and the form of a new one."""
    return _groups(visit, {}, "")


@post("/groups", sync_to_thread=True)
def form_group(visit: VisitIn, form: FormIn) -> Page:
    """Form a group."""
    with reading(visit.node.engine).connect() as conn:
        case = figures.next_id(conn, visit, "group", 2)
    try:
        acting.act(visit.node, forms.command_of(visit, form, "group", case, "form"))
    except Rejected as refused:
        return _groups(visit, form, visit.tell(refused.as_struct()), 409)
    return Redirect(f"{visit.base}/groups", status_code=303)


@get("/posts", sync_to_thread=True)
def posts(visit: VisitIn) -> Page:
    """Who holds which post, elections, and sign-ins."""
    return _posts(visit, {}, "")


@post("/posts", sync_to_thread=True)
def elect(visit: VisitIn, form: FormIn) -> Page:
    """Elect a person to a post; a newcomer's name is registered with it."""
    try:
        with visit.node.engine.begin() as conn:
            case = figures.next_id(conn, visit, "post", 3)
            person = str(form.get("person", ""))
            if not person:
                data = newcomers.person_of(visit.words, form, joins=False)
                person = people.keep(conn, visit.node, data)
            typed = newcomers.act_form(form, person)
            command = forms.command_of(visit, typed, "post", case, "elect")
            perform(conn, world_of(conn), command)
    except Rejected as refused:
        return _posts(visit, form, visit.tell(refused.as_struct()), 409)
    return Redirect(f"{visit.base}/posts", status_code=303)


@post("/pins", sync_to_thread=True)
def give_pin(visit: VisitIn, form: FormIn) -> Page:
    """Give an officer a sign-in, or a new PIN; the visitor confirms with the own one."""
    said = visit.words.t("您自己的 PIN 不对。", "Your own PIN is wrong.")
    with visit.node.engine.begin() as conn:
        try:
            own = str(form.get("own_pin", ""))
            if sign_ins.check_pin(conn, visit.node, visit.session.person, own):
                sign_ins.set_pin(conn, str(form.get("person", "")), str(form.get("pin", "")))
                said = ""
        except ValueError:
            said = visit.words.t("PIN 至少 6 位。", "A PIN has at least 6 characters.")
        except sign_ins.PinRefused:
            said = visit.words.t("PIN 已锁定，请 15 分钟后再试。", "Locked; try in 15 minutes.")
    if said:
        return _posts(visit, {}, said, 409)
    return Redirect(f"{visit.base}/posts", status_code=303)


@get("/cases/{case:str}", sync_to_thread=True)
def one_case(visit: VisitIn, case: FromPath[str]) -> Page:
    """One case: what is known, what may be done, what happened."""
    return case_page(visit, case)


@post("/cases/{case:str}/{act:str}", sync_to_thread=True)
def act_on_case(
    visit: VisitIn,
    case: FromPath[str],
    act: FromPath[str],
    form: FormIn,
) -> Page:
    """Every act of a page comes through here; a payment takes the cashier's PIN."""
    process = str(form.get("process", ""))
    try:
        command = forms.command_of(visit, form, process, case, act)
        if command.actor.role == CASHIER and not forms.released_by(visit, form):
            said = visit.words.t("出纳 PIN 不对，未发放。", "Wrong cashier's PIN. Not released.")
            return case_page(visit, case, said, 403)
        acting.act(visit.node, command)
    except sign_ins.PinRefused:
        said = visit.words.t("PIN 已锁定，请 15 分钟后再试。", "Locked; try in 15 minutes.")
        return case_page(visit, case, said, 403)
    except Rejected as refused:
        return case_page(visit, case, visit.tell(refused.as_struct()), 409)
    return Redirect(str(form.get("back", "")) or f"{visit.base}/cases/{case}", status_code=303)


def case_page(visit: Visit, name: str, said: str = "", status: int = 200) -> Page:
    """The page of one case, with a sentence on what went wrong if something did."""
    with visit.node.engine.begin() as conn:
        case = store.load(conn, visit.node.book, name)
        if case is None or case.process not in CASE_PAGE:
            return page(visit, "nothing.html", 404, name=name)
        known: dict[str, Any] = {}
        if case.process == "member":
            known["row"] = next(r for r in figures.members(conn, visit) if r.case.id == name)
            known["loans"] = figures.loans(conn, visit, member=name)
            known["bank_loans"] = pool_figures.bank_loans(conn, visit, member=name)
            deposits = store.rows(conn, visit.node.book, ["21102"])["21102"]
            known["deposit"] = deposits.get(name, 0)
        if case.process == "loan":
            known["row"] = next(r for r in figures.loans(conn, visit) if r.case.id == name)
            known["suspense"] = figures.suspense(conn, visit)
            known["group"] = store.load(conn, visit.node.book, str(case.terms["group"]))
        if case.process == "bank_loan":
            rows = pool_figures.bank_loans(conn, visit)
            known["row"] = next(row for row in rows if row.case.id == name)
            known["group"] = store.load(conn, visit.node.book, str(case.terms["group"]))
        if case.process == "pooling":
            deposits = store.rows(conn, visit.node.book, ["21102"])["21102"]
            known["deposit"] = deposits.get(str(case.terms["member"]), 0)
        cases = {one.id: one for one in page_queries.of_process(conn, visit.node.book, "member")}
        return page(
            visit,
            CASE_PAGE[case.process],
            status,
            case=case,
            members=cases,
            offers=offers(conn, visit, case),
            history=figures.history(conn, case),
            said=said,
            **known,
        )


def router_handlers() -> list[Any]:
    """The routes of this file below ``/n/{coop}``."""
    return [members, member_rows, new_member, keep_member, groups, form_group, posts, elect,
            give_pin, one_case, act_on_case]  # fmt: skip


def _groups(visit: Visit, form: Any, said: str, status: int = 200) -> Page:
    with reading(visit.node.engine).connect() as conn:
        policy, _ = policy_of(conn)
        rows = page_queries.of_process(conn, visit.node.book, "group")
        taken = {m for row in rows if row.state == "live" for m in row.terms["group_member"]}
        listed = figures.members(conn, visit)
        free = [r for r in listed if r.case.state == "active" and r.case.id not in taken]
        return page(
            visit,
            "groups.html",
            status,
            rows=rows,
            free=free,
            names={row.case.id: row.name for row in listed},
            mode=policy.text("guarantee.mode"),
            policy=policy,
            form=form,
            said=said,
            act_id=visit.node.ports.act_id(),
        )


def _posts(visit: Visit, form: Any, said: str, status: int = 200) -> Page:
    with reading(visit.node.engine).connect() as conn:
        policy, _ = policy_of(conn)
        rows = page_queries.of_process(conn, visit.node.book, "post")
        return page(
            visit,
            "posts.html",
            status,
            rows=rows,
            signs_in=page_queries.signs_in(conn),
            until=months_after(forms.day(visit.today), policy.months("posts.term")),
            form=form,
            said=said,
            act_id=visit.node.ports.act_id(),
        )
