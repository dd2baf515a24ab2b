"""Rules of what bank and county correct between them, and of the bank's two pairs of eyes.

Registered in kernel.rules; called by journal.perform. Pure. Amounts fen. A correction changes
nothing itself: what follows from it are acts of the guarantee, each under its own rule, so that
what a rule refuses stays refused. Sources P6.3, P6.5, L21.
"""

from datetime import date
from typing import Any

from contracts.codec import digest, encode
from contracts.facts.bank import (
    Correction,
    CorrectionAnswered,
    Lowered,
    Order,
    OrderReleased,
    OrderReturned,
    ReportReceived,
    Restated,
)
from contracts.money import show
from contracts.rejections import RejectionCode
from kernel.cases import Case
from kernel.claims import DEAD
from kernel.errors import Rejected
from kernel.facts import positive, read
from kernel.pool_agreement import the_agreement
from kernel.pool_lines import LINE_READS, Lines, line_keys
from kernel.rules import Asked, Outcome, rule
from kernel.rules_guarantee import own_bank

AMOUNTS = ("drawn", "repaid", "arrears_principal", "arrears_interest")
"""Fields in fen; the others are days or, the contract, text."""
DAYS = ("paid_on", "due_on", "arrears_since")


def value_of(line: Case, field: str) -> int | str:
    """What stands for a field of a line now: fen, or a day or number as text."""
    terms = line.terms
    if field == "drawn":
        return int(terms["drawn"])
    if field == "repaid":
        return sum(int(part) for part, _ in terms["repaid"])
    if field.startswith("arrears_"):
        name = field.removeprefix("arrears_")
        found = (terms.get("arrears") or {}).get(name, "" if name == "since" else 0)
        return found if isinstance(found, str) else int(found)
    return str(terms.get(field, ""))


def terms_of_order(terms: dict[str, Any]) -> str:
    """Hex digest of what a maker prepared: his checker releases exactly this (I14)."""
    said = [terms[name] for name in ("bank", "kind", "about", "content")]
    return digest("terms.bank_order", encode(said)).hex()


def terms_of_correction(terms: dict[str, Any]) -> str:
    """Hex digest of what a correction asks: what the other side agrees to."""
    said = [terms[name] for name in ("bank", "about", "field", "old", "new", "cause")]
    return digest("terms.correction", encode(said)).hex()


@rule()
def order_prepared(asked: Asked) -> Outcome:
    """The bank's maker prepares; raises UNKNOWN_CASE, NOT_YOUR_BANK."""
    facts = read(asked.facts, Order)
    about = asked.lookup.case(facts.about)
    if about is None:
        raise Rejected(RejectionCode.UNKNOWN_CASE, case=facts.about)
    _banks(about, facts.bank)
    return Outcome(terms={"digest": terms_of_order(asked.facts)})


@rule()
def two_pairs_of_eyes(asked: Asked) -> Outcome:
    """The checker releases exactly what was prepared, and is not who prepared it.

    Raises NOT_YOUR_BANK, SIGNED_OTHER_TERMS, SAME_PERSON.
    """
    facts = read(asked.facts, OrderReleased)
    own_bank(asked)
    if facts.terms != asked.case.terms["digest"]:
        raise Rejected(RejectionCode.SIGNED_OTHER_TERMS)
    if facts.by in {hand.person for hand in asked.case.hands}:
        raise Rejected(RejectionCode.SAME_PERSON, person=facts.by)
    return Outcome()


@rule()
def order_returned(asked: Asked) -> Outcome:
    """An order goes back with a reason; raises NOT_YOUR_BANK, FACTS_INVALID without one."""
    facts = read(asked.facts, OrderReturned)
    own_bank(asked)
    if not facts.reason.strip():
        raise Rejected(RejectionCode.FACTS_INVALID, where="reason", problem="missing")
    return Outcome(terms={"returned_for": facts.reason})


@rule()
def report_taken(asked: Asked) -> Outcome:
    """A month's report came in whole; one sent again stands beside it under its own name."""
    facts = read(asked.facts, ReportReceived)
    own_bank(asked)
    return Outcome(
        terms={
            "report": facts.report,
            "rows": facts.rows,
            "total": facts.total,
            "received_on": asked.today.isoformat(),
        }
    )


@rule()
def correctable(asked: Asked) -> Outcome:
    """A correction that may be asked for.

    Raises, most basic first: FACTS_INVALID, LINE_UNKNOWN, NOT_YOUR_BANK, ACT_NOT_ALLOWED_NOW,
    CORRECTION_AFTER_CLAIM, CORRECTION_WAITS, CORRECTION_OLD_DIFFERS.
    """
    facts = read(asked.facts, Correction)
    _line(asked, facts)
    for other in asked.lookup.linked("correction", "about", facts.about):
        if other.state.startswith("asked") and other.terms["field"] == facts.field:
            raise Rejected(RejectionCode.CORRECTION_WAITS, correction=other.id)
    return Outcome(terms={"digest": terms_of_correction(asked.facts)})


@rule()
def agreed_correction(asked: Asked) -> Outcome:
    """The other side agrees to what it was shown, and the old value still stands.

    Raises SIGNED_OTHER_TERMS and what ``correctable`` raises.
    """
    answered = read(asked.facts, CorrectionAnswered)
    if answered.terms != asked.case.terms["digest"]:
        raise Rejected(RejectionCode.SIGNED_OTHER_TERMS)
    names = Correction.__struct_fields__
    _line(asked, read({k: v for k, v in asked.case.terms.items() if k in names}, Correction))
    return Outcome()


def _line(asked: Asked, facts: Correction) -> Case:
    """The line a correction is about, when it may still be corrected as asked."""
    _shape(facts)
    line = asked.lookup.case(facts.about)
    if line is None or line.process != "guarantee" or line.parties != asked.case.parties:
        raise Rejected(RejectionCode.LINE_UNKNOWN, line=facts.about)
    _banks(line, facts.bank)
    if line.state != "running":
        raise Rejected(
            RejectionCode.ACT_NOT_ALLOWED_NOW, state=line.state, act="restate", allowed="-"
        )
    for claim in asked.lookup.linked("claim", "guarantee", line.id):
        if claim.state not in DEAD:
            raise Rejected(RejectionCode.CORRECTION_AFTER_CLAIM, claim=claim.id, state=claim.state)
    stands = value_of(line, facts.field)
    if stands != facts.old:
        raise Rejected(
            RejectionCode.CORRECTION_OLD_DIFFERS,
            field=facts.field,
            told=_told(facts.field, facts.old),
            stands=_told(facts.field, stands),
        )
    return line


def _shape(facts: Correction) -> None:
    """Old and new are of the field's own kind, and differ."""
    for name, value in (("old", facts.old), ("new", facts.new)):
        fits = isinstance(value, int) == (facts.field in AMOUNTS)
        if fits and isinstance(value, int):
            fits = value >= 0
        elif fits and facts.field in DAYS:
            fits = _is_day(str(value)) or (facts.field == "arrears_since" and not value)
        elif fits:
            fits = len(str(value)) <= 60
        if not fits:
            raise Rejected(RejectionCode.FACTS_INVALID, where=name, problem=str(value)[:40])
    if facts.old == facts.new:
        raise Rejected(RejectionCode.FACTS_INVALID, where="new", problem="= old")


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _told(field: str, value: int | str) -> str:
    return show(value) if field in AMOUNTS and isinstance(value, int) else str(value) or "-"


def _banks(case: Case, bank: str) -> None:
    if case.terms.get("bank") != bank:
        raise Rejected(RejectionCode.NOT_YOUR_BANK, bank=bank, case=case.id)


@rule(running="904", **LINE_READS)
def less_was_paid(asked: Asked) -> Outcome:
    """Less was paid out than had been told: the difference frees the line.

    Raises NOT_YOUR_BANK, AMOUNT_NOT_POSITIVE, MORE_THAN_OWED when it was repaid already.
    """
    read(asked.facts, Lowered)
    own_bank(asked)
    amount, terms = positive(asked.facts), asked.case.terms
    if amount > asked.balance["running"]:
        raise Rejected(
            RejectionCode.MORE_THAN_OWED, asked=show(amount), owed=show(asked.balance["running"])
        )
    agreement = the_agreement(asked, str(terms["agreement"]))
    return Outcome(
        amounts=Lines(asked, agreement).give_back(amount),
        terms={
            "drawn": int(terms["drawn"]) - amount,
            "payouts": [*terms.get("payouts", ()), [-amount, str(terms["paid_on"])]],
        },
        keys=line_keys(agreement),
    )


@rule(**LINE_READS)
def less_was_repaid(asked: Asked) -> Outcome:
    """Less was repaid than had been told: it is guaranteed again, where the line has room.

    Raises NOT_YOUR_BANK, AMOUNT_NOT_POSITIVE, MORE_THAN_OWED, LINE_USED_UP; the database refuses
    beyond the line whatever is read here (BALANCE_TOO_LOW).
    """
    read(asked.facts, Lowered)
    own_bank(asked)
    amount, terms = positive(asked.facts), asked.case.terms
    told = int(value_of(asked.case, "repaid"))
    if amount > told:
        raise Rejected(RejectionCode.MORE_THAN_OWED, asked=show(amount), owed=show(told))
    agreement = the_agreement(asked, str(terms["agreement"]))
    for whose, free in Lines(asked, agreement).free().items():
        if amount > free:
            raise Rejected(
                RejectionCode.LINE_USED_UP, whose=whose, asked=show(amount), free=show(free)
            )
    return Outcome(
        amounts={"amount": amount},
        terms={"repaid": [*terms["repaid"], [-amount, asked.today.isoformat()]]},
        keys=line_keys(agreement),
    )


@rule()
def restated(asked: Asked) -> Outcome:
    """A corrected day or contract number; raises FACTS_INVALID for days out of order."""
    facts = read(asked.facts, Restated)
    own_bank(asked)
    terms = asked.case.terms
    said = {
        "paid_on": facts.paid_on.isoformat() if facts.paid_on else str(terms["paid_on"]),
        "due_on": facts.due_on.isoformat() if facts.due_on else str(terms["due_on"]),
        "contract": str(terms["contract"]) if facts.contract is None else facts.contract,
    }
    since = str((terms.get("arrears") or {}).get("since", ""))
    last = min(str(terms["draw_until"]), asked.today.isoformat(), since or "9999-12-31")
    first = str(terms["sent_on"])
    if not first <= said["paid_on"] <= last:
        raise Rejected(
            RejectionCode.PAID_OUTSIDE_LETTER, paid_on=said["paid_on"], first=first, until=last
        )
    if said["due_on"] <= said["paid_on"]:
        raise Rejected(RejectionCode.FACTS_INVALID, where="due_on", problem=said["due_on"])
    return Outcome(terms=said)
