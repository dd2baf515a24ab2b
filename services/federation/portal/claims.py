"""Pages of claims (代偿): the notice with its papers, its clock and state, what is recovered.

Notice, withdrawal, guarantors' money and recoveries are prepared by the maker and released by the
checker. Papers are kept under the SHA-256 of their bytes before the notice names them.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from contracts.facts.guarantees import RECOVERY_METHODS
from contracts.rejections import RejectionCode
from kernel.cases import Case
from kernel.claims import DEAD, PAPERS, loss_of
from kernel.errors import Rejected
from services.federation.bank_files.faults import Faults, Place
from services.federation.bank_files.values import fen_of_cell
from services.federation.cases import bank_orders, claims, packages, papers, payees
from services.federation.console import page
from services.federation.console.desk import BANK_AT, Visitor
from services.federation.console.guard import Form
from services.federation.console.lists import CODE, FEN, Cell, Column, Listing
from services.federation.portal import door, queries, show
from services.federation.portal.papers_in import Upload

_TOLD = (bank_orders.RECOVERY, bank_orders.GUARANTORS, bank_orders.WITHDRAW)


@get("/claims", sync_to_thread=True)
def all_claims(visitor: NamedDependency[Visitor]) -> Response[Any]:
    """Every claim of the bank, its clock and what came back."""
    window = door.window_of(visitor)
    with visitor.reading() as conn:
        coops = door.names(conn)
        listing = _listing(window.all(conn, claims.PROCESS), coops)
        lines = window.all(conn, packages.LINE)
        due = [
            (line, clock)
            for line in lines
            if line.state == "running" and (clock := clock_of(line)) is not None
        ]
        noticed = {
            str(one.terms["guarantee"]): one.id
            for one in window.all(conn, claims.PROCESS)
            if one.state not in DEAD
        }
        today = window.today(conn)
    return page.show_list(
        visitor, "bank_claims.html", listing, due=due, names=coops, noticed=noticed, today=today
    )


@get("/claims/{name:str}", sync_to_thread=True)
def one_claim(visitor: NamedDependency[Visitor], name: FromPath[str]) -> Response[Any]:
    """One claim: papers, checklist, layers, payment, recoveries; every act."""
    window = door.window_of(visitor)
    with visitor.reading() as conn:
        case = window.own(conn, claims.PROCESS, name)
        names = door.names(conn)
        organs = visitor.organs(conn, case.parties)
        log = queries.log(conn, case, names, organs)
        told = case.terms.get("papers", {})
        kept = papers.names(conn, window.bank, list(told.values()))
        orders = door.linked(conn, bank_orders.PROCESS, "about", name)
        passed_on = payees.passed_on(conn, name)
    return page.show_page(
        visitor,
        "bank_claim.html",
        case=case,
        loss=loss_of(case) if case.terms.get("accepted_on") else None,
        told=told,
        kept=kept,
        paper_names=door.PAPERS,
        orders=[one for one in orders if one.state == bank_orders.PREPARED],
        order_names=door.ORDERS,
        methods=RECOVERY_METHODS,
        passed_on=passed_on,
        log=log,
        names=names,
        organs=organs,
    )


@get("/lines/{name:str}/notice", sync_to_thread=True)
def notice_form(visitor: NamedDependency[Visitor], name: FromPath[str]) -> Response[Any]:
    """The form of a 代偿通知书 for one line."""
    window = door.window_of(visitor)
    with visitor.reading() as conn:
        line = window.own(conn, packages.LINE, name)
        balance = queries.balances(conn, [line]).get(name, 0)
        names, today = door.names(conn), window.today(conn)
        organs = visitor.organs(conn, line.parties)
    return page.show_page(
        visitor,
        "bank_notice.html",
        organs=organs,
        line=line,
        balance=balance,
        clock=clock_of(line),
        today=today,
        papers=door.PAPERS,
        names=names,
    )


@post("/lines/{name:str}/notice", sync_to_thread=True)
def notice(
    visitor: NamedDependency[Visitor], upload: NamedDependency[Upload], name: FromPath[str]
) -> Response[Any]:
    """Keep the papers and prepare the notice for the checker."""
    window = door.window_of(visitor)
    with visitor.reading() as conn:
        line = window.own(conn, packages.LINE, name)
    fields = upload.fields
    content = {
        "amount": _fen(fields.get("amount", ""), "amount"),
        "interest": _fen(fields.get("interest", "") or "0", "interest", positive=False),
        "manifest": fields.get("manifest", "").strip() or str(line.terms["manifest"]),
        "papers": {
            kind: window.keep(file.name, file.media, file.body)
            for kind, file in sorted(upload.files.items())
            if kind in PAPERS
        },
    }
    order = window.prepare(bank_orders.NOTICE, packages.LINE, name, content)
    return page.go(visitor, f"{BANK_AT}/orders/{order.id}")


@post("/claims", sync_to_thread=True)
def told(visitor: NamedDependency[Visitor], form: NamedDependency[Form]) -> Response[Any]:
    """Prepare a recovery, money of the guarantors, or a withdrawal for the checker."""
    name, kind = form.get("case", ""), form.get("kind", "")
    if kind not in _TOLD:
        raise NotFoundException
    window = door.window_of(visitor)
    with visitor.reading() as conn:
        window.own(conn, claims.PROCESS, name)
    content: dict[str, Any] = {}
    if kind == bank_orders.WITHDRAW:
        content["reason"] = form.get("reason", "").strip()
    else:
        # That the guarantors were called and paid nothing is told as 0.
        money = kind != bank_orders.GUARANTORS
        content["amount"] = _fen(form.get("amount", ""), "amount", positive=money)
    if kind == bank_orders.RECOVERY:
        content["cost"] = _fen(form.get("cost", "") or "0", "cost", positive=False)
        content["still_owed"] = _fen(form.get("still_owed", ""), "still_owed", positive=False)
        content["method"] = form.get("method", "")
        if content["method"] not in RECOVERY_METHODS:
            problem = ", ".join(RECOVERY_METHODS)
            raise Rejected(RejectionCode.FACTS_INVALID, where="method", problem=problem)
    order = window.prepare(kind, claims.PROCESS, name, content)
    return page.go(visitor, f"{BANK_AT}/orders/{order.id}")


@get("/papers/{digest:str}", sync_to_thread=True)
def paper(visitor: NamedDependency[Visitor], digest: FromPath[str]) -> Response[Any]:
    """A paper the bank handed in, or was sent."""
    with visitor.reading() as conn:
        found = door.window_of(visitor).paper(conn, digest)
    return show.file(found.body, found.name, found.media)


def clock_of(line: Case) -> tuple[int, date] | None:
    """Waiting days of a line in arrears, and the first day on which it may be claimed."""
    since = str((line.terms.get("arrears") or {}).get("since", ""))
    if not since:
        return None
    wait = int(line.terms["pinned"]["wait_days"])
    return wait, date.fromisoformat(since) + timedelta(days=wait)


def _listing(found: Sequence[Case], coops: dict[str, tuple[str, str]]) -> Listing:
    return Listing(
        name="claims",
        title=("代偿", "Claims"),
        columns=(
            Column(zh="编号", en="Claim", kind=CODE),
            Column(zh="担保编号", en="Line", kind=CODE),
            Column(zh="互助社", en="Cooperative"),
            Column(zh="状态", en="State"),
            Column(zh="请求本金", en="Principal claimed", kind=FEN, total=True),
            Column(zh="受理本金", en="Accepted", kind=FEN, total=True),
            Column(zh="已追回", en="Recovered", kind=FEN, total=True),
            Column(zh="应交补偿金", en="Pool's share", kind=FEN, total=True),
            Column(zh="通知日", en="Noticed", kind="date"),
            Column(zh="期限", en="Due", kind="date"),
        ),
        rows=tuple(
            (
                Cell(value=one.id, href=f"{BANK_AT}/claims/{one.id}"),
                Cell(
                    value=str(one.terms["guarantee"]),
                    href=f"{BANK_AT}/lines/{one.terms['guarantee']}",
                ),
                Cell(value=door.called(coops, one.parties["coop"])),
                door.state(one),
                Cell(value=int(one.terms["noticed"])),
                Cell(value=one.terms.get("called")),
                Cell(value=one.terms.get("recovered")),
                Cell(value=one.terms.get("share_due")),
                Cell(value=str(one.opened)),
                Cell(value=str(one.due or "")),
            )
            for one in found
        ),
        empty=("没有代偿。", "No claim yet."),
    )


def _fen(text: str, where: str, *, positive: bool = True) -> int:
    """Fen of an amount somebody typed in yuan; raises FACTS_INVALID naming the field."""
    faults = Faults()
    found = fen_of_cell(text.strip(), Place(field=where), faults, positive=positive)
    if faults:
        problem = "not an amount like 1234.56"
        raise Rejected(RejectionCode.FACTS_INVALID, where=where, problem=problem)
    return found
