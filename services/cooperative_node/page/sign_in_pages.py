"""The door: which village, who are you and your PIN, in which language, and out again.

Routes decode, call, render. What a session is stands in sign_ins; what follows it in visit.
"""

from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath
from litestar.response import Redirect

from journal import store
from journal.engine import reading
from kernel.organs import organs_of
from services.cooperative_node import people, queries
from services.cooperative_node.host import Host
from services.cooperative_node.page import queries as page_queries
from services.cooperative_node.page import sign_ins
from services.cooperative_node.page.render import plain
from services.cooperative_node.page.visit import (
    LANGUAGE_COOKIE,
    FormIn,
    HostIn,
    VisitIn,
    check_origin,
    cookie_name,
    language_of,
)
from services.cooperative_node.page.words import LANGUAGES, ZH, Words
from services.cooperative_node.world import policy_of

Page = Response[Any]


@get("/", sync_to_thread=True, include_in_schema=False)
def villages(request: Request[Any, Any, Any], host: HostIn) -> Page:
    """The cooperatives this computer carries."""
    names = []
    for coop in host.names():
        with reading(host.node(coop).engine).connect() as conn:
            names.append((coop, queries.read_setting(conn, queries.NAME)))
    if len(names) == 1:
        return Redirect(f"/n/{names[0][0]}/")
    return plain(Words(language_of(request)), "villages.html", names=names)


@get("/sign-in", sync_to_thread=True)
def sign_in_form(request: Request[Any, Any, Any], coop: FromPath[str], host: HostIn) -> Page:
    """Who are you, and your PIN."""
    return _sign_in_page(request, coop, host)


@post("/sign-in", status_code=200)
async def sign_in(request: Request[Any, Any, Any], coop: FromPath[str], host: HostIn) -> Page:
    """Begin a session, or say why not; both take as long."""
    check_origin(request)
    form = await request.form()
    return _sign_in(request, coop, host, str(form.get("person", "")), str(form.get("pin", "")))


@post("/sign-out", sync_to_thread=True)
def sign_out(
    request: Request[Any, Any, Any],
    coop: FromPath[str],
    visit: VisitIn,
    form: FormIn,  # noqa: ARG001
) -> Redirect:
    """End the session."""
    with visit.node.engine.begin() as conn:
        sign_ins.end(conn, request.cookies.get(cookie_name(coop), ""))
    return Redirect(f"{visit.base}/sign-in", status_code=303)


@get("/language/{language:str}", sync_to_thread=False)
def speak(
    request: Request[Any, Any, Any], coop: FromPath[str], language: FromPath[str]
) -> Redirect:
    """Chinese or English from here on; back to the page one came from."""
    back = request.headers.get("referer", "")
    path = back[back.find("/n/") :] if "/n/" in back else f"/n/{coop}/"
    chosen = language if language in LANGUAGES else ZH
    return Redirect(
        path,
        cookies=[Cookie(key=LANGUAGE_COOKIE, value=chosen, samesite="strict", max_age=31_536_000)],
    )


def router_handlers() -> list[Any]:
    """The routes of this file below ``/n/{coop}``."""
    return [sign_in_form, sign_in, sign_out, speak]


def top() -> Router:
    """The route above all villages."""
    return Router("/", route_handlers=[villages], include_in_schema=False)


def _sign_in_page(
    request: Request[Any, Any, Any],
    coop: str,
    host: Host,
    said: str = "",
    status: int = 200,
    chosen: str = "",
) -> Page:
    node = host.node(coop)
    with reading(node.engine).connect() as conn:
        names = people.everyone(conn, node)
        posts = store.in_states(conn, node.book, "post", ["held"])
        known = [
            (
                one,
                names[one].name,
                [str(p.terms["post"]) for p in posts if p.terms["person"] == one],
            )
            for one in page_queries.signs_in(conn)
            if one in names
        ]
        name = queries.read_setting(conn, queries.NAME)
        policy, _ = policy_of(conn)
    words = Words(language_of(request), organs_of(policy))
    told = {"coop": coop, "name": name, "known": known, "said": said, "chosen": chosen}
    return plain(words, "sign_in.html", status, **told)


def _sign_in(request: Request[Any, Any, Any], coop: str, host: Host, person: str, pin: str) -> Page:
    node, words = host.node(coop), Words(language_of(request))
    said = words.t("PIN 不对，请再试。", "Wrong PIN, try again.")
    token = ""
    with node.engine.begin() as conn:
        try:
            if sign_ins.check_pin(conn, node, person, pin):
                token = sign_ins.begin(conn, node, person)
        except sign_ins.PinRefused:
            said = words.t("PIN 多次输错，请 15 分钟后再试。", "Too many wrong PINs. Wait.")
    if not token:
        return _sign_in_page(request, coop, host, said, 401, person)
    cookie = Cookie(
        key=cookie_name(coop),
        value=token,
        path=f"/n/{coop}",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return Redirect(f"/n/{coop}/", status_code=303, cookies=[cookie])
