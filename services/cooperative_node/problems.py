"""From exceptions to HTTP: the one table, for the JSON door (problem+json) and for pages (HTML).

Called by the application for every exception. A refusal by rule is 409 with its code and both
sentences; a bug is 500 without a word of what it held, since the log keeps it.
"""

import logging
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from contracts.rejections import RejectionCode
from kernel.errors import InvariantViolation, Rejected
from services.cooperative_node.delivery import Unreachable
from services.cooperative_node.host import UnknownNode

PROBLEM = "application/problem+json"
_LOG = logging.getLogger("lianhe.node")
_STATUS = {
    RejectionCode.FACTS_INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    RejectionCode.UNKNOWN_CASE: HTTPStatus.NOT_FOUND,
    RejectionCode.UNKNOWN_ACT: HTTPStatus.NOT_FOUND,
    RejectionCode.KEY_UNKNOWN: HTTPStatus.UNAUTHORIZED,
    RejectionCode.ROLE_NOT_ALLOWED: HTTPStatus.FORBIDDEN,
}
_Kinds = tuple[type[Exception], ...]
_FORESEEN: tuple[tuple[_Kinds, int, str, str, str], ...] = (
    (
        (Unreachable,),
        HTTPStatus.BAD_GATEWAY,
        "UNREACHABLE",
        "连不上县联合社，没有发送成功。稍后再试，或用 U 盘交换。",
        "The county cannot be reached; nothing was sent. Try later or use a USB stick.",
    ),
    (
        (UnknownNode,),
        HTTPStatus.NOT_FOUND,
        "UNKNOWN_NODE",
        "本机没有这个互助社。",
        "This computer keeps no such cooperative.",
    ),
    (
        (ValidationException, msgspec.MsgspecError, RecursionError, UnicodeError),
        HTTPStatus.BAD_REQUEST,
        "BODY_INVALID",
        "填写的内容无法读取：{}",
        "What was sent cannot be read: {}",
    ),
)
"""Exceptions that are nobody's bug and no rule's refusal; ``{}`` is where the body is wrong."""


_PHRASES: dict[int, str] = {
    HTTPStatus.NOT_FOUND: "没有这个页面。",
    HTTPStatus.METHOD_NOT_ALLOWED: "这个地址只收表单，不能直接打开。",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "文件太大。",
}


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller is told. ``zh`` and ``en`` say what would make it allowed."""

    status: int
    code: str
    zh: str
    en: str
    facts: dict[str, str] = {}


def problem_of(error: Exception) -> Problem:
    """The problem an exception is; anything unforeseen is 500 and logged."""
    if isinstance(error, Rejected):
        told = error.as_struct()
        status = _STATUS.get(error.code, HTTPStatus.CONFLICT)
        return Problem(
            status=status,
            code=error.code.value,
            zh=told.text("zh"),
            en=told.text("en"),
            facts=told.facts,
        )
    if isinstance(error, HTTPException) and not isinstance(error, ValidationException):
        phrase = HTTPStatus(error.status_code).phrase
        return _plain(error.status_code, "HTTP", _PHRASES.get(error.status_code, phrase), phrase)
    for kind, known, code, zh, en in _FORESEEN:
        if isinstance(error, kind):
            detail = _detail(error)
            foreseen = _plain(known, code, zh.format(detail), en.format(detail))
            if isinstance(error, Unreachable):
                # What the network said: for whoever mends the line, not for the bookkeeper.
                return msgspec.structs.replace(foreseen, facts={"why": str(error)})
            return foreseen
    name = error.name if isinstance(error, InvariantViolation) else type(error).__name__
    _LOG.error("invariant or bug: %s", name, exc_info=error)
    return _plain(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "FAULT",
        f"系统出错({name}),没有记账。请联系县联合社。",
        f"Something is wrong ({name}); nothing was posted. Call the county.",
    )


def as_json(_request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The problem as problem+json."""
    told = problem_of(error)
    return Response(msgspec.json.encode(told), status_code=told.status, media_type=PROBLEM)


def _plain(status: int, code: str, zh: str, en: str) -> Problem:
    return Problem(status=status, code=code, zh=zh, en=en)


def _detail(error: Exception) -> str:
    """Where the body is wrong, never what it held."""
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        return "; ".join(
            f"{one.get('key', '')} {one.get('message', '')}".strip()
            for one in error.extra
            if isinstance(one, dict)
        )
    return str(error)[:200] if isinstance(error, msgspec.ValidationError) else type(error).__name__
