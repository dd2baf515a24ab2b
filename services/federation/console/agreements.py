"""Pages of pool agreements (合作协议): propose, see, offer a new version, claim the match, release.

The proposal and a new version are judged whole before anything is written: every fault stands
beside its field. What is signed is the digest on the page. County-wide.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from msgspec import structs

from contracts.ids import custody_book, node_book
from contracts.ledger import Actor
from contracts.money import typed_yuan
from contracts.rejections import RejectionCode
from journal import store
from journal.pool_funds import free_funds
from kernel import pool as arithmetic
from kernel.cases import Case
from kernel.errors import Rejected
from kernel.loans import OWN, loan_of
from kernel.pool_agreement import AGREED, line, terms_of
from services.federation.cases import agreements, claims, packages, pool_money, registers
from services.federation.console import acting, agreement_form, deeds, guard, page, pool, words
from services.federation.console.desk import AT, Visitor
from services.federation.console.guard import Form
from services.federation.console.queries import pool as standing
from services.federation.console.queries import villages, waiting
from services.federation.transactions import in_transaction

_UNPROCESSABLE = 422
_OUTER = ("coop", "bank", "variant", "number")


@get("/pool/agreements/new", sync_to_thread=True)
def new(visitor: NamedDependency[Visitor]) -> Response[Any]:
    """The form of a proposal, with the county's own figures."""
    pool.county(visitor)
    return _form(visitor, None, visitor.request.query_params, judge=False)


@post("/pool/agreements", sync_to_thread=True)
def propose(visitor: NamedDependency[Visitor], form: NamedDependency[Form]) -> Response[Any]:
    """Propose it, or show every fault at once."""
    pool.county(visitor)
    return _form(visitor, None, form, judge=True)


@get("/pool/agreements/{name:str}", sync_to_thread=True)
def agreement(visitor: NamedDependency[Visitor], name: FromPath[str]) -> Response[Any]:
    """One agreement: its line, terms, versions, money, packages and claims."""
    pool.county(visitor)
    with visitor.reading() as conn:
        case = acting.seen_case(conn, visitor, agreements.PROCESS, name)
        names = pool.names_of(conn, visitor, [case.parties["coop"]])
        lookup = store.DatabaseLookup(conn, store.COUNTY_SCOPE)
        money = [
            one
            for process in (pool_money.MATCH, pool_money.TRANSFER)
            for one in lookup.linked(process, agreements.PROCESS, case.id)
        ]
        live = case.state in AGREED
        found = standing.standing(conn, case) if live else None
        offer = case.terms.get("offer") or {}
        data: dict[str, Any] = {
            "case": case,
            "organs": visitor.organs(conn, case.parties),
            "names": names,
            "standing": found,
            "bars": pool.bars([], [found], names) if found else [],
            "inputs": [(one, agreement_form.told(one, case.terms[one.name]))
                       for one in agreement_form.INPUTS],
            "offer": agreement_form.changes(case, offer) if offer else [],
            "lines": _lines(conn, case, offer) if offer and found else None,
            "digest": acting.terms_digest(case),
            "offered": deeds.offered(conn, visitor, case, names),
            "desks": _desks(conn, visitor, case),
            "money": [(one, acting.terms_digest(one), deeds.offered(conn, visitor, one, names))
                      for one in reversed(money)],
            "free": _free(conn, case) if found else 0,
            "deposits": _deposits(conn, case.parties["coop"]),
            "households": _households(conn, case.parties["coop"]),
            "staff": pool.STAFF in visitor.roles,
            "head": villages.county_head(conn),
        }  # fmt: skip
        bundles = lookup.linked(packages.PROCESS, agreements.PROCESS, case.id)
        asked = lookup.linked(claims.PROCESS, agreements.PROCESS, case.id)
    listings = {
        "packages": pool.package_list(bundles, names),
        "claims": pool.claim_list(asked, names),
    }
    return page.show_lists(visitor, "agreement.html", listings, **data)


@get("/pool/agreements/{name:str}/offer", sync_to_thread=True)
def offer_form(visitor: NamedDependency[Visitor], name: FromPath[str]) -> Response[Any]:
    """The form of a new version, beginning with what is in force."""
    return _form(visitor, _open(visitor, name), {}, judge=False)


@post("/pool/agreements/{name:str}/offer", sync_to_thread=True)
def offer(
    visitor: NamedDependency[Visitor], form: NamedDependency[Form], name: FromPath[str]
) -> Response[Any]:
    """Put a new version on offer, or show every fault at once."""
    return _form(visitor, _open(visitor, name), form, judge=True)


@post("/pool/agreements/{name:str}/match", sync_to_thread=True)
def claim_match(
    visitor: NamedDependency[Visitor], form: NamedDependency[Form], name: FromPath[str]
) -> Response[Any]:
    """Claim from the finance bureau what the stake calls for."""
    case = _open(visitor, name)
    sure = guard.confirm(visitor, form)

    def doing(conn: sa.Connection) -> object:
        number = _next(conn, f"match-{case.parties['coop']}-")
        return pool_money.claim_match(conn, _world(sure), case, number, _staff(sure))

    in_transaction(sure.desk.engine, doing)
    return page.go(sure, f"{AT}/pool/agreements/{name}")


@post("/pool/agreements/{name:str}/release", sync_to_thread=True)
def release(
    visitor: NamedDependency[Visitor], form: NamedDependency[Form], name: FromPath[str]
) -> Response[Any]:
    """Ask money back out of the pool; the line falls at once, bank and federation then sign."""
    case = _open(visitor, name)
    amount = _amount(form.get("amount", ""))
    sure = guard.confirm(visitor, form)

    def doing(conn: sa.Connection) -> object:
        village = case.parties["coop"]
        member, _, loan = form.get("deposit", "").partition("|")
        kind, person = ("deposit", _person(conn, village, member)) if member else ("stake", "")
        if loan:
            kind = "set_off"
        if kind == "stake" and not free_funds(conn, custody_book(village)).stake:
            kind = "match"  # all that is left to go back once claims have taken the stake
        wish = pool_money.Wish(
            name=_release_name(conn, village), amount=amount, kind=kind, member=member,
            person=person, loan=loan, minutes=form.get("minutes", "").strip(),
        )  # fmt: skip
        return pool_money.release(conn, _world(sure), case, wish, _staff(sure))

    in_transaction(sure.desk.engine, doing)
    return page.go(sure, f"{AT}/pool/agreements/{name}")


def _form(
    visitor: Visitor, case: Case | None, asked: Mapping[str, Any], *, judge: bool
) -> Response[Any]:
    """The form; with ``judge`` it is tried, and done when nothing is wrong."""
    outer = {name: str(asked.get(name, "")).strip() for name in _OUTER}
    refused: list[Rejected] = []
    with visitor.reading() as conn:
        names = pool.names_of(conn, visitor)
        coops = registers.cooperatives(conn)
        banks = [one for one in registers.partners(conn) if one.id != registers.FINANCE]
        head = villages.county_head(conn)
        known = outer["coop"] if outer["coop"] in [one.id for one in coops] else ""
        policy = visitor.desk.county.world.policy(conn, known)
        found = agreement_form.shown(policy, asked, case.terms if case else {}, visitor.language)
        misread = any(one.wrong for one in found)
        chosen = case is not None or (known != "" and outer["bank"] in [one.id for one in banks])
        if judge and not misread and chosen:
            opened = case or agreement_form.blank(outer["coop"], _name(conn, outer["coop"]))
            said = _said(conn, opened, outer, agreement_form.covenants(found), new=case is None)
            refused = agreement_form.judged(conn, visitor, opened, said, head)
            if case is not None:  # a new version may be agreed whatever the grade is today
                refused = [one for one in refused
                           if one.code is not RejectionCode.GRADE_NOT_ALLOWED]  # fmt: skip
    found, others = agreement_form.placed(found, refused, names)
    if judge and chosen and not misread and not refused:
        return _write(visitor, case, outer, asked, agreement_form.covenants(found))
    if judge and not chosen:
        others.append(("请选择互助社和银行。", "Choose a cooperative and a bank."))
    response = page.show_page(
        visitor, "agreement_form.html", case=case, fields=found, outer=outer, others=others,
        wrong=judge, coops=coops, banks=banks, names=names, head=head,
    )  # fmt: skip
    if judge:
        response.status_code = _UNPROCESSABLE
    return response


def _write(
    visitor: Visitor, case: Case | None, outer: Mapping[str, str], form: Form,
    covenants: dict[str, Any],
) -> Response[Any]:  # fmt: skip
    sure = guard.confirm(visitor, form)

    def doing(conn: sa.Connection) -> Case:
        if case is not None:
            return agreements.offer(conn, _world(sure), case, covenants, _staff(sure)).case
        said = {**covenants, **{name: outer[name] for name in ("bank", "variant", "number")}}
        told = {name: one for name, one in said.items() if one != ""}
        village = outer["coop"]
        opened = _name(conn, village)
        return agreements.propose(conn, _world(sure), village, opened, told, _staff(sure)).case

    done = in_transaction(sure.desk.engine, doing)
    return page.go(sure, f"{AT}/pool/agreements/{done.id}")


def _said(
    conn: sa.Connection, case: Case, outer: Mapping[str, str], covenants: dict[str, Any], *,
    new: bool,
) -> dict[str, Any]:  # fmt: skip
    grade = registers.find_cooperative(conn, case.parties["coop"]).grade
    terms = outer if new else case.terms
    return {**covenants, "variant": str(terms["variant"]), "bank": str(terms["bank"]),
            "grade": grade}  # fmt: skip


def _lines(conn: sa.Connection, case: Case, offer: Mapping[str, Any]) -> tuple[int, int]:
    """The line now and under the version on offer (fen)."""
    have = free_funds(conn, custody_book(case.parties["coop"]))
    after = structs.replace(case, terms={**case.terms, **offer})
    return line(case, have), line(after, have)


def _free(conn: sa.Connection, case: Case) -> int:
    """How much stake no guarantee needs now, open claims aside (fen; R-090)."""
    found = standing.standing(conn, case)
    used = found.gauge.used_fen
    return arithmetic.releasable(terms_of(case), found.funds, guaranteed=used, claims=0)


def _desks(conn: sa.Connection, visitor: Visitor, case: Case) -> list[Any]:
    act = {"proposed": "sign", "suspended": "resume"}.get(case.state, "")
    if case.state == "open" and case.terms.get("offer"):
        act = "amend"
    return acting.tallies(conn, visitor, case, act) if act else []


def _open(visitor: Visitor, name: str) -> Case:
    pool.county(visitor)
    with visitor.reading() as conn:
        return acting.seen_case(conn, visitor, agreements.PROCESS, name)


def _deposits(conn: sa.Connection, village: str) -> list[tuple[str, str, int, int]]:
    """Where a pooled deposit may go: member, his loan ("" his card), what he has, what he owes."""
    found = []
    on = villages.county_head(conn).today
    replica = store.DatabaseLookup(conn, node_book(village))
    for member, amount in free_funds(conn, custody_book(village)).deposits.items():
        if amount:
            found.append((member, "", amount, 0))
            for case in replica.linked("loan", "member", member):
                loan = loan_of(case) if case.state == "active" else None
                if loan is not None and loan.funding == OWN:
                    found.append((member, case.id, amount, loan.owed(on)))
    return found


def _households(conn: sa.Connection, village: str) -> dict[str, str]:
    """Member → household, by which the county speaks of villagers."""
    replica = store.DatabaseLookup(conn, node_book(village))
    return {one.id: str(one.terms["household"]) for one in replica.all("member", village)}


def _person(conn: sa.Connection, village: str, member: str) -> str:
    found = store.load(conn, node_book(village), member)
    if found is None or found.process != "member":
        raise NotFoundException
    return str(found.terms["person"])


def _amount(text: str) -> int:
    try:
        return typed_yuan(text)
    except ValueError:
        told = words.both([("金额: 须为元,写成 1234.56", "amount: yuan, written as 1234.56")])
        raise Rejected(RejectionCode.FACTS_INVALID, where="", problem=told) from None


def _name(conn: sa.Connection, village: str) -> str:
    return _next(conn, f"agreement-{village}-")


def _release_name(conn: sa.Connection, village: str) -> str:
    """The next release; what leaves us altogether is named otherwise, and counts all the same."""
    own = f"transfer-{village}-r"
    known = (own, f"{pool_money.PAYBACK}{own}")
    return f"{own}{sum(waiting.last_number(conn, one) for one in known) + 1}"


def _next(conn: sa.Connection, prefix: str) -> str:
    return f"{prefix}{waiting.last_number(conn, prefix) + 1}"


def _world(visitor: Visitor) -> Any:
    return visitor.desk.county.world


def _staff(visitor: Visitor) -> Actor:
    return acting.actor_as(visitor, (pool.STAFF,))
