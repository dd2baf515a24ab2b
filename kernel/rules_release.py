"""Rules of money out of the pool: stake, match and deposits asked back, paid, held again (P6.7).

Registered in kernel.rules; called by journal.perform with K(i) and K(0) locked. Pure. Amounts fen.
A release lowers the three lines in the act that holds it. Sources R-090, P6.7, targets.md I6.
"""

from contracts.facts.pool import ReleaseAsked
from contracts.money import show
from contracts.rejections import RejectionCode
from kernel import pool
from kernel.cases import Case
from kernel.errors import Rejected
from kernel.facts import invalid, positive, read
from kernel.loans import OWN, loan_of
from kernel.pool_agreement import (
    ENDED,
    OPEN,
    READS,
    SUSPENDED,
    agreed,
    funds,
    in_force,
    less,
    line,
    terms_from,
    terms_of,
)
from kernel.pool_lines import Lines, line_keys
from kernel.rules import Asked, Outcome, rule

RECIPES = {
    "stake": "pool.release",
    "match": "pool.match_back",
    "deposit": "pool.deposit_back",
    "set_off": "pool.set_off",
}
"""By which recipe each kind of money goes back."""
RETURNS = {"match": "pool.match_returned", "deposit": "pool.deposit_returned"}
"""By which recipe what left us altogether is held again when the bank sends it back."""


@rule(running="904.*", reserved="9041.*", **READS)
def release_asked(asked: Asked) -> Outcome:
    """Money asked back is held and the line falls at once; never what a guarantee needs (R-090).

    Raises AGREEMENT_NOT_OPEN, AMOUNT_NOT_POSITIVE, RELEASE_TOO_LARGE with what is free, for a
    set-off LOAN_NOT_PAID_OUT, MORE_THAN_OWED.
    """
    facts = read(asked.facts, ReleaseAsked)
    # What a claim brought back after the end of an agreement goes home as well.
    agreement = agreed(asked, facts.agreement, OPEN, SUSPENDED, ENDED)
    if in_force(asked, agreement.id).id != agreement.id:
        raise Rejected(
            RejectionCode.AGREEMENT_NOT_OPEN, agreement=agreement.id, state=agreement.state
        )
    if facts.kind not in RECIPES:
        raise invalid("kind", facts.kind)
    amount = positive(asked.facts)
    have = funds(asked)
    used = asked.balance["running"] + asked.balance["reserved"]
    free = _free_to_go(asked, agreement, facts, have, used)
    if amount > free:
        raise Rejected(
            RejectionCode.RELEASE_TOO_LARGE,
            asked=show(amount),
            free=show(free),
            guaranteed=show(used),
        )
    if facts.kind == "set_off":
        _owes(asked, facts)
    lines, money = Lines(asked, agreement), _money(facts.kind)
    fall = line(agreement, less(have, money, amount, facts.member)) - line(agreement, have)
    return Outcome(
        amounts={money: amount, **lines.move(fall)},
        terms={
            "kind": facts.kind,
            "recipe": RECIPES[facts.kind],
            "bank": agreement.terms["bank"],
            "stake_before": have.stake,
            "match_before": have.match,
        },
        keys=line_keys(agreement),
    )


def _free_to_go(
    asked: Asked, agreement: Case, facts: ReleaseAsked, have: pool.Funds, used: int
) -> int:
    """How much of one kind may go back now (fen)."""
    terms = terms_of(agreement)
    claims = pool_part_open(asked, agreement)
    if facts.kind == "stake":
        return pool.releasable(terms, have, guaranteed=used, claims=claims)
    if facts.kind == "match":
        if not facts.of:  # no stake is left for it to go with
            return 0 if have.stake or used or claims else have.match
        return min(_match_of(asked, agreement, facts.of), have.match)
    own = have.deposits.get(facts.member, 0)
    if claims or not own:
        return 0
    # The largest part of the deposit that leaves the line at or above what is guaranteed.
    rest = line(agreement, less(have, "deposit", own, facts.member))
    if rest >= used:
        return own
    spare = (line(agreement, have) - used) * pool.HUNDREDTHS // terms.leverage
    return max(min(spare, own - 1), 0)


def _money(kind: str) -> str:
    """Which money of the pool goes: what is set off is a deposit as well."""
    return "deposit" if kind == "set_off" else kind


def _owes(asked: Asked, facts: ReleaseAsked) -> None:
    """A deposit pays only the member's own running loan of the own fund, no more than he owes.

    Raises LOAN_NOT_PAID_OUT, MORE_THAN_OWED (P6.7).
    """
    village = asked.lookup.village(asked.case.parties["coop"])
    loan = village.case(facts.loan)
    if (
        loan is None
        or loan.process != "loan"
        or loan.state != "active"
        or (loan.terms.get("member"), loan_of(loan).funding) != (facts.member, OWN)
    ):
        raise Rejected(RejectionCode.LOAN_NOT_PAID_OUT, loan=facts.loan)
    owed = loan_of(loan).owed(asked.today)
    if facts.amount > owed:
        raise Rejected(RejectionCode.MORE_THAN_OWED, asked=show(facts.amount), owed=show(owed))


def _match_of(asked: Asked, agreement: Case, name: str) -> int:
    """The match that goes with a release of stake, once (fen); raises UNKNOWN_CASE."""
    first = asked.lookup.case(name)
    if (
        first is None
        or first.process != "transfer"
        or first.terms.get("kind") != "stake"
        or first.terms["agreement"] != agreement.id
        or first.state == "dropped"
    ):
        raise Rejected(RejectionCode.UNKNOWN_CASE, case=name)
    for other in asked.lookup.linked("transfer", "agreement", agreement.id):
        if other.terms.get("of") == name and other.state != "dropped":
            return 0
    before = pool.Funds(
        stake=int(first.terms["stake_before"]), match=int(first.terms["match_before"])
    )
    return pool.match_back(terms_of(agreement), before, int(first.terms["amount"]))


@rule(**READS)
def release_undone(asked: Asked) -> Outcome:
    """Nobody signed in time, or it cannot be paid: the money is free in the pool again.

    Raises ACT_NOT_ALLOWED_NOW for a stake on its way in, which is cancelled instead.
    """
    terms = asked.case.terms
    if terms["kind"] == "in":
        raise Rejected(
            RejectionCode.ACT_NOT_ALLOWED_NOW, state=asked.case.state, act=asked.act,
            allowed="cancel",
        )  # fmt: skip
    agreement = in_force(asked, str(terms["agreement"]))
    kind, member = _money(str(terms["kind"])), str(terms.get("member", ""))
    amount, have = positive(terms), funds(asked)
    rise = line(agreement, less(have, kind, -amount, member)) - line(agreement, have)
    return Outcome(
        amounts={kind: amount, **Lines(asked, agreement).move(rise)}, keys=line_keys(agreement)
    )


@rule()
def release_moved(asked: Asked) -> Outcome:
    """The bank has paid it out of the pool account."""
    terms = asked.case.terms
    part = "amount" if terms["kind"] == "set_off" else str(terms["kind"])
    return Outcome(amounts={part: positive(terms)})


@rule()
def release_returned(asked: Asked) -> Outcome:
    """The bank sent back what had left the pool for good: held again, to be paid again.

    Raises UNKNOWN_CASE for what did not leave, MORE_THAN_OWED for another sum.
    """
    name, amount = str(asked.facts["returns"]), positive(asked.facts)
    first = asked.lookup.case(name)
    if (
        first is None
        or first.process != "transfer"
        or first.state != "done"
        or first.parties != asked.case.parties
        or RETURNS.get(str(first.terms["kind"])) != asked.facts["recipe"]
    ):
        raise Rejected(RejectionCode.UNKNOWN_CASE, case=name)
    terms = first.terms
    if amount != int(terms["amount"]):
        raise Rejected(
            RejectionCode.MORE_THAN_OWED, asked=show(amount), owed=show(int(terms["amount"]))
        )
    kind = str(terms["kind"])
    return Outcome(amounts={kind: amount}, terms={**terms, "recipe": RECIPES[kind], "filing": 1})


def pool_part_open(asked: Asked, agreement: Case) -> int:
    """The pool's part of claims noticed and not yet decided (fen); accepted ones are frozen."""
    total = 0
    for claim in asked.lookup.linked("claim", "agreement", agreement.id):
        if claim.state == "noticed":
            pinned = terms_from(claim.terms["pinned"])
            total += pool.pool_due(pinned, int(claim.terms["amount"]))
    return total
