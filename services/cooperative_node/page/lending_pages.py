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

from contracts.ids import FEDERATION_BOOK, service_fee_case
from contracts.rejections import RejectionCode
from journal import store
from journal.engine import reading
from journal.perform import perform
from journal.registry import registry
from kernel.cases import Case
from kernel.errors import Rejected
from kernel.intercoop import overdue_fen, owed_on
from kernel.rules_intercoop_loss import signed_digest
from services.cooperative_node.page import figures, forms
from services.cooperative_node.page import queries as page_queries
from services.cooperative_node.page.render import page
from services.cooperative_node.page.visit import FormIn, Visit, VisitIn
from services.cooperative_node.world import world_of

Page = Response[Any]
COUNCIL, MEETING = "council@node", "meeting@node"
WISH = "lending_wish"
BOTH, LENDER, BORROWER = ("lender", "borrower"), ("lender",), ("borrower",)
_REPAY, _WAIVE = ("repay", COUNCIL, BORROWER), ("waive", COUNCIL, BOTH)
_WAIVED_BY_ALL = ("waive", MEETING, LENDER)
SAYINGS = {
    "proposed": (("sign", COUNCIL, BOTH), ("decline", COUNCIL, BOTH)),
    "active": (_REPAY, ("suspend", COUNCIL, LENDER)),
    "suspended": (_REPAY, _WAIVE, _WAIVED_BY_ALL, ("write_off", COUNCIL, LENDER)),
    "written_off": (_REPAY, _WAIVE, _WAIVED_BY_ALL),
}
"""State of the county's case → what may be said about it, by whom, for which sides."""
_AGAIN = ("repay", "suspend")
"""What may be said any number of times; the rest once about the same terms."""


class Lent(msgspec.Struct, frozen=True, kw_only=True):
    """One inter-cooperative loan: the case, which side is ours, what is owed today (fen)."""

    case: Case
    service_fee: Case | None
    side: str
    principal: int
    fee: int
    digest: str
    said: tuple[Case, ...]
    may: tuple[tuple[str, str], ...]


@get("/lending", sync_to_thread=True)
def lending(visit: VisitIn) -> Page:
    """Every inter-cooperative loan this village is a party of."""
    return _page(visit, "")


@post("/lending/{case:str}", sync_to_thread=True)
def say(visit: VisitIn, case: FromPath[str], form: FormIn) -> Page:
    """Council or meeting signs, declines or gives a debt up, or the borrower asks to repay."""
    act, role = str(form.get("act", "")), str(form.get("role", ""))
    try:
        with visit.node.engine.begin() as conn:
            _may_be_said(visit, conn, case, (act, role), form)
            by_minutes = role == MEETING or act == "suspend"
            if by_minutes and not str(form.get("minutes", "")).strip():
                # A meeting is known by its minutes alone, and so is why somebody was stopped.
                raise forms.missing(visit.words, "minutes")
            number = len(_said(visit, conn, case)) + 1
            told = [("for", case), ("process", "intercoop"), *form.multi_items()]
            command = forms.command_of(
                visit, FormMultiDict(told), "voice", f"voice-{case}-{number}", "say"
            )
            perform(conn, world_of(conn), command)
    except Rejected as refused:
        return _page(visit, visit.tell(refused.as_struct()), 409)
    return Redirect(f"{visit.base}/lending", status_code=303)


@post("/lending/wishes/{act:str}", sync_to_thread=True)
def wish(visit: VisitIn, act: FromPath[str], form: FormIn) -> Page:
    """The council offers to lend or asks to borrow; a posted wish is withdrawn (P4.1)."""
    try:
        with visit.node.engine.begin() as conn:
            _somebody_decided(form)
            number = len(page_queries.of_process(conn, visit.node.book, WISH)) + 1
            case = str(form.get("case", "")) or f"wish-{visit.node.cooperative}-{number}"
            command = forms.command_of(visit, form, WISH, case, act)
            perform(conn, world_of(conn), command)
    except Rejected as refused:
        return _page(visit, visit.tell(refused.as_struct()), 409)
    return Redirect(f"{visit.base}/lending", status_code=303)


def to_be_said(visit: Visit, conn: Any) -> list[Case]:
    """Loans on which a signature of this village is asked for and not given yet."""
    lookup = store.DatabaseLookup(conn, visit.node.book)
    cases = lookup.county().all("intercoop", visit.node.cooperative)
    begun = [c for c in cases if c.state == "proposed" or any(h.act == "waive" for h in c.signed)]
    return [c for c in begun if any(act in ("sign", "waive") for act, _ in _may(visit, conn, c))]


def router_handlers() -> list[Any]:
    """The routes of this file below ``/n/{coop}``."""
    return [lending, say, wish]


def _may_be_said(
    visit: Visit, conn: Any, case: str, asked: tuple[str, str], form: FormMultiDict
) -> None:
    lent = store.load(conn, store.COUNTY_SCOPE, case)
    if lent is None or asked not in _sayings(visit, lent):
        raise Rejected(RejectionCode.UNKNOWN_CASE, case=case)
    if asked[0] in _AGAIN:
        _somebody_decided(form)


def _somebody_decided(form: FormMultiDict) -> None:
    if not form.get("by"):
        raise Rejected(RejectionCode.NOBODY_VOTED)


def _sayings(visit: Visit, case: Case) -> list[tuple[str, str]]:
    """What this village may say on a case now: act and role."""
    side = _side(visit, case)
    # Everybody but the federation is stopped by the federation (P4.5).
    late = case.parties[BORROWER[0]] == FEDERATION_BOOK and overdue_fen(
        case.terms, date.fromisoformat(visit.today)
    )
    return [
        (act, role)
        for act, role, sides in SAYINGS.get(case.state, ())
        if side in sides and (act != "suspend" or late)
    ]


def _may(visit: Visit, conn: Any, case: Case) -> list[tuple[str, str]]:
    """What it has not said yet about these very terms; who declined does not sign."""
    shown = signed_digest(case)
    said = [one for one in _said(visit, conn, case.id) if one.terms.get("terms") == shown]
    spoken = {(str(one.terms.get("act")), hand.role) for one in said for hand in one.hands}
    if case.state == "proposed" and spoken:
        return []
    return [one for one in _sayings(visit, case) if one[0] in _AGAIN or one not in spoken]


def _side(visit: Visit, case: Case) -> str:
    return next((s for s, coop in case.parties.items() if coop == visit.node.cooperative), "")


def _page(visit: Visit, problem: str, status: int = 200) -> Page:
    with reading(visit.node.engine).connect() as conn:
        lookup = store.DatabaseLookup(conn, visit.node.book)
        empty = Case(id="", process="voice", version=1, home="node")
        parties = {"coop": visit.node.cooperative}
        council = registry().roster(COUNCIL, empty, parties, lookup) or ()
        cases = lookup.county().all("intercoop", visit.node.cooperative)
        voices = page_queries.of_process(conn, visit.node.book, "voice")
        return page(
            visit,
            "lending.html",
            status,
            rows=[_lent(visit, conn, case) for case in cases],
            heard=figures.heard_by_county(conn, visit, voices),
            wishes=page_queries.of_process(conn, visit.node.book, WISH),
            council=council,
            problem=problem,
            act_id=visit.node.ports.act_id(),
        )


def _lent(visit: Visit, conn: Any, case: Case) -> Lent:
    funded = bool(case.terms.get("funded_on"))
    today = date.fromisoformat(visit.today)
    principal, fee = owed_on(case.terms, today) if funded else (0, 0)
    return Lent(
        case=case,
        service_fee=store.load(conn, store.COUNTY_SCOPE, service_fee_case(case.id)),
        side=_side(visit, case),
        principal=principal,
        fee=fee,
        digest=signed_digest(case),
        said=tuple(_said(visit, conn, case.id)),
        may=tuple(_may(visit, conn, case)),
    )


def _said(visit: Visit, conn: Any, case: str) -> list[Case]:
    voices = page_queries.of_process(conn, visit.node.book, "voice")
    return [voice for voice in voices if voice.terms.get("for") == case]
