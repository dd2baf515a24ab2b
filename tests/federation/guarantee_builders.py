"""Guarantee messages with every field told by default; a test names only what it is about."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import msgspec

from services.federation.guarantee_messages.layouts import GuaranteeKind
from services.federation.guarantee_messages.messages import (
    About,
    Amendment,
    Answer,
    Borrower,
    Demand,
    DemandDocument,
    DemandRefusal,
    DemandWithdrawal,
    Discrepancy,
    Enclosure,
    EndReason,
    Format,
    Guarantee,
    GuaranteeMessage,
    Party,
    Reason,
    Status,
    Termination,
)

GOLDEN = Path(__file__).parents[2] / "docs/samples/tsrv"
UNION = Party(id="union", name="盐池县农民互助联合社")
BANK = Party(id="bank-1", name="盐池县农村商业银行")
COOPERATIVE = Party(id="baiguo", name="白果村互助社")
GUARANTEE = "guarantee-baiguo-0012"
DEMAND = "DC-2010-0007"
OTHERWISE = "逾期未满九十日 90 days past due are not over. " * 5
"""A reason longer than one element holds."""


def a_guarantee() -> Guarantee:
    return Guarantee(
        guarantee_id=GUARANTEE,
        issuer=UNION,
        applicant=COOPERATIVE,
        beneficiary=BANK,
        issued_on=dt.date(2010, 3, 1),
        expires_on=dt.date(2011, 5, 30),
        amount_fen=2_000_000,
        borrower=Borrower(masked_id="642222********1234", name="王某某"),
        agreement_id="agreement-baiguo-1",
        agreement_version=2,
        loan_id="guaranteed-baiguo-0012",
        loan_fen=2_000_000,
        cover_ppm=800_000,
        package_id="package-baiguo-003",
        package_digest="9f" * 32,
        demand_documents=(
            DemandDocument(kind="contract", text="借款合同 loan contract"),
            DemandDocument(kind="payout", text="放款凭证 proof of payout"),
            DemandDocument(kind="dunning"),
        ),
        terms=(
            "担保人以互助社风险补偿金为限承担责任。\nLiability ends at the pool's own balance.",
            "先由联保人代偿。 Guarantors of the group are called first.",
        ),
        partial_demands=True,
        multiple_demands=False,
    )


def an_amendment() -> Amendment:
    return Amendment(
        guarantee_id=GUARANTEE,
        issuer=UNION,
        sequence=1,
        issued_on=dt.date(2010, 9, 1),
        needs_consent=True,
        decrease_fen=400_000,
        expires_on=dt.date(2011, 2, 28),
        text="借款人已还一部分。 Part of the loan was repaid.",
    )


def an_offered_end() -> Amendment:
    return Amendment(
        guarantee_id=GUARANTEE,
        issuer=UNION,
        sequence=2,
        issued_on=dt.date(2010, 10, 8),
        needs_consent=True,
        ends_on=dt.date(2010, 10, 31),
        end_reason=EndReason.WITHDRAWN,
    )


def a_termination() -> Termination:
    return Termination(
        guarantee_id=GUARANTEE,
        issuer=UNION,
        ends_on=dt.date(2011, 3, 2),
        reason=EndReason.REPAID,
        applicant_reference="loan-baiguo-0012",
        text="借款已还清。 The loan is repaid.",
    )


def a_demand() -> Demand:
    return Demand(
        demand_id=DEMAND,
        guarantee_id=GUARANTEE,
        issuer=UNION,
        presented_on=dt.date(2011, 9, 1),
        amount_fen=2_000_000,
        interest_fen=12_345,
        package_digest="9f" * 32,
        narrative="借款人逾期九十日,请予代偿。\nNinety days past due; please pay.",
        enclosures=(
            Enclosure(kind="contract", file_id="HT-1.pdf", format=Format.PDF, content=b"%PDF-1.7"),
            Enclosure(kind="dunning", file_id="CS-1.xlsx", format=Format.SHEET, content=b"PK\3\4"),
        ),
        bank_reference="HT-2010-0456",
        account="62001-99",
    )


def a_refusal() -> DemandRefusal:
    return DemandRefusal(
        guarantee_id=GUARANTEE,
        issuer=UNION,
        demand_id=DEMAND,
        submitted_on=dt.date(2011, 9, 1),
        amount_fen=2_000_000,
        discrepancies=(
            Discrepancy(code="CLAIM_TOO_EARLY", text="未满九十日。 The waiting days are not over."),
            Discrepancy(
                code="CLAIM_PAPERS_MISSING", text="缺放款凭证。 Proof of payout is missing."
            ),
        ),
        applicant_reference="loan-baiguo-0012",
        documents="附件留存备查。 The enclosures are kept.",
    )


def a_withdrawal() -> DemandWithdrawal:
    return DemandWithdrawal(
        guarantee_id=GUARANTEE,
        issuer=UNION,
        demand_id=DEMAND,
        submitted_on=dt.date(2011, 9, 1),
        amount_fen=2_000_000,
        bank_reference="HT-2010-0456",
    )


def an_answer_to_a_line() -> Status:
    return Status(
        sender=BANK,
        guarantee_id=GUARANTEE,
        issuer=UNION,
        about=About.ISSUE,
        answer=Answer.ACCEPTED,
        reasons=(Reason(code="CONDITION", text=OTHERWISE.strip()), Reason(code="NOTE")),
        bank_reference="HT-2010-0456",
    )


def a_part_acceptance() -> Status:
    return Status(
        sender=UNION,
        guarantee_id=GUARANTEE,
        issuer=UNION,
        about=About.DEMAND,
        answer=Answer.ACCEPTED,
        reasons=(Reason(code="BANK_PART", text="银行自担两成。 The bank bears its fifth."),),
        demand_id=DEMAND,
        amount_fen=1_600_000,
    )


def an_answer_to_an_amendment() -> Status:
    return Status(
        sender=BANK,
        guarantee_id=GUARANTEE,
        issuer=UNION,
        about=About.AMENDMENT,
        answer=Answer.REJECTED,
        reasons=(Reason(code="COVER_TOO_LOW"),),
        amendment=1,
    )


MESSAGES: dict[str, tuple[GuaranteeKind, Callable[[], GuaranteeMessage]]] = {
    "tsrv.001": (GuaranteeKind.ISSUE, a_guarantee),
    "tsrv.005": (GuaranteeKind.AMENDMENT, an_amendment),
    "tsrv.005-end": (GuaranteeKind.AMENDMENT, an_offered_end),
    "tsrv.012": (GuaranteeKind.TERMINATION, a_termination),
    "tsrv.013": (GuaranteeKind.DEMAND, a_demand),
    "tsrv.016": (GuaranteeKind.DEMAND_REFUSAL, a_refusal),
    "tsrv.017": (GuaranteeKind.DEMAND_WITHDRAWAL, a_withdrawal),
    "tsrv.019": (GuaranteeKind.STATUS, an_answer_to_a_line),
    "tsrv.019-demand": (GuaranteeKind.STATUS, a_part_acceptance),
    "tsrv.019-amendment": (GuaranteeKind.STATUS, an_answer_to_an_amendment),
}
"""Golden file → its kind and the struct it says."""


def changed(message: GuaranteeMessage, **facts: object) -> GuaranteeMessage:
    """The message with some facts otherwise."""
    return msgspec.structs.replace(message, **facts)


def golden(name: str) -> bytes:
    """Bytes of a golden message."""
    return (GOLDEN / f"{name}.xml").read_bytes()
