"""Rules of P2 up to the payout: application, vote, contract, instruction, money out.

Registered in kernel.rules; called by journal.perform under the lock. Pure. Amounts are fen.
"""

import re
from typing import Any

from contracts.facts.credit import LoanApply, LoanContract, LoanRevisit
from contracts.money import show
from contracts.rejections import RejectionCode
from kernel import eligibility, loans, signatures
from kernel.errors import Rejected, ensure
from kernel.facts import invalid, positive, read
from kernel.loans import loan_of
from kernel.rules import Asked, Outcome, rule
from kernel.rules_insurance import insured_until
from kernel.rules_members import courtesy, under_way

BORROWED = ("20101", "20102", "20103", "231", "30102", "23503")
"""Accounts of money to be lent on that is not the village's: borrowed (domain.md 4), and 双到 paid
in or due back. Read by funding: of 23503 only what is 双到."""
LENT_ON = ("wholesale", "intercoop", loans.SHUANGDAO)
"""Kinds of funding that have such money behind them."""

NUMBER_LEAST, NUMBER_MOST = 5, 40
"""Length of a contract number: long enough to be known by, short enough for a bank's text."""


@rule(**eligibility.READS)
def may_borrow(asked: Asked) -> Outcome:
    """An application that may go on (P2.1); raises the first check that fails.

    Raises FACTS_INVALID and every code of kernel.eligibility, in its order.
    """
    application = read(asked.facts, LoanApply)
    for refusal in eligibility.failed(asked, application):
        raise refusal
    member = asked.lookup.case(application.member)
    ensure(member is not None, "eligible_member_exists", member=application.member)
    poor = bool(member and member.terms.get("poor"))
    return Outcome(terms={"poor": poor, "funding": application.funding})


@rule(**eligibility.READS)
def may_borrow_still(asked: Asked) -> Outcome:
    """The council has voted: the application still stands, and the day's parameters are kept.

    A loan keeps the values of its approval day (domain.md 1.13, PD): rate, fee counting, and
    which policy they came from.
    """
    application = eligibility.application_of(asked.case)
    for refusal in eligibility.failed(asked, application):
        raise refusal
    policy = asked.policy
    by_purpose = policy.table("fee.by_purpose")
    rate = by_purpose.get(application.purpose, policy.ppm("fee.monthly_permille"))
    return Outcome(
        terms={
            "approved_on": asked.today.isoformat(),
            "rate_ppm": rate,
            "month_days": policy.count("fee.month_days"),
            "stop_days": policy.days("fee.accrual_stop_days"),
            "policy": {"profile": policy.profile, "digest": policy.digest()},
        }
    )


@rule()
def vote_lost(asked: Asked) -> Outcome:
    """The chair records a refusal only when the vote can no longer be won (R-017).

    Raises VOTE_NOT_LOST with where the vote stands.
    """
    council_has_lost(asked, "loan.council", "vote")
    return Outcome()


def council_has_lost(asked: Asked, name: str, act: str) -> None:
    """Raise VOTE_NOT_LOST while a signature set of the case can still be filled by ``act``."""
    signed = signatures.given(asked.case, act)
    tallies = [
        signatures.tally(step, signed, asked.roster(step.role))
        for step in asked.policy.steps(name, asked.case.terms)
    ]
    if not any(tally.lost for tally in tallies):
        raise Rejected(
            RejectionCode.VOTE_NOT_LOST,
            yes=sum(tally.yes for tally in tallies),
            no=sum(tally.no for tally in tallies),
            left=sum(tally.open for tally in tallies),
        )


@rule()
def contract_terms(asked: Asked) -> Outcome:
    """The signed contract: the group's joint guarantee goes up for the whole amount (901).

    Its number is the one written on it, else the loan's own (``loans.contract_number``). Raises
    FACTS_INVALID for one a payer could not be known by, CONTRACT_NUMBER_TAKEN.
    """
    number = read(asked.facts, LoanContract).number.strip()
    if number and not (NUMBER_LEAST <= len(number) <= NUMBER_MOST and re.search(r"\d", number)):
        raise Rejected(RejectionCode.FACTS_INVALID, where="number", problem=number[:NUMBER_MOST])
    number = number or loans.contract_number(asked.case)
    for other in asked.lookup.linked("loan", "number", number):
        if other.id != asked.case.id:
            raise Rejected(RejectionCode.CONTRACT_NUMBER_TAKEN, number=number, loan=other.id)
    return Outcome(
        amounts={"principal": int(asked.case.terms["amount"])},
        terms={"contracted_on": asked.today.isoformat(), "number": number},
    )


@rule()
def contract_undone(asked: Asked) -> Outcome:
    """A contract cancelled before any money moved: the guarantee comes down again."""
    return Outcome(amounts={"principal": int(asked.case.terms["amount"])})


@rule(bank="10201#", current="115#", overdue="116#", **{one: f"{one}#" for one in BORROWED})
def payable(asked: Asked) -> Outcome:
    """The cashier asks for the payout: amount, payee and recipe travel to custody (R-049).

    Raises NOT_INSURED where the county asks for insurance (R-058), BALANCE_TOO_LOW where the
    village's own figures already say no, OVER_BORROWED where a new loan would lift what is
    on-lent above what is borrowed for it (domain.md 4.1 no. 3).
    """
    terms = asked.case.terms
    amount, funding = int(terms["amount"]), str(terms["funding"])
    until = insured_until(asked, str(terms["member"]))
    courtesy(asked, amount, funding)
    _within_borrowing(asked, amount, funding)
    pay = {
        "amount": amount,
        "person": terms["person"],
        "recipe": "loan.payout",
        "back": "loan.payout_back",
        "keys": {"loan": asked.case.id},
        "funding": funding,
    }
    return Outcome(terms={"pay": pay, **({"insured_until": until} if until else {})})


def _within_borrowing(asked: Asked, amount: int, funding: str) -> None:
    """Borrowed money that came back may be lent again only as far as it is still borrowed.

    A village that repays its lender early, out of its own, keeps the borrower's repayment in the
    loan's funding; that cash is its own by then and is no borrowed money to lend on (R-078, I12).
    """
    if funding.partition(":")[0] not in LENT_ON:
        return
    lent = asked.rows["current"].get(funding, 0) + asked.rows["overdue"].get(funding, 0)
    lent += under_way(asked, funding)
    borrowed = sum(asked.rows[account].get(funding, 0) for account in BORROWED)
    if lent + amount > borrowed:
        raise Rejected(
            RejectionCode.OVER_BORROWED,
            funding=funding,
            asked=show(amount),
            lent=show(lent),
            borrowed=show(borrowed),
        )


@rule()
def paid_out(asked: Asked) -> Outcome:
    """The bank has paid the card: the loan is active from the value date (R-049).

    The whole approved amount or nothing (I11); raises FACTS_INVALID for another amount.
    """
    loan = loan_of(asked.case)
    amount = positive(asked.facts)
    if amount != loan.amount:
        raise Rejected(
            RejectionCode.FACTS_INVALID,
            where="amount",
            problem=f"{show(amount)} ≠ {show(loan.amount)}",
        )
    out = loans.paid_out(loan, asked.value_date)
    terms: dict[str, Any] = {
        "paid_on": _iso(out.paid_on),
        "due_on": _iso(out.due_on),
        "first_due_on": _iso(out.first_due_on),
        **loans.moved(out),
    }
    return Outcome(amounts={"amount": amount}, terms=terms)


@rule(fee="117")
def paid_back_whole(asked: Asked) -> Outcome:
    """A payout that came back late: the loan was never out, so no fee was ever owed.

    Raises FACTS_INVALID unless the whole untouched amount came back.
    """
    loan = loan_of(asked.case)
    amount = positive(asked.facts)
    if amount != loan.amount or loan.slices or loan.fee_paid:
        raise Rejected(
            RejectionCode.FACTS_INVALID,
            where="amount",
            problem=f"{show(amount)} ≠ {show(loan.amount)}",
        )
    never = {"paid_on": None, "due_on": None, "first_due_on": None, "outstanding": 0}
    return Outcome(
        amounts={"amount": amount, fee_name("fee", loan.funding): asked.balance["fee"]},
        terms=never,
    )


def fee_name(name: str, funding: str) -> str:
    """The amount of a fee row: income of the own fund 50101, of on-lent money 50102 (P2.4)."""
    return name if funding in (loans.OWN, loans.SHUANGDAO) else f"{name}_onlent"


def _iso(day: object) -> str:
    ensure(day is not None, "paid_out_loan_has_dates")
    return str(day)


@rule()
def revisited(asked: Asked) -> Outcome:
    """The household was visited after payout (回访, P2.4, R-050, R-051); may be done again.

    Raises FACTS_INVALID without a finding, or with one of the two incomes alone: the gain is
    what the county reports.
    """
    facts = read(asked.facts, LoanRevisit)
    incomes = (facts.income_before, facts.income_after)
    if not facts.finding.strip():
        raise invalid("finding", "?")
    if (incomes[0] is None) != (incomes[1] is None) or min(one or 0 for one in incomes) < 0:
        raise invalid("income_before, income_after", "both or neither, 0 or more")
    told: dict[str, Any] = {"revisited_on": asked.today.isoformat(), "used": facts.used}
    if facts.income_before is not None and facts.income_after is not None:
        told |= {"income_before": facts.income_before, "income_after": facts.income_after}
    return Outcome(terms=told)
