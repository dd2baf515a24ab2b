"""What is said between guarantor and bank over the life of one guarantee, as frozen structs.

One guarantee (担保) covers one loan of one borrower; its id is the case id. Made by the cases of
the risk pool (R-081…R-090, P6) and by the reader of what the bank sends. No bytes, no rules, no
IO. Money is integer fen (CNY), rates are ppm, dates are business dates. Which element carries
which field, and why: docs/guarantee-messages.md.
"""

import datetime as dt
from enum import StrEnum

import msgspec


class Party(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An organisation: its id in the agreement (at most 35 characters) and its name (140)."""

    id: str
    name: str


class Borrower(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who owes the loan: ID number masked (642222********1234); a name only if it may be shown."""

    masked_id: str
    name: str = ""


class Format(StrEnum):
    """What an enclosed file is."""

    PDF = "pdf"
    SHEET = "sheet"
    XML = "xml"


class Enclosure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One enclosed file of at most 2 MiB. ``kind`` names the item of the claim's checklist."""

    kind: str
    file_id: str
    format: Format
    content: bytes


class DemandDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind of enclosure a demand must bring, by its word in the checklist, and what it is."""

    kind: str
    text: str = ""


class Guarantee(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """tsrv.001, guarantor → bank: a guarantee is given (签发).

    ``amount_fen`` is the principal guaranteed of a loan of ``loan_fen``, ``cover_ppm`` the pool's
    part of what is called; the rest is the bank's. ``expires_on`` is the last day on which a
    demand can be in time. ``issuer`` keeps and signs for the pool (联合社), ``applicant`` is the
    cooperative whose pool stands behind it, ``beneficiary`` the bank. ``package_digest`` is the
    SHA-256 (hex) of the signed manifest of the package the line belongs to. ``terms`` are the
    conditions in words, one to five.
    """

    guarantee_id: str
    issuer: Party
    applicant: Party
    beneficiary: Party
    issued_on: dt.date
    expires_on: dt.date
    amount_fen: int
    borrower: Borrower
    agreement_id: str
    agreement_version: int
    loan_id: str
    loan_fen: int
    cover_ppm: int
    package_id: str
    package_digest: str
    demand_documents: tuple[DemandDocument, ...]
    terms: tuple[str, ...]
    partial_demands: bool
    multiple_demands: bool


class EndReason(StrEnum):
    """Why a guarantee ends."""

    REPAID = "repaid"
    CLAIM_PAID = "claim_paid"
    EXPIRED = "expired"
    BANK_REJECTED = "bank_rejected"
    WITHDRAWN = "withdrawn"


class Amendment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """tsrv.005, guarantor → bank: more or less cover, another expiry date, or an end (变更).

    ``sequence`` counts the amendments of this guarantee from 1. At most one of the two amounts
    is above zero. ``needs_consent``: without the bank's answer (Status) nothing changes.
    """

    guarantee_id: str
    issuer: Party
    sequence: int
    issued_on: dt.date
    needs_consent: bool
    increase_fen: int = 0
    decrease_fen: int = 0
    expires_on: dt.date | None = None
    ends_on: dt.date | None = None
    end_reason: EndReason | None = None
    text: str = ""


class Termination(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """tsrv.012, guarantor → applicant (cooperative): the guarantee has ended (终止).

    ``applicant_reference`` is the cooperative's own id of it.
    """

    guarantee_id: str
    issuer: Party
    ends_on: dt.date
    reason: EndReason
    applicant_reference: str = ""
    text: str = ""


class Demand(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """tsrv.013, bank → guarantor: pay for the borrower (代偿通知书).

    ``amount_fen`` is the principal called; ``interest_fen`` is told and not called (P6.5).
    ``package_digest`` repeats the guarantee's. ``demand_id`` and ``bank_reference`` (its loan
    contract) are the bank's. ``account``: where the bank wants the money.
    """

    demand_id: str
    guarantee_id: str
    issuer: Party
    presented_on: dt.date
    amount_fen: int
    interest_fen: int
    package_digest: str
    narrative: str
    enclosures: tuple[Enclosure, ...]
    bank_reference: str = ""
    account: str = ""


class Discrepancy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One reason a demand is refused: a rejection code and its sentence, both languages in one."""

    code: str
    text: str


class DemandRefusal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """tsrv.016, guarantor → bank: a demand is refused, wholly, for these reasons (拒绝代偿).

    ``submitted_on`` and ``amount_fen`` repeat the demand. ``documents`` says what becomes of its
    enclosures.
    """

    guarantee_id: str
    issuer: Party
    demand_id: str
    submitted_on: dt.date
    amount_fen: int
    discrepancies: tuple[Discrepancy, ...]
    applicant_reference: str = ""
    documents: str = ""


class DemandWithdrawal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """tsrv.017, bank → guarantor: a demand is taken back (撤回代偿申请)."""

    guarantee_id: str
    issuer: Party
    demand_id: str
    submitted_on: dt.date
    amount_fen: int
    bank_reference: str = ""


class About(StrEnum):
    """What a status is about."""

    ISSUE = "issue"
    AMENDMENT = "amendment"
    END = "end"
    DEMAND = "demand"


class Answer(StrEnum):
    """What a status says. An acceptance with a condition is ACCEPTED with reasons."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Reason(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why, or on what condition: a code (at most 35 characters) and a sentence."""

    code: str
    text: str = ""


class Status(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """tsrv.019, either way: the bank's answer to a line, an amendment; ours to a demand.

    About a demand, ``demand_id`` and ``amount_fen`` say which and how much of it is accepted
    (部分受理 when less than asked); else they are empty. ``amendment`` is its sequence.
    """

    sender: Party
    guarantee_id: str
    issuer: Party
    about: About
    answer: Answer
    reasons: tuple[Reason, ...] = ()
    bank_reference: str = ""
    amendment: int | None = None
    demand_id: str = ""
    amount_fen: int = 0


GuaranteeMessage = (
    Guarantee | Amendment | Termination | Demand | DemandRefusal | DemandWithdrawal | Status
)
