"""Rules of P4, lending between cooperatives: who may lend to whom, what is due, how it splits.

Registered in kernel.rules; called by journal.perform with both custody books locked. Pure.
Amounts fen, rates ppm a month. Sources R-026, R-075, R-076, P4, domain.md 1.13.
"""

from collections.abc import Mapping
from typing import Any

from contracts.facts.lending import LendingWish
from contracts.ids import FEDERATION_BOOK
from contracts.money import PPM, show
from contracts.rejections import RejectionCode
from kernel.calendar import months_after
from kernel.errors import Rejected, ensure
from kernel.facts import read
from kernel.intercoop import (
    LIVE,
    OWING,
    PAIR,
    PRINCIPAL,
    UNFUNDED,
    overdue_fen,
    owed_on,
    service_ppm,
)
from kernel.rules import Asked, Outcome, rule


@rule(lender_free="lender:80101")
def may_lend(asked: Asked) -> Outcome:
    """Every limit on one match, in the order switch, parties, rate, grade, floor, maxima.

    Facts: amount (fen), rate_ppm (a month), service_ppm (once), term_months, grades and own_fund
    per cooperative (the county's own reading of the proven replicas), pair. The limits are the
    villages': the federation (F) has none. Raises INTERCOOP_OFF, SAME_COOPERATIVE,
    NOT_THE_COUNTYS_MODE, LENDING_RING, BORROWER_OVERDUE, AMOUNT_NOT_POSITIVE, RATE_NOT_POSITIVE,
    TERM_TOO_LONG, GRADE_NOT_ALLOWED, LENDER_FLOOR, LEND_MAX, BORROW_MAX.
    """
    facts, policy = asked.facts, asked.policy
    lender, borrower, amount = facts["lender"], facts["borrower"], facts["amount"]
    if not policy.flag("intercoop.enabled"):
        raise Rejected(RejectionCode.INTERCOOP_OFF)
    if lender == borrower:
        raise Rejected(RejectionCode.SAME_COOPERATIVE)
    _fits_the_mode(asked)
    if ring := _ring(asked, lender, borrower):
        raise Rejected(RejectionCode.LENDING_RING, ring=" → ".join(ring))
    _repays_in_time(asked, borrower)
    if amount <= 0:
        raise Rejected(RejectionCode.AMOUNT_NOT_POSITIVE, what="amount")
    if facts["rate_ppm"] <= 0:
        raise Rejected(RejectionCode.RATE_NOT_POSITIVE)
    longest = policy.months("intercoop.max_term")
    if facts["term_months"] > longest:
        raise Rejected(RejectionCode.TERM_TOO_LONG, asked=facts["term_months"], longest=longest)
    allowed = policy.list("intercoop.grades")
    for cooperative in _villages(lender, borrower):
        grade = facts["grades"].get(cooperative, "")
        if grade not in allowed:
            raise Rejected(
                RejectionCode.GRADE_NOT_ALLOWED,
                cooperative=cooperative,
                grade=grade or "-",
                needed="/".join(allowed),
            )
    own = facts["own_fund"]
    if lender in own:
        left = asked.balance["lender_free"] - amount
        floor = own[lender] * policy.ppm("intercoop.lender_floor") // PPM
        if left < floor:
            raise Rejected(
                RejectionCode.LENDER_FLOOR, cooperative=lender, left=show(left), floor=show(floor)
            )
        _maximum(asked, "lender", lender, amount, own[lender], "intercoop.lend_max")
    if borrower in own:
        _maximum(asked, "borrower", borrower, amount, own[borrower], "intercoop.borrow_max")
    return Outcome(amounts={"principal": amount}, terms=_terms(facts))


def _villages(*parties: str) -> tuple[str, ...]:
    return tuple(one for one in parties if one != FEDERATION_BOOK)


def _fits_the_mode(asked: Asked) -> None:
    """P4.2: in one mode villages are each other's parties, in the other the federation is theirs.

    Raises NOT_THE_COUNTYS_MODE, SIGNED_OTHER_TERMS for another service fee than the county's.
    """
    facts, mode = asked.facts, asked.policy.text("intercoop.mode")
    between = len(_villages(facts["lender"], facts["borrower"])) == 1
    if between != (mode == PRINCIPAL) or between != bool(facts.get(PAIR)):
        raise Rejected(RejectionCode.NOT_THE_COUNTYS_MODE, mode=mode)
    if facts.get("service_ppm", 0) != service_ppm(asked.policy, facts["borrower"]):
        raise Rejected(RejectionCode.SIGNED_OTHER_TERMS)


def _ring(asked: Asked, lender: str, borrower: str) -> list[str]:
    """The way money lent now would come back to its lender by live loans; empty: it would not.

    Who lends to himself through others only lengthens two balances (I12); he repays instead.
    """
    ways = [[lender, borrower]]
    seen = {borrower}
    for way in ways:
        for loan in asked.lookup.linked("intercoop", "lender", way[-1]):
            onward = loan.parties["borrower"]
            if loan.state in OWING and onward == lender:
                return [*way, lender]
            if loan.state in OWING and onward not in seen:
                seen.add(onward)
                ways.append([*way, onward])
    return []


def _repays_in_time(asked: Asked, borrower: str) -> None:
    """Who owes another village past its day borrows no more until that is repaid (P4.5)."""
    for loan in asked.lookup.linked("intercoop", "borrower", borrower):
        late = overdue_fen(loan.terms, asked.today) if loan.state in OWING else 0
        if late or loan.state in ("suspended", "written_off"):
            raise Rejected(
                RejectionCode.BORROWER_OVERDUE,
                cooperative=borrower,
                case=loan.id,
                due_on=loan.terms["due_on"],
                owed=show(sum(owed_on(loan.terms, asked.today))),
            )


def _maximum(
    asked: Asked, side: str, cooperative: str, amount: int, own: int, parameter: str
) -> None:
    """Lent or borrowed in all, in-flight included (L16), may not pass its part of own fund."""
    counted = LIVE if side == "lender" else OWING
    open_now = sum(
        int(case.terms["outstanding"])
        for case in asked.lookup.linked("intercoop", side, cooperative)
        if case.state in counted
    )
    limit = own * asked.policy.ppm(parameter) // PPM
    if open_now + amount > limit:
        code = RejectionCode.LEND_MAX if side == "lender" else RejectionCode.BORROW_MAX
        raise Rejected(
            code, cooperative=cooperative, total=show(open_now + amount), limit=show(limit)
        )


def _terms(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "outstanding": facts["amount"], "aside": 0, "fee_paid": 0, "slices": [],
        "service_ppm": facts.get("service_ppm", 0),
    }  # fmt: skip


@rule()
def all_principal(asked: Asked) -> Outcome:
    """The whole principal: funded from the hold, or the hold given back.

    When funded, the value date starts the fee and the term. A loan on its way through a
    settlement cycle does not lapse: raises ACT_NOT_ALLOWED_NOW until the cycle is final. A
    contract with the federation ends unfunded when its pair has, and does not lapse while its
    pair is still being signed: raises PAIR_STILL_STANDS.
    """
    pair = asked.lookup.case(str(asked.case.terms.get(PAIR, "")))
    signing = asked.act == "lapse" and asked.case.state == "approved"
    waits = signing and pair is not None and pair.state == "proposed"
    if waits or (asked.act == "part" and (pair is None or pair.state not in UNFUNDED)):
        raise Rejected(
            RejectionCode.PAIR_STILL_STANDS, case=asked.case.id, pair=pair.id if pair else "-"
        )
    cycles = asked.lookup.linked("settlement", "loans", asked.case.id)
    if asked.act == "lapse" and any(cycle.state != "final" for cycle in cycles):
        raise Rejected(
            RejectionCode.ACT_NOT_ALLOWED_NOW,
            state=asked.case.state,
            act=asked.act,
            allowed="fund",
        )
    amount = int(asked.case.terms["amount"])
    terms: dict[str, Any] = {"outstanding": 0}
    if asked.act == "fund":
        terms = {
            "funded_on": asked.value_date.isoformat(),
            "due_on": months_after(
                asked.value_date, int(asked.case.terms["term_months"])
            ).isoformat(),
            "funding": f"intercoop:{asked.case.id}",
        }
    return Outcome(
        amounts={"principal": amount},
        terms=terms,
        keys=contract_keys(asked),
        funding=funding_of(asked),
    )


@rule()
def posted_wish(asked: Asked) -> Outcome:
    """What a village would lend or borrow (P4.1). It holds nothing: the limits are a match's.

    Raises INTERCOOP_OFF, AMOUNT_NOT_POSITIVE, RATE_NOT_POSITIVE, TERM_TOO_LONG, FACTS_INVALID.
    """
    wish, policy = read(asked.facts, LendingWish), asked.policy
    if not policy.flag("intercoop.enabled"):
        raise Rejected(RejectionCode.INTERCOOP_OFF)
    if wish.amount <= 0:
        raise Rejected(RejectionCode.AMOUNT_NOT_POSITIVE, what="amount")
    if wish.rate_ppm <= 0:
        raise Rejected(RejectionCode.RATE_NOT_POSITIVE)
    longest = policy.months("intercoop.max_term")
    if not 0 < wish.term_months <= longest:
        raise Rejected(RejectionCode.TERM_TOO_LONG, asked=wish.term_months, longest=longest)
    return Outcome(terms={"wants": "lend" if asked.act == "post_offer" else "borrow"})


@rule()
def wish_answered(asked: Asked) -> Outcome:
    """A wish names the contract that answers it. Facts: contract."""
    return Outcome(terms={"contract": str(asked.facts["contract"])})


@rule()
def due_amount(asked: Asked) -> Outcome:
    """Set aside money for one repayment (principal and fee); settlement takes it from there."""
    amount = int(asked.facts["amount"])
    if amount <= 0:
        raise Rejected(RejectionCode.AMOUNT_NOT_POSITIVE, what="amount")
    aside = int(asked.case.terms["aside"])
    left = sum(owed_on(asked.case.terms, asked.value_date)) - aside
    if amount > left:
        raise Rejected(RejectionCode.BALANCE_TOO_LOW, book=asked.case.id, account="20102",
                       balance=show(left), asked=show(amount), floor=show(0))  # fmt: skip
    return Outcome(
        amounts={"amount": amount},
        terms={"aside": aside + amount, "aside_on": asked.value_date.isoformat()},
    )


@rule()
def split_due(asked: Asked) -> Outcome:
    """Split what a cycle moved: fee to the value date first, then principal (PD, as in P2.5).

    ``amount`` (fen) is what the cycle planned and the bank moved; what was set aside since waits
    for the next.
    """
    terms = asked.case.terms
    amount, aside = int(asked.facts["amount"]), int(terms["aside"])
    ensure(0 < amount <= aside, "settled_was_set_aside", case=asked.case.id, amount=amount)
    principal_owed, fee_owed = owed_on(terms, asked.value_date)
    fee = min(amount, fee_owed)
    principal = min(amount - fee, principal_owed)
    return Outcome(
        amounts={"principal": principal, "fee": fee},
        terms={
            "aside": aside - fee - principal,
            "fee_paid": int(terms["fee_paid"]) + fee,
            "outstanding": principal_owed - principal,
            "slices": [*terms["slices"], [principal, asked.value_date.isoformat()]],
        },
        keys=contract_keys(asked),
        funding=funding_of(asked),
    )


@rule()
def nothing_due(asked: Asked) -> Outcome:
    """The loan ends when principal and fee are both paid; raises STILL_OWED."""
    owed = sum(owed_on(asked.case.terms, asked.today))
    if owed:
        raise Rejected(RejectionCode.STILL_OWED, owed=show(owed))
    return Outcome()


def contract_keys(asked: Asked) -> dict[str, str]:
    """The account keys of a loan's lines; a village's memo of what it wrote off is by ``loan``."""
    return {"contract": asked.case.id, "loan": asked.case.id}


def funding_of(asked: Asked) -> str:
    """The funding a loan is at its borrower."""
    return f"intercoop:{asked.case.id}"
