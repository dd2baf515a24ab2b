"""Between the pool's nouns and the messages: a package's lines out, a bank's words in.

Called by whoever sends a package, by the door a bank's files come through and by
`lianhe message`. Pure: makes structs and facts, performs nothing. Whether a line may be answered
or a claim is due is the rules' to say (kernel.rules_guarantee, kernel.rules_claim).
"""

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import msgspec

from contracts.money import PPM
from contracts.package import BorrowerLine, GuaranteePackage
from contracts.rejections import Rejection, RejectionCode
from kernel.calendar import months_after
from kernel.errors import Rejected
from services.federation.guarantee_messages.messages import (
    About,
    Answer,
    Borrower,
    Demand,
    DemandDocument,
    DemandRefusal,
    Discrepancy,
    Guarantee,
    Party,
    Reason,
    Status,
)

PAPERS = {
    "contract": "借款合同 loan contract",
    "payout": "放款凭证 proof of payout",
    "dunning": "催收记录 dunning record",
    "balance": "本息余额表 statement of principal and interest",
}
"""What a demand encloses (P6.5), by the words of kernel.claims.PAPERS."""
CONDITION = "CONDITION"
"""The reason code that makes an acceptance conditional."""
_LIABILITY = (
    "担保函 {letter}。担保人以互助社在县级专户的风险补偿金余额为限承担责任,不足部分由银行承担。\n"
    "Liability ends at the cooperative's own pool balance; the uncovered rest is the bank's loss."
)
_GUARANTORS = (
    "代偿前先由联保人清偿,所付部分抵减代偿金额。\n"
    "Joint guarantors are called first; what they pay lowers the claim."
)
_CLAIM = (
    "逾期满 {wait} 天方可申请代偿,只就本金申请一次,以后的利息由银行承担。\n"
    "A claim may be made after {wait} days overdue, once and for principal; later interest is the "
    "bank's."
)
_TERMS = (_LIABILITY, _GUARANTORS, _CLAIM)
"""R-054, P6.5; the figures are the agreement's."""


class LineAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a bank's status says of a line, in the words of the guarantee's process."""

    guarantee: str
    act: str
    reason: str


def guarantees_of(
    package: GuaranteePackage, *, manifest: str, issuer: Party, late_days: int
) -> tuple[Guarantee, ...]:
    """One tsrv.001 for each line of a package.

    ``manifest`` is the SHA-256 (hex) of its signed manifest, ``late_days`` the calendar days from
    the first to the last day of the right to claim (`claim.late_days`).
    """
    return tuple(_guarantee(package, line, manifest, issuer, late_days) for line in package.lines)


def _guarantee(
    package: GuaranteePackage, line: BorrowerLine, manifest: str, issuer: Party, late_days: int
) -> Guarantee:
    letter, agreement = package.letter, package.agreement
    terms = [text.format(letter=letter.number, wait=agreement.wait_days) for text in _TERMS]
    return Guarantee(
        guarantee_id=line.guarantee,
        issuer=issuer,
        applicant=Party(id=package.village.id, name=package.village.name),
        beneficiary=Party(id=package.bank.id, name=package.bank.name),
        issued_on=letter.issued_on,
        expires_on=_last_day(package, line, late_days),
        amount_fen=line.principal_fen,
        borrower=Borrower(masked_id=line.id_masked, name=line.name),
        agreement_id=agreement.id,
        agreement_version=agreement.version,
        loan_id=line.guarantee,  # the bank's contract is not written yet; its number comes back
        loan_fen=line.principal_fen,
        cover_ppm=PPM - agreement.bank_part_ppm,
        package_id=package.id,
        package_digest=manifest,
        demand_documents=tuple(DemandDocument(kind=k, text=t) for k, t in PAPERS.items()),
        terms=tuple(terms),
        partial_demands=True,
        multiple_demands=False,
    )


def _last_day(package: GuaranteePackage, line: BorrowerLine, late_days: int) -> date:
    """The last day a demand can be in time: paid out on the last day, in arrears from the due one.

    An earlier payout or arrears end earlier; that is the rule's to count (CLAIM_TOO_LATE).
    """
    due = months_after(package.letter.valid_until, line.term_months)
    return due + timedelta(days=package.agreement.wait_days + late_days)


def notice_facts(demand: Demand, bank: str) -> dict[str, Any]:
    """Facts of a 代偿通知书 (facts.guarantees.ClaimNotice) of a signed-in bank's demand."""
    papers = {one.kind: hashlib.sha256(one.content).hexdigest() for one in demand.enclosures}
    return {
        "bank": bank,
        "guarantee": demand.guarantee_id,
        "amount": demand.amount_fen,
        "interest": demand.interest_fen,
        "manifest": demand.package_digest,
        "papers": papers,
    }


def line_answer(status: Status) -> LineAnswer:
    """Accept, condition or refuse, with the bank's reasons in one text.

    Raises Rejected FACTS_INVALID for a status that answers no line.
    """
    codes = {reason.code for reason in status.reasons}
    acts = {Answer.ACCEPTED: "accept", Answer.REJECTED: "refuse"}
    if status.about is not About.ISSUE or status.answer not in acts:
        problem = f"{status.about.value} {status.answer.value}"
        raise Rejected(RejectionCode.FACTS_INVALID, where="StsCtgy/Sts", problem=problem)
    act = acts[status.answer]
    if act == "accept" and CONDITION in codes:
        act = "condition"
    texts = [" ".join(filter(None, (reason.code, reason.text))) for reason in status.reasons]
    return LineAnswer(guarantee=status.guarantee_id, act=act, reason="; ".join(texts))


def refusal_of(demand: Demand, rejections: Sequence[Rejection]) -> DemandRefusal:
    """tsrv.016 with every reason: its code and its sentence in both languages."""
    reasons = [
        Discrepancy(code=one.code.value, text=f"{one.text('zh')}\n{one.text('en')}")
        for one in rejections
    ]
    return DemandRefusal(
        guarantee_id=demand.guarantee_id,
        issuer=demand.issuer,
        demand_id=demand.demand_id,
        submitted_on=demand.presented_on,
        amount_fen=demand.amount_fen,
        discrepancies=tuple(reasons),
    )


def acceptance_of(
    demand: Demand, *, sender: Party, principal_fen: int, reasons: tuple[Reason, ...] = ()
) -> Status:
    """tsrv.019: how much of a demand is accepted (fen of principal)."""
    return Status(
        sender=sender,
        guarantee_id=demand.guarantee_id,
        issuer=demand.issuer,
        about=About.DEMAND,
        answer=Answer.ACCEPTED,
        reasons=reasons,
        bank_reference=demand.bank_reference,
        demand_id=demand.demand_id,
        amount_fen=principal_fen,
    )
