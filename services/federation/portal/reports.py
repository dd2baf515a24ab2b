"""Pages of the bank's reports: what is owed for each month, sheets out, sheets in, wrong cells."""

from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from services.federation.cases import bank_periods, bank_reports, packages, registers
from services.federation.console import page
from services.federation.console.desk import BANK_AT, Visitor
from services.federation.console.guard import Form, FormRefused
from services.federation.portal import door, queries, sheets, show
from services.federation.portal.lines import NONCE
from services.federation.portal.papers_in import Upload
from services.federation.portal.window import Window


@get("/reports", sync_to_thread=True)
def all_reports(visitor: NamedDependency[Visitor]) -> Response[Any]:
    """Every month's reports with their state, and the payout report."""
    window = door.window_of(visitor)
    with visitor.reading() as conn:
        found = window.all(conn, bank_periods.PROCESS)
        banks = registers.bank_names(conn)
    listing = door.reports_list(found, banks, f"{BANK_AT}/reports")
    return page.show_list(visitor, "bank_reports.html", listing)


@get("/reports/{name:str}", sync_to_thread=True)
def one_report(visitor: NamedDependency[Visitor], name: FromPath[str]) -> Response[Any]:
    """One month's report: how to send it, and what was sent."""
    window = door.window_of(visitor)
    with visitor.reading() as conn:
        case = window.own(conn, bank_periods.PROCESS, name)
        names, today = door.names(conn), window.today(conn)
        organs = visitor.organs(conn, case.parties)
        log = queries.log(conn, case, names, organs)
    kind, period = str(case.terms["kind"]), str(case.terms["period"])
    return page.show_page(
        visitor,
        "bank_report.html",
        case=case,
        kind=kind,
        columns=sheets.LAYOUTS[kind],
        english=sheets.ENGLISH,
        title=door.KINDS[kind],
        early=kind == sheets.UTILISATION and today < bank_periods.last_day(period).isoformat(),
        last=bank_periods.last_day(period),
        log=log,
        names=names,
        nonce=visitor.desk.county.ports.random(8).hex(),
    )


@get("/sheets/{kind:str}", sync_to_thread=True)
def blank(visitor: NamedDependency[Visitor], kind: FromPath[str]) -> Response[Any]:
    """A sheet with the bank's lines in it, to be filled in."""
    window = door.window_of(visitor)
    if kind not in (sheets.PAYOUT, sheets.REPAYMENT, sheets.UTILISATION):
        raise NotFoundException
    with visitor.reading() as conn:
        today = window.today(conn)
        rows = _rows(conn, window, kind)
    return show.sheet(kind, rows, today, f"{kind}-{today}")


@post("/sheets/{kind:str}", sync_to_thread=True)
def send(
    visitor: NamedDependency[Visitor], upload: NamedDependency[Upload], kind: FromPath[str]
) -> Response[Any]:
    """Take a whole sheet or nothing of it."""
    if kind not in (sheets.PAYOUT, sheets.REPAYMENT, sheets.UTILISATION):
        raise NotFoundException
    window, period = door.window_of(visitor), upload.fields.get("period", "")
    file = upload.files.get("file")
    body = file.body if file else b""
    found = sheets.from_file(kind, body)
    name = f"file-{sha256(body).hexdigest()[:16]}"
    back = f"{BANK_AT}/reports"
    if period:
        with visitor.reading() as conn:
            case = window.own(
                conn, bank_periods.PROCESS, bank_periods.case_id(window.bank, kind, period)
            )
        back = f"{BANK_AT}/reports/{case.id}"
    if not found.rows and found.wrong:
        return show.cells(visitor, found.wrong, kind, back)
    with show.refusing(visitor, kind, back) as out:
        taken = window.report(kind, found.rows, name, period=period, wrong=found.wrong)
        if file is not None:
            window.keep(file.name, file.media, body)
        out.response = _taken(visitor, taken, back)
    return out.response


@post("/reports/nothing", sync_to_thread=True)
def nothing(visitor: NamedDependency[Visitor], form: NamedDependency[Form]) -> Response[Any]:
    """A month in which nothing was repaid and nothing fell into arrears."""
    nonce, period = form.get("nonce", ""), form.get("period", "")
    if NONCE.fullmatch(nonce) is None:
        raise FormRefused
    window = door.window_of(visitor)
    with visitor.reading() as conn:
        name = bank_periods.case_id(window.bank, sheets.REPAYMENT, period)
        case = window.own(conn, bank_periods.PROCESS, name)
    taken = window.report(sheets.REPAYMENT, (), f"form-{nonce}", period=period)
    return _taken(visitor, taken, f"{BANK_AT}/reports/{case.id}")


def _taken(visitor: Visitor, taken: bank_reports.Taken, back: str) -> Response[Any]:
    return page.show_page(visitor, "bank_taken.html", taken=taken, back=back)


def _rows(conn: sa.Connection, window: Window, kind: str) -> list[dict[str, Any]]:
    """What a blank sheet knows already: the lines the report may be about."""
    states = {"payout": ("accepted", "running")}.get(kind, ("running",))
    lines = [one for one in window.all(conn, packages.LINE) if one.state in states]
    if kind != sheets.UTILISATION:
        return [{"guarantee": one.id} for one in lines]
    balances = queries.balances(conn, lines)
    return [{"guarantee": one.id} for one in lines if balances.get(one.id)]
