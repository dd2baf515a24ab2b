"""Rules of a claim (代偿): clock, papers, guarantors first, layers in order (P6.5).

Registered in kernel.rules; called by journal.perform with K(i) and K(0) locked. Pure. Amounts fen.
A guarantee keeps the terms of the agreement's version it was written under. Sources R-089, R-054,
E1, E1c, E2, targets.md I13.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from contracts.facts.guarantees import ClaimAccept, ClaimChecked, ClaimNotice, GuarantorsPaid
from contracts.ledger import Line
from contracts.money import show
from contracts.rejections import RejectionCode
from kernel import pool
from kernel.cases import Case
from kernel.claims import DEAD, PAPERS, READS, by_member, claim_keys, loss_of, told
from kernel.errors import Rejected, ensure
from kernel.facts import positive, read
from kernel.pool_agreement import funds, line, terms_from, the_agreement
from kernel.pool_lines import LINE_READS, Lines, line_keys
from kernel.rules import Asked, Outcome, rule
from kernel.rules_guarantee import own_bank

GUARANTORS = "guarantors"
"""The layer that stands before the pool: nothing of it is frozen, it lowers the claim."""
DIGEST_HEX = 64
"""Characters of a SHA-256 in hex."""


@rule(running="904.*")
def claimable(asked: Asked) -> Outcome:
    """A notice that may be checked.

    Raises, most basic first: CLAIM_NOT_COVERED, NOT_YOUR_BANK, CLAIM_TWICE, DOCUMENT_CHANGED,
    CLAIM_PAPERS_MISSING, CLAIM_PAPERS_ALIKE, CLAIM_WITHOUT_ARREARS, CLAIM_TOO_EARLY,
    CLAIM_TOO_LATE, CLAIM_ABOVE_COVER.
    """
    facts = read(asked.facts, ClaimNotice)
    guarantee = asked.lookup.case(facts.guarantee)
    if (
        guarantee is None
        or guarantee.process != "guarantee"
        or guarantee.parties != asked.case.parties
        or not guarantee.terms.get("paid_on")
    ):
        raise Rejected(RejectionCode.CLAIM_NOT_COVERED, guarantee=facts.guarantee)
    if facts.bank != guarantee.terms["bank"]:
        raise Rejected(RejectionCode.NOT_YOUR_BANK, bank=facts.bank, case=guarantee.id)
    for other in asked.lookup.linked("claim", "guarantee", guarantee.id):
        if other.state not in DEAD:
            raise Rejected(RejectionCode.CLAIM_TWICE, claim=other.id, state=other.state)
    if facts.manifest != guarantee.terms["manifest"]:
        raise Rejected(RejectionCode.DOCUMENT_CHANGED, paper="manifest")
    _four_papers(facts.papers)
    _clock(asked, guarantee)
    cover = asked.rows["running"].get(guarantee.id, 0)
    if not 0 < facts.amount <= cover:
        raise Rejected(RejectionCode.CLAIM_ABOVE_COVER, asked=show(facts.amount), cover=show(cover))
    return Outcome(
        terms={
            "agreement": guarantee.terms["agreement"],
            "pinned": guarantee.terms["pinned"],
            "member": guarantee.terms["member"],
            "noticed": facts.amount,
            "check_by": _within(asked, guarantee.terms, "check_days"),
            "guarantors": 0,
            "guarantors_first": _guarantors_first(asked, guarantee),
            "guarantors_told": "",
            "checked": False,
        }
    )


def _guarantors_first(asked: Asked, guarantee: Case) -> bool:
    """Whether the order of layers begins with guarantors and the loan has any (R-054, P6.5)."""
    if GUARANTORS not in guarantee.terms["pinned"]["layers"]:
        return False
    village = asked.lookup.village(asked.case.parties["coop"])
    application = village.case(str(guarantee.terms["application"]))
    if application is None:
        return True
    group = village.case(str(application.terms["group"]))
    others = group.terms["group_member"] if group else ()
    return any(member != guarantee.terms["member"] for member in others)


def _within(asked: Asked, terms: Mapping[str, Any], days: str) -> str:
    """ISO day until which the agreement's own business days, counted from today, give time."""
    allowed = int(terms["pinned"][days])
    return asked.calendar.add_business_days(asked.today, allowed).isoformat()


def _four_papers(papers: Mapping[str, str]) -> None:
    """Each paper is there and is a file of its own: one file proves one thing, not four."""
    missing = [name for name in PAPERS if len(papers.get(name, "")) != DIGEST_HEX]
    if missing:
        raise Rejected(RejectionCode.CLAIM_PAPERS_MISSING, papers=", ".join(missing))
    files = [papers[name].lower() for name in PAPERS]
    alike = [name for name, file in zip(PAPERS, files, strict=True) if files.count(file) > 1]
    if alike:
        raise Rejected(RejectionCode.CLAIM_PAPERS_ALIKE, papers=", ".join(alike))


def _clock(asked: Asked, guarantee: Case) -> None:
    """Between the waiting days and the last day of the right to claim, from the first arrears."""
    arrears: Mapping[str, Any] = guarantee.terms.get("arrears") or {}
    since = str(arrears.get("since", ""))
    wait = int(guarantee.terms["pinned"]["wait_days"])
    if not since:
        raise Rejected(RejectionCode.CLAIM_WITHOUT_ARREARS, days=wait)
    first = date.fromisoformat(since) + timedelta(days=wait)
    last = first + timedelta(days=asked.policy.days("claim.late_days"))
    if asked.today < first:
        raise Rejected(RejectionCode.CLAIM_TOO_EARLY, first=first, days=wait)
    if asked.today > last:
        raise Rejected(RejectionCode.CLAIM_TOO_LATE, last=last)


@rule()
def checked(asked: Asked) -> Outcome:
    """The federation has looked at every paper; only a complete list lets the committee accept."""
    facts = read(asked.facts, ClaimChecked)
    complete = all(facts.papers.get(name) for name in PAPERS)
    return Outcome(terms={"checked": complete, "checklist": facts.papers, "remark": facts.remark})


@rule(running="904.*", **LINE_READS)
def guarantors_paid(asked: Asked) -> Outcome:
    """What the joint guarantors paid the bank lowers the claim and what is guaranteed (R-054).

    0 tells that they were called and paid nothing. Raises NOT_YOUR_BANK, AMOUNT_NOT_POSITIVE below
    0, MORE_THAN_OWED.
    """
    facts = read(asked.facts, GuarantorsPaid)
    own_bank(asked)
    amount, terms = facts.amount, asked.case.terms
    if amount < 0:
        raise Rejected(RejectionCode.AMOUNT_NOT_POSITIVE, what="amount")
    if amount > int(terms["amount"]):
        raise Rejected(
            RejectionCode.MORE_THAN_OWED, asked=show(facts.amount), owed=show(int(terms["amount"]))
        )
    agreement = the_agreement(asked, str(terms["agreement"]))
    return Outcome(
        amounts={"amount": amount, **Lines(asked, agreement).give_back(amount)},
        terms={
            "amount": int(terms["amount"]) - amount,
            "guarantors": int(terms["guarantors"]) + amount,
            "guarantors_told": asked.today.isoformat(),
        },
        keys={**line_keys(agreement), "loan": str(terms["guarantee"])},
    )


@rule("principal", running="904.*", **READS)
def layers(asked: Asked) -> Outcome:
    """The committee accepts: the layers freeze, line and guaranteed balance fall in one act.

    Part acceptance is a smaller ``principal``. Raises CLAIM_NOT_CHECKED, GUARANTORS_NOT_CALLED,
    CLAIM_ABOVE_COVER.
    """
    facts = read(asked.facts, ClaimAccept)
    terms = asked.case.terms
    if not terms["checked"]:
        raise Rejected(RejectionCode.CLAIM_NOT_CHECKED, claim=asked.case.id)
    if terms.get("guarantors_first") and not terms["guarantors_told"]:
        raise Rejected(RejectionCode.GUARANTORS_NOT_CALLED, claim=asked.case.id)
    cover = min(int(terms["amount"]), asked.rows["running"].get(str(terms["guarantee"]), 0))
    if not 0 < facts.principal <= cover:
        raise Rejected(
            RejectionCode.CLAIM_ABOVE_COVER, asked=show(facts.principal), cover=show(cover)
        )
    agreement = the_agreement(asked, str(terms["agreement"]))
    have = funds(asked)
    member = str(terms["member"])
    loss = pool.borne(terms_from(terms["pinned"]), have, facts.principal, member)
    lines = Lines(asked, agreement)
    moved = lines.give_back(facts.principal)
    moved |= lines.move(line(agreement, _after(have, loss, member)) - line(agreement, have))
    amounts = {
        "own_deposit": loss.own_deposit, "stake": loss.stake, "match": loss.match, **moved,
    }  # fmt: skip
    keys = {**line_keys(agreement), "guarantee": str(terms["guarantee"])}
    return Outcome(
        lines=by_member(asked, loss.others, amounts, {**keys, "member": member}, "others"),
        terms={
            **told(loss),
            "accepted_on": asked.today.isoformat(),
            # A bounce does not lengthen it: the bank was promised its money by this day.
            "pay_by": _within(asked, terms, "pay_days"),
            "got_back": {},
            "recovered": 0,
            "share_due": 0,
            "share_in": 0,
        },
    )


def _after(have: pool.Funds, loss: pool.Loss, member: str) -> pool.Funds:
    """The free pool money once the layers are frozen."""
    taken = {**loss.others, member: loss.own_deposit}
    return pool.Funds(
        stake=have.stake - loss.stake,
        match=have.match - loss.match,
        deposits={name: fen - taken.get(name, 0) for name, fen in have.deposits.items()},
    )


@rule()
def frozen_layers(asked: Asked) -> Outcome:
    """The bank has its money: what was frozen leaves the pool, and the co-op's claim to it begins.

    ``facts.amount`` is the bank line's; raises MORE_THAN_OWED when it is another sum.
    """
    return Outcome(
        lines=_paid_lines(asked, loss_of(asked.case)),
        terms={"paid_on": asked.value_date.isoformat()},
    )


@rule()
def claim_came_back(asked: Asked) -> Outcome:
    """The bank sent a paid claim back whole: frozen as before, and filed once more.

    Raises MORE_THAN_OWED for another sum, or once a recovery was told.
    """
    terms, loss = asked.case.terms, loss_of(asked.case)
    if terms["recovered"]:
        raise Rejected(
            RejectionCode.MORE_THAN_OWED, asked=show(positive(asked.facts)), owed=show(0)
        )
    return Outcome(
        lines=_paid_lines(asked, loss), terms={"filing": int(terms.get("filing", 1)) + 1}
    )


def _paid_lines(asked: Asked, loss: pool.Loss) -> tuple[Line, ...]:
    """Everything the pool pays, by whose it was; raises MORE_THAN_OWED for another sum."""
    amount = positive(asked.facts)
    if amount != loss.pool:
        raise Rejected(RejectionCode.MORE_THAN_OWED, asked=show(amount), owed=show(loss.pool))
    amounts = {"own_deposit": loss.own_deposit, "stake": loss.stake, "match": loss.match}
    keys = {**claim_keys(asked), "member": str(asked.case.terms["member"])}
    return by_member(asked, loss.others, amounts, keys, "others")


@rule()
def nothing_to_pay(asked: Asked) -> Outcome:
    """An empty pool pays nothing: the claim is settled and the rest is the bank's loss (P6.5)."""
    loss = loss_of(asked.case)
    ensure(loss.pool == 0, "only_an_empty_pool_settles_without_paying", claim=asked.case.id)
    return Outcome(terms={"paid_on": asked.today.isoformat()})
