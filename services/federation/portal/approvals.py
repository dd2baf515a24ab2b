"""What waits for the bank's signature beside its orders: agreements, versions, releases (P6.1).

The terms stand on the page with their digest; the checker signs exactly these, his password given
again.
"""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException

from contracts.money import show
from kernel.cases import Case
from services.federation.console import agreement_form, guard, page, words
from services.federation.console.agreement_form import INPUTS
from services.federation.console.desk import BANK_AT, Visitor
from services.federation.console.guard import Form
from services.federation.console.words import Pair
from services.federation.portal import door
from services.federation.portal.window import CHECKER, transfer_digest

_HIDDEN = ("digest", "past", "offer", "bank")


@get("/approvals", sync_to_thread=True)
def approvals(visitor: NamedDependency[Visitor]) -> Response[Any]:
    """Agreements and releases that wait, with the terms each signature stands for."""
    window = door.window_of(visitor)
    with visitor.reading() as conn:
        names = door.names(conn)
        found = window.signable(conn)
        mine = window.all(conn, "agreement")
    waiting = []
    for case in found:
        offer = dict(case.terms.get("offer") or {}) if case.state == "open" else {}
        shown = {**case.terms, **offer}
        digest = transfer_digest(case) if case.process == "transfer" else str(shown["digest"])
        terms = _terms(case, shown)
        signed = [hand for hand in case.signed if hand.role == CHECKER]
        waiting.append((case, terms, digest, signed))
    return page.show_page(
        visitor,
        "bank_approvals.html",
        waiting=waiting,
        agreements=mine,
        names=names,
        checker=CHECKER in window.roles,
    )


def _terms(case: Case, shown: dict[str, Any]) -> list[tuple[Pair, Any]]:
    """What a signature stands for: the covenants as the agreement's own page says them."""
    if case.process == "agreement":
        return [((one.zh, one.en), agreement_form.told(one, shown[one.name])) for one in INPUTS]
    return [
        (words.word("facts", name), show(value) if name == "amount" else value)
        for name, value in sorted(shown.items())
        if name not in _HIDDEN
    ]


@post("/approvals", sync_to_thread=True)
def sign(visitor: NamedDependency[Visitor], form: NamedDependency[Form]) -> Response[Any]:
    """Sign under exactly the terms shown."""
    name = form.get("case", "")
    window = door.window_of(visitor)
    with visitor.reading() as conn:
        if name not in {one.id for one in window.signable(conn)}:
            raise NotFoundException
    sure = guard.confirm(visitor, form)
    window.sign(name, form.get("terms", ""))
    return page.go(sure, f"{BANK_AT}/approvals")
