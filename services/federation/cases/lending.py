"""Lending in the county's mode: villages with each other, or both with the federation (P4.2).

In mode ``principal`` a match makes two contracts, funded together: the lender's with the
federation, and the federation's with the borrower. What the borrower repays goes on to the lender
in the same cycle; on the due day the federation pays what is missing out of its own money. Called
by console and county close.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec
import sqlalchemy as sa

from contracts.ids import FEDERATION_BOOK, node_book
from contracts.ledger import Actor
from contracts.money import show
from contracts.rejections import RejectionCode
from journal import heads, store
from journal.perform import World
from kernel.cases import Case
from kernel.errors import Rejected
from kernel.intercoop import OWED, PAIR, PRINCIPAL, UNFUNDED, overdue_fen, owed_on, service_ppm
from kernel.processes import COUNTY
from services.federation.cases import intercoop, registers, settlement
from services.federation.cases.intercoop import PROCESS, Match

WISH, OFFERED, REQUESTED = "lending_wish", "offered", "requested"


def contracts(conn: sa.Connection, world: World, asked: Match) -> tuple[Match, ...]:
    """The contracts a match makes: one between the villages, or the federation's two."""
    policy = world.policy(conn, "")
    if policy.text("intercoop.mode") != PRINCIPAL:
        fee = service_ppm(policy, asked.borrower)
        return (msgspec.structs.replace(asked, service_ppm=fee),)
    into, out = f"{asked.case}-in", f"{asked.case}-out"
    return (
        msgspec.structs.replace(
            asked, case=into, borrower=FEDERATION_BOOK, pair=out, request=""
        ),
        msgspec.structs.replace(
            asked, case=out, lender=FEDERATION_BOOK, pair=into, offer="",
            service_ppm=service_ppm(policy, asked.borrower),
        ),
    )  # fmt: skip


def match(
    conn: sa.Connection, world: World, asked: Match, actor: Actor, grades: Mapping[str, str]
) -> tuple[Case, ...]:
    """Propose what a match makes; the lender's money is held at once. All of it or none.

    Raises Rejected FEDERATION_HAS_NO_ACCOUNT, WISH_NOT_POSTED, and what
    kernel.rules_intercoop.may_lend raises.
    """
    _must_be_posted(conn, asked)
    made = contracts(conn, world, asked)
    account = registers.the_bank_account(conn)
    needed = any(one.service_ppm or one.pair for one in made)
    if needed and (account is None or not account.federation):
        raise Rejected(RejectionCode.FEDERATION_HAS_NO_ACCOUNT)
    # Every book of both contracts in the one order, before the first is written.
    parties = {party for one in made for party in (one.lender, one.borrower)}
    heads.lock(conn, [store.book_for(COUNTY, party) for party in parties])
    return tuple(intercoop.match(conn, world, one, actor, grades).case for one in made)


def wishes(conn: sa.Connection, cooperatives: Sequence[str]) -> list[Case]:
    """What these villages offer and ask for, by their proven replicas, unmatched as yet."""
    return [
        wish
        for name in cooperatives
        for wish in store.in_states(conn, node_book(name), WISH, (OFFERED, REQUESTED))
        if not _answered(conn, wish.id)
    ]


def _must_be_posted(conn: sa.Connection, asked: Match) -> None:
    """A match that names a wish answers one that stands, and no more than it says."""
    named = ((asked.lender, asked.offer, OFFERED), (asked.borrower, asked.request, REQUESTED))
    for cooperative, name, state in named:
        if not name:
            continue
        wish = store.load(conn, node_book(cooperative), name)
        stands = wish is not None and wish.process == WISH and wish.state == state
        enough = wish is not None and stands and asked.amount <= int(wish.terms["amount"])
        if not enough or _answered(conn, name):
            raise Rejected(
                RejectionCode.WISH_NOT_POSTED, wish=name, state=wish.state if wish else "-",
                amount=show(asked.amount),
            )  # fmt: skip


def _answered(conn: sa.Connection, wish: str) -> bool:
    """Whether a match answers it: its village may not have followed that yet."""
    lookup = store.DatabaseLookup(conn, store.COUNTY_SCOPE)
    found = [one for link in ("offer", "request") for one in lookup.linked(PROCESS, link, wish)]
    return any(one.state not in UNFUNDED for one in found)


def part(conn: sa.Connection, world: World) -> list[str]:
    """End the contracts whose pair was declined or lapsed; a held lender has its money back."""
    ended = []
    for case in store.in_states(conn, store.COUNTY_SCOPE, PROCESS, ("proposed", "approved")):
        pair = store.load(conn, store.COUNTY_SCOPE, str(case.terms.get(PAIR, "")))
        if pair is not None and pair.state in UNFUNDED:
            intercoop.part(conn, world, case)
            ended.append(case.id)
    return ended


def set_aside_due(conn: sa.Connection, world: World, on: date) -> tuple[list[str], list[str]]:
    """Set aside what the federation repays tonight, as far as it is covered.

    What a borrower repays in the cycle to come goes on to its lender; what is due beyond that is
    paid from F 10201, the oldest first; what has no name yet is not in it. Called when the
    villages' own repayments are held. Returns the contracts paid into, and those that stay short.
    """
    budget = store.totals(conn, FEDERATION_BOOK, ["10201"])["10201"]
    paid_in: dict[str, int] = {}
    for item in settlement.due(conn):
        if item.payee == FEDERATION_BOOK:
            paid_in[item.case] = item.amount
            budget += item.amount
        elif item.payer == FEDERATION_BOOK:
            budget -= item.amount
    paid, short, passing = [], [], {}
    wanted = _wanted(conn, on, paid_in)
    # What a borrower repaid is its own lender's, however old another's debt is.
    for one in wanted:
        passing[one.case.id] = max(min(one.passed_on, budget), 0)
        budget -= passing[one.case.id]
    for one in wanted:
        passed_on = passing[one.case.id]
        more = max(min(one.owed - passed_on, budget), 0) if one.days_left <= 0 else 0
        budget -= more
        if amount := passed_on + more:
            act_id = f"{one.case.id}/own/{on.isoformat()}"
            intercoop.set_aside(conn, world, one.case, amount, act_id=act_id)
            paid.append(one.case.id)
        if one.days_left <= 0 and amount < one.owed:
            short.append(one.case.id)
    for case in store.in_states(conn, store.COUNTY_SCOPE, PROCESS, OWED):
        # One whose part payment is on its way is as late as it was.
        mine = case.parties["borrower"] == FEDERATION_BOOK
        if mine and case.id not in short and overdue_fen(case.terms, on):
            short.append(case.id)
    return paid, short


class _Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """One contract the federation should repay: what is owed, and what its pair brings (fen)."""

    case: Case
    days_left: int
    owed: int
    passed_on: int


def _wanted(conn: sa.Connection, on: date, paid_in: Mapping[str, int]) -> Sequence[_Wanted]:
    """What the federation owes and can pay into tonight, whoever waited longest first."""
    busy = settlement.in_cycles(conn)
    found = []
    for case in store.in_states(conn, store.COUNTY_SCOPE, PROCESS, OWED):
        if case.parties["borrower"] != FEDERATION_BOOK or case.id in busy:
            continue
        owed = sum(owed_on(case.terms, on)) - int(case.terms["aside"])
        days_left = (date.fromisoformat(str(case.terms["due_on"])) - on).days
        passed_on = min(owed, paid_in.get(str(case.terms[PAIR]), 0))
        if owed and (passed_on or days_left <= 0):
            found.append(_Wanted(case=case, days_left=days_left, owed=owed, passed_on=passed_on))
    return sorted(found, key=lambda one: (one.days_left, one.case.id))
