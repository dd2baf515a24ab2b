"""Rules of one guarantee line: head-room, letter, payout, arrears, give-back (P6.3).

Registered in kernel.rules; called by journal.perform under the locks of K(i) and K(0). Pure.
Amounts fen. Sources R-083, R-086…R-088, P6.3, targets.md I6.
"""

from datetime import date, timedelta

from contracts.facts.guarantees import (
    Arrears,
    BankLoanApply,
    BankPaid,
    BankRepaid,
    LineSent,
    Reserve,
)
from contracts.money import show
from contracts.rejections import RejectionCode
from kernel.cases import Case
from kernel.errors import Rejected, ensure
from kernel.facts import positive, read
from kernel.pool import LIVE
from kernel.pool_agreement import COVENANTS, agreed, the_agreement
from kernel.pool_lines import LINE_READS, Lines, line_keys
from kernel.rules import Asked, Lookup, Outcome, rule
from kernel.rules_application import application_of, live_guarantees, size_faults

PINNED = ("agreement", "version", "digest", *COVENANTS)


@rule(**LINE_READS)
def eligible(asked: Asked) -> Outcome:
    """Reserve head-room for one cleared application, with the reason of every check recorded.

    Raises AGREEMENT_NOT_OPEN, GRADE_NOT_ALLOWED, APPLICATION_NOT_READY, OVER_GUARANTEE_CAP,
    TERM_TOO_LONG, BORROWER_TWICE, LINE_USED_UP; the database refuses beyond the line whatever is
    read here (BALANCE_TOO_LOW).
    """
    facts = read(asked.facts, Reserve)
    agreement = agreed(asked, facts.agreement)
    found = _ready(asked, facts, agreement)
    application = application_of(found)
    headroom = Lines(asked, agreement).free()
    for whose, free in headroom.items():
        if application.amount > free:
            raise Rejected(
                RejectionCode.LINE_USED_UP,
                whose=whose,
                asked=show(application.amount),
                free=show(free),
            )
    terms = agreement.terms
    return Outcome(
        amounts={"amount": application.amount},
        terms={
            "amount": application.amount,
            "person": application.person,
            "member": application.member,
            "group": application.group,
            "purpose": application.purpose,
            "term_months": application.term_months,
            "bank": terms["bank"],
            "pinned": {"agreement": agreement.id, **{n: terms[n] for n in PINNED[1:]},
                       "variant": terms["variant"]},
            "drawn": 0,
            "repaid": [],
            "reasons": _reasons(facts, application, agreement, headroom, found),
        },
        keys=line_keys(agreement),
    )  # fmt: skip


def _ready(asked: Asked, facts: Reserve, agreement: Case) -> Case:
    """The village's application, gone through its whole procedure and in no other guarantee."""
    own = asked.case.parties["coop"]
    allowed = tuple(agreement.terms["grades"])
    if facts.grade not in allowed:
        raise Rejected(
            RejectionCode.GRADE_NOT_ALLOWED,
            cooperative=own,
            grade=facts.grade or "-",
            needed="/".join(allowed),
        )
    found = asked.lookup.village(own).case(facts.application)
    if found is None or found.process != "bank_loan" or found.state != "cleared":
        raise Rejected(
            RejectionCode.APPLICATION_NOT_READY,
            application=facts.application,
            state=found.state if found else "-",
        )
    application = application_of(found)
    for refusal in size_faults(application.amount, application.term_months, agreement):
        raise refusal
    taken = live_guarantees(asked.lookup, application.person)
    for other in (*taken, *_spent(asked.lookup, facts.application)):
        raise Rejected(RejectionCode.BORROWER_TWICE, person=application.person, case=other.id)
    return found


def _spent(lookup: Lookup, application: str) -> list[Case]:
    """An application that was answered already is spent; a released or refused line may return."""
    found = lookup.linked("guarantee", "application", application)
    return [one for one in found if one.state in (*LIVE, "ended")]


def _reasons(
    facts: Reserve,
    application: BankLoanApply,
    agreement: Case,
    headroom: dict[str, int],
    found: Case,
) -> list[list[str]]:
    """Each check with what was seen and what is allowed: it stands in the package (R-088)."""
    terms = agreement.terms
    votes = [hand for hand in found.hands if hand.act in ("sign", "vote") and hand.vote == "yes"]
    return [
        ["grade", facts.grade, "/".join(terms["grades"])],
        ["amount", show(application.amount), f"≤ {show(int(terms['loan_cap']))}"],
        ["term", str(application.term_months), f"≤ {terms['term_max']}"],
        ["group", application.group, f"{sum(h.act == 'sign' for h in votes)} signed"],
        ["council", str(found.terms.get("approved_on", "")),
         f"{sum(h.act == 'vote' for h in votes)} yes"],
        ["notice", found.since.isoformat() if found.since else "", "no objection open"],
        *[[f"headroom.{whose}", show(free), f"≥ {show(application.amount)}"]
          for whose, free in headroom.items()],
    ]  # fmt: skip


@rule()
def letter_dates(asked: Asked) -> Outcome:
    """The line goes out under a manifest: until when it may be paid, and until when it counts."""
    facts = read(asked.facts, LineSent)
    last = asked.today + timedelta(days=asked.policy.days("letter.draw_days"))
    until = last + timedelta(days=asked.policy.days("letter.grace_days"))
    return Outcome(
        terms={
            "manifest": facts.manifest,
            "sent_on": asked.today.isoformat(),
            "draw_until": last.isoformat(),
            "count_until": until.isoformat(),
        }
    )


@rule()
def banks_own(asked: Asked) -> Outcome:
    """Only the bank of the agreement speaks on its lines; raises NOT_YOUR_BANK."""
    own_bank(asked)
    return Outcome(terms={"bank_reason": str(asked.facts.get("reason", ""))})


def own_bank(asked: Asked) -> None:
    """Raise NOT_YOUR_BANK when the speaking bank is another than the case's."""
    bank = str(asked.facts.get("bank", ""))
    if bank != asked.case.terms["bank"]:
        raise Rejected(RejectionCode.NOT_YOUR_BANK, bank=bank, case=asked.case.id)


@rule(reserved="9041", **LINE_READS)
def all_reserved(asked: Asked) -> Outcome:
    """The whole reservation is given back: refused, withdrawn, expired."""
    return _unreserve(asked)


@rule(reserved="9041", **LINE_READS)
def unused(asked: Asked) -> Outcome:
    """What was not paid out by the letter's end plus the grace is free again."""
    return _unreserve(asked)


def _unreserve(asked: Asked) -> Outcome:
    if "bank" in asked.facts:
        own_bank(asked)
    agreement = the_agreement(asked, str(asked.case.terms["agreement"]))
    return Outcome(
        amounts=Lines(asked, agreement).give_back(asked.balance["reserved"]),
        terms={"bank_reason": str(asked.facts.get("reason", ""))},
        keys=line_keys(agreement),
    )


@rule(reserved="9041")
def in_letter(asked: Asked) -> Outcome:
    """The bank paid out: within the line's amount and the letter's days (P6.3).

    Raises NOT_YOUR_BANK, AMOUNT_NOT_POSITIVE, PAID_ABOVE_LINE, PAID_OUTSIDE_LETTER.
    """
    facts = read(asked.facts, BankPaid)
    own_bank(asked)
    amount = positive(asked.facts)
    terms = asked.case.terms
    if amount > asked.balance["reserved"]:
        left = show(asked.balance["reserved"])
        raise Rejected(RejectionCode.PAID_ABOVE_LINE, asked=show(amount), left=left)
    paid_on, sent, until = facts.paid_on.isoformat(), terms["sent_on"], terms["draw_until"]
    # A loan older than its letter would bring a risk the village never guaranteed.
    last = min(until, asked.today.isoformat())
    if not sent <= paid_on <= last:
        raise Rejected(RejectionCode.PAID_OUTSIDE_LETTER, paid_on=paid_on, first=sent, until=last)
    if facts.due_on <= facts.paid_on:
        problem = f"{facts.due_on} ≤ {paid_on}"
        raise Rejected(RejectionCode.FACTS_INVALID, where="due_on", problem=problem)
    agreement = the_agreement(asked, str(terms["agreement"]))
    return Outcome(
        amounts={"amount": amount},
        terms={
            "drawn": int(terms["drawn"]) + amount,
            "payouts": [*terms.get("payouts", ()), [amount, paid_on]],
            "paid_on": terms.get("paid_on") or paid_on,
            "due_on": facts.due_on.isoformat(),
            "contract": facts.contract,
        },
        keys=line_keys(agreement),
    )


@rule(running="904", **LINE_READS)
def given_back(asked: Asked) -> Outcome:
    """Principal repaid frees the line; raises NOT_YOUR_BANK, DAY_OUTSIDE, MORE_THAN_OWED."""
    facts = read(asked.facts, BankRepaid)
    own_bank(asked)
    amount, on = positive(asked.facts), facts.repaid_on.isoformat()
    _not_outside(asked, "repaid_on", on, after_days=0)
    if amount > asked.balance["running"]:
        raise Rejected(
            RejectionCode.MORE_THAN_OWED, asked=show(amount), owed=show(asked.balance["running"])
        )
    agreement = the_agreement(asked, str(asked.case.terms["agreement"]))
    return Outcome(
        amounts=Lines(asked, agreement).give_back(amount),
        terms={"repaid": [*asked.case.terms["repaid"], [amount, on]]},
        keys=line_keys(agreement),
    )


def _not_outside(asked: Asked, where: str, day: str, *, after_days: int) -> None:
    paid_on = date.fromisoformat(asked.case.terms["paid_on"])
    first, last = str(paid_on + timedelta(days=after_days)), str(asked.today)
    if not first <= day <= last:
        raise Rejected(RejectionCode.DAY_OUTSIDE, where=where, day=day, first=first, last=last)


@rule(running="904")
def in_arrears(asked: Asked) -> Outcome:
    """The bank reports arrears, or that they were made good; the claim's clock starts here."""
    facts = read(asked.facts, Arrears)
    own_bank(asked)
    if facts.principal > asked.balance["running"]:
        owed = show(asked.balance["running"])
        raise Rejected(RejectionCode.MORE_THAN_OWED, asked=show(facts.principal), owed=owed)
    since = facts.since.isoformat() if facts.since and facts.principal else ""
    if since:
        _not_outside(asked, "since", since, after_days=1)
    return Outcome(
        terms={"arrears": {"since": since, "principal": facts.principal,
                           "interest": facts.interest}}
    )  # fmt: skip


@rule(running="904", reserved="9041")
def nothing_guaranteed(asked: Asked) -> Outcome:
    """A guarantee ends when nothing runs and nothing is reserved; raises STILL_OWED."""
    left = asked.balance["running"] + asked.balance["reserved"]
    ensure(left >= 0, "guaranteed_is_not_negative", case=asked.case.id)
    if left:
        raise Rejected(RejectionCode.STILL_OWED, owed=show(left))
    return Outcome()
