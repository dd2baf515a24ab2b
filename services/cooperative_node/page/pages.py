"""The routers of the village page: every route below ``/n/{coop}``, static files, its problems.

Called by the composition root. A page's refusal is a page; who is not signed in is shown the way.
"""

from http import HTTPStatus
from typing import Any

from litestar import Request, Response, Router
from litestar.di import Provide
from litestar.exceptions import MethodNotAllowedException
from litestar.response import Redirect
from litestar.static_files import create_static_files_router

from services.cooperative_node.page import (
    bank_loan_pages,
    desk_pages,
    lending_pages,
    lists,
    loan_pages,
    papers,
    pool_pages,
    pool_papers,
    sign_in_pages,
    village_pages,
)
from services.cooperative_node.page.render import HEADERS, STATIC, plain
from services.cooperative_node.page.visit import (
    FormRefused,
    SignInNeeded,
    language_of,
    provide_form,
    provide_visit,
)
from services.cooperative_node.page.words import Words
from services.cooperative_node.problems import Problem, as_json, problem_of

STATIC_PATH = "/village-static"
SHOWN_AT = {
    "pay-back": "bank", "pass-on": "bank", "assign": "bank", "to-share": "bank", "pins": "posts",
    "usb-export": "sync", "usb-import": "sync", "sign-out": "",
}  # fmt: skip
"""Addresses that only take forms → the page the form stands on."""
VILLAGE_PARTS = 4
"""Parts of an address below a village's: "", "n", the village, and what is asked of it."""


def routers() -> list[Router]:
    """Everything the page needs, for the application to carry."""
    handlers = [
        *sign_in_pages.router_handlers(),
        *desk_pages.router_handlers(),
        *village_pages.router_handlers(),
        *loan_pages.router_handlers(),
        *lending_pages.router_handlers(),
        *pool_pages.router_handlers(),
        *bank_loan_pages.router_handlers(),
        *papers.router_handlers(),
        *pool_papers.router_handlers(),
        *lists.router_handlers(),
    ]
    village = Router(
        "/n/{coop:str}",
        route_handlers=handlers,
        dependencies={
            "visit": Provide(provide_visit, sync_to_thread=True),
            "form": Provide(provide_form),
        },
        exception_handlers={
            SignInNeeded: to_sign_in,
            FormRefused: not_ours,
            Exception: as_page,
        },
        include_in_schema=False,
    )
    static = create_static_files_router(STATIC_PATH, directories=[STATIC], include_in_schema=False)
    return [sign_in_pages.top(), village, static]


def to_sign_in(_: Request[Any, Any, Any], needed: SignInNeeded) -> Redirect:
    """Nobody is signed in."""
    return Redirect(f"/n/{needed.cooperative}/sign-in", status_code=303)


def not_ours(request: Request[Any, Any, Any], _: FormRefused) -> Response[str]:
    """A form of another session or another site."""
    told = Problem(
        status=HTTPStatus.FORBIDDEN,
        code="FORM_REFUSED",
        zh="这张表不是从当前登录的页面提交的，没有办理。请返回后重新填写。",
        en="This form does not come from the page you are signed in to. Go back and fill it again.",
    )
    return _page(request, told)


def as_page(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Any other problem, as a page with one sentence and a way back."""
    return _page(request, problem_of(error))


def unrouted(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A problem that no route answers for: a page below a village's address, else JSON."""
    parts = request.url.path.split("/")
    if parts[1] != "n" or len(parts) < VILLAGE_PARTS:
        return as_json(request, error)
    if isinstance(error, MethodNotAllowedException) and request.method == "GET":
        # A refused form leaves its own address in the browser; reload and language come by it.
        return Redirect("/".join([*parts[:3], *shown_at(parts[3:])]))
    return _page(request, problem_of(error))


def shown_at(parts: list[str]) -> list[str]:
    """The page, below the village's, that shows the form sent to this address."""
    if parts[0] == "cases":
        return parts[:2]
    return [SHOWN_AT.get(parts[0], parts[0])]


def _page(request: Request[Any, Any, Any], told: Problem) -> Response[str]:
    coop = request.url.path.split("/")[2]
    answer = plain(
        Words(language_of(request)),
        "problem.html",
        told.status,
        told=told,
        back=f"/n/{coop}/" if coop else "/",
    )
    answer.headers.update(HEADERS)
    return answer
