"""Pages by which an officer comes and goes: sign-in, sign-out, language, who he is here.

A wrong user, password or code is refused with the same words in the same time; failures are
counted by user and address. Every success opens a session under a fresh id.
"""

from typing import Any

import sqlalchemy as sa
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from contracts.rejections import RejectionCode
from kernel.errors import Rejected
from services.federation.console import guard, page, sessions, users, words
from services.federation.console.desk import AT, Desk, Visitor
from services.federation.console.guard import Form, FormRefused
from services.federation.console.queries import people

FORM_COOKIE = "lianhe_form"
"""Binds the sign-in form to this browser before there is a session."""
_FORM_BYTES = 32
_FORM_SECONDS = 3600
_YEAR = 31_536_000


@get("/sign-in", sync_to_thread=True)
def sign_in_page(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """The form, or the front page for whoever is signed in."""
    with desk.engine.begin() as conn:
        found = sessions.find(conn, desk, request.cookies.get(sessions.cookie_name(desk), ""))
    following = guard.local(request.query_params.get("next", ""))
    if found is not None:
        return Redirect(guard.front(found.officer, following), status_code=303)
    return _form(request, desk, following, None, 200)


@post("/sign-in", sync_to_thread=True)
def sign_in(
    request: Request[Any, Any, Any], desk: NamedDependency[Desk], posted: NamedDependency[Form]
) -> Response[Any]:
    """Let an officer in, or say only that something did not fit."""
    token = posted.get(guard.CSRF_FIELD, "")
    if not token or not sessions.same(request.cookies.get(FORM_COOKIE, ""), token):
        raise FormRefused
    user, address = posted.get("user", "").strip(), guard.address_of(request)
    following = guard.local(posted.get("next", ""))
    now = desk.county.ports.now()
    if wait := desk.throttle.wait_seconds(user, address, now):
        refusal = Rejected(RejectionCode.TOO_MANY_REQUESTS, seconds=wait)
        response = _form(request, desk, following, refusal, 429, user)
        response.headers["Retry-After"] = str(wait)
        return response
    with desk.engine.begin() as conn:
        cookie = _let_in(conn, desk, request, posted, user)
        account = people.account(conn, user) if cookie else None
    if cookie is None or account is None:
        desk.throttle.failed(user, address, now)
        return _form(request, desk, following, Rejected(RejectionCode.SIGN_IN_FAILED), 403, user)
    desk.throttle.succeeded(user, address)
    following = guard.front(account.officer, following)
    if account.first_password:
        # Led, not stopped: every page still opens, and says that the password is to be changed.
        following = guard.to_password(account.officer, following)
    response = Redirect(following, status_code=303)
    response.set_cookie(cookie)
    response.delete_cookie(FORM_COOKIE)
    return response


@post("/sign-out", sync_to_thread=True)
def sign_out(visitor: NamedDependency[Visitor], form: NamedDependency[Form]) -> Response[Any]:  # noqa: ARG001 - checks the token
    """End the session here and at the county."""
    with visitor.desk.engine.begin() as conn:
        cookie = sessions.end(conn, visitor.desk, visitor.session_digest)
    response = Redirect(f"{AT}/sign-in", status_code=303)
    response.set_cookie(cookie)
    return response


@get("/language/{language:str}", sync_to_thread=True)
def switch_language(
    request: Request[Any, Any, Any], desk: NamedDependency[Desk], language: FromPath[str]
) -> Response[Any]:
    """Keep the language in a cookie and go back to where one was, else to one's front page."""
    chosen = language if language in words.LANGUAGES else words.ZH
    back = guard.local(request.query_params.get("back", ""))
    with desk.engine.begin() as conn:
        found = sessions.find(conn, desk, request.cookies.get(sessions.cookie_name(desk), ""))
    response = Redirect(guard.front(found.officer, back) if found else back, status_code=303)
    response.set_cookie(
        Cookie(
            key=guard.LANGUAGE_COOKIE,
            value=chosen,
            path="/",
            max_age=_YEAR,
            httponly=True,
            secure=desk.secure,
            samesite="lax",
        )
    )
    return response


@get("/me", sync_to_thread=True)
def me(visitor: NamedDependency[Visitor]) -> Response[Any]:
    """Who I am here: my name and my roles."""
    return page.show_page(visitor, "me.html")


def _let_in(
    conn: sa.Connection, desk: Desk, request: Request[Any, Any, Any], posted: Form, user: str
) -> Cookie | None:
    """The cookie of a fresh session; the one the browser came with ends, if it was any."""
    account = people.account(conn, user)
    right = users.check_password(account, posted.get("password", ""))
    if account is None or not right:
        return None
    if not users.check_code(conn, account, posted.get("code", ""), desk.county.ports.now()):
        return None
    before = sessions.find(conn, desk, request.cookies.get(sessions.cookie_name(desk), ""))
    if before is not None:
        sessions.end(conn, desk, before.digest)
    return sessions.start(conn, desk, account.officer.user)


def _form(
    request: Request[Any, Any, Any],
    desk: Desk,
    following: str,
    refusal: Rejected | None,
    status: int,
    user: str = "",
) -> Response[Any]:
    token = desk.county.ports.random(_FORM_BYTES).hex()
    language = guard.language_of(request)
    told = words.refusal(refusal.as_struct(), {}) if refusal else None
    response = page.public(
        request,
        "sign_in.html",
        language,
        status=status,
        csrf=token,
        following=following,
        told=told,
        user=user,
        county=desk.county.name,
    )
    response.set_cookie(
        Cookie(
            key=FORM_COOKIE,
            value=token,
            path=f"{AT}/sign-in",
            max_age=_FORM_SECONDS,
            httponly=True,
            secure=desk.secure,
            samesite="strict",
        )
    )
    return response
