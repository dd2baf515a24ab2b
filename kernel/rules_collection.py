"""Rules of P2.6: an overdue loan is collected step by step, its guarantors called and repaid.

R-053, R-054. Registered in kernel.rules; called by journal.perform under the lock. Pure. Amounts
are fen. What a guarantor pays is a repayment (kernel.rules_repayment).
"""

from datetime import date, timedelta

from contracts.facts.credit import GuarantorRepaid, LoanDun
from contracts.money import show
from contracts.rejections import RejectionCode
from kernel.errors import Rejected
from kernel.facts import invalid, positive, read
from kernel.loans import loan_of
from kernel.rules import Asked, Outcome, rule


@rule()
def dunned(asked: Asked) -> Outcome:
    """What was done to collect an overdue loan, and the step of ``overdue.steps`` it answers.

    It answers every step come until today (R-053) and may be done again. The first since the loan
    fell due is the notice to borrower and guarantors: raises TOO_EARLY, FACTS_INVALID.
    """
    facts = read(asked.facts, LoanDun)
    loan = loan_of(asked.case)
    steps = asked.policy.numbers("overdue.steps")
    reached = loan.step_reached(steps, asked.today)
    if not reached:
        first = date.max
        if loan.outstanding and loan.due_on is not None:
            first = loan.due_on + timedelta(days=min(step for step in steps if step))
        raise Rejected(RejectionCode.TOO_EARLY, from_date=first.isoformat(), act=asked.act)
    if not loan.step_answered() and facts.how != "notice":
        raise invalid("how", "notice")
    if facts.how != "notice" and not facts.note.strip():
        raise invalid("note", "?")
    return Outcome(terms={"dunned_on": asked.today.isoformat(), "dunned_step": reached})


@rule()
def guarantors_due(asked: Asked) -> Outcome:
    """The guarantors are called once the loan is ``guarantor.call_days`` overdue (R-054).

    What one of them pays comes as a repayment and raises memo 907. Raises TOO_EARLY, STILL_OWED
    is not asked: a paid loan is not overdue.
    """
    loan = loan_of(asked.case)
    first = (loan.due_on or date.max) if loan.outstanding else date.max
    if first < date.max:
        first += timedelta(days=asked.policy.days("guarantor.call_days"))
    if asked.today < first or not loan.overdue_days(asked.today):
        raise Rejected(RejectionCode.TOO_EARLY, from_date=first.isoformat(), act=asked.act)
    return Outcome(terms={"called_on": asked.today.isoformat()})


@rule()
def guarantor_repaid(asked: Asked) -> Outcome:
    """The borrower paid a guarantor back: memo 907 comes down (P2.6); raises MORE_THAN_OWED."""
    facts = read(asked.facts, GuarantorRepaid)
    amount = positive(asked.facts)
    paid_for = dict(loan_of(asked.case).paid_for)
    owed = paid_for.get(facts.payer, 0)
    if amount > owed:
        raise Rejected(RejectionCode.MORE_THAN_OWED, asked=show(amount), owed=show(owed))
    paid_for[facts.payer] = owed - amount
    return Outcome(amounts={"paid_for": amount}, terms={"paid_for": paid_for})
