"""Rules of money into the pool: match, stake, members' deposits, interest (P6.1, P6.2).

Registered in kernel.rules; called by journal.perform with K(i) and K(0) locked (``may_pool`` with
N(i)). Pure. Amounts fen. Every change of the base moves the three lines in the same act. Sources
R-081, R-082, R-085, targets.md I6.
"""

from contracts.facts.pool import OfAgreement, PoolApply, StakeAsked
from contracts.money import show, split
from contracts.rejections import RejectionCode
from kernel import pool
from kernel.errors import Rejected
from kernel.facts import invalid, positive, read
from kernel.pool_agreement import (
    FUND_READS,
    OPEN,
    READS,
    agreed,
    funds,
    in_force,
    less,
    line,
    terms_of,
)
from kernel.pool_lines import Lines, line_keys
from kernel.rules import Asked, Outcome, rule


@rule(**FUND_READS)
def match_claimed(asked: Asked) -> Outcome:
    """The match a stake calls for, less what came and what is under way (R-085).

    Raises AGREEMENT_NOT_OPEN, MATCH_NOT_DUE.
    """
    agreement = agreed(asked, read(asked.facts, OfAgreement).agreement)
    under_way = sum(
        int(case.terms["amount"])
        for case in asked.lookup.linked("match", "agreement", agreement.id)
        if case.state in ("claimed", "approved")
    )
    due = pool.match_due(terms_of(agreement), asked.balance["stake"])
    amount = due - asked.balance["match"] - under_way
    if amount <= 0:
        raise Rejected(
            RejectionCode.MATCH_NOT_DUE,
            due=show(due),
            have=show(asked.balance["match"] + under_way),
        )
    return Outcome(terms={"amount": amount, "stake": asked.balance["stake"]})


@rule(**READS)
def match_booked(asked: Asked) -> Outcome:
    """The finance bureau's money is in the pool; the line moves where the match is in its base."""
    return _added(asked, str(asked.case.terms["agreement"]), "match", positive(asked.case.terms))


@rule(free_money="80101")
def stake_asked(asked: Asked) -> Outcome:
    """Part or all of the fund into the pool (variant 2): held in the sub-account at once.

    Raises AGREEMENT_NOT_OPEN, AMOUNT_NOT_POSITIVE, STAKE_ABOVE_FUND.
    """
    facts = read(asked.facts, StakeAsked)
    agreement = agreed(asked, facts.agreement)
    if agreement.terms["variant"] != pool.V2:
        raise invalid("agreement", "v1")
    amount = positive(asked.facts)
    if amount > asked.balance["free_money"]:
        raise Rejected(
            RejectionCode.STAKE_ABOVE_FUND,
            asked=show(amount),
            fund=show(asked.balance["free_money"]),
        )
    return Outcome(amounts={"stake": amount}, terms={"kind": "in", "bank": agreement.terms["bank"]})


@rule(**READS)
def stake_moved(asked: Asked) -> Outcome:
    """The stake has reached the pool account: frozen, still the cooperative's, and the line up."""
    return _added(asked, str(asked.case.terms["agreement"]), "stake", positive(asked.case.terms))


@rule()
def stake_undone(asked: Asked) -> Outcome:
    """A queued stake is taken back; money asked out of the pool is dropped before it is queued."""
    if asked.case.terms["kind"] != "in":
        raise Rejected(
            RejectionCode.ACT_NOT_ALLOWED_NOW, state=asked.case.state, act=asked.act, allowed="file"
        )
    return Outcome(amounts={"stake": positive(asked.case.terms)})


@rule(**READS)
def deposit_in(asked: Asked) -> Outcome:
    """A member's pooled deposit came in from his card (variant 1): his, frozen, the line up."""
    facts = asked.facts
    return _added(
        asked, str(facts["agreement"]), "deposit", positive(facts), member=str(facts["member"])
    )


@rule(**READS)
def interest_in(asked: Asked) -> Outcome:
    """Bank interest on the pool stays in it, by the balances of stake and match (P17, PD)."""
    amount = positive(asked.facts)
    agreement = in_force(asked, str(asked.facts["agreement"]))
    have = funds(asked)
    whole = have.stake + have.match
    parts = (
        split(amount, {"stake": have.stake, "match": have.match}) if whole else {"stake": amount}
    )
    after = pool.Funds(
        stake=have.stake + parts.get("stake", 0),
        match=have.match + parts.get("match", 0),
        deposits=have.deposits,
    )
    rise = line(agreement, after) - line(agreement, have)
    return Outcome(
        amounts={**{k: int(v) for k, v in parts.items()}, **Lines(asked, agreement).move(rise)},
        keys=line_keys(agreement),
    )


@rule()
def may_pool(asked: Asked) -> Outcome:
    """Variant 1, at the node: the loan was paid out first, and the form is the member's own.

    Raises AGREEMENT_NOT_OPEN, FACTS_INVALID for a form that says otherwise than the agreement
    whether deposits answer for each other, LOAN_NOT_PAID_OUT, MORE_THAN_OWED.
    """
    facts = read(asked.facts, PoolApply)
    agreement = asked.lookup.county().case(facts.agreement)
    if agreement is None or agreement.state != OPEN or agreement.terms["variant"] != pool.V1:
        raise Rejected(
            RejectionCode.AGREEMENT_NOT_OPEN,
            agreement=facts.agreement,
            state=agreement.state if agreement else "-",
        )
    if facts.mutual != agreement.terms["mutual"]:
        # A claim takes from the whole bundle or from nobody else: each form says which (P6.5).
        raise invalid("mutual", str(facts.mutual).lower())
    loan = asked.lookup.case(facts.loan)
    if (
        loan is None
        or loan.process != "loan"
        or loan.state != "active"
        or loan.terms.get("member") != facts.member
    ):
        raise Rejected(RejectionCode.LOAN_NOT_PAID_OUT, loan=facts.loan)
    amount = positive(asked.facts)
    if amount > int(loan.terms["amount"]):
        raise Rejected(
            RejectionCode.MORE_THAN_OWED, asked=show(amount), owed=show(int(loan.terms["amount"]))
        )
    return Outcome()


def _added(asked: Asked, name: str, kind: str, amount: int, member: str = "") -> Outcome:
    """Money of one kind has come into the pool; the line rises with its base."""
    agreement = in_force(asked, name)
    have = funds(asked)
    rise = line(agreement, less(have, kind, -amount, member)) - line(agreement, have)
    own = "amount" if kind == "deposit" else kind
    return Outcome(
        amounts={own: amount, **Lines(asked, agreement).move(rise)}, keys=line_keys(agreement)
    )
