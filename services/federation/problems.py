"""From exceptions to HTTP: the one table of the county's JSON doors (problem+json, zh and en).

Called by the application for every exception of ``routes``. A refusal by rule keeps its code and
facts and says in both languages what would make it allowed; a bug is 500 without a word of what it
held, since the log keeps it. Pages have their own look (console.page).
"""

import logging
from http import HTTPStatus
from typing import Any

import msgspec
import psycopg
import sqlalchemy as sa
from litestar import Request, Response
from litestar.exceptions import HTTPException

from contracts.rejections import Rejection, RejectionCode
from contracts.requests import RequestRefused
from kernel.errors import InvariantViolation, Rejected

PROBLEM = "application/problem+json"
_LOG = logging.getLogger("lianhe.federation")
STATUS: dict[RejectionCode, HTTPStatus] = {
    RejectionCode.KEY_UNKNOWN: HTTPStatus.UNAUTHORIZED,
    RejectionCode.SIGNATURE_INVALID: HTTPStatus.UNAUTHORIZED,
    RejectionCode.REQUEST_STALE: HTTPStatus.UNAUTHORIZED,
    RejectionCode.REQUEST_REPLAYED: HTTPStatus.UNAUTHORIZED,
    RejectionCode.ROLE_NOT_ALLOWED: HTTPStatus.FORBIDDEN,
    RejectionCode.SIGN_IN_FAILED: HTTPStatus.FORBIDDEN,
    RejectionCode.FOUR_POWERS: HTTPStatus.FORBIDDEN,
    RejectionCode.CLOSE_NOT_STARTED: HTTPStatus.SERVICE_UNAVAILABLE,
    RejectionCode.COOPERATIVE_UNKNOWN: HTTPStatus.NOT_FOUND,
    RejectionCode.UNKNOWN_CASE: HTTPStatus.NOT_FOUND,
    RejectionCode.BATCH_TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    RejectionCode.BATCH_MALFORMED: HTTPStatus.BAD_REQUEST,
    RejectionCode.FACTS_INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    RejectionCode.TOO_MANY_REQUESTS: HTTPStatus.TOO_MANY_REQUESTS,
}
"""Everything else that is refused by rule is 409: the state of things does not allow it."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller is told (RFC 9457). ``title`` is the English sentence."""

    status: int
    code: str
    title: str
    zh: str
    en: str
    facts: dict[str, str] = {}


def as_problem(_request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The answer to an exception."""
    told = problem_of(error)
    wait = {"Retry-After": told.facts.get("seconds", "60")} if told.status == _TOO_MANY else {}
    return Response(
        msgspec.json.encode(told), status_code=told.status, media_type=PROBLEM, headers=wait
    )


def problem_of(error: Exception) -> Problem:
    """The problem an exception is; anything unforeseen is 500 and logged."""
    if isinstance(error, Rejected):
        return _refused(error.as_struct())
    if isinstance(error, RequestRefused):
        return _refused(error.rejection)
    if isinstance(error, sa.exc.DataError | psycopg.DataError):
        # A number or a character no column can hold: the caller's bytes, and nothing was kept.
        name = type(getattr(error, "orig", error)).__name__
        problem = f"{name}: U+0000 / > 64 bit"
        malformed = Rejection(code=RejectionCode.BATCH_MALFORMED, facts={"problem": problem})
        return _refused(malformed)
    if isinstance(error, HTTPException):
        phrase = HTTPStatus(error.status_code).phrase
        return Problem(
            status=error.status_code,
            code="HTTP",
            title=phrase,
            zh=f"请求无法受理({phrase})。请核对地址和参数。",
            en=f"The request cannot be taken ({phrase}). Check its address and parameters.",
        )
    name = error.name if isinstance(error, InvariantViolation) else type(error).__name__
    _LOG.error("invariant or bug: %s", name, exc_info=error)
    return Problem(
        status=HTTPStatus.INTERNAL_SERVER_ERROR,
        code="FAULT",
        title="Internal Server Error",
        zh=f"系统出错({name}),没有记账。请联系系统管理员。",
        en=f"Something is wrong ({name}); nothing was posted. Call the administrator.",
    )


_TOO_MANY = HTTPStatus.TOO_MANY_REQUESTS.value


def _refused(told: Rejection) -> Problem:
    return Problem(
        status=STATUS.get(told.code, HTTPStatus.CONFLICT),
        code=told.code.value,
        title=told.text("en"),
        zh=told.text("zh"),
        en=told.text("en"),
        facts=told.facts,
    )
