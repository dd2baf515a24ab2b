"""From a page's data to the answer: template, language, list files, headers, cookies.

Called by every handler and by guard. Templates are Jinja2 with everything escaped; a sentence
stands in them in Chinese and in English side by side. Nothing a page needs lies elsewhere.
"""

from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any

import jinja2
import msgspec
from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.response import Redirect

from contracts.money import show
from contracts.rejections import RejectionCode
from kernel.errors import Rejected
from kernel.organs import NEUTRAL, Organs
from kernel.policy_kinds import display
from services.federation import problems
from services.federation.console import lists, words
from services.federation.console.desk import AT, BANK_AT, Visitor, party_page
from services.federation.console.lists import FORMATS, Listing
from services.federation.console.words import Pair

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # With no-referrer a browser would send forms with the origin "null".
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
STATIC = str(files(__package__).joinpath("static"))
DIGEST_SHOWN = 10
_COOKIE = "console_cookie"
_ROOMS = ("services.federation.console", "services.federation.portal")
"""Packages whose templates are rendered here, all on the console's base."""


def show_page(visitor: Visitor, template: str, **data: Any) -> Response[Any]:
    """A page for a signed-in officer; ``organs`` are the names its cooperative has for its own."""
    body = _render(template, visitor.request, visitor.language, visitor, data)
    return _html(visitor.request, body, 200)


def show_list(visitor: Visitor, template: str, listing: Listing, **data: Any) -> Response[Any]:
    """A page with one list, or the list alone as a file when ``as`` asks for one."""
    return show_lists(visitor, template, {"listing": listing}, **data)


def show_lists(
    visitor: Visitor, template: str, listings: dict[str, Listing], **data: Any
) -> Response[Any]:
    """A page with lists. ``q-NAME`` searches one of them, ``list`` and ``as`` ask for a file."""
    asked = visitor.request.query_params
    found = {
        name: lists.search(one, asked.get(f"q-{one.name}", "")[:100])
        for name, one in listings.items()
    }
    kind = asked.get("as", "")
    if kind in FORMATS:
        named = [one for one in found.values() if one.name == asked.get("list", one.name)]
        if named:
            return _file(visitor, named[0], kind)
    return show_page(visitor, template, **{**found, **data})


def public(
    request: Request[Any, Any, Any],
    template: str,
    language: str,
    *,
    status: int = 200,
    **data: Any,
) -> Response[Any]:
    """A page for somebody who is not signed in."""
    return _html(request, _render(template, request, language, None, data), status)


def go(visitor: Visitor, path: str) -> Response[Any]:
    """After a form was taken: look at the page again, so that a reload repeats nothing."""
    return with_cookie(visitor.request, Redirect(path, status_code=303))


def refusal(
    request: Request[Any, Any, Any],
    language: str,
    visitor: Visitor | None,
    error: Rejected,
    names: Mapping[str, Pair],
) -> Response[Any]:
    """A refusal by rule, said in both languages; ``names`` are what people call things."""
    told = error.as_struct()
    data = {"told": words.refusal(told, names), "code": told.code.value, "back": _back(request)}
    status = problems.STATUS.get(error.code, HTTPStatus.CONFLICT)
    response = _html(request, _render("refusal.html", request, language, visitor, data), status)
    if error.code is RejectionCode.TOO_MANY_REQUESTS:
        response.headers["Retry-After"] = told.facts.get("seconds", "60")
    return response


def problem(
    request: Request[Any, Any, Any],
    language: str,
    visitor: Visitor | None,
    said: str,
    status: int,
) -> Response[Any]:
    """Something that is no refusal by rule: a page that is not there, a form we did not send."""
    data = {"said": said, "status": status, "back": _back(request)}
    return _html(request, _render("problem.html", request, language, visitor, data), status)


def send_cookie(request: Request[Any, Any, Any], cookie: Cookie) -> None:
    """Let a cookie go out with whatever this request is answered with."""
    request.state[_COOKIE] = cookie


def with_cookie(request: Request[Any, Any, Any], response: Response[Any]) -> Response[Any]:
    """The answer with the cookie that waits for it."""
    cookie = request.state.get(_COOKIE)
    if cookie is not None:
        response.set_cookie(cookie)
    return response


def secured(response: Response[Any]) -> Response[Any]:
    """Headers of every answer of the console."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _html(request: Request[Any, Any, Any], body: str, status: int) -> Response[Any]:
    response: Response[Any] = Response(
        content=body, status_code=status, media_type="text/html; charset=utf-8"
    )
    return with_cookie(request, response)


def _file(visitor: Visitor, listing: Listing, kind: str) -> Response[Any]:
    body, media, name = lists.export(listing, kind, visitor.language)
    return Response(
        content=body,
        media_type=media,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _back(request: Request[Any, Any, Any]) -> str:
    """The page a form was sent from, as a path of ours; "" when there is none."""
    referer = request.headers.get("referer", "")
    _, mark, path = referer.partition(f"//{request.headers.get('host', '')}/")
    return f"/{path}" if mark and f"/{path}".startswith((AT, BANK_AT)) else ""


def _render(
    template: str,
    request: Request[Any, Any, Any],
    language: str,
    visitor: Visitor | None,
    data: dict[str, Any],
) -> str:
    place = words.LANGUAGES.index(language)
    names: Mapping[str, Pair] = data.get("names", {})
    organs: Organs = data.get("organs", NEUTRAL)

    # A villager is called by his post, which names an organ; a cooperative's own name stays.
    called = msgspec.structs.replace(organs, coop=NEUTRAL.coop)

    def own(pair: Pair) -> str:
        return organs.said(pair[place])

    return (
        _templates()
        .get_template(template)
        .render(
            at=AT,
            bank_at=BANK_AT,
            lang=language,
            t=lambda zh, en: own((zh, en)),
            pick=lambda pair: pair[place],
            sourced=lambda pair: own(words.source(pair)),
            word=lambda table, name: own(words.word(table, str(name))),
            role=lambda name: own(words.role(name)),
            state_of=lambda process, name: own(words.state(process, name)),
            fact=lambda name, value: called.said(words.fact(name, value, language, names)),
            called=lambda one: called.said(names.get(one, (one, one))[place]),
            party_page=party_page,
            visitor=visitor,
            path=request.url.path,
            here=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            query=request.query_params,
            **data,
        )
    )


@cache
def _templates() -> jinja2.Environment:
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader([str(files(one) / "templates") for one in _ROOMS]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(
        fen=show,
        short=lambda digest: digest[:DIGEST_SHOWN],
        seconds=seconds,
        percent=lambda text: "—" if text is None else f"{text}%",
        rate=words.rate,
        share=lambda ppm: display("percent", ppm),
        cell=lists.text,
    )
    return found


def seconds(milliseconds: int | None) -> str:
    """Milliseconds as seconds with two decimals, exactly."""
    if milliseconds is None:
        return "…"
    return f"{milliseconds // 1000}.{milliseconds % 1000 // 10:02d}"
