"""Lending between cooperatives (调剂): the list, and the form that proposes a match.

The form shows every limit and what is left of it before anything is proposed; whether a match may
be is tried against the rule itself. The list and the form are the county's.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException

from contracts.ids import custody_book
from contracts.money import PPM, plain, typed_yuan
from contracts.rejections import RejectionCode
from journal import store
from journal.heads import Head
from kernel.cases import Case
from kernel.errors import Rejected
from kernel.intercoop import LIVE, OWING, SIGNED, owed_on, terms_digest
from kernel.policy import Policy
from kernel.policy_kinds import Misread, read
from services.federation.cases import intercoop
from services.federation.cases import lending as cases
from services.federation.cases.intercoop import Match
from services.federation.console import acting, guard, page, words
from services.federation.console.desk import AT, Visitor, party_page
from services.federation.console.guard import Form
from services.federation.console.lists import CODE, FEN, Cell, Column, Listing
from services.federation.console.queries import naming, villages, waiting
from services.federation.console.queries.villages import Village
from services.federation.console.words import Pair

PREFIX = "intercoop-"
_ASKED = ("lender", "borrower", "amount", "rate", "months", "offer", "request")
_MONTHS_MAX = 3
_TONES = {"proposed": "warn", "active": "good", "suspended": "bad", "written_off": "bad"}
_LABELS = {
    "lender": ("调出社", "lender"),
    "borrower": ("调入社", "borrower"),
    "amount": ("金额", "amount"),
    "rate": ("月费率", "monthly rate"),
    "months": ("期限", "term"),
}


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one cooperative may still lend and borrow (fen); ``grade_fits`` is the rule's list."""

    village: Village
    own_fund_fen: int
    floor_fen: int
    lent_fen: int
    borrowed_fen: int
    may_lend_fen: int
    may_borrow_fen: int
    grade_fits: bool


@get("/lending", sync_to_thread=True)
def lending(visitor: NamedDependency[Visitor]) -> Response[Any]:
    """Every loan between cooperatives, what is still alive first."""
    _county(visitor)
    with visitor.reading() as conn:
        head = villages.county_head(conn)
        count, found = waiting.every(conn, intercoop.PROCESS)
        labels = villages.parties(conn, visitor.scope)
        cycles = waiting.in_states(conn, "settlement", ["held", "collecting", "posted"])
    return page.show_list(
        visitor,
        "lending.html",
        lending_list(found, labels, head),
        count=count,
        cycles=cycles,
        labels=labels,
        head=head,
    )


@get("/lending/new", sync_to_thread=True)
def new(visitor: NamedDependency[Visitor]) -> Response[Any]:
    """The form; filled in, it says whether the match may be proposed and on which terms."""
    _county(visitor)
    query = visitor.request.query_params
    asked = {name: str(query.get(name, "")).strip() for name in _ASKED}
    with visitor.reading() as conn:
        head = villages.county_head(conn)
        policy = visitor.desk.county.world.policy(conn, "")
        found = [_limits(conn, one, policy) for one in villages.villages(conn, visitor.scope)]
        case = _next_id(conn, head)
        names = naming.names(conn, visitor.scope)
        wishes = cases.wishes(conn, [one.village.id for one in found])
    wrong, wanted, refusal, code = None, None, None, ""
    made: tuple[Match, ...] = ()
    if asked["amount"]:
        try:
            wanted = read_match(case, asked)
        except Rejected as error:
            wrong = words.refusal(error.as_struct(), names)
    if wanted is not None:
        with visitor.reading() as conn:
            made = cases.contracts(conn, visitor.desk.county.world, wanted)
        trying = partial(acting.match_on, visitor=visitor, asked=wanted)
        refused = acting.trial(visitor, trying)
        if refused is not None:
            refusal, code = words.refusal(refused.as_struct(), names), refused.code.value
    return page.show_page(
        visitor,
        "match.html",
        asked=asked,
        limits=found,
        wanted=wanted,
        made=[(one, _digest(one)) for one in made],
        wishes=[(one, _with(asked, one)) for one in wishes],
        digest=_digests(made),
        wrong=wrong,
        refusal=refusal,
        code=code,
        policy=policy,
        names=names,
        head=head,
        shown=SIGNED,
    )


@post("/lending", sync_to_thread=True)
def propose(visitor: NamedDependency[Visitor], form: NamedDependency[Form]) -> Response[Any]:
    """Propose the match shown; its money is held at the lender at once."""
    _county(visitor)
    case = form.get("case", "")
    if not case.startswith(PREFIX):
        raise NotFoundException
    asked = read_match(case, form)
    with visitor.reading() as conn:
        made = cases.contracts(conn, visitor.desk.county.world, asked)
    if form.get("terms") != _digests(made):
        raise Rejected(RejectionCode.SIGNED_OTHER_TERMS)
    sure = guard.confirm(visitor, form)
    first, *_ = acting.match(sure, asked)
    return page.go(sure, f"{AT}/cases/K/{first.id}")


def _with(asked: Mapping[str, str], wish: Case) -> str:
    """The form's query once a posted wish is taken up; what was filled in already stays."""
    lends = wish.state == cases.OFFERED
    side, name = ("lender", "offer") if lends else ("borrower", "request")
    terms = wish.terms
    taken = {
        "amount": plain(int(terms["amount"])),
        "rate": words.rate(int(terms["rate_ppm"])).removesuffix("‰"),
        "months": str(terms["term_months"]),
        **{key: value for key, value in asked.items() if value},
        side: wish.parties["coop"],
        name: wish.id,
    }
    return urlencode(taken)


def _digest(one: Match) -> str:
    return terms_digest(msgspec.structs.asdict(one))


def _digests(made: Sequence[Match]) -> str:
    """What the form carries: one digest a contract, so that no other terms are proposed."""
    return " ".join(map(_digest, made))


def read_match(case: str, asked: Mapping[str, str]) -> Match:
    """The match a form asks for. Raises Rejected FACTS_INVALID naming every wrong field."""
    wrong: dict[str, Pair] = {}
    amount = rate = months = 0
    try:
        amount = typed_yuan(asked.get("amount", ""))
    except ValueError:
        wrong["amount"] = ("须为元,写成 1234.56", "yuan, written as 1234.56")
    try:
        rate = read("permille", asked.get("rate", ""))
    except Misread:
        wrong["rate"] = ("须为千分数,写成 3.5", "a rate per mille, written as 3.5")
    text = asked.get("months", "")
    if text.isascii() and text.isdigit() and len(text) <= _MONTHS_MAX and int(text):
        months = int(text)
    else:
        wrong["months"] = ("须为整月数", "whole months")
    for name in ("lender", "borrower"):
        if not asked.get(name):
            wrong[name] = ("请选择", "choose one")
    if wrong:
        told = [
            (f"{_LABELS[name][0]}: {zh}", f"{_LABELS[name][1]}: {en}")
            for name, (zh, en) in wrong.items()
        ]
        raise Rejected(RejectionCode.FACTS_INVALID, where="", problem=words.both(told))
    return Match(
        case=case,
        lender=asked["lender"],
        borrower=asked["borrower"],
        amount=amount,
        rate_ppm=rate,
        term_months=months,
        offer=asked.get("offer", ""),
        request=asked.get("request", ""),
    )


def lending_list(found: list[Case], labels: dict[str, Pair], head: Head) -> Listing:
    """Loans between cooperatives as a table; what is owed is as of the county's open day."""
    return Listing(
        name="lending",
        title=("社际调剂", "Inter-cooperative lending"),
        columns=(
            Column(zh="合同", en="Loan", kind=CODE),
            Column(zh="调出社", en="Lender"),
            Column(zh="调入社", en="Borrower"),
            Column(zh="金额", en="Amount", kind=FEN, total=True),
            Column(zh="月费率", en="Monthly rate"),
            Column(zh="状态", en="State"),
            Column(zh="划款日", en="Funded on"),
            Column(zh="到期日", en="Due on"),
            Column(zh="未还本金", en="Outstanding", kind=FEN, total=True),
            Column(zh="未付占用费", en="Fee owed", kind=FEN, total=True),
        ),
        rows=tuple(_row(case, labels, head) for case in found),
        empty=("还没有调剂合同。", "No cooperative has lent to another yet."),
    )


def _row(case: Case, labels: dict[str, Pair], head: Head) -> tuple[Cell, ...]:
    terms = case.terms
    funded = "funded_on" in terms
    principal, fee = owed_on(terms, head.today) if funded else (int(terms["outstanding"]), 0)
    late = bool(funded and principal and str(terms["due_on"]) < head.open_date)
    sides = []
    for side in ("lender", "borrower"):
        name = case.parties[side]
        called = labels.get(name, (name, name))
        sides.append(Cell(value=called, href=party_page(name), title=name))
    return (
        Cell(value=case.id, href=f"{AT}/cases/K/{case.id}"),
        *sides,
        Cell(value=int(terms["amount"])),
        Cell(value=words.rate(int(terms["rate_ppm"]))),
        Cell(
            value=words.state(case.process, case.state),
            tone=_TONES.get(case.state, ""),
        ),
        Cell(value=terms.get("funded_on")),
        Cell(value=terms.get("due_on"), tone="bad" if late else ""),
        Cell(value=principal),
        Cell(value=fee),
    )


def _limits(conn: sa.Connection, one: Village, policy: Policy) -> Limits:
    """The figures of R-076 as the form shows them; the rule itself decides when it is asked."""
    own = intercoop.own_fund(conn, one.id)
    free = store.totals(conn, custody_book(one.id), ["80101"])["80101"]
    lookup = store.DatabaseLookup(conn, store.COUNTY_SCOPE)
    lent, borrowed = (
        sum(
            int(case.terms["outstanding"])
            for case in lookup.linked(intercoop.PROCESS, side, one.id)
            if case.state in counted
        )
        for side, counted in (("lender", LIVE), ("borrower", OWING))
    )
    floor = own * policy.ppm("intercoop.lender_floor") // PPM
    most_lent = own * policy.ppm("intercoop.lend_max") // PPM
    most_borrowed = own * policy.ppm("intercoop.borrow_max") // PPM
    fits = one.grade in policy.list("intercoop.grades")
    return Limits(
        village=one,
        own_fund_fen=own,
        floor_fen=floor,
        lent_fen=lent,
        borrowed_fen=borrowed,
        may_lend_fen=max(min(free - floor, most_lent - lent), 0) if fits else 0,
        may_borrow_fen=max(most_borrowed - borrowed, 0) if fits else 0,
        grade_fits=fits,
    )


def _next_id(conn: sa.Connection, head: Head) -> str:
    """The id the form carries: sent twice, it proposes once."""
    prefix = f"{PREFIX}{head.open_date}-"
    return f"{prefix}{waiting.last_number(conn, prefix) + 1:02d}"


def _county(visitor: Visitor) -> None:
    if not visitor.county_wide:
        raise NotFoundException
