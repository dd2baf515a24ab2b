"""Lending between cooperatives (P4): match, sign, repay, suspend, waive, as the county's acts.

Called by intake (what a council said in its own book), console and the county close. Money moves
only by settlement. Sources R-026, R-075, R-076, P4.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec
import sqlalchemy as sa

from contracts.ids import FEDERATION_BOOK, custody_book, node_book
from contracts.ledger import Act, Actor
from contracts.rejections import RejectionCode
from journal import store
from journal.perform import Performed, World
from kernel.cases import Case
from kernel.errors import Rejected
from kernel.intercoop import OWED, OWN_FUND, PAIR, owed_on, terms_digest
from services.federation.cases.actors import SETTLEMENT
from services.federation.cases.county_acts import act_on
from services.federation.cases.voices import COUNCIL, MEETING, Voice, allow, heard
from services.federation.tables import cooperative

PROCESS = "intercoop"
WAIVE, WRITE_OFF, REPAY, SUSPEND = "waive", "write_off", "repay", "suspend"
LENDER, BORROWER = "lender", "borrower"
STOPS = "staff@federation"
"""Who suspends a late borrower, unless that is the federation: nobody judges his own default."""
GIVEN_UP = (WAIVE, WRITE_OFF)
"""Acts that give a debt up, each by a signature set of its own, under the debt as it stands."""
FEDERATION_NAME = ("联合社", "the federation")
"""What the federation is called where it is a party itself."""
_SPEAKERS = {WAIVE: (COUNCIL, MEETING)}
"""Act → who of a village may say it, where it is not the council alone."""


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """An offer and an ask that fit. Amount fen, rate ppm a month, term whole months.

    ``service_ppm`` is the federation's fee, once, of the principal. Where the federation (F) is
    lender or borrower, ``pair`` is its contract with the other village. ``offer`` and ``request``
    are the wishes it answers, where the villages posted any.
    """

    case: str
    lender: str
    borrower: str
    amount: int
    rate_ppm: int
    term_months: int
    service_ppm: int = 0
    pair: str = ""
    offer: str = ""
    request: str = ""


def match(
    conn: sa.Connection, world: World, asked: Match, actor: Actor, grades: Mapping[str, str]
) -> Performed:
    """Propose one loan and hold its money at the lender at once.

    Raises Rejected: see kernel.rules_intercoop.may_lend, and BALANCE_TOO_LOW.
    """
    villages = [one for one in (asked.lender, asked.borrower) if one != FEDERATION_BOOK]
    facts = {
        **{name: value for name, value in msgspec.structs.asdict(asked).items() if name != "case"},
        "grades": {one: grades.get(one, "") for one in villages},
        "own_fund": {one: own_fund(conn, one) for one in villages},
        # A village knows the other one by this alone.
        "names": _names(conn, villages),
    }
    for name in (PAIR, "offer", "request"):
        if not facts[name]:
            del facts[name]
    return act_on(
        conn, world, PROCESS, asked.case, "match", actor, facts,
        act_id=f"{asked.case}/match",
        parties={"lender": asked.lender, "borrower": asked.borrower},
    )  # fmt: skip


def own_fund(conn: sa.Connection, name: str) -> int:
    """The cooperative's own fund (fen) by its proven replica: 301+311+321+322+33201."""
    return sum(store.totals(conn, node_book(name), OWN_FUND).values())


def _names(conn: sa.Connection, villages: Sequence[str]) -> dict[str, list[str]]:
    """What the parties are called, in Chinese and in English."""
    row = cooperative.c
    query = sa.select(row.id, row.name, row.name_en).where(row.id.in_(villages)).order_by(row.id)
    names = {str(one): [str(zh), str(en or zh)] for one, zh, en in conn.execute(query)}
    return names if len(villages) == 2 else {**names, FEDERATION_BOOK: list(FEDERATION_NAME)}


def said(conn: sa.Connection, world: World, act: Act) -> Performed:
    """Take in what a council said about a case in its own book (process ``voice``).

    The side is the cooperative's own, whatever the act claims. Raises Rejected UNKNOWN_CASE,
    SIGNED_OTHER_TERMS, ROLE_NOT_ALLOWED, NOT_SUSPENDED, and what the act itself refuses.
    """
    voice, facts = heard(conn, act), act.facts
    case = voice.case
    allow(act, _SPEAKERS.get(voice.act, (COUNCIL,)))
    if voice.act == REPAY:
        # No lender takes its borrower's money by a word of its own.
        _only(voice, BORROWER, f"council@{BORROWER}")
        return set_aside(conn, world, case, int(facts["amount"]), act_id=voice.id)
    if voice.act == SUSPEND:
        _only(voice, LENDER, STOPS)
        late = {"reason": str(facts.get("minutes", "")), "said": voice.id}
        return act_on(conn, world, PROCESS, case.id, SUSPEND, act.actor, late, act_id=voice.id)
    if voice.act in GIVEN_UP:
        _must_be_suspended(case)
        said_so = {"terms": str(facts.get("terms", "")), "votes": facts.get("votes", {})}
        told = {**said_so, "said": voice.id}
        return act_on(conn, world, PROCESS, case.id, voice.act, voice.actor, told, act_id=voice.id)
    if facts.get("terms") != terms_digest(case.terms):
        raise Rejected(RejectionCode.SIGNED_OTHER_TERMS)
    actor = voice.actor if voice.act == "sign" else act.actor
    told = {"votes": facts.get("votes", {}), "said": voice.id}
    return act_on(conn, world, PROCESS, case.id, voice.act, actor, told, act_id=voice.id)


def _only(voice: Voice, side: str, needed: str) -> None:
    """One side alone may say it; that a borrower is late, only where the federation is it."""
    another = voice.act == SUSPEND and voice.case.parties[BORROWER] != FEDERATION_BOOK
    if voice.side != side or another:
        raise Rejected(
            RejectionCode.ROLE_NOT_ALLOWED, role=voice.actor.role, act=voice.act, needed=needed
        )


def _must_be_suspended(case: Case) -> None:
    """What is not late yet, or nobody has said so, is given up by no one (P4: the order of states).

    Raises Rejected NOT_SUSPENDED with who may suspend it, and from when on.
    """
    if case.state == "active":
        own = case.parties[BORROWER] == FEDERATION_BOOK
        raise Rejected(
            RejectionCode.NOT_SUSPENDED, case=case.id, due_on=case.terms["due_on"],
            needed=f"{STOPS}, council@{LENDER}" if own else STOPS,
        )  # fmt: skip


def sign(
    conn: sa.Connection, world: World, case: Case, actor: Actor, *, terms: str, act_id: str
) -> Performed:
    """A county signature (federation, poverty office) under the exact terms shown."""
    if terms != terms_digest(case.terms):
        raise Rejected(RejectionCode.SIGNED_OTHER_TERMS)
    return act_on(conn, world, PROCESS, case.id, "sign", actor, act_id=act_id)


def suspend(
    conn: sa.Connection, world: World, case: Case, act: str, actor: Actor, reason: str = ""
) -> Performed:
    """``suspend`` a borrower that is late, with a reason, or let it ``resume`` (federation).

    Raises Rejected NOT_OVERDUE, STILL_OWED, FACTS_INVALID without a reason.
    """
    facts = {"reason": reason} if reason else {}
    act_id = f"{case.id}/{act}/{case.step + 1}"
    return act_on(conn, world, PROCESS, case.id, act, actor, facts, act_id=act_id)


def give_up(
    conn: sa.Connection, world: World, case: Case, act: str, actor: Actor, *, terms: str
) -> Performed:
    """A county signature on a waiver or a write-off, under the debt as it was shown.

    Raises Rejected NOT_SUSPENDED, SIGNED_OTHER_TERMS when it is another by now,
    REPAYMENT_UNDER_WAY.
    """
    _must_be_suspended(case)
    return act_on(
        conn, world, PROCESS, case.id, act, actor, {"terms": terms},
        # One debt is signed once by each; what is owed later is signed for anew.
        act_id=f"{case.id}/{act}/{terms[:16]}/{actor.role}/{actor.operator}",
    )  # fmt: skip


def part(conn: sa.Connection, world: World, case: Case) -> Performed:
    """End a contract with the federation whose pair came to nothing.

    Raises Rejected PAIR_STILL_STANDS, ACT_NOT_ALLOWED_NOW once it is in a cycle.
    """
    return act_on(conn, world, PROCESS, case.id, "part", SETTLEMENT, act_id=f"{case.id}/part")


def begun(case: Case) -> tuple[str, ...]:
    """Acts that would give the debt of a case up and that somebody has signed already."""
    return tuple(act for act in GIVEN_UP if any(hand.act == act for hand in case.signed))


def set_aside(
    conn: sa.Connection, world: World, case: Case, amount: int, *, act_id: str
) -> Performed:
    """Hold a repayment (fen) in the borrower's sub-account for the next settlement.

    Raises Rejected BALANCE_TOO_LOW when more than owed or more than there is.
    """
    return act_on(
        conn, world, PROCESS, case.id, "set_aside", SETTLEMENT, {"amount": amount}, act_id=act_id
    )


def set_aside_due(conn: sa.Connection, world: World, on: date) -> tuple[list[str], list[str]]:
    """On and after the due date, hold what is owed as far as the borrowing village has it free.

    Returns the cases held for, and the cases that stay short (overdue).
    """
    held: list[str] = []
    short: list[str] = []
    for case in store.in_states(conn, store.COUNTY_SCOPE, PROCESS, OWED):
        borrower = case.parties["borrower"]
        if borrower == FEDERATION_BOOK or date.fromisoformat(str(case.terms["due_on"])) > on:
            continue
        owed = sum(owed_on(case.terms, on)) - int(case.terms["aside"])
        book = custody_book(borrower)
        amount = min(owed, store.totals(conn, book, ["80101"])["80101"])
        if amount > 0:
            set_aside(conn, world, case, amount, act_id=f"{case.id}/due/{on.isoformat()}")
            held.append(case.id)
        if amount < owed:
            short.append(case.id)
    return held, short
