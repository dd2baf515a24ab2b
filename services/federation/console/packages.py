"""Pages of guarantee packages (担保文件): choose cleared applications, approve, watch the answers.

Every application is tried before it is offered, so its reason stands beside it; a draft is all or
nothing and shows each line's refusal. County-wide.
"""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from contracts.rejections import Rejection, RejectionCode
from kernel.cases import Case
from kernel.errors import Rejected
from services.federation.cases import agreements, packages, papers
from services.federation.console import acting, deeds, guard, page, pool, words
from services.federation.console.desk import AT, Visitor
from services.federation.console.guard import Form
from services.federation.console.lists import CODE, FEN, Cell, Column, Listing
from services.federation.console.queries import pool as standing
from services.federation.console.queries import villages, waiting
from services.federation.console.queries.naming import Names
from services.federation.console.words import Pair
from services.federation.transactions import in_transaction

PICKED = 32
"""Applications a form picks one by one; a longer list is taken whole."""
TRIED = 60
PICK = "pick-"
_CONFLICT = 409


_ALLOWED = (
    (re.compile(r"(\d+) signed"), r"\1 人已签"),
    (re.compile(r"(\d+) yes"), r"\1 票同意"),
    (re.compile(r"no objection open"), "无未决异议"),
)
"""What the rule of a line's checks writes into the book → Chinese (kernel/rules_guarantee.py)."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """An application that went through its village, and why it may not go on, if so."""

    case: Case
    refusal: Pair | None


@get("/pool/packages/new", sync_to_thread=True)
def new(visitor: NamedDependency[Visitor]) -> Response[Any]:
    """Cleared applications of an agreement, each tried; head-room before and after."""
    pool.county(visitor)
    return _choose(visitor, visitor.request.query_params.get("agreement", ""), {})


@post("/pool/packages", sync_to_thread=True)
def draft(visitor: NamedDependency[Visitor], form: NamedDependency[Form]) -> Response[Any]:
    """Reserve and draft, or show what each line was refused with; then nothing is reserved."""
    pool.county(visitor)
    name = form.get("agreement", "")
    with visitor.reading() as conn:
        agreement = acting.seen_case(conn, visitor, agreements.PROCESS, name)
        known = [one.id for one in packages.cleared(conn, agreement.parties["coop"])]
    picked = [one for one in known if form.get("every") == "yes" or form.get(f"{PICK}{one}")]
    if not picked:
        raise Rejected(
            RejectionCode.FACTS_INVALID, where="lines 借款人", problem="请选择 choose some"
        )
    sure = guard.confirm(visitor, form)
    try:
        done = in_transaction(
            sure.desk.engine,
            partial(_draft, visitor=sure, agreement=agreement, applications=picked),
        )
    except packages.LinesRefused as refused:
        response = _choose(sure, name, refused.refusals)
        response.status_code = _CONFLICT
        return response
    return page.go(sure, deeds.page_of(done))


@get("/pool/packages/{name:str}", sync_to_thread=True)
def package(visitor: NamedDependency[Visitor], name: FromPath[str]) -> Response[Any]:
    """One package: its lines as the bank answers them, its approvals, the file that was sent."""
    pool.county(visitor)
    with visitor.reading() as conn:
        case = acting.seen_case(conn, visitor, packages.PROCESS, name)
        names = pool.names_of(conn, visitor, [case.parties["coop"]])
        lines = packages.lines_of(conn, case.id)
        agreement = acting.seen_case(conn, visitor, "agreement", str(case.terms["agreement"]))
        file = papers.find(conn, str(case.terms.get("file", "")))
        data = {
            "case": case,
            "organs": visitor.organs(conn, case.parties),
            "names": names,
            "digest": acting.terms_digest(case),
            "offered": deeds.offered(conn, visitor, case, names),
            "desks": acting.tallies(conn, visitor, case, "sign")
            if case.state == "drafting"
            else [],
            "signed": [hand for hand in case.hands if hand.act == "sign"],
            "standing": standing.standing(conn, agreement),
            "lines": lines,
            "line_deeds": [
                (one, acting.terms_digest(one), found)
                for one in lines
                if (found := _line_deeds(conn, visitor, one, names))
            ],
            "file": file,
            "head": villages.county_head(conn),
        }
    return page.show_list(visitor, "package.html", line_list(lines, names), **data)


@get("/pool/papers/{digest:str}", sync_to_thread=True)
def paper(visitor: NamedDependency[Visitor], digest: FromPath[str]) -> Response[Any]:
    """A paper of the county's packages and claims, by the digest it is named with."""
    pool.county(visitor)
    with visitor.reading() as conn:
        found = papers.find(conn, digest)
    if found is None:
        raise NotFoundException
    safe = "".join(one if one.isascii() and (one.isalnum() or one in "._-") else "_"
                   for one in found.name)  # fmt: skip
    return Response(
        content=found.body,
        media_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{safe}"'},
    )


def line_list(lines: Sequence[Case], names: Names) -> Listing:
    """The lines of a package; the same in Excel."""
    return Listing(
        name="lines",
        title=("借款人清单", "Borrower list"),
        columns=(
            Column(zh="行", en="Line"),
            Column(zh="担保", en="Guarantee", kind=CODE),
            Column(zh="借款人", en="Borrower"),
            Column(zh="金额", en="Amount", kind=FEN, total=True),
            Column(zh="用途", en="Purpose"),
            Column(zh="期限(月)", en="Months"),
            Column(zh="状态", en="State"),
            Column(zh="银行意见", en="The bank said"),
            Column(zh="已放款", en="Paid out", kind=FEN, total=True),
            Column(zh="逐项核验", en="Checks"),
        ),
        rows=tuple(
            (
                Cell(value=str(one.terms["line"])),
                Cell(value=one.id, href=f"{AT}/cases/K/{one.id}"),
                Cell(value=names.get(str(one.terms["person"]), (str(one.terms["person"]),) * 2)),
                Cell(value=int(one.terms["amount"])),
                Cell(value=str(one.terms["purpose"])),
                Cell(value=str(one.terms["term_months"])),
                pool.state(one),
                Cell(value=_bank_said(str(one.terms.get("bank_reason", "")))),
                Cell(value=int(one.terms["drawn"])),
                Cell(value=reasons(one)),
            )
            for one in lines
        ),
    )


def reasons(line: Case) -> Pair:
    """Every check of a line with what was seen and what is allowed, in both languages."""
    told = [(words.word("checks", name), seen, allowed)
            for name, seen, allowed in line.terms["reasons"]]  # fmt: skip
    return (
        ";".join(f"{zh} {seen}({_in_chinese(allowed)})" for (zh, _), seen, allowed in told),
        "; ".join(f"{en} {seen} ({allowed})" for (_, en), seen, allowed in told),
    )


def _in_chinese(allowed: str) -> str:
    """What a check allowed, as the county's book keeps it in English, said in Chinese."""
    for pattern, zh in _ALLOWED:
        if found := pattern.fullmatch(allowed):
            return found.expand(zh)
    return allowed


def _bank_said(reason: str) -> str | Pair | None:
    return ("逾期未答", "no answer in time") if reason == "expired" else reason or None


def _choose(visitor: Visitor, name: str, refused: Mapping[str, Rejection]) -> Response[Any]:
    with visitor.reading() as conn:
        agreement = acting.seen_case(conn, visitor, agreements.PROCESS, name)
        names = pool.names_of(conn, visitor, [agreement.parties["coop"]])
        cleared = packages.cleared(conn, agreement.parties["coop"])
        found = [
            Candidate(
                case=one,
                refusal=words.refusal(refused[one.id], names)
                if one.id in refused
                else _tried(visitor, agreement, one, names)
                if place < TRIED
                else None,
            )
            for place, one in enumerate(cleared)
        ]
        held = standing.standing(conn, agreement) if agreement.state != "proposed" else None
        head = villages.county_head(conn)
    fit = [one for one in found if one.refusal is None]
    return page.show_page(
        visitor,
        "package_new.html",
        agreement=agreement,
        found=found,
        fit=fit,
        total=sum(int(one.case.terms["amount"]) for one in fit),
        one_by_one=len(found) <= PICKED,
        refused=bool(refused),
        standing=held,
        names=names,
        pick_name=PICK,
        head=head,
    )


def _tried(visitor: Visitor, agreement: Case, application: Case, names: Names) -> Pair | None:
    """What a package of this one line would be refused with now."""

    def doing(conn: sa.Connection) -> Case:
        try:
            return _draft(conn, visitor=visitor, agreement=agreement, applications=[application.id])
        except packages.LinesRefused as refused:
            told = next(iter(refused.refusals.values()))
            raise Rejected(told.code, **told.facts) from refused

    refusal = acting.trial(visitor, doing)
    return words.refusal(refusal.as_struct(), names) if refusal else None


def _draft(
    conn: sa.Connection, *, visitor: Visitor, agreement: Case, applications: Sequence[str]
) -> Case:
    prefix = f"package-{agreement.parties['coop']}-"
    name = f"{prefix}{waiting.last_number(conn, prefix) + 1}"
    world, actor = visitor.desk.county.world, acting.actor_as(visitor, (pool.STAFF,))
    return packages.draft(conn, world, agreement, applications, name, actor).case


def _line_deeds(
    conn: sa.Connection, visitor: Visitor, line: Case, names: Names
) -> list[deeds.Offered]:
    """Lines whose condition waits for the county; others are released with their package."""
    return deeds.offered(conn, visitor, line, names) if line.state == "conditioned" else []
