"""The bank's answers to a payment file (pain.002, payment status report).

Called by the step of the county close that takes the bank's files in. An answer is a courtesy:
only a statement line says that money moved (R-049), and nothing is posted on an answer.
"""

from services.federation.bank_files.faults import FaultCode, Faults
from services.federation.bank_files.messages import AnswerStatus, PaymentAnswer, StatusReport
from services.federation.bank_files.safe_xml import Kind, read_document
from services.federation.bank_files.tree import Node

STATUSES = {
    "ACCP": AnswerStatus.ACCEPTED,  # customer profile checked
    "ACTC": AnswerStatus.ACCEPTED,  # technical checks passed
    "ACSP": AnswerStatus.ACCEPTED,  # being carried out
    "ACSC": AnswerStatus.ACCEPTED,  # settled at our account
    "ACCC": AnswerStatus.ACCEPTED,  # settled at the payee's account
    "ACWC": AnswerStatus.ACCEPTED,  # accepted with a change of date
    "RCVD": AnswerStatus.PENDING,
    "PDNG": AnswerStatus.PENDING,
    "RJCT": AnswerStatus.REJECTED,
    "PART": AnswerStatus.PARTLY,
}
"""ISO external status codes taken here; any other is refused by name."""


def read_pain002(body: bytes) -> StatusReport:
    """The report of a file; raises BankFileRefused with every fault by line and entry."""
    _, root = read_document(body, [Kind.PAIN_002])
    return report_of(Node(root))


def report_of(root: Node) -> StatusReport:
    """The same from a valid pain.002 already parsed."""
    faults = Faults()
    report = root.all("CstmrPmtStsRpt")[0]
    original = report.all("OrgnlGrpInfAndSts")[0]
    blocks = report.all("OrgnlPmtInfAndSts")
    status = _status(original, "GrpSts", faults)
    reasoned = original
    if status is None and len(blocks) == 1:  # our files have one block: its status is the file's
        status, reasoned = _status(blocks[0], "PmtInfSts", faults), blocks[0]
    answers = _answers(report, faults)
    created_on = report.date_of_moment("GrpHdr/CreDtTm", faults)
    faults.refuse_if_any()
    return StatusReport(
        report_id=report.text("GrpHdr/MsgId"),
        file_id=original.text("OrgnlMsgId"),
        created_on=created_on,
        status=status,
        answers=tuple(answers),
        reason=_reason(reasoned),
        text=_reason_text(reasoned),
    )


def _answers(report: Node, faults: Faults) -> list[PaymentAnswer]:
    answers = []
    first: dict[str, int] = {}
    for answer in report.entries("OrgnlPmtInfAndSts/TxInfAndSts"):
        reference = answer.text("OrgnlEndToEndId")
        status = _status(answer, "TxSts", faults)
        if not reference:
            faults.add(FaultCode.MISSING, answer.place("OrgnlEndToEndId"))
        elif reference in first:
            faults.add(
                FaultCode.REFERENCE_REPEATED,
                answer.place("OrgnlEndToEndId"),
                reference=reference,
                first=first[reference],
            )
        first.setdefault(reference, answer.entry)
        if status is None and not answer.text("TxSts"):
            faults.add(FaultCode.MISSING, answer.place("TxSts"))
        elif status is AnswerStatus.PARTLY:
            faults.add(FaultCode.STATUS_UNKNOWN, answer.place("TxSts"), found="PART")
        answers.append(
            PaymentAnswer(
                reference=reference,
                status=status or AnswerStatus.PENDING,
                reason=_reason(answer),
                text=_reason_text(answer),
            )
        )
    return answers


def _status(node: Node, field: str, faults: Faults) -> AnswerStatus | None:
    code = node.text(field)
    if code and code not in STATUSES:
        faults.add(FaultCode.STATUS_UNKNOWN, node.place(field), found=code)
    return STATUSES.get(code)


def _reason(node: Node) -> str:
    return node.text("StsRsnInf/Rsn/Cd", "StsRsnInf/Rsn/Prtry")


def _reason_text(node: Node) -> str:
    return "".join(node.texts("StsRsnInf/AddtlInf"))
