"""A village loan as arithmetic: what is owed on a day, and how a payment splits (P2, R-060).

Called by the rules of loans, of the close, by pages and reports. Pure. Amounts are fen, rates
ppm a month. A loan keeps the parameters of its approval day; everything here reads them from
the loan, never from the policy in force.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import msgspec

from kernel.calendar import months_after
from kernel.cases import Case
from kernel.classing import days_overdue
from kernel.errors import ensure
from kernel.fees import MONTH_DAYS, booked_through, fee_to_date, slices_of
from kernel.recovery import Instalment

BEFORE_PAYOUT = (
    "applied", "endorsed", "approved", "noticed", "objected", "cleared", "contracted", "instructed",
)  # fmt: skip
"""States of an application that may still become a loan."""
ACTIVE, WRITTEN_OFF = "active", "written_off"
RUNNING = (ACTIVE, WRITTEN_OFF)
"""States of a loan that was paid out and is owed: it falls due, and is collected (R-053, R-056)."""
OPEN = (*BEFORE_PAYOUT, *RUNNING)
"""States in which a member still has this loan."""
OWN = "own"
SHUANGDAO = "shuangdao"
INSURER = "insurer"
"""Who paid a repayment that is no member's: the borrower's accident insurance (R-058)."""
_OF_A_NUMBER = frozenset("0123456789abcdefghijklmnopqrstuvwxyz-")
"""Beside a contract number these make it part of another one."""


class Loan(msgspec.Struct, frozen=True, kw_only=True):
    """The terms of a loan case that money depends on.

    ``slices`` are the repaid parts of principal with their value dates; ``fee_paid`` all fee
    ever paid; ``first_due_on`` never moves, ``due_on`` moves with an extension. ``paid_for``
    maps a guarantor's member id to what the borrower owes him (memo 907). ``dunned_on`` and
    ``dunned_step`` are the last dunning and the step of collection it answered (R-053).
    """

    amount: int
    member: str = ""
    group: str = ""
    funding: str = OWN
    rate_ppm: int = 0
    month_days: int = MONTH_DAYS
    stop_days: int = 0
    term_months: int = 0
    paid_on: date | None = None
    due_on: date | None = None
    first_due_on: date | None = None
    outstanding: int = 0
    slices: tuple[tuple[int, date], ...] = ()
    fee_paid: int = 0
    extensions: int = 0
    paid_for: dict[str, int] = {}
    dunned_on: date | None = None
    dunned_step: int = 0

    def fee(self, on: date) -> int:
        """Fee of the whole loan from payout to ``on``, rounded once; 0 before payout (R-060)."""
        if self.paid_on is None:
            return 0
        repaid = [(day, part) for part, day in self.slices]
        pieces = slices_of(self.amount, self.paid_on, repaid)
        return fee_to_date(pieces, self.rate_ppm, on, self.month_days)

    def fee_owed(self, on: date) -> int:
        """Fee to ``on`` that was not paid yet."""
        return max(self.fee(on) - self.fee_paid, 0)

    def owed(self, on: date) -> int:
        """Principal and fee that would settle the loan on ``on``."""
        return self.outstanding + self.fee_owed(on)

    def overdue_days(self, on: date) -> int:
        """Days the principal is past its due date; the due day itself is 0."""
        return days_overdue(self.due_on if self.outstanding else None, on)

    def step_reached(self, steps: Sequence[int], on: date) -> int:
        """The last step of collection, in days overdue, that ``on`` has come to; 0: none."""
        late = self.overdue_days(on)
        return max((step for step in steps if step <= late), default=0)

    def step_answered(self) -> int:
        """The step answered since the loan fell due; after an extension they begin anew."""
        if self.dunned_on is None or self.due_on is None or self.dunned_on <= self.due_on:
            return 0
        return self.dunned_step

    def step_due(self, steps: Sequence[int], on: date) -> int:
        """The step of collection that has come and nobody has answered; 0: none (R-053)."""
        reached = self.step_reached(steps, on)
        return reached if reached > self.step_answered() else 0

    def fee_bookable(self, on: date) -> int:
        """Fee to be booked by ``on`` in all: booking stops ``stop_days`` overdue (P2.4)."""
        due = self.due_on if self.outstanding else None
        return self.fee(booked_through(on, due, self.stop_days))

    def cleared_on(self) -> date | None:
        """The value date on which the last principal came back; None while any is out."""
        if self.paid_on is None or self.outstanding:
            return None
        return max((day for _, day in self.slices), default=self.paid_on)

    def late_in(self, first: date, last: date) -> bool:
        """Whether principal was overdue on any day of a span, by the first due date (PD)."""
        if self.first_due_on is None or self.first_due_on >= last:
            return False
        cleared = self.cleared_on()
        return cleared is None or (cleared > self.first_due_on and cleared >= first)

    def out_in(self, first: date, last: date) -> bool:
        """Whether principal was out on any day of a span."""
        if self.paid_on is None or self.paid_on > last:
            return False
        cleared = self.cleared_on()
        return cleared is None or cleared >= first


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """A payment in parts: ``booked + unbooked + principal + excess`` is the payment.

    ``over`` is fee booked beyond what is owed, taken back; ``back`` is fee paid beyond what a
    finished loan ever owed, given back to the payer; both only after facts came out of order.
    """

    booked: int
    unbooked: int
    principal: int
    excess: int
    over: int
    back: int
    after: Loan


def loan_of(case: Case) -> Loan:
    """A loan case's terms as arithmetic needs them."""
    return msgspec.convert(case.terms, Loan)


def contract_number(case: Case) -> str:
    """The number on the contract: as it was written there, else the one the loan is given.

    ``baiguo-2008-0012``: the cooperative, the year of approval, the loan's own number; "" before
    the council has approved. A payer who quotes it is known by it (docs/glossary.md).
    """
    if written := str(case.terms.get("number", "")):
        return written
    approved, cooperative = case.terms.get("approved_on"), case.parties.get("coop", "")
    own = case.id.removeprefix(f"loan-{cooperative}-")
    return f"{cooperative}-{str(approved)[:4]}-{own}" if approved else ""


def quotes(told: str, number: str) -> bool:
    """Whether a payer's words hold a contract number whole, in any width and case of letters."""
    words, wanted = _plain(told), _plain(number)
    at = words.find(wanted) if wanted else -1
    while at >= 0:
        beside = words[at - 1 : at] + words[at + len(wanted) : at + len(wanted) + 1]
        if not any(one in _OF_A_NUMBER for one in beside):
            return True
        at = words.find(wanted, at + 1)
    return False


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def paid_out(loan: Loan, on: date) -> Loan:
    """The loan on its value date: the whole amount out, due after its term (R-043)."""
    due = months_after(on, loan.term_months)
    return msgspec.structs.replace(
        loan, paid_on=on, due_on=due, first_due_on=due, outstanding=loan.amount
    )


def split(loan: Loan, amount: int, on: date, today: date, booked: int) -> Split:
    """Split a payment with value date ``on``: fee to that date, then principal, then excess (PD).

    ``booked`` is the fee receivable (117). Fee is owed to the value date, whatever was booked:
    what was not booked is income now. Every part is zero or more and the parts sum up.
    """
    fee = min(amount, loan.fee_owed(on))
    principal = min(amount - fee, loan.outstanding)
    return parts(loan, fee=fee, principal=principal, excess=amount - fee - principal, on=on,
                 today=today, booked=booked)  # fmt: skip


def split_principal_first(loan: Loan, amount: int, on: date, booked: int) -> Split:
    """Split a share set off against its member's debt: principal first, then fee (P1.3)."""
    principal = min(amount, loan.outstanding)
    fee = min(amount - principal, loan.fee_owed(on))
    return parts(loan, fee=fee, principal=principal, excess=amount - fee - principal, on=on,
                 today=on, booked=booked)  # fmt: skip


def parts(
    loan: Loan, *, fee: int, principal: int, excess: int, on: date, today: date, booked: int
) -> Split:
    """The split and the loan after it; corrects fee booked or paid beyond what is now owed."""
    ensure(0 <= principal <= loan.outstanding, "repaid_is_not_over_the_loan", principal=principal)
    after = msgspec.structs.replace(
        loan,
        outstanding=loan.outstanding - principal,
        slices=(*loan.slices, (principal, on)) if principal else loan.slices,
        fee_paid=loan.fee_paid + fee,
    )
    taken = min(fee, booked)
    earned = after.fee(max(on, today))
    over = min(booked - taken, max(after.fee_paid + booked - taken - earned, 0))
    back = max(after.fee_paid - earned, 0) if not after.outstanding else 0
    return Split(
        booked=taken,
        unbooked=fee - taken,
        principal=principal,
        excess=excess,
        over=over,
        back=back,
        after=msgspec.structs.replace(after, fee_paid=after.fee_paid - back),
    )


def moved(loan: Loan) -> dict[str, Any]:
    """The terms a payment changes, as an act carries them."""
    return {
        "outstanding": loan.outstanding,
        "slices": [[part, day.isoformat()] for part, day in loan.slices],
        "fee_paid": loan.fee_paid,
    }


def instalments(cases: Iterable[Case], on: date) -> list[Instalment]:
    """What fell due on loans ever paid out and came back by ``on``, for due recovery (R-052)."""
    loans = [loan_of(case) for case in cases if case.terms.get("paid_on")]
    return [
        Instalment(
            first_due=loan.first_due_on,
            principal_fen=loan.amount,
            repaid_fen=sum(part for part, day in loan.slices if day <= on),
        )
        for loan in loans
        if loan.first_due_on is not None
    ]


def clean(cases: Iterable[Case], on: date) -> bool:
    """A clean record: none of these loans was ever overdue or written off (R-052, PD)."""
    return not any(
        case.state == WRITTEN_OFF or loan_of(case).late_in(date.min, on) for case in cases
    )
