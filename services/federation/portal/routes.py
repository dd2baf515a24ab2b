"""The portal as one router, mounted by the composition root beside the console.

Every handler gets its visitor, its form and its files through the same doors as the console's.
"""

from typing import Any

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from kernel.errors import Rejected
from services.federation.console import guard, page
from services.federation.console.desk import BANK_AT, Desk, Visitor
from services.federation.console.guard import Form, FormRefused, SignInNeeded
from services.federation.portal import (
    approvals,
    claims,
    corrections,
    inbox,
    lines,
    orders,
    packages,
    papers_in,
    reports,
)

PAGES = (
    inbox.inbox,
    inbox.message,
    packages.all_packages,
    packages.one_package,
    packages.download,
    packages.messages,
    packages.answer_sheet,
    packages.verifier,
    packages.receive,
    packages.answer,
    packages.answer_by_sheet,
    lines.all_lines,
    lines.one_line,
    lines.told,
    reports.all_reports,
    reports.one_report,
    reports.blank,
    reports.send,
    reports.nothing,
    claims.all_claims,
    claims.one_claim,
    claims.notice_form,
    claims.notice,
    claims.told,
    claims.paper,
    orders.all_orders,
    orders.one_order,
    orders.decide,
    corrections.all_corrections,
    corrections.one_correction,
    corrections.form_of,
    corrections.ask,
    corrections.answer,
    approvals.approvals,
    approvals.sign,
)
FIELDS_MAX = 5000
"""A package of a thousand lines is answered in one form."""


@get("/{rest:path}", sync_to_thread=False)
def elsewhere(rest: FromPath[str]) -> Response[Any]:
    """An address of the portal that no page has."""
    raise NotFoundException(rest)


async def posted(request: Request[Any, Any, Any], visitor: NamedDependency[Visitor]) -> Form:
    """A form as it came, of somebody known; its token is still to be checked."""
    return await guard.form_of(request, visitor.desk, FIELDS_MAX)


def portal_router(desk: Desk) -> Router:
    """Every page of the portal under ``/bank``; hand it to Litestar's ``route_handlers``."""

    def refused(request: Request[Any, Any, Any], error: Rejected) -> Response[Any]:
        return page.secured(guard.refused(desk, request, error))

    def nobody(request: Request[Any, Any, Any], _: SignInNeeded) -> Response[Any]:
        return page.secured(guard.sign_in_needed(request))

    def problem(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        return page.secured(guard.problem(desk, request, error))

    return Router(
        path=BANK_AT,
        route_handlers=[*PAGES, elsewhere],
        dependencies={
            "desk": Provide(lambda: desk, sync_to_thread=False),
            "visitor": Provide(guard.visitor, sync_to_thread=True),
            "posted": Provide(posted),
            "form": Provide(guard.form, sync_to_thread=False),
            "sent": Provide(papers_in.sent),
            "upload": Provide(papers_in.upload, sync_to_thread=False),
        },
        after_request=page.secured,
        include_in_schema=False,
        request_max_body_size=papers_in.UPLOAD_MAX,
        exception_handlers={
            Rejected: refused,
            SignInNeeded: nobody,
            FormRefused: problem,
            Exception: problem,
        },
    )
