"""Facts of what the pool guarantees: bank loans, packages, lines and claims (P6.3 to P6.6).

Amounts are fen, dates ISO. Called by rules, API, bank portal and pages. Persons, members and
cooperatives are ids; a paper is its SHA-256.
"""

from datetime import date

import msgspec

from contracts.facts import Facts, Nothing, Reason, Votes
from contracts.facts.credit import GuarantorRepaid


class BankLoanApply(Facts, frozen=True):
    """Application for a bank loan under the pool's guarantee, in the village (P6.3).

    The same papers as a loan of the cooperative (R-046); ``relatives`` must abstain (R-017).
    """

    agreement: str
    member: str
    person: str
    group: str
    amount: int
    purpose: str
    term_months: int
    project: str = ""
    relatives: tuple[str, ...] = ()


class Reserve(Facts, frozen=True):
    """Reserve head-room for one cleared application of a village."""

    agreement: str
    application: str
    package: str
    line: int
    grade: str


class PackageDraft(Facts, frozen=True):
    """A package of reserved lines; ``lines`` are guarantee cases in line order, ``amount`` fen.

    ``digest`` is what its signers sign: agreement, version and every line's terms.
    """

    agreement: str
    bank: str
    version: int
    lines: tuple[str, ...]
    amount: int
    digest: str
    relatives: tuple[str, ...] = ()


class PackageRendered(Facts, frozen=True):
    """The signed set was made and kept: digests (hex) of its manifest and of the file.

    ``issued_on`` is the letter's day, the only one on which it may leave; ``opened`` counts the
    persons whose sealed record was opened for it, and for nothing else (targets.md 2).
    """

    manifest: str
    file: str
    issued_on: date
    opened: int


class PackageSent(Facts, frozen=True):
    """The signed set left: digest of its manifest and of the file as sent."""

    manifest: str
    file: str


class PackageReceived(Facts, frozen=True):
    """The bank checked the set it received: the file's digest, and whether every proof held."""

    bank: str
    file: str
    verified: bool


class LineSent(Facts, frozen=True):
    """The line stands in a package that was sent, under this manifest."""

    manifest: str


class BankAnswer(Facts, frozen=True):
    """The bank's answer to one line; a refusal or condition says why."""

    bank: str
    reason: str = ""


class BankPaid(Facts, frozen=True):
    """The bank paid a guaranteed loan out: ``amount`` fen to the borrower's card on ``paid_on``."""

    bank: str
    amount: int
    paid_on: date
    due_on: date
    contract: str = ""


class BankRepaid(Facts, frozen=True):
    """Principal repaid to the bank (fen); ``report`` names the report it stood in."""

    bank: str
    amount: int
    repaid_on: date
    report: str = ""


class Arrears(Facts, frozen=True):
    """A loan's arrears as the bank reports them; principal 0 says they were made good."""

    bank: str
    since: date | None = None
    principal: int = 0
    interest: int = 0
    report: str = ""


class ClaimNotice(Facts, frozen=True):
    """代偿通知书: the principal called (fen) and the digests of the papers sent with it.

    ``papers`` maps contract, payout, dunning and balance to SHA-256 digests; ``manifest`` is the
    guarantee package the loan stands under. ``interest`` is told and not called (P6.5).
    """

    bank: str
    guarantee: str
    amount: int
    manifest: str
    papers: dict[str, str]
    interest: int = 0


class ClaimChecked(Facts, frozen=True):
    """The federation's checklist: each paper of the notice, seen and in order or not."""

    papers: dict[str, bool]
    remark: str = ""


class GuarantorsPaid(Facts, frozen=True):
    """What the joint guarantors paid the bank (fen): it lowers the claim (P6.5, R-054).

    0: they were called and paid nothing.
    """

    bank: str
    amount: int


class ClaimAccept(Facts, frozen=True):
    """The committee accepts ``principal`` fen of the claim, all or a part, for a reason."""

    principal: int
    reason: str = ""
    votes: dict[str, str] = msgspec.field(default_factory=dict)
    vote: str = "yes"
    minutes: str = ""


RECOVERY_METHODS = ("paid", "deducted", "lawsuit", "collateral", "insurance", "other")
"""How a claimed loan was recovered: paid by the borrower, deducted from his account, by court,
out of collateral, from insurance, otherwise."""


class Recovered(Facts, frozen=True):
    """Net money the bank recovered on a claimed loan since it last told (fen, cost deducted).

    ``method`` is one of RECOVERY_METHODS, ``still_owed`` the principal the borrower owes after it
    (L18); acts of an earlier release tell neither.
    """

    bank: str
    amount: int
    cost: int = 0
    method: str = ""
    still_owed: int | None = None
    report: str = ""


FACTS: dict[tuple[str, str], type[Facts]] = {
    ("bank_loan", "apply"): BankLoanApply,
    ("bank_loan", "sign"): Votes,
    ("bank_loan", "vote"): Votes,
    ("bank_loan", "refuse"): Reason,
    ("bank_loan", "notice"): Nothing,
    ("bank_loan", "object"): Reason,
    ("bank_loan", "dismiss"): Reason,
    ("bank_loan", "sustain"): Reason,
    ("bank_loan", "withdraw"): Reason,
    ("bank_loan", "guarantor_repaid"): GuarantorRepaid,
    ("package", "draft"): PackageDraft,
    ("package", "sign"): Votes,
    ("package", "decline"): Reason,
    ("package", "render"): PackageRendered,
    ("package", "send"): PackageSent,
    ("package", "receive"): PackageReceived,
    ("package", "withdraw"): Reason,
    ("guarantee", "reserve"): Reserve,
    ("guarantee", "send"): LineSent,
    ("guarantee", "accept"): BankAnswer,
    ("guarantee", "condition"): BankAnswer,
    ("guarantee", "meet"): Reason,
    ("guarantee", "refuse"): BankAnswer,
    ("guarantee", "release"): Reason,
    ("guarantee", "paid"): BankPaid,
    ("guarantee", "repaid"): BankRepaid,
    ("guarantee", "arrears"): Arrears,
    ("claim", "notice"): ClaimNotice,
    ("claim", "check"): ClaimChecked,
    ("claim", "guarantors"): GuarantorsPaid,
    ("claim", "reject"): Votes,
    ("claim", "withdraw"): BankAnswer,
    ("claim", "accept"): ClaimAccept,
    ("claim", "recovered"): Recovered,
    ("claim", "write_off"): Votes,
}
