"""The risk pool (风险补偿金) as the village sees it, and what its meeting and council say about it.

Agreement, package and money are cases of the county; the village speaks by a ``voice`` act in its
own book, under the digest of the very terms shown, and the county hears it with the next delivery
(P6.1, P6.3, R-082, R-090). Pooling forms (variant 1) are cases of the village itself.
"""

from typing import Any

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath
from litestar.response import Redirect

from contracts.money import show
from contracts.rejections import RejectionCode
from journal import store
from journal.engine import reading
from journal.perform import Command, perform
from kernel import pool
from kernel.errors import Rejected
from services.cooperative_node import acting
from services.cooperative_node.page import figures, forms, pool_figures
from services.cooperative_node.page import queries as page_queries
from services.cooperative_node.page.render import page
from services.cooperative_node.page.visit import FormIn, Visit, VisitIn
from services.cooperative_node.pool_state import agreement_of, pool_state
from services.cooperative_node.world import world_of

Page = Response[Any]
HEADS = (("present", "实到"), ("yes", "同意"))
"""Counts of a member meeting that stand in its minutes' reference: field and word."""


@get("/pool", sync_to_thread=True)
def pool_page(visit: VisitIn) -> Page:
    """Agreement, line, money, guarantees, claims, and what waits to be said."""
    return _page(visit, "")


@post("/pool/{case:str}", sync_to_thread=True)
def say(visit: VisitIn, case: FromPath[str], form: FormIn) -> Page:
    """Meeting or council signs or declines, or the meeting stakes or asks stake back."""
    try:
        with visit.node.engine.begin() as conn:
            command = _spoken(visit, conn, case, form)
            perform(conn, world_of(conn), command)
    except Rejected as refused:
        return _page(visit, visit.tell(refused.as_struct()), 409)
    return Redirect(f"{visit.base}/pool", status_code=303)


@get("/poolings", sync_to_thread=True)
def poolings(visit: VisitIn) -> Page:
    """Members' pooling applications (打包担保申请, variant 1), and the form of a new one."""
    return _poolings(visit, {}, "")


@post("/poolings", sync_to_thread=True)
def pool_loan(visit: VisitIn, form: FormIn) -> Page:
    """A member signs the form for a loan that was paid out (R-081)."""
    with reading(visit.node.engine).connect() as conn:
        case = figures.next_id(conn, visit, "pooling", 4)
        loan = store.load(conn, visit.node.book, str(form.get("loan", "")))
        agreement = agreement_of(conn, visit.node)
    terms = loan.terms if loan and loan.process == "loan" else {}
    person = str(terms.get("person", "-"))
    added = {
        "agreement": agreement.id if agreement else "-",
        "member": str(terms.get("member", "-")),
        "person": person,
        "by": person,
        "role": "member@node",
    }
    typed = FormMultiDict([*form.multi_items(), *added.items()])
    try:
        acting.act(visit.node, forms.command_of(visit, typed, "pooling", case, "apply"))
    except Rejected as refused:
        return _poolings(visit, form, visit.tell(refused.as_struct()), 409)
    return Redirect(f"{visit.base}/cases/{case}", status_code=303)


def router_handlers() -> list[Any]:
    """The routes of this file below ``/n/{coop}``."""
    return [pool_page, say, poolings, pool_loan]


def _spoken(visit: Visit, conn: Any, case: str, form: FormMultiDict) -> Command:
    """The voice act of a form; raises UNKNOWN_CASE where nothing of the kind may be said now."""
    act, role = str(form.get("act", "")), str(form.get("role", ""))
    may = next(
        (
            one
            for one in pool_figures.sayings(conn, visit)
            if (one.case.id, one.act, one.role) == (case, act, role)
        ),
        None,
    )
    if may is None:
        raise Rejected(RejectionCode.UNKNOWN_CASE, case=case)
    if may.money and not str(form.get("amount", "")).strip():
        raise forms.missing(visit.words, "amount")
    # A meeting is known by its minutes alone, and a bank is told how many of whom agreed.
    asked = () if may.roster else ("minutes", *(name for name, _ in HEADS))
    if unfilled := [name for name in asked if not str(form.get(name, "")).strip()]:
        raise forms.missing(visit.words, *unfilled)
    number = len(pool_figures.said_on(conn, visit, case)) + 1
    own = ("minutes", "for", "process")
    told = [(name, value) for name, value in form.multi_items() if name not in own]
    told += [("for", case), ("process", may.case.process), ("minutes", _minutes(form))]
    spoken = f"voice-{case}-{number}"
    command = forms.command_of(visit, FormMultiDict(told), "voice", spoken, "say")
    if may.money:
        _money_is_there(visit, conn, act, int(command.facts["amount"]))
    return command


def _money_is_there(visit: Visit, conn: Any, act: str, amount: int) -> None:
    """The village's own look before its meeting speaks; the county decides under its lock.

    Amounts fen. Raises STAKE_ABOVE_FUND, RELEASE_TOO_LARGE.
    """
    state = pool_state(conn, visit.node)
    fund = store.totals(conn, visit.node.custody, ["80101"])["80101"]
    if act == "stake" and amount > fund:
        raise Rejected(RejectionCode.STAKE_ABOVE_FUND, asked=show(amount), fund=show(fund))
    if act == "release" and amount > state.releasable:
        raise Rejected(
            RejectionCode.RELEASE_TOO_LARGE,
            asked=show(amount),
            free=show(state.releasable),
            guaranteed=show(state.used + state.reserved),
        )


def _minutes(form: FormMultiDict) -> str:
    """The reference of the minutes, with the heads that were counted where it is a meeting's."""
    counted = [
        f"{word}{int(text)}人"
        for name, word in HEADS
        if (text := str(form.get(name, "")).strip()).isdigit()
    ]
    return " ".join([str(form.get("minutes", "")).strip(), *counted])


def _page(visit: Visit, problem: str, status: int = 200) -> Page:
    with reading(visit.node.engine).connect() as conn:
        state = pool_state(conn, visit.node)
        packages = pool_figures.of_county(conn, visit, "package")
        agreements = pool_figures.of_county(conn, visit, "agreement")
        applied = pool_figures.bank_loans(conn, visit)
        names = {one.guarantee.id: one for one in applied if one.guarantee}
        return page(
            visit,
            "pool.html",
            status,
            state=state,
            gauge=pool_figures.gauge(state),
            agreements=agreements,
            agreement=next((one for one in agreements if one.id == state.agreement), None),
            says=pool_figures.sayings(conn, visit),
            said={
                one.id: pool_figures.said_on(conn, visit, one.id)
                for one in (*agreements, *packages)
            },
            heard=figures.heard_by_county(
                conn, visit, page_queries.of_process(conn, visit.node.book, "voice")
            ),
            packages=[(one, pool_figures.lines_of(conn, one)) for one in packages],
            transfers=pool_figures.of_county(conn, visit, "transfer"),
            matches=pool_figures.of_county(conn, visit, "match"),
            claims=pool_figures.claims(conn, visit),
            lines=[one for one in applied if one.running or one.reserved],
            by_line=names,
            forms=page_queries.of_process(conn, visit.node.book, "pooling"),
            fund=store.totals(conn, visit.node.custody, ["80101"])["80101"],
            problem=problem,
            act_id=visit.node.ports.act_id(),
        )


def _poolings(visit: Visit, form: Any, said: str, status: int = 200) -> Page:
    with reading(visit.node.engine).connect() as conn:
        agreement = agreement_of(conn, visit.node)
        rows = page_queries.of_process(conn, visit.node.book, "pooling")
        done = {str(one.terms["loan"]) for one in rows if one.state != "withdrawn"}
        loans = figures.loans(conn, visit, ("active",))
        return page(
            visit,
            "poolings.html",
            status,
            rows=rows,
            deposits=store.rows(conn, visit.node.book, ["21102"])["21102"],
            loans=[row for row in loans if row.case.id not in done],
            agreement=agreement if agreement and agreement.terms["variant"] == pool.V1 else None,
            form=form,
            said=said,
            act_id=visit.node.ports.act_id(),
        )
