"""The page on which every signed-in person, of county or bank, changes his own password.

The present password is asked for and throttled as at the door; every fault stands beside its
field. A change ends the person's other sessions and gives this one a fresh id. What a password has
to be is told by ``users``.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency

from contracts.rejections import Rejection, RejectionCode
from kernel.errors import Rejected
from services.federation.console import guard, page, sessions, users, words
from services.federation.console.desk import Visitor
from services.federation.console.guard import Form
from services.federation.console.queries import people
from services.federation.console.words import Pair

PRESENT, NEW, AGAIN = "password", "new", "again"
Faults = Mapping[str, list[Rejection]]
"""Field → what is wrong with it."""


@get("/me/password", sync_to_thread=True)
def password_page(visitor: NamedDependency[Visitor]) -> Response[Any]:
    """The form; after a change, that it is done and where to go on."""
    asked = visitor.request.query_params
    return _form(visitor, asked.get("next", ""), {}, changed=asked.get("changed") == "yes")


@post("/me/password", sync_to_thread=True)
def change_password(
    visitor: NamedDependency[Visitor], form: NamedDependency[Form]
) -> Response[Any]:
    """Another password for the present one, or every fault and no change.

    Raises Rejected TOO_MANY_REQUESTS.
    """
    desk, user, address = visitor.desk, visitor.officer.user, guard.address_of(visitor.request)
    now = desk.county.ports.now()
    if wait := desk.throttle.wait_seconds(user, address, now):
        raise Rejected(RejectionCode.TOO_MANY_REQUESTS, seconds=wait)
    faults, cookie = _change(visitor, form)
    if PRESENT in faults:
        desk.throttle.failed(user, address, now)
    else:
        desk.throttle.succeeded(user, address)
    if cookie is None:
        return _form(visitor, form.get("next", ""), faults)
    page.send_cookie(visitor.request, cookie)
    return page.go(visitor, guard.to_password(visitor.officer, form.get("next", ""), "yes"))


def _change(visitor: Visitor, form: Form) -> tuple[Faults, Cookie | None]:
    """Everything wrong with the form; without a fault the cookie of the session that goes on."""
    desk, user = visitor.desk, visitor.officer.user
    new = form.get(NEW, "")
    with desk.engine.begin() as conn:
        right = users.check_password(people.account(conn, user), form.get(PRESENT, ""))
        found = {
            PRESENT: [] if right else [Rejection(code=RejectionCode.PASSWORD_WRONG)],
            NEW: users.password_faults(user, new),
            AGAIN: [],
        }
        if new == form.get(PRESENT, ""):
            found[NEW].append(Rejection(code=RejectionCode.PASSWORD_UNCHANGED))
        if new != form.get(AGAIN, ""):
            found[AGAIN].append(Rejection(code=RejectionCode.PASSWORD_TYPED_APART))
        faults = {field: wrong for field, wrong in found.items() if wrong}
        if faults:
            return faults, None
        # The session that goes on keeps its hour of closing: a password alone opens no new day.
        users.set_password(conn, user, new, keep=visitor.session_digest)
        return {}, sessions.start(conn, desk, user, instead=visitor.session_digest)


def _form(
    visitor: Visitor, following: str, faults: Faults, *, changed: bool = False
) -> Response[Any]:
    wrong: dict[str, list[tuple[str, Pair]]] = {
        field: [(one.code.value, words.refusal(one, {})) for one in said]
        for field, said in faults.items()
    }
    response = page.show_page(
        visitor,
        "password.html",
        wrong=wrong,
        changed=changed,
        following=guard.front(visitor.officer, guard.local(following)),
        least=users.PASSWORD_MIN,
        most=users.PASSWORD_MAX,
        different=users.PASSWORD_DIFFERENT,
    )
    if faults:
        wrong_person = PRESENT in faults
        response.status_code = (
            HTTPStatus.FORBIDDEN if wrong_person else HTTPStatus.UNPROCESSABLE_ENTITY
        )
    return response
