"""The console as one router, mounted by the composition root.

Every handler gets its visitor and its form through guard; what is raised becomes a page here.
"""

from typing import Any

from litestar import Request, Response, Router, get
from litestar.datastructures import CacheControlHeader
from litestar.di import Provide
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.static_files import create_static_files_router

from contracts.rejections import RejectionCode
from kernel.errors import Rejected
from services.federation.console import (
    agreements,
    approvals,
    books,
    claims,
    cooperative,
    corrections,
    findings,
    guard,
    lending,
    nights,
    overview,
    own_book,
    own_password,
    packages,
    page,
    payments,
    pool,
    receipts,
    sessions,
    sign_in,
    stress,
    triangles,
)
from services.federation.console.desk import AT, Desk
from services.federation.console.guard import FormRefused, SignInNeeded
from services.federation.throttle import Throttle

PAGES = (
    sign_in.sign_in_page,
    sign_in.sign_in,
    sign_in.sign_out,
    sign_in.switch_language,
    sign_in.me,
    own_password.password_page,
    own_password.change_password,
    overview.overview,
    cooperative.cooperative,
    cooperative.loans,
    cooperative.batches,
    cooperative.own_findings,
    books.ledger,
    books.one_act,
    books.one_case,
    nights.nights,
    nights.close,
    nights.night,
    nights.progress,
    approvals.approvals,
    approvals.decide,
    findings.findings,
    findings.own,
    findings.resolve,
    lending.lending,
    lending.new,
    lending.propose,
    own_book.federation,
    payments.payments,
    payments.stop,
    pool.overview,
    pool.live,
    pool.act,
    agreements.new,
    agreements.propose,
    agreements.agreement,
    agreements.offer_form,
    agreements.offer,
    agreements.claim_match,
    agreements.release,
    packages.new,
    packages.draft,
    packages.package,
    packages.paper,
    claims.claim,
    stress.stress,
    stress.start,
    stress.one_run,
    stress.progress_of,
    stress.stop_run,
    triangles.triangles,
    corrections.all_corrections,
    corrections.one_correction,
    corrections.form_of,
    corrections.ask,
    corrections.answer,
    receipts.identify,
    receipts.withdraw,
    receipts.gone,
)
_A_WEEK = 604_800
_KEY_MAX = 80
A_MINUTE, A_MINUTE_FROM = 1_200, 6_000
"""Requests a minute of one session, and from one address: wide, for an office shares one."""


@get("/{rest:path}", sync_to_thread=False)
def elsewhere(rest: FromPath[str]) -> Response[Any]:
    """An address of the console that no page has."""
    raise NotFoundException(rest)


def console_router(desk: Desk) -> Router:
    """Every page of the console under ``/console``; hand it to Litestar's ``route_handlers``."""

    def refused(request: Request[Any, Any, Any], error: Rejected) -> Response[Any]:
        return page.secured(guard.refused(desk, request, error))

    def nobody(request: Request[Any, Any, Any], _: SignInNeeded) -> Response[Any]:
        return page.secured(guard.sign_in_needed(request))

    def problem(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        return page.secured(guard.problem(desk, request, error))

    sessions_count, addresses_count = Throttle(A_MINUTE), Throttle(A_MINUTE_FROM)

    def not_too_many(request: Request[Any, Any, Any]) -> None:
        now, held = desk.county.ports.now(), request.cookies.get(sessions.cookie_name(desk), "")
        wait = addresses_count.wait_seconds(guard.address_of(request), now)
        if held and not wait:
            wait = sessions_count.wait_seconds(held[:_KEY_MAX], now)
        if wait:
            raise Rejected(RejectionCode.TOO_MANY_REQUESTS, seconds=wait)

    static = create_static_files_router(
        path="/static",
        directories=[page.STATIC],
        cache_control=CacheControlHeader(max_age=_A_WEEK, public=True),
        include_in_schema=False,
    )
    pages = Router(
        path="/",
        route_handlers=[*PAGES, elsewhere],
        dependencies={
            "visitor": Provide(guard.visitor, sync_to_thread=True),
            "posted": Provide(guard.posted),
            "form": Provide(guard.form, sync_to_thread=False),
        },
        before_request=not_too_many,
        after_request=page.secured,
        include_in_schema=False,
        request_max_body_size=guard.BODY_MAX,
    )
    return Router(
        path=AT,
        route_handlers=[static, pages],
        dependencies={"desk": Provide(lambda: desk, sync_to_thread=False)},
        exception_handlers={
            Rejected: refused,
            SignInNeeded: nobody,
            FormRefused: problem,
            Exception: problem,
        },
    )
