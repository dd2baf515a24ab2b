"""Facts of a village loan from application to its end (P2, R-029…R-056).

Called by the node's page and API. Amounts are fen; persons, members and groups are ids.
"""

from datetime import date
from typing import Literal

import msgspec

from contracts.facts import Facts, Nothing, Reason, Votes


class LoanApply(Facts, frozen=True):
    """The application (借款审批表, R-046). ``purpose`` is from the county's list (R-029).

    ``funding`` says whose money is lent on; ``project`` what exactly it is for, and ``benefit``
    the gain hoped for (fen a year). ``relatives`` are the close relatives who must abstain
    (R-017). ``poor`` is taken from the member's own record. ``long_cycle`` asks for the product
    of R-044.
    """

    member: str
    person: str
    group: str
    amount: int
    purpose: str
    term_months: int
    poor: bool = False
    funding: str = "own"
    project: str = ""
    benefit: int = 0
    relatives: tuple[str, ...] = ()
    long_cycle: bool = False


class LoanNotice(Facts, frozen=True):
    """The public notice is put up (公示, R-048); ``place`` says where."""

    place: str = ""


class LoanContract(Facts, frozen=True):
    """The contract is signed on paper (借款合同); ``number`` is the number written on it.

    Left out, it is the loan's own: cooperative, year of approval, number of the loan.
    """

    number: str = ""


class LoanRevisit(Facts, frozen=True):
    """The household was visited after payout (回访, R-050): what became of the money.

    ``used`` says whether it went into what was applied for, ``finding`` how the project stands,
    never a name.
    ``income_before`` and ``income_after`` are the household's, fen a year (R-051); None: not told.
    """

    finding: str
    used: Literal["as_applied", "otherwise"] = "as_applied"
    income_before: int | None = None
    income_after: int | None = None


class LoanDun(Facts, frozen=True):
    """Something was done to collect a loan that is overdue (催收, R-053).

    ``how``: the notice was handed to borrower and guarantors, somebody called at the house or
    telephoned, or it was done otherwise. ``note`` is what was said and promised, never a name.
    """

    how: Literal["notice", "visit", "telephone", "otherwise"] = "notice"
    note: str = ""


class LoanAssign(Facts, frozen=True):
    """Money in suspense was a repayment; ``item`` is the suspense key, ``amount`` fen.

    ``payer`` is the guarantor whose money it was (his member id), ``insurer``, or "" for the
    borrower's own.
    """

    item: str
    amount: int
    payer: str = ""


class GuarantorRepaid(Facts, frozen=True):
    """The borrower paid a guarantor back (R-054): ``payer`` is his member id, ``amount`` fen."""

    payer: str
    amount: int


class SuspenseItem(Facts, frozen=True):
    """Money in suspense goes where it belongs: ``item`` is the suspense key, ``amount`` fen.

    ``member`` is the member whose share it is, or who gets it back; ``person`` his person id.
    """

    item: str
    amount: int
    member: str
    person: str


class SuspensePassOn(Facts, frozen=True):
    """Money in suspense was paid on a claimed loan (代偿) and goes on to its bank (P6.6).

    ``item`` is the suspense key, ``amount`` fen, ``claim`` the county's claim. Nobody names the
    payee: the county takes the bank from the claim.
    """

    item: str
    amount: int
    claim: str


class LoanExtend(Facts, frozen=True):
    """Extension (R-055): the new due date, and the signatures of guarantors and council."""

    due_on: date
    votes: dict[str, str] = msgspec.field(default_factory=dict)
    vote: str = "yes"
    minutes: str = ""


FACTS: dict[tuple[str, str], type[Facts]] = {
    ("loan", "apply"): LoanApply,
    ("loan", "sign"): Votes,
    ("loan", "vote"): Votes,
    ("loan", "refuse"): Reason,
    ("loan", "notice"): LoanNotice,
    ("loan", "object"): Reason,
    ("loan", "dismiss"): Reason,
    ("loan", "sustain"): Reason,
    ("loan", "contract"): LoanContract,
    ("loan", "instruct"): Nothing,
    ("loan", "revisit"): LoanRevisit,
    ("loan", "dun"): LoanDun,
    ("loan", "assign"): LoanAssign,
    ("loan", "call"): Nothing,
    ("loan", "guarantor_repaid"): GuarantorRepaid,
    ("loan", "set_off"): Nothing,
    ("loan", "extend"): LoanExtend,
    ("loan", "extend_long"): LoanExtend,
    ("loan", "write_off"): Votes,
    ("loan", "withdraw"): Reason,
    ("loan", "cancel"): Reason,
    ("suspense", "pay_back"): SuspenseItem,
    ("suspense", "pass_on"): SuspensePassOn,
    ("suspense", "pay_again"): Nothing,
    ("suspense", "to_share"): SuspenseItem,
}
