"""Pages of orders: what the maker prepared, shown whole with its digest, to be released."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from services.federation.cases import bank_orders, packages, papers
from services.federation.console import guard, page
from services.federation.console.desk import BANK_AT, Visitor
from services.federation.console.guard import Form
from services.federation.console.lists import CODE, Cell, Column, Listing
from services.federation.portal import door, proof, queries, sheets, show

PATHS = {"answers": "packages", "notice": "lines"}


@get("/orders", sync_to_thread=True)
def all_orders(visitor: NamedDependency[Visitor]) -> Response[Any]:
    """Every order, those that wait first."""
    window = door.window_of(visitor)
    with visitor.reading() as conn:
        found = window.all(conn, bank_orders.PROCESS)
        names = door.names(conn)
    rows = tuple(
        (
            Cell(value=one.id, href=f"{BANK_AT}/orders/{one.id}"),
            Cell(value=door.ORDERS[str(one.terms["kind"])]),
            Cell(value=str(one.terms["about"])),
            door.state(one),
            Cell(value=door.called(names, one.hands[0].person) if one.hands else None),
            Cell(value=str(one.opened)),
        )
        for one in sorted(found, key=lambda one: (one.state != bank_orders.PREPARED, one.id))
    )
    listing = Listing(
        name="orders",
        title=("经办与复核", "Prepared and released"),
        columns=(
            Column(zh="编号", en="Order", kind=CODE),
            Column(zh="事项", en="What"),
            Column(zh="所为", en="About", kind=CODE),
            Column(zh="状态", en="State"),
            Column(zh="经办", en="Prepared by"),
            Column(zh="经办日", en="On", kind="date"),
        ),
        rows=rows,
        empty=("没有经办单。", "No order yet."),
    )
    return page.show_list(visitor, "bank_list.html", listing)


@get("/orders/{name:str}", sync_to_thread=True)
def one_order(visitor: NamedDependency[Visitor], name: FromPath[str]) -> Response[Any]:
    """One order: all it says, the digest that is signed, who prepared it."""
    window = door.window_of(visitor)
    with visitor.reading() as conn:
        case = window.own(conn, bank_orders.PROCESS, name)
        names = door.names(conn)
        organs = visitor.organs(conn, case.parties)
        log = queries.log(conn, case, names, organs)
        content = case.terms["content"]
        kept = papers.names(conn, window.bank, list(content.get("papers", {}).values()))
        lines: dict[str, int] = {}
        borrowers: dict[str, str] = {}
        if case.terms["kind"] == bank_orders.ANSWERS:
            about = window.own(conn, packages.PROCESS, str(case.terms["about"]))
            found = packages.lines_of(conn, about.id)
            lines = {line.id: int(line.terms["amount"]) for line in found}
            file = papers.find(conn, str(about.terms["file"]), window.bank)
            borrowers = proof.borrowers(file.body) if file else {}
    kind = str(case.terms["kind"])
    return page.show_page(
        visitor,
        "bank_order.html",
        case=case,
        kind=door.ORDERS[kind],
        content=content,
        about=f"{BANK_AT}/{PATHS.get(kind, 'claims')}/{case.terms['about']}",
        answers=door.ANSWERS,
        paper_names=door.PAPERS,
        kept=kept,
        borrowers=borrowers,
        amounts=lines,
        log=log,
        names=names,
        organs=organs,
        waits=case.state == bank_orders.PREPARED,
        checker="checker@bank" in window.roles,
        own=any(hand.person == window.person for hand in case.hands),
    )


@post("/orders", sync_to_thread=True)
def decide(visitor: NamedDependency[Visitor], form: NamedDependency[Form]) -> Response[Any]:
    """Release under the digest shown, the password given again; or turn back with a reason."""
    name, act = form.get("case", ""), form.get("act", "")
    window = door.window_of(visitor)
    with visitor.reading() as conn:
        window.own(conn, bank_orders.PROCESS, name)
    back = f"{BANK_AT}/orders/{name}"
    if act == "turn_back":
        window.turn_back(name, form.get("reason", ""))
        return page.go(visitor, back)
    if act != "release":
        raise NotFoundException
    sure = guard.confirm(visitor, form)
    with show.refusing(sure, sheets.ANSWERS, back) as out:
        window.release(name, form.get("terms", ""))
        out.go(back)
    return out.response
