"""Rules of P1: joining, paying in, leaving, expelling and the refund at par (R-002…R-006, R-067).

Registered in kernel.rules; called by journal.perform under the lock. Pure. Amounts are fen.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from contracts.facts.membership import MemberApply, MemberMark
from contracts.ids import node_book
from contracts.ledger import Line
from contracts.money import show
from contracts.rejections import RejectionCode
from kernel.calendar import months_after
from kernel.cases import Case, keys
from kernel.errors import Rejected
from kernel.facts import positive, read
from kernel.loans import OPEN, OWN, SHUANGDAO
from kernel.rules import Asked, Outcome, rule
from kernel.ties import open_items, own_loans

GONE = ("withdrawn", "left")
"""States in which a household has no member any more."""
UNDER_WAY = (("loan", "instructed"), ("member", "refunding"), ("suspense", "asked"))
"""Where a village has asked for money that has not left its account yet."""
ACTIVE = "active"
CARD_DIGITS = range(16, 20)
"""How long the number on a bank card is."""
SHARES = {"share": OWN, "shuangdao": SHUANGDAO}
"""Amount names of membership money → the funding it is (30101, 30102)."""


@rule()
def one_per_household(asked: Asked) -> Outcome:
    """One member record per household and per person (R-002); flags start the record.

    Raises FACTS_INVALID, HOUSEHOLD_HAS_MEMBER.
    """
    facts = read(asked.facts, MemberApply)
    if facts.level < 1:
        raise Rejected(RejectionCode.FACTS_INVALID, where="level", problem="1…")
    if facts.card.isdigit() and len(facts.card) in CARD_DIGITS:
        # Books are kept for ever and read by the county: a number in one is never taken out.
        problem = "a token of the card, never its number"
        raise Rejected(RejectionCode.FACTS_INVALID, where="card", problem=problem)
    one_per_household_of(asked, facts.household, facts.person)
    return Outcome(terms={"level": facts.level, "level_on": asked.today.isoformat()})


def one_per_household_of(asked: Asked, household: str, person: str) -> None:
    """Nobody else is a member for this household or person; raises HOUSEHOLD_HAS_MEMBER."""
    for name, value in (("household", household), ("person", person)):
        if not value:
            raise Rejected(RejectionCode.FACTS_INVALID, where=name, problem="empty")
        for other in asked.lookup.linked("member", name, value):
            if other.state not in GONE:
                raise Rejected(
                    RejectionCode.HOUSEHOLD_HAS_MEMBER, household=household, member=other.id
                )


@rule("poor", "wealthy", "level")
def marked(asked: Asked) -> Outcome:
    """The flags as council and township decided them, and a credit level put right (R-005)."""
    facts = read(asked.facts, MemberMark)
    terms: dict[str, Any] = {"poor": facts.poor, "wealthy": facts.wealthy}
    if facts.level is not None:
        if facts.level < 1:
            raise Rejected(RejectionCode.FACTS_INVALID, where="level", problem="1…")
        terms |= {"level": facts.level, "level_on": asked.today.isoformat()}
    return Outcome(terms=terms)


@rule()
def whole_amount(asked: Asked) -> Outcome:
    """The amount custody moved, whole: a share in, money in suspense paid back or come back.

    双到 money keeps its own funding from the day it is paid in (R-068, decision 0035).
    """
    terms: dict[str, Any] = {}
    if asked.act.startswith("pay_in") and "joined_on" not in asked.case.terms:
        terms["joined_on"] = asked.value_date.isoformat()
    return Outcome(
        amounts={"amount": positive(asked.facts)},
        terms=terms,
        keys=_item(asked),
        funding=SHUANGDAO if asked.act == "pay_in_shuangdao" else OWN,
    )


@rule(share="30101", shuangdao="30102", deposit="21102", claims="907.*")
def free_to_leave(asked: Asked) -> Outcome:
    """Leaving waits until nothing is open (R-003); then the share becomes due back (23503).

    What is open, kernel.ties says. Raises NOT_FREE_TO_LEAVE with everything that is open,
    TOO_EARLY before ``leave.min_months``.
    """
    open_things = open_items(asked)
    if open_things:
        raise Rejected(RejectionCode.NOT_FREE_TO_LEAVE, open="; ".join(open_things))
    joined = asked.case.terms.get("joined_on")
    if joined:
        months = asked.policy.months("leave.min_months")
        first = months_after(date.fromisoformat(joined), months)
        if asked.today < first:
            raise Rejected(RejectionCode.TOO_EARLY, from_date=first.isoformat(), act=asked.act)
    return _share_out(asked)


@rule()
def share_asked(asked: Asked) -> Outcome:
    """The member stays: what was asked back becomes share again, as it was."""
    asked_back = asked.case.terms["asked_back"]
    amounts = {name: int(asked_back[name]) for name in SHARES}
    return Outcome(lines=_shares(asked, amounts), terms={"asked_back": None})


@rule(share="30101", shuangdao="30102")
def expelled_share(asked: Asked) -> Outcome:
    """The share becomes due back; it is first set off against own overdue debt (P1.3, PD).

    The set-off is an act of the loan, which knows what is owed.
    """
    return _share_out(asked)


@rule(due="23503", bank="10201#")
def refund_due(asked: Asked) -> Outcome:
    """The whole share due back, at par, asked for as one payment (R-067).

    双到 money goes back to its household out of its own funding (P1.2). An expelled member's own
    loans come first. Raises AMOUNT_NOT_POSITIVE, NOT_FREE_TO_LEAVE, BALANCE_TOO_LOW (a courtesy:
    custody takes the hold that decides).
    """
    debts = [case.id for case in own_loans(asked) if case.state in OPEN]
    if debts:
        raise Rejected(RejectionCode.NOT_FREE_TO_LEAVE, open="; ".join(debts))
    amount = asked.balance["due"]
    if amount <= 0:
        raise Rejected(RejectionCode.AMOUNT_NOT_POSITIVE, what="23503")
    parts = {SHUANGDAO: min(shuangdao_due(asked.case), amount)}
    parts[OWN] = amount - parts[SHUANGDAO]
    for funding, part in parts.items():
        courtesy(asked, part, funding)
    pay = {
        "amount": amount,
        "person": asked.case.terms["person"],
        "recipe": "member.refund",
        "back": "member.refund_back",
        "keys": {"member": asked.case.id},
        "funding": OWN,
        "parts": parts,
    }
    return Outcome(terms={"pay": pay})


@rule()
def refund_moved(asked: Asked) -> Outcome:
    """The refund has left the account, or has come back: each part in its own funding (R-067).

    The whole amount asked for or nothing; raises FACTS_INVALID for another.
    """
    pay = asked.case.terms["pay"]
    amount = positive(asked.facts)
    if amount != pay["amount"]:
        raise Rejected(
            RejectionCode.FACTS_INVALID,
            where="amount",
            problem=f"{show(amount)} ≠ {show(pay['amount'])}",
        )
    own = keys(asked.case)
    return Outcome(
        lines=tuple(
            Line(amounts={"amount": int(part)}, keys=own, funding=funding)
            for funding, part in sorted(pay["parts"].items())
            if part
        )
    )


def shuangdao_due(member: Case) -> int:
    """How much of what is due back to a member (23503) is 双到 money: never set off (P1.3)."""
    return int((member.terms.get("asked_back") or {}).get("shuangdao", 0))


@rule(due="23503")
def nothing_to_refund(asked: Asked) -> Outcome:
    """An expelled member whose whole share was set off has left; raises STILL_OWED."""
    if asked.balance["due"]:
        raise Rejected(RejectionCode.STILL_OWED, owed=show(asked.balance["due"]))
    return Outcome()


def courtesy(asked: Asked, amount: int, funding: str) -> None:
    """The cashier's own look at 10201 before he asks: what is there, less what is under way.

    Needs the read ``bank="10201#"``. Raises BALANCE_TOO_LOW.
    """
    have = asked.rows["bank"].get(funding, 0) - under_way(asked, funding)
    if have < amount:
        raise Rejected(
            RejectionCode.BALANCE_TOO_LOW,
            book=node_book(asked.case.parties["coop"]),
            account="10201",
            funding=funding,
            balance=show(have),
            asked=show(amount),
            floor=show(0),
        )


def under_way(asked: Asked, funding: str) -> int:
    """What the village has asked for out of one funding and custody has not paid yet (fen)."""
    asked_for = [
        other.terms["pay"]
        for process, state in UNDER_WAY
        for other in asked.lookup.all(process, asked.case.parties["coop"])
        if other.state == state
    ]
    parts = [pay.get("parts") or {pay["funding"]: pay["amount"]} for pay in asked_for]
    return sum(int(part.get(funding, 0)) for part in parts)


def _share_out(asked: Asked) -> Outcome:
    amounts = {name: asked.balance[name] for name in SHARES}
    return Outcome(lines=_shares(asked, amounts), terms={"asked_back": amounts})


def _shares(asked: Asked, amounts: Mapping[str, int]) -> tuple[Line, ...]:
    """A line a kind of share, each in its own funding."""
    own = keys(asked.case)
    return tuple(
        Line(amounts={name: amounts[name]}, keys=own, funding=funding)
        for name, funding in SHARES.items()
        if amounts[name]
    )


def _item(asked: Asked) -> dict[str, str]:
    """The suspense key, where the case is about money in suspense."""
    item = asked.case.terms.get("item")
    return {"item": item} if isinstance(item, str) else {}
