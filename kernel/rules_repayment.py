"""Rules of P2 from the payout on: repayments, extension, write-off, the end.

R-052…R-060. Registered in kernel.rules; called by journal.perform under the lock. Pure. Amounts
are fen. A fact of custody is never refused for being too much: what is not owed is excess.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from contracts.facts.credit import LoanAssign, LoanExtend
from contracts.money import show
from contracts.rejections import RejectionCode
from kernel import loans
from kernel.calendar import months_after
from kernel.eligibility import longest_term
from kernel.errors import Rejected
from kernel.facts import invalid, positive, read
from kernel.fees import whole_months
from kernel.loans import INSURER, OWN, Loan, Split, loan_of
from kernel.rules import Asked, Outcome, rule
from kernel.rules_loans import fee_name
from kernel.rules_members import shuangdao_due
from kernel.rules_suspense import item_free


@rule(current="115", overdue="116", fee="117")
def split_payment(asked: Asked) -> Outcome:
    """A repayment from the bank: fee to its value date, then principal, the rest excess (P2.5).

    A guarantor's payment (``facts.payer``, a member of the group) is owed to him (907, R-054);
    an insurer's (``INSURER``) is owed to nobody (R-058).
    """
    loan = loan_of(asked.case)
    payment = loans.split(
        loan, positive(asked.facts), asked.value_date, asked.today, asked.balance["fee"]
    )
    return _paid(asked, loan, payment)


@rule(current="115", overdue="116", fee="117")
def split_deposit(asked: Asked) -> Outcome:
    """A member's pooled deposit came out of the pool to pay his loan, as a repayment (P6.7).

    What the loan owes no longer is his, in suspense.
    """
    loan, amount = loan_of(asked.case), positive(asked.facts)
    payment = loans.split(loan, amount, asked.value_date, asked.today, asked.balance["fee"])
    paid = _paid(asked, loan, payment)
    return Outcome(amounts={**paid.amounts, "amount": amount}, terms=paid.terms, keys=paid.keys)


@rule(current="115", overdue="116", fee="117", items="21105.*")
def split_suspense(asked: Asked) -> Outcome:
    """Money in suspense was a repayment of this loan; counted from when it came in.

    Raises FACTS_INVALID for a value date outside the loan or a payer who is neither guarantor
    nor insurer, MORE_THAN_OWED, BALANCE_TOO_LOW.
    """
    facts = read(asked.facts, LoanAssign)
    loan = loan_of(asked.case)
    _known_payer(asked, loan, facts.payer)
    amount = positive(asked.facts)
    if loan.paid_on is None or not loan.paid_on <= asked.value_date <= asked.today:
        raise Rejected(
            RejectionCode.FACTS_INVALID, where="value_date", problem=str(asked.value_date)
        )
    payment = loans.split(loan, amount, asked.value_date, asked.today, asked.balance["fee"])
    if payment.excess:
        raise Rejected(
            RejectionCode.MORE_THAN_OWED,
            asked=show(amount),
            owed=show(amount - payment.excess),
        )
    item_free(asked, facts.item, amount)
    return _paid(asked, loan, payment, item=facts.item)


@rule(share="23503", overdue="116", fee="117")
def split_share(asked: Asked) -> Outcome:
    """An expelled member's share against his overdue debt: principal, then fee (P1.3, PD).

    Only for loans of the own fund: a share is never another lender's money. Raises
    ACT_NOT_ALLOWED_NOW, AMOUNT_NOT_POSITIVE.
    """
    loan = loan_of(asked.case)
    member = asked.lookup.case(loan.member)
    if member is None or member.state != "expelled":
        state = "-" if member is None else member.state
        raise Rejected(
            RejectionCode.ACT_NOT_ALLOWED_NOW, state=state, act=asked.act, allowed="expel"
        )
    debt = asked.balance["overdue"]
    share = asked.balance["share"] - shuangdao_due(member)
    amount = min(share, debt + loan.fee_owed(asked.today)) if debt else 0
    if amount <= 0 or loan.funding != OWN:
        raise Rejected(RejectionCode.AMOUNT_NOT_POSITIVE, what="23503")
    payment = loans.split_principal_first(loan, amount, asked.today, asked.balance["fee"])
    return _paid(asked, loan, payment)


@rule("due_on", overdue="116")
def may_extend(asked: Asked) -> Outcome:
    """A new due date all guarantors and the council signed (R-055).

    Raises EXTENSIONS_USED, FACTS_INVALID for a date not after the present one, TERM_TOO_LONG.
    """
    facts = read(asked.facts, LoanExtend)
    loan = loan_of(asked.case)
    if not loan.outstanding or loan.paid_on is None or loan.due_on is None:
        raise Rejected(RejectionCode.AMOUNT_NOT_POSITIVE, what="outstanding")
    most = asked.policy.count("loan.extension_max")
    if loan.extensions >= most:
        raise Rejected(RejectionCode.EXTENSIONS_USED, used=loan.extensions, most=most)
    if facts.due_on <= max(loan.due_on, asked.today):
        raise Rejected(RejectionCode.FACTS_INVALID, where="due_on", problem=str(facts.due_on))
    longest = longest_term(asked.policy, long_cycle=asked.act == "extend_long")
    if facts.due_on > months_after(loan.paid_on, longest):
        months, days = whole_months(loan.paid_on, facts.due_on)
        raise Rejected(
            RejectionCode.TERM_TOO_LONG, asked=months + (1 if days else 0), longest=longest
        )
    return Outcome(
        amounts={"overdue": asked.balance["overdue"]},
        terms={"due_on": facts.due_on.isoformat(), "extensions": loan.extensions + 1},
    )


@rule(overdue="116", current="115", fee="117", provision="118")
def may_write_off(asked: Asked) -> Outcome:
    """A loan given up in the books, never in fact: it stays in memo 902 and is still collected.

    The provision bears the principal, a shortfall is a loss first (P2.7); of money that is not
    its own the own fund bears it through 191, for whose it is gets it back. Fee receivable is
    taken back from this year's income, earlier years' from losses (as P12.3). Raises TOO_EARLY.
    """
    loan = loan_of(asked.case)
    principal = asked.balance["overdue"]
    if principal <= 0 or asked.balance["current"]:
        first = (loan.due_on or asked.today) + timedelta(days=1)
        raise Rejected(RejectionCode.TOO_EARLY, from_date=first.isoformat(), act=asked.act)
    fee = asked.balance["fee"]
    last_year = date(asked.today.year - 1, 12, 31)
    # Payments clear the oldest fee first, so what is left was booked last.
    earlier = min(max(loan.fee_bookable(last_year) - loan.fee_paid, 0), fee)
    return Outcome(
        amounts={
            "overdue" if loan.funding == OWN else "overdue_onlent": principal,
            "shortfall": max(principal - asked.balance["provision"], 0),
            fee_name("fee", loan.funding): fee - earlier,
            "fee_earlier": earlier,
            "written_off": principal + fee,
        },
        terms={"written_off_on": asked.today.isoformat()},
    )


@rule(written_off="902")
def recovered(asked: Asked) -> Outcome:
    """Money on a written-off loan is other income, and memo 902 comes down (P2.7)."""
    payment = loans.split(
        loan_of(asked.case), positive(asked.facts), asked.value_date, asked.today, 0
    )
    return _recovered(asked, payment, _item_of(asked))


@rule(written_off="902", items="21105.*")
def suspense_recovered(asked: Asked) -> Outcome:
    """Money in suspense was paid on a written-off loan; raises FACTS_INVALID, MORE_THAN_OWED."""
    facts = read(asked.facts, LoanAssign)
    _known_payer(asked, loan_of(asked.case), facts.payer)
    amount = positive(asked.facts)
    payment = loans.split(loan_of(asked.case), amount, asked.value_date, asked.today, 0)
    if payment.excess:
        raise Rejected(
            RejectionCode.MORE_THAN_OWED, asked=show(amount), owed=show(amount - payment.excess)
        )
    item_free(asked, facts.item, amount)
    return _recovered(asked, payment, facts.item)


@rule(current="115", overdue="116", fee="117", claims="907", written_off="902")
def nothing_owed(asked: Asked) -> Outcome:
    """The loan ends when nobody is owed: principal, fee, guarantors, nothing written off left.

    Then the joint guarantee comes down (901). Raises STILL_OWED.
    """
    loan = loan_of(asked.case)
    in_books = sum(asked.balance.values())
    owed = max(in_books, loan.outstanding) or loan.fee_owed(asked.today)
    if owed:
        raise Rejected(RejectionCode.STILL_OWED, owed=show(owed))
    return Outcome(amounts={"principal": loan.amount})


def _paid(asked: Asked, loan: Loan, payment: Split, item: str = "") -> Outcome:
    """Amounts of loan.repay: overdue principal before current, on-lent fee to its own income."""
    principal = payment.principal
    overdue = min(principal, asked.balance["overdue"])
    paid_for = _paid_for(asked, loan, payment)
    return Outcome(
        amounts={
            "fee": payment.booked,
            fee_name("fee_unbooked", loan.funding): payment.unbooked,
            fee_name("fee_over", loan.funding): payment.over,
            fee_name("fee_back", loan.funding): payment.back,
            "overdue": overdue,
            "principal": principal - overdue,
            "excess": payment.excess,
            "paid_for": paid_for.get(_payer(asked), 0) - loan.paid_for.get(_payer(asked), 0),
        },
        terms={**loans.moved(payment.after), **({"paid_for": paid_for} if paid_for else {})},
        keys={"item": item or _item_of(asked)},
    )


def _recovered(asked: Asked, payment: Split, item: str) -> Outcome:
    taken = payment.principal + payment.unbooked
    return Outcome(
        amounts={
            "recovered": taken,
            "written_off": min(taken, asked.balance["written_off"]),
            "excess": payment.excess,
        },
        terms=loans.moved(payment.after),
        keys={"item": item},
    )


def _paid_for(asked: Asked, loan: Loan, payment: Split) -> Mapping[str, int]:
    """What the borrower owes each guarantor after this payment; unchanged if he paid himself."""
    paid_for: dict[str, Any] = dict(loan.paid_for)
    payer = _payer(asked)
    group = asked.lookup.case(loan.group) if payer and payer != loan.member else None
    if group is not None and payer in group.terms["group_member"]:
        ours = payment.booked + payment.unbooked + payment.principal
        paid_for[payer] = paid_for.get(payer, 0) + ours
    return paid_for


def _known_payer(asked: Asked, loan: Loan, payer: str) -> None:
    """The borrower (""), one of the loan's group, or an insurer; raises FACTS_INVALID."""
    group = asked.lookup.case(loan.group)
    if payer not in ("", INSURER, *(group.terms["group_member"] if group else ())):
        raise invalid("payer", payer)


def _payer(asked: Asked) -> str:
    return str(asked.facts.get("payer", ""))


def _item_of(asked: Asked) -> str:
    """The suspense key of an excess: the custody act the money came in by."""
    return str(asked.facts.get("by") or asked.case.id)
