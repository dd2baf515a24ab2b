"""Corrections from the county's desk: asked of a bank, or answered to one (L21).

The pages are the bank portal's; here the federation stands on the other side of the same case.
"""

from typing import Any

import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from contracts.ledger import Actor
from journal import store
from kernel.cases import Case
from services.federation.cases import bank_periods, corrections, packages, registers
from services.federation.console import guard, page
from services.federation.console.desk import AT, Visitor
from services.federation.console.guard import Form
from services.federation.console.queries import waiting
from services.federation.portal import door, queries
from services.federation.portal.corrections import said_of, show_case, show_form
from services.federation.transactions import in_transaction

STAFF = "staff@federation"


@get("/corrections", sync_to_thread=True)
def all_corrections(visitor: NamedDependency[Visitor]) -> Response[Any]:
    """Every correction between the county and its banks, and every report the banks owe."""
    _county(visitor)
    with visitor.reading() as conn:
        _, found = waiting.every(conn, corrections.PROCESS)
        _, reports = waiting.every(conn, bank_periods.PROCESS)
        banks = registers.bank_names(conn)
    listings = {
        "listing": door.corrections_list(found, AT),
        "reports": door.reports_list(reports, banks, f"{AT}/cases/K"),
    }
    return page.show_lists(visitor, "corrections.html", listings)


@get("/corrections/{name:str}", sync_to_thread=True)
def one_correction(visitor: NamedDependency[Visitor], name: FromPath[str]) -> Response[Any]:
    """One correction, with the answer form while it waits for the county."""
    _county(visitor)
    with visitor.reading() as conn:
        case = _case(conn, corrections.PROCESS, name)
        names = door.names(conn)
        organs = visitor.organs(conn, case.parties)
        log = queries.log(conn, case, names, organs)
    return show_case(
        visitor, case, log, names, at=AT, lines="cases/K",
        answers=case.state == corrections.ASKED_COUNTY and STAFF in visitor.roles,
        withdraws=case.state == corrections.ASKED_BANK and STAFF in visitor.roles,
    )  # fmt: skip


@get("/corrections/of", sync_to_thread=True)
def form_of(visitor: NamedDependency[Visitor]) -> Response[Any]:
    """The form in which the county asks a bank for a correction of one line."""
    _county(visitor)
    name = visitor.request.query_params.get("line", "").strip()
    with visitor.reading() as conn:
        line = _case(conn, packages.LINE, name)
    return show_form(visitor, line, at=AT, lines="cases/K")


@post("/corrections", sync_to_thread=True)
def ask(visitor: NamedDependency[Visitor], form: NamedDependency[Form]) -> Response[Any]:
    """Ask the bank of a line for a correction."""
    _county(visitor)

    def doing(conn: sa.Connection) -> Case:
        line = _case(conn, packages.LINE, form.get("about", ""))
        facts = {**said_of(form), "bank": line.terms["bank"]}
        world = visitor.desk.county.world
        return corrections.ask(conn, world, corrections.BY_COUNTY, facts, _actor(visitor)).case

    case = in_transaction(visitor.desk.engine, doing)
    return page.go(visitor, f"{AT}/corrections/{case.id}")


@post("/corrections/answer", sync_to_thread=True)
def answer(visitor: NamedDependency[Visitor], form: NamedDependency[Form]) -> Response[Any]:
    """Agree under the digest shown, refuse, or take back."""
    _county(visitor)
    name, act, reason = form.get("case", ""), form.get("act", ""), form.get("reason", "").strip()
    if act not in ("accept", "refuse", "withdraw"):
        raise NotFoundException
    with visitor.reading() as conn:
        _case(conn, corrections.PROCESS, name)
    sure = guard.confirm(visitor, form) if act == "accept" else visitor

    def doing(conn: sa.Connection) -> Case:
        case, world = _case(conn, corrections.PROCESS, name), visitor.desk.county.world
        if act == "accept":
            terms = form.get("terms", "")
            return corrections.accept(conn, world, case, terms, _actor(visitor), reason).case
        return corrections.settle(conn, world, case, act, _actor(visitor), reason).case

    in_transaction(visitor.desk.engine, doing)
    return page.go(sure, f"{AT}/corrections/{name}")


def _county(visitor: Visitor) -> None:
    if not visitor.county_wide:
        raise NotFoundException


def _case(conn: sa.Connection, process: str, name: str) -> Case:
    found = store.load(conn, store.COUNTY_SCOPE, name)
    if found is None or found.process != process:
        raise NotFoundException
    return found


def _actor(visitor: Visitor) -> Actor:
    """In the federation's own role if he holds it; else in his, to be refused by its row."""
    role = STAFF if STAFF in visitor.roles else visitor.roles[0]
    person = visitor.officer.person
    return Actor(role=role, operator=person, persons=(person,))
