"""Findings: every break with a name, a place, an owner and a clock; opened → owned → resolved.

A township sees its own villages'. Taking one on and resolving it are acts of the county's staff;
resolving takes words.
"""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency

from contracts.rejections import Rejection, RejectionCode
from kernel.cases import Case
from kernel.rules_escalation import called
from services.federation.console import acting, page, words
from services.federation.console.desk import AT, Visitor
from services.federation.console.guard import Form
from services.federation.console.lists import CODE, Cell, Column, Listing
from services.federation.console.queries import naming, villages, waiting
from services.federation.console.queries.naming import Names
from services.federation.console.words import Pair

LIVE = villages.LIVE_FINDINGS
_ABOUT = ("case", "line", "file", "act", "amount", "evidence", "since", "waits_for")
"""Facts that say what a finding is about, in the order they are told."""


@get("/findings", sync_to_thread=True)
def findings(visitor: NamedDependency[Visitor]) -> Response[Any]:
    """Everything that is open, or with ``all=1`` whatever was ever found."""
    every = visitor.request.query_params.get("all") == "1"
    with visitor.reading() as conn:
        head = villages.county_head(conn)
        if every:
            _, found = waiting.every(conn, "finding")
        else:
            found = waiting.in_states(conn, "finding", LIVE)
        seen = _seen(conn, visitor, found)
        listing = finding_list(conn, visitor, seen, "findings")
    return page.show_list(visitor, "findings.html", listing, every=every, head=head)


@post("/findings/own", sync_to_thread=True)
def own(visitor: NamedDependency[Visitor], form: NamedDependency[Form]) -> Response[Any]:
    """Take one on."""
    case = acting.own_finding(visitor, form.get("case", ""))
    return page.go(visitor, f"{AT}/cases/K/{case.id}")


@post("/findings/resolve", sync_to_thread=True)
def resolve(visitor: NamedDependency[Visitor], form: NamedDependency[Form]) -> Response[Any]:
    """Say what was done about one."""
    case = acting.resolve_finding(visitor, form.get("case", ""), form.get("reason", "").strip())
    return page.go(visitor, f"{AT}/cases/K/{case.id}")


def finding_list(
    conn: sa.Connection, visitor: Visitor, found: Iterable[Case], name: str
) -> Listing:
    """Findings as a table; each opens to its case."""
    names = naming.names(conn, visitor.scope)
    return Listing(
        name=name,
        title=("待办差异", "Findings"),
        columns=(
            Column(zh="差异", en="Finding"),
            Column(zh="互助社", en="Cooperative"),
            Column(zh="事由", en="About"),
            Column(zh="状态", en="State"),
            Column(zh="在谁手上", en="At whose desk"),
            Column(zh="发现日", en="Opened"),
            Column(zh="期限", en="Due"),
            Column(zh="编号", en="Id", kind=CODE),
        ),
        rows=tuple(_row(case, names) for case in found),
        empty=("没有未了结的差异。", "Nothing is open."),
    )


def kind_of(case: Case) -> Pair:
    """What kind of break it is; a proof of the night by its number."""
    kind = str(case.terms.get("kind", ""))
    if kind in words.known("invariants"):
        zh, en = words.word("invariants", kind)
        return (f"{kind} {zh}", f"{kind} {en}")
    return words.word("findings", kind)


def about(case: Case, names: Names) -> Pair:
    """What it is about: the refusals in words, or the facts that name it."""
    told = refusals_of(case, names)
    if told:
        return (" ".join(one[0] for one in told), " ".join(one[1] for one in told))
    parts = [(name, case.terms[name]) for name in _ABOUT if case.terms.get(name)]
    if not parts:
        subject = str(case.terms.get("about", "")).partition(":")[2]
        return (subject, subject)
    zh, en = (
        "; ".join(
            f"{words.word('facts', name)[place]} {words.fact(name, value, language, names)}"
            for name, value in parts
        )
        for place, language in enumerate(words.LANGUAGES)
    )
    return (zh, en)


def refusals_of(case: Case, names: Names) -> list[Pair]:
    """The refusals a finding carries, as sentences; codes of another release are left out."""
    terms = case.terms
    codes = terms.get("codes") or ([terms["code"]] if terms.get("code") else [])
    facts = terms.get("refusals") or [terms.get("refusal", {})] * len(codes)
    known = {code.value: code for code in RejectionCode}
    return [
        words.refusal(_rejection(known[code], told), names)
        for code, told in zip(codes, facts, strict=False)
        if code in known and isinstance(told, dict)
    ]


def _rejection(code: RejectionCode, facts: dict[str, object]) -> Rejection:
    return Rejection(code=code, facts={name: str(value) for name, value in facts.items()})


def owner_of(case: Case) -> str:
    """The person who took a finding on, "" while nobody has."""
    return next((hand.person for hand in case.hands if hand.act == "own"), "")


def office_of(case: Case) -> str:
    """The office a finding is with: the one named last when its own clock ran out, else its own."""
    return str(called(case).get("office", "") or case.terms.get("owner", ""))


def _seen(conn: sa.Connection, visitor: Visitor, found: list[Case]) -> list[Case]:
    if visitor.county_wide:
        return found
    labels = villages.labels(conn, visitor.scope)
    return [case for case in found if case.parties.get("coop") in labels]


def _row(case: Case, names: Names) -> tuple[Cell, ...]:
    coop = case.parties.get("coop", "")
    owner = owner_of(case)
    return (
        Cell(value=kind_of(case), href=f"{AT}/cases/K/{case.id}"),
        Cell(
            value=names.get(coop, (coop, coop)) if coop else ("县本级", "the county itself"),
            href=f"{AT}/cooperatives/{coop}" if coop else "",
            title=coop,
        ),
        Cell(value=about(case, names)),
        Cell(
            value=words.state(case.process, case.state),
            tone={"opened": "bad", "owned": "warn"}.get(case.state, "good"),
        ),
        Cell(value=names.get(owner, owner) or words.role(office_of(case))),
        Cell(value=str(case.opened)),
        Cell(value=str(case.due) if case.due else None),
        Cell(value=case.id),
    )
