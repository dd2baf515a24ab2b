"""Inter-cooperative loans (调剂) as the village sees them: what the county proposes, what we say.

The case is the county's; the council speaks by a ``voice`` act in the village's own book, under the
exact terms shown (their digest), and the county hears it with the next delivery (P4, R-075).
"""

from datetime import date
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath
from litestar.response import Redirect

from contracts.rejections import RejectionCode
from journal import store
from journal.engine import reading
from journal.perform import perform
from journal.registry import registry
from kernel.cases import Case
from kernel.errors import Rejected
from kernel.rules_intercoop import owed_on, terms_digest
from services.cooperative_node.page import forms
from services.cooperative_node.page import queries as page_queries
from services.cooperative_node.page.render import page
from services.cooperative_node.page.visit import FormIn, Visit, VisitIn
from services.cooperative_node.world import world_of

Page = Response[Any]
SAYINGS = {"proposed": ("sign", "decline"), "active": ("repay",)}
"""State of the county's case → what a village may say about it."""


class Lent(msgspec.Struct, frozen=True, kw_only=True):
    """One inter-cooperative loan: the case, which side is ours, what is owed today (fen)."""

    case: Case
    side: str
    principal: int
    fee: int
    digest: str
    said: tuple[Case, ...]
    may: tuple[str, ...]


@get("/lending", sync_to_thread=True)
def lending(visit: VisitIn) -> Page:
    """Every inter-cooperative loan this village is a party of."""
    return _page(visit, "")


@post("/lending/{case:str}", sync_to_thread=True)
def say(visit: VisitIn, case: FromPath[str], form: FormIn) -> Page:
    """The council signs or declines, or the borrower asks to repay."""
    act = str(form.get("act", ""))
    try:
        with visit.node.engine.begin() as conn:
            _may_be_said(conn, case, act)
            number = len(_said(visit, conn, case)) + 1
            told = [("for", case), ("process", "intercoop"), *form.multi_items()]
            command = forms.command_of(
                visit, FormMultiDict(told), "voice", f"voice-{case}-{number}", "say"
            )
            perform(conn, world_of(conn, visit.node), command)
    except Rejected as refused:
        return _page(visit, visit.tell(refused.as_struct()), 409)
    return Redirect(f"{visit.base}/lending", status_code=303)


def to_be_said(visit: Visit, conn: Any) -> list[Case]:
    """Loans the county has proposed on which this village has not spoken yet."""
    lookup = store.DatabaseLookup(conn, visit.node.book)
    cases = lookup.county().all("intercoop", visit.node.cooperative)
    return [c for c in cases if c.state == "proposed" and not _said(visit, conn, c.id)]


def router_handlers() -> list[Any]:
    """The routes of this file below ``/n/{coop}``."""
    return [lending, say]


def _may_be_said(conn: Any, case: str, act: str) -> None:
    lent = store.load(conn, store.COUNTY_SCOPE, case)
    if lent is None or act not in SAYINGS.get(lent.state, ()):
        raise Rejected(RejectionCode.UNKNOWN_CASE, case=case)


def _page(visit: Visit, problem: str, status: int = 200) -> Page:
    with reading(visit.node.engine).connect() as conn:
        lookup = store.DatabaseLookup(conn, visit.node.book)
        empty = Case(id="", process="voice", version=1, home="node")
        parties = {"coop": visit.node.cooperative}
        council = registry().roster("council@node", empty, parties, lookup) or ()
        cases = lookup.county().all("intercoop", visit.node.cooperative)
        return page(
            visit,
            "lending.html",
            status,
            rows=[_lent(visit, conn, case) for case in cases],
            council=council,
            problem=problem,
            act_id=visit.node.ports.act_id(),
        )


def _lent(visit: Visit, conn: Any, case: Case) -> Lent:
    side = next(s for s, coop in case.parties.items() if coop == visit.node.cooperative)
    funded = bool(case.terms.get("funded_on"))
    today = date.fromisoformat(visit.today)
    principal, fee = owed_on(case.terms, today) if funded else (0, 0)
    said = _said(visit, conn, case.id)
    spoken = {one.terms.get("act") for one in said}
    may = [act for act in SAYINGS.get(case.state, ()) if act == "repay" or not spoken]
    if side == "lender":
        may = [act for act in may if act != "repay"]
    return Lent(
        case=case,
        side=side,
        principal=principal,
        fee=fee,
        digest=terms_digest(case.terms),
        said=tuple(said),
        may=tuple(may),
    )


def _said(visit: Visit, conn: Any, case: str) -> list[Case]:
    voices = page_queries.of_process(conn, visit.node.book, "voice")
    return [voice for voice in voices if voice.terms.get("for") == case]
