"""Pages of claims (代偿): the clock, the papers, the committee, who bears it, what came back.

The loss stands on the page by layers before the committee decides (what it would be) and after
(what it is). County-wide.
"""

from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from contracts.ids import custody_book
from journal.pool_funds import free_funds
from kernel import pool as arithmetic
from kernel.cases import Case
from kernel.claims import PAPERS, loss_of
from kernel.pool_agreement import terms_from
from services.federation.cases import claims, guarantees, papers, payees
from services.federation.console import acting, deeds, page, pool
from services.federation.console.desk import Visitor
from services.federation.console.queries import villages
from services.federation.console.words import Pair

_PICTURE = 1000


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """One who bears a part: fen, and its place in the picture (of 1000)."""

    name: str
    title: Pair
    amount_fen: int
    start: int
    width: int
    back_fen: int = 0


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """One paper of the notice: its digest, whether it is kept here, whether it was in order."""

    title: Pair
    digest: str
    kept: bool
    checked: bool | None


@get("/pool/claims/{name:str}", sync_to_thread=True)
def claim(visitor: NamedDependency[Visitor], name: FromPath[str]) -> Response[Any]:
    """One claim on its way."""
    pool.county(visitor)
    with visitor.reading() as conn:
        case = acting.seen_case(conn, visitor, claims.PROCESS, name)
        names = pool.names_of(conn, visitor, [case.parties["coop"]])
        guarantee = acting.seen_case(conn, visitor, "guarantee", str(case.terms["guarantee"]))
        head = villages.county_head(conn)
        writing_off = case.state == "paid"
        act = "write_off" if writing_off else "accept"
        data = {
            "case": case,
            "organs": visitor.organs(conn, case.parties),
            "names": names,
            "guarantee": guarantee,
            "digest": acting.terms_digest(case),
            "offered": deeds.offered(conn, visitor, case, names),
            "desks": acting.tallies(conn, visitor, case, act)
            if case.state in ("noticed", "paid")
            else [],
            "writing_off": writing_off,
            "accepted_by": [hand for hand in case.hands if hand.act == "accept"],
            "papers": _papers(conn, case),
            "layers": layers(_loss(conn, case), case),
            "decided": bool(case.terms.get("accepted_on")),
            "overdue": guarantees.overdue_days(guarantee, head.today),
            "left": (case.due - head.today).days if case.due else None,
            "since": _since(guarantee),
            "passed_on": payees.passed_on(conn, case.id),
            "head": head,
        }
    return page.show_page(visitor, "claim.html", **data)


def layers(loss: arithmetic.Loss, claim: Case) -> list[Layer]:
    """Who bears the claim, in order, guarantors first; with what each got back (P6.6)."""
    paid_first = int(claim.terms.get("guarantors", 0))
    back = claim.terms.get("got_back") or {}
    parts = (
        ("guarantors", ("联保人先还", "Guarantors first"), paid_first, 0),
        ("bank", ("银行分担", "Bank's part"), loss.bank_part, 0),
        ("deposit", ("违约人打包资金", "Defaulter's deposit"), loss.own_deposit, 0),
        ("stake", ("缴存", "Stake"), loss.stake, int(back.get(arithmetic.STAKE, 0))),
        ("match", ("配套", "Match"), loss.match, int(back.get(arithmetic.MATCH, 0))),
        ("others", ("其他成员打包", "Others' deposits"), sum(loss.others.values()),
         int(back.get(arithmetic.BUNDLE, 0))),
        ("uncovered", ("未覆盖(银行损失)", "Uncovered (bank's loss)"), loss.uncovered, 0),
    )  # fmt: skip
    whole = max(sum(amount for _, _, amount, _ in parts), 1)
    found, start = [], 0
    for name, title, amount, returned in parts:
        left, right = start * _PICTURE // whole, (start + amount) * _PICTURE // whole
        start += amount
        found.append(
            Layer(name=name, title=title, amount_fen=amount, start=left, width=right - left,
                  back_fen=returned)
        )  # fmt: skip
    return found


def _loss(conn: sa.Connection, case: Case) -> arithmetic.Loss:
    """The loss as it was decided, else as it would be if all of it were accepted now."""
    if case.terms.get("accepted_on"):
        return loss_of(case)
    have = free_funds(conn, custody_book(case.parties["coop"]))
    return arithmetic.borne(
        terms_from(case.terms["pinned"]), have, int(case.terms["amount"]),
        str(case.terms["member"]),
    )  # fmt: skip


def _papers(conn: sa.Connection, case: Case) -> list[Paper]:
    seen = case.terms.get("checklist") or {}
    return [
        Paper(
            title=deeds.PAPER_NAMES[name],
            digest=str(case.terms["papers"][name]),
            kept=papers.find(conn, str(case.terms["papers"][name])) is not None,
            checked=seen.get(name),
        )
        for name in PAPERS
    ]


def _since(guarantee: Case) -> date | None:
    since = str((guarantee.terms.get("arrears") or {}).get("since", ""))
    return date.fromisoformat(since) if since else None
