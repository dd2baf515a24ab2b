"""The guarantee package (担保文件, P6.4, R-088): everything the county says to a bank, as one noun.

Filled from the books by the federation, rendered by services/federation/packages, read by
banks and by `lianhe verify` through the schema made from these types. Amounts are fen, rates
are parts per million, dates are ISO. A person's name and masked numbers stand here because the
bank lends to that person; whole ID and card numbers never do.
"""

from datetime import date
from typing import Annotated

import msgspec

from contracts.money import FEN_MAX
from contracts.package_values import (
    Amount,
    Count,
    Digest,
    Id,
    Leverage,
    MaskedCard,
    MaskedId,
    Note,
    Ordinal,
    Rate,
    Sum,
    Text,
)


class Said(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One part of a package. Every field is always written, so that nothing is left unsaid."""


class Village(Said, frozen=True):
    """The cooperative that stakes its money (互助社). ``grade`` is the confirmed rating A–D."""

    id: Id
    name: Text
    township: Note
    registration: Text
    registered_on: date
    grade: Annotated[str, msgspec.Meta(pattern=r"^[A-D]$")]
    grade_source: Text
    members: Count


class Bank(Said, frozen=True):
    """The bank the package is addressed to."""

    id: Id
    name: Text


class Agreement(Said, frozen=True):
    """The agreement every figure rests on (合作协议), at the version pinned to this package.

    ``variant`` 1 pools deposits of members of a grade-A village, 2 stakes the fund (R-081,
    R-082). ``base`` is ``stake``, ``stake_and_match`` or ``deposits``. ``digest`` is that of
    the agreement's own act. ``order`` names the layers in which a claim is met; by
    ``match_order`` the match pays ``after_stake`` or ``pro_rata`` with it; ``mutual``: pooled
    deposits answer for each other. ``late_days``: calendar days from the first to the last day on
    which a claim may be made.
    """

    id: Id
    version: Ordinal
    digest: Digest
    signed_on: date
    variant: Annotated[int, msgspec.Meta(ge=1, le=2)]
    leverage_ppm: Leverage
    base: Annotated[str, msgspec.Meta(pattern=r"^(stake|stake_and_match|deposits)$")]
    match_ppm: Rate
    bank_part_ppm: Rate
    wait_days: Count
    check_days: Count
    pay_days: Count
    late_days: Count
    order: tuple[Text, ...]
    match_order: Annotated[str, msgspec.Meta(pattern=r"^(after_stake|pro_rata)$")]
    mutual: bool
    stop_rate_ppm: Rate
    loan_cap_fen: Sum
    term_months_max: Ordinal
    grades: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern=r"^[A-D]$")], ...], msgspec.Meta(min_length=1)
    ]
    notice_days: Count


class Letter(Said, frozen=True):
    """The letter of guarantee (担保函).

    ``amount_fen`` is the principal guaranteed, the sum of the lines; of a claim the bank bears
    ``bank_part_fen`` and the pool at most ``pool_part_fen``. Loans are paid out from
    ``issued_on`` to ``valid_until`` and reported to ``report_until``, ``grace_days`` later.
    """

    number: Text
    amount_fen: Sum
    bank_part_fen: Amount
    pool_part_fen: Amount
    term_months_max: Ordinal
    issued_on: date
    valid_until: date
    grace_days: Count
    report_until: date


class Receipt(Said, frozen=True):
    """Money that lies in the county special account (到账回执): stake, match or pooled deposit.

    ``act`` is the act of the county's book and ``digest`` that act's own.
    """

    act: Id
    digest: Digest
    booked_on: date
    amount_fen: Sum
    payer: Text
    reference: Note


class Scope(Said, frozen=True):
    """Head-room at one of the limits, before and after this package is reserved (fen)."""

    line_fen: Amount
    guaranteed_fen: Amount
    reserved_fen: Amount
    free_before_fen: Amount
    free_after_fen: Amount


class Headroom(Said, frozen=True):
    """The head-room statement (额度说明, R-086). Guaranteed and reserved are before the package.

    ``stake_fen`` = receipts − given back − called, the last two net of what came in again; for
    variant 1 it is the deposits. ``pooled_members`` bounds the usable line of variant 1 and is
    0 for variant 2.
    """

    as_of: date
    stake_fen: Amount
    stake_given_back_fen: Amount
    stake_called_fen: Amount
    match_fen: Amount
    match_given_back_fen: Amount
    match_called_fen: Amount
    base_fen: Sum
    pooled_members: Count
    cooperative: Scope
    bank: Scope
    county: Scope


class Vote(Said, frozen=True):
    """A vote of the council or of the members (决议). ``digest`` is that of its act."""

    number: Text
    held_on: date
    entitled: Ordinal
    present: Ordinal
    agreed: Count
    against: Count
    abstained: Count
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    act: Id
    digest: Digest


class Recovery(Said, frozen=True):
    """Recovery statistics of the cooperative and of its pool (回收统计), up to ``as_of``.

    ``recovery_ppm`` = repaid due ÷ fallen due of its own loans, rounded half up, a whole when
    nothing fell due; ``claim_ppm`` = (claims paid − recovered) ÷ guaranteed principal paid out,
    rounded down as the stop rate is judged (R-089, kernel.pool.claim_rate_ppm).
    """

    as_of: date
    own_due_fen: Amount
    own_repaid_fen: Amount
    recovery_ppm: Rate
    guaranteed_paid_out_fen: Amount
    guaranteed_repaid_fen: Amount
    claims_paid_fen: Amount
    claims_recovered_fen: Amount
    claim_ppm: Rate


class OtherLoan(Said, frozen=True):
    """Another loan the borrower owes now, with whom and until when."""

    lender: Text
    balance_fen: Sum
    due_on: date


class Reason(Said, frozen=True):
    """Why the borrower is eligible: the rule, and what was found, in both languages."""

    rule: Text
    zh: Text
    en: Text


class Paper(Said, frozen=True):
    """A paper kept at the village: application, group guarantee… with the digest of its act."""

    kind: Text
    number: Text
    digest: Digest


class Notice(Said, frozen=True):
    """Proof of the public notice (公示). ``objections`` are those not answered: none may be."""

    id: Id
    posted_on: date
    until: date
    objections: Count
    digest: Digest


class BorrowerLine(Said, frozen=True):
    """One borrower (借款人): the bank answers line by line by ``guarantee``."""

    line: Ordinal
    guarantee: Id
    person: Id
    name: Text
    id_masked: MaskedId
    card_masked: MaskedCard
    principal_fen: Sum
    term_months: Ordinal
    purpose: Text
    group: Id
    credit_level: Text
    other_loans: tuple[OtherLoan, ...]
    reasons: Annotated[tuple[Reason, ...], msgspec.Meta(min_length=1)]
    papers: Annotated[tuple[Paper, ...], msgspec.Meta(min_length=1)]
    notice: Notice


class Signer(Said, frozen=True):
    """Who decided, in which role, on which day, by which act (四权分离)."""

    role: Text
    name: Text
    signed_on: date
    act: Id
    digest: Digest


class BookHead(Said, frozen=True):
    """How far a book had come, and the digest of its whole chain there."""

    book: Id
    seq: Annotated[int, msgspec.Meta(ge=0, le=FEN_MAX)]
    digest: Digest


class Contact(Said, frozen=True):
    """Whom the bank asks."""

    name: Text
    phone: Note
    address: Note


class GuaranteePackage(Said, frozen=True, tag="guarantee-package.v1"):
    """One guarantee package: what every file of it says.

    Its canonical bytes (contracts.codec.encode) are ``package.json``; `lianhe verify` proves
    that the sums, limits and dates in it agree with each other.
    """

    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    county: Text
    made_on: date
    village: Village
    bank: Bank
    agreement: Agreement
    letter: Letter
    lines: Annotated[tuple[BorrowerLine, ...], msgspec.Meta(min_length=1, max_length=10_000)]
    headroom: Headroom
    stake_receipts: Annotated[tuple[Receipt, ...], msgspec.Meta(min_length=1)]
    match_receipts: tuple[Receipt, ...]
    member_vote: Vote
    council_vote: Vote
    recovery: Recovery
    signers: Annotated[tuple[Signer, ...], msgspec.Meta(min_length=1)]
    contact: Contact
    heads: Annotated[tuple[BookHead, ...], msgspec.Meta(min_length=1)]
