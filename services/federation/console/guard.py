"""The door of every page: who is asking, from which page of ours, and with what in the form.

Dependencies of all handlers: ``visitor`` finds the session or sends to the sign-in page, ``form``
reads a posted form and accepts it only with the session's CSRF token and from our own origin.
Also what a refusal, a missing page and a missing sign-in look like.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.response import Redirect
from msgspec.structs import replace

from contracts.rejections import RejectionCode
from kernel.errors import Rejected
from services.federation.console import page, sessions, users
from services.federation.console.desk import AT, BANK_AT, Desk, Visitor, bank_of
from services.federation.console.queries import naming, people
from services.federation.console.queries.naming import Names
from services.federation.console.queries.people import Officer
from services.federation.console.queries.villages import Scope
from services.federation.console.words import LANGUAGES, ZH
from services.federation.problems import problem_of

LANGUAGE_COOKIE = "lianhe_language"
FIELDS_MAX = 40
BODY_MAX = 32 * 1024
CSRF_FIELD = "csrf"
OWN_PASSWORD = f"{AT}/me/password"
OF_EVERYBODY = (f"{AT}/me", OWN_PASSWORD, f"{AT}/sign-out")
"""Pages of the console a bank's officer needs too."""
Form = Mapping[str, str]
"""A posted form whose token and origin were checked."""


class SignInNeeded(Exception):
    """Nobody is signed in."""


class FormRefused(Exception):
    """A form that did not come from our own page, or that nobody can read."""


def language_of(request: Request[Any, Any, Any]) -> str:
    """The language kept in the cookie; Chinese unless somebody switched."""
    asked = request.cookies.get(LANGUAGE_COOKIE, ZH)
    return asked if asked in LANGUAGES else ZH


def visitor(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Visitor:
    """The signed-in officer of this request.

    A bank's officer sees the portal and himself, nobody else the portal. Raises SignInNeeded,
    NotFoundException.
    """
    found = signed_in(request, desk)
    path = request.url.path
    in_portal = path == BANK_AT or path.startswith(f"{BANK_AT}/")
    if in_portal != bool(found.bank) and not (found.bank and path in OF_EVERYBODY):
        raise NotFoundException
    return found


def signed_in(request: Request[Any, Any, Any], desk: Desk) -> Visitor:
    """The signed-in officer, wherever he asks. Raises SignInNeeded."""
    session_id = request.cookies.get(sessions.cookie_name(desk), "")
    with desk.engine.begin() as conn:
        found = sessions.find(conn, desk, session_id)
        held = [one.scope for one in found.officer.held if one.scope] if found else []
        places = naming.names(conn, Scope(places=tuple(held))) if held else {}
        places |= people.banks(conn, held) if held else {}
    if found is None:
        raise SignInNeeded
    return Visitor(
        desk=desk,
        request=request,
        officer=found.officer,
        session=found.session,
        session_digest=found.digest,
        language=language_of(request),
        places=places,
        first_password=found.first_password,
    )


async def posted(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Form:
    """A form as it came, from our own origin; its token is still to be checked."""
    return await form_of(request, desk, FIELDS_MAX)


async def form_of(request: Request[Any, Any, Any], desk: Desk, fields_max: int) -> Form:
    """``posted`` with at most so many fields. Raises FormRefused."""
    check_origin(request, desk)
    body = await request.body()
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=fields_max,
        )
    except ValueError as error:
        raise FormRefused from error
    form = dict(pairs)
    # A database text holds no NUL, and a name given twice could be read two ways.
    if len(form) != len(pairs) or any("\x00" in text for pair in pairs for text in pair):
        raise FormRefused
    return form


def form(visitor: NamedDependency[Visitor], posted: NamedDependency[Form]) -> Form:
    """The form of a signed-in officer. Raises FormRefused without his session's token."""
    if not sessions.same(visitor.session.csrf, posted.get(CSRF_FIELD, "")):
        raise FormRefused
    return posted


def check_origin(request: Request[Any, Any, Any], desk: Desk) -> None:
    """Refuse a form sent from a page that is not ours, whatever it holds."""
    told = request.headers.get("origin") or _origin(request.headers.get("referer", ""))
    scheme = "https" if desk.secure else "http"
    own = desk.origins or (f"{scheme}://{request.headers.get('host', '')}",)
    if told not in own:
        raise FormRefused


def confirm(visitor: Visitor, form: Form) -> Visitor:
    """Step-up: the password again, for an act that approves or disburses.

    Not asked within some minutes of the last time. A fresh session id goes out with the answer,
    whatever that is. Raises Rejected SIGN_IN_FAILED, TOO_MANY_REQUESTS.
    """
    if visitor.confirmed:
        return visitor
    desk, user = visitor.desk, visitor.officer.user
    address = address_of(visitor.request)
    now = desk.county.ports.now()
    if wait := desk.throttle.wait_seconds(user, address, now):
        raise Rejected(RejectionCode.TOO_MANY_REQUESTS, seconds=wait)
    with desk.engine.begin() as conn:
        account = people.account(conn, user)
        if not users.check_password(account, form.get("password", "")):
            desk.throttle.failed(user, address, now)
            raise Rejected(RejectionCode.SIGN_IN_FAILED)
        cookie = sessions.start(conn, desk, user, instead=visitor.session_digest, confirmed=True)
        found = sessions.find(conn, desk, str(cookie.value))
    desk.throttle.succeeded(user, address)
    page.send_cookie(visitor.request, cookie)
    if found is None:
        raise SignInNeeded
    return replace(
        visitor, session=found.session, session_digest=found.digest, officer=found.officer
    )


def address_of(request: Request[Any, Any, Any]) -> str:
    """Where a request comes from, as the server in front of us tells it."""
    return request.client.host if request.client else ""


def local(path: str) -> str:
    """A path of console or portal to go back to; anything else becomes the front page."""
    parts = urlsplit(path)
    inside = any(path == at or path.startswith((f"{at}/", f"{at}?")) for at in (AT, BANK_AT))
    plain = not (parts.scheme or parts.netloc or "\\" in path or ".." in path)
    return path if inside and plain and path.isprintable() else AT


def front(officer: Officer, following: str) -> str:
    """Where an officer goes: to what he asked for, else to the front page of his own house."""
    path = urlsplit(following).path
    own = BANK_AT if bank_of(officer) else AT
    if path in OF_EVERYBODY or path == own or path.startswith(f"{own}/"):
        return following
    return own


def to_password(officer: Officer, following: str, changed: str = "") -> str:
    """The page of one's own password, and from there to ``following``; ``changed``: it is done."""
    told = {"changed": changed} if changed else {}
    return f"{OWN_PASSWORD}?{urlencode({**told, 'next': front(officer, local(following))})}"


def refused(desk: Desk, request: Request[Any, Any, Any], error: Rejected) -> Response[Any]:
    """A refusal by rule, as a page that says it in both languages."""
    somebody = _somebody(request, desk)
    names: Names = {}
    if somebody is not None:
        with somebody.reading() as conn:
            names = naming.names(conn, somebody.scope)
    return page.refusal(request, language_of(request), somebody, error, names)


def sign_in_needed(request: Request[Any, Any, Any]) -> Response[Any]:
    """To the sign-in page, and back here afterwards; a fragment reloads its whole page."""
    if request.headers.get("hx-request") == "true":
        return Response(content="", status_code=401, headers={"HX-Refresh": "true"})
    target = f"{AT}/sign-in"
    if request.method == "GET":
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        target += f"?next={quote(asked, safe='')}"
    return Redirect(target, status_code=303)


def problem(desk: Desk, request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """No such page or none for this officer (in the same words), a bad form, or a bug."""
    if isinstance(error, FormRefused):
        said, status = "form", 403
    elif isinstance(error, NotFoundException | PermissionDeniedException):
        said, status = "missing", 404
    else:
        status = problem_of(error).status
        said = "request" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "fault"
    return page.problem(request, language_of(request), _somebody(request, desk), said, status)


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _somebody(request: Request[Any, Any, Any], desk: Desk) -> Visitor | None:
    """Who is asking, if anybody: an error page keeps its menu."""
    try:
        return signed_in(request, desk)
    except SignInNeeded:
        return None
