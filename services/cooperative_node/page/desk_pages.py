"""The bookkeeper's day: today, close the day, send and receive, the book itself.

Routes decode, call, render. Closing and sending go through the same functions as CLI and API.
"""

import io
import zipfile
from datetime import date
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery

from contracts.codec import decode
from contracts.envelopes import pack
from contracts.ledger import Act
from journal import store
from journal.engine import reading
from kernel.errors import InvariantViolation, Rejected
from services.cooperative_node import api, queries, usb
from services.cooperative_node.close_day import DayReport, close, close_day, open_day
from services.cooperative_node.delivery import Unreachable, sealed_from
from services.cooperative_node.page import figures, lending_pages, pool_figures
from services.cooperative_node.page import queries as page_queries
from services.cooperative_node.page.render import page
from services.cooperative_node.page.visit import (
    FormIn,
    HostIn,
    Visit,
    VisitIn,
)
from services.cooperative_node.pool_state import pool_state
from services.cooperative_node.problems import problem_of

Page = Response[Any]
WAITING = ("applied", "endorsed", "approved", "noticed", "objected", "cleared", "contracted",
           "instructed")  # fmt: skip
ACTS_SHOWN = 60
_FIGURES = ("10201", "10901", "11301", "11304", "30101", "115", "116")
"""Accounts whose balances today's page tells."""


@get("/", sync_to_thread=True)
def today(visit: VisitIn) -> Page:
    """What waits, and for whom; what is due; whether all was sent."""
    with reading(visit.node.engine).connect() as conn:
        waiting = figures.loans(conn, visit, WAITING)
        newcomers = store.in_states(conn, visit.node.book, "member", ["applied", "noticed"])
        return page(
            visit,
            "today.html",
            loans=[(state, [r for r in waiting if r.case.state == state]) for state in WAITING],
            newcomers=newcomers,
            due=figures.due(conn, visit),
            to_dun=figures.to_dun(conn, visit),
            to_visit=figures.to_visit(conn, visit),
            suspense=figures.suspense(conn, visit),
            posts=store.in_states(conn, visit.node.book, "post", ["held"]),
            totals=store.totals(conn, visit.node.book, _FIGURES),
            pool=pool_state(conn, visit.node),
            says=pool_figures.to_be_signed(conn, visit),
            bank_loans=pool_figures.waiting(conn, visit),
            lending=lending_pages.to_be_said(visit, conn),
            state=api.state(visit.node),
        )


@get("/close", sync_to_thread=True)
def close_form(visit: VisitIn) -> Page:
    """What closing today will do, tried out and taken back."""
    return _close_page(visit)


@post("/close", sync_to_thread=True, status_code=200)
def close_now(visit: VisitIn, form: FormIn) -> Page:
    """Close the day the page showed: pressing twice closes it once."""
    asked, opened = str(form.get("closes", "")), open_day(visit.node)
    if not visit.keeps_books or not asked or asked > str(opened):
        return _close_page(visit)
    if asked == str(opened):
        opened = close_day(visit.node).opened
    state = api.state(visit.node)
    after = msgspec.structs.replace(visit, today=str(opened), unsent=state.unsent)
    return page(after, "closed.html", closed=asked, opened=opened, state=state)


@get("/sync", sync_to_thread=True)
def sync_form(visit: VisitIn) -> Page:
    """What the county holds, and the ways to it."""
    return page(visit, "sync.html", state=api.state(visit.node), said="", met=None)


@post("/sync", sync_to_thread=True, status_code=200)
def sync_now(
    coop: FromPath[str],
    visit: VisitIn,
    form: FormIn,  # noqa: ARG001 - its being there is the check
    host: HostIn,
) -> Page:
    """Send and receive."""
    try:
        met, said = api.synchronise(visit.node, host.transport(coop)), ""
    except (Rejected, Unreachable) as error:
        told = problem_of(error)
        met, said = None, visit.words.t(told.zh, told.en)
    return page(visit, "sync.html", state=api.state(visit.node), said=said, met=met)


@post("/usb-export", sync_to_thread=True, status_code=200)
def usb_export(
    visit: VisitIn,
    form: FormIn,  # noqa: ARG001 - its being there is the check
) -> Response[bytes]:
    """What the county lacks, as one file to carry there."""
    with reading(visit.node.engine).connect() as conn:
        held = queries.read_sync(conn, visit.node.cooperative).held_seq
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_STORED) as bundle:
        for number, (envelope, _) in enumerate(sealed_from(visit.node, held + 1), 1):
            bundle.writestr(f"{visit.node.book}-{number:03d}{usb.SUFFIX}", pack(envelope))
    name = f"{visit.node.book}-{visit.today}.zip"
    return Response(
        body.getvalue(),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@post("/usb-import", sync_to_thread=True, status_code=200)
def usb_import(visit: VisitIn, form: FormIn) -> Page:
    """The county's answers from a stick."""
    files = [one for one in form.getall("files", []) if isinstance(one, UploadFile)]
    try:
        bodies = [part for one in files for part in _parts(one.file.read())]
        count = usb.take_files(visit.node, bodies)
        said = visit.words.t(f"已接收 {count} 笔。", f"{count} acts received.")
    except Rejected as error:
        said = visit.tell(error.as_struct())
    return page(visit, "sync.html", state=api.state(visit.node), said=said, met=None)


@get("/book", sync_to_thread=True)
def book(visit: VisitIn, before: FromQuery[int] = 2**53, every: FromQuery[int] = 0) -> Page:
    """The trial balance at the end of a day, and the acts of the book, newest first."""
    with reading(visit.node.engine).connect() as conn:
        bodies = page_queries.acts_of(conn, visit.node.book, before, ACTS_SHOWN, every=bool(every))
        return page(
            visit,
            "book.html",
            rows=figures.trial_balance(conn, visit),
            acts=[decode(body, Act) for body in bodies],
            names=figures.names(conn, visit),
            every=every,
        )


def router_handlers() -> list[Any]:
    """The routes of this file below ``/n/{coop}``."""
    return [today, close_form, close_now, sync_form,
            sync_now, usb_export, usb_import, book]  # fmt: skip


def _close_page(visit: Visit) -> Page:
    said, report = "", None
    try:
        report = _preview(visit)
    except Rejected as refused:
        said = visit.tell(refused.as_struct())
    except InvariantViolation as broken:
        told = problem_of(broken)
        said = visit.words.t(told.zh, told.en)
    state = api.state(visit.node)
    return page(
        visit, "close.html", report=report, said=said, state=state,
        ahead=report is not None and _is_ahead(report.closed, state.county_date),
    )  # fmt: skip


def _is_ahead(closing: date, county_date: str) -> bool:
    """Whether a day lies more than the usual one after the county's, when it was last heard."""
    return bool(county_date) and (closing - date.fromisoformat(county_date)).days > 1


def _preview(visit: Visit) -> DayReport:
    """The close, done and rolled back."""
    with visit.node.engine.connect() as conn:
        try:
            return close(conn, visit.node)
        finally:
            conn.rollback()


def _parts(body: bytes) -> list[bytes]:
    """The deliveries in an uploaded file: a bundle of them, or one."""
    if not body.startswith(b"PK"):
        return [body]
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as bundle:
            names = sorted(n for n in bundle.namelist() if n.endswith(usb.SUFFIX))
            return [bundle.read(name) for name in names]
    except zipfile.BadZipFile:
        return [body]
