"""Payment lists and answer lists (回盘) in the county's simple layout, for a bank without ISO.

Called by the case that builds payment files and by the step that takes the bank's files in. A
payment list has one row a payment and a total row; an answer list the same with the result.
"""

from collections.abc import Sequence

from services.federation.bank_files.faults import FaultCode, Faults, Place
from services.federation.bank_files.layout import Column, Record, Row, read_records, sheet_rows
from services.federation.bank_files.messages import (
    AnswerStatus,
    PaymentAnswer,
    PaymentFile,
    PaymentLine,
    StatusReport,
)
from services.federation.bank_files.payment_file import check_payment_file
from services.federation.bank_files.sheets import Cell, Form, read_rows, write_rows
from services.federation.bank_files.values import (
    ACCOUNT_MAX,
    REFERENCE_MAX,
    check_text,
    yuan_cell,
)

_KIND = Column(
    "kind", "行别", choices={"明细": "line", "合计": "total", "line": "line", "total": "total"}
)
_COUNT = Column("count", "笔数")
PAYMENT_COLUMNS = (
    _KIND,
    Column("file_id", "文件号", REFERENCE_MAX, of_file=True),
    Column("created_on", "制单日期", of_file=True),
    Column("execute_on", "执行日期", of_file=True),
    Column("debtor_account", "付款专户", ACCOUNT_MAX, of_file=True),
    Column("initiator", "付款人", of_file=True),
    Column("reference", "指令号", REFERENCE_MAX),
    Column("sub_account", "子账户", ACCOUNT_MAX),
    Column("payee_name", "收款人"),
    Column("payee_card", "收款卡号", ACCOUNT_MAX),
    Column("amount", "金额"),
    Column("remark", "附言"),
    _COUNT,
)
_STATUS = {
    "成功": AnswerStatus.ACCEPTED.value,
    "处理中": AnswerStatus.PENDING.value,
    "失败": AnswerStatus.REJECTED.value,
} | {status.value: status.value for status in AnswerStatus if status is not AnswerStatus.PARTLY}
ANSWER_COLUMNS = (
    _KIND,
    Column("report_id", "回盘号", REFERENCE_MAX, of_file=True),
    Column("file_id", "文件号", REFERENCE_MAX, of_file=True),
    Column("created_on", "回盘日期", of_file=True),
    Column("reference", "指令号", REFERENCE_MAX),
    Column("status", "结果", choices=_STATUS),
    Column("reason", "原因码", REFERENCE_MAX),
    Column("text", "说明"),
    _COUNT,
)


def write_payment_list(file: PaymentFile, form: Form) -> bytes:
    """A payment file as a sheet; raises BankFileRefused with every fault by entry."""
    check_payment_file(file).refuse_if_any()
    whole: Row = {
        "file_id": file.file_id,
        "created_on": file.created_on.isoformat(),
        "execute_on": file.execute_on.isoformat() if file.execute_on else "",
        "debtor_account": file.debtor_account,
        "initiator": file.initiator,
    }
    rows = [
        whole
        | {
            "kind": "line",
            "reference": line.reference,
            "sub_account": line.cooperative_sub_account,
            "payee_name": line.payee_name,
            "payee_card": line.payee_card,
            "amount": yuan_cell(line.amount_fen),
            "remark": line.remark,
        }
        for line in file.lines
    ]
    total: Row = {
        "kind": "total",
        "amount": yuan_cell(file.total_fen),
        "count": str(len(file.lines)),
    }
    return write_rows(form, sheet_rows(PAYMENT_COLUMNS, [*rows, whole | total]), file.created_on)


def read_payment_list(body: bytes) -> PaymentFile:
    """A payment list, proven by its total row; raises BankFileRefused with every fault by row."""
    faults = Faults()
    lines, total, first = _lines_and_total(read_rows(body), PAYMENT_COLUMNS, faults)
    payments = tuple(
        PaymentLine(
            reference=record.text("reference"),
            cooperative_sub_account=record.text("sub_account"),
            payee_name=record.text("payee_name"),
            payee_card=record.text("payee_card"),
            amount_fen=record.fen("amount"),
            remark=record.text("remark", required=False),
        )
        for record in lines
    )
    _check_references(lines, [payment.reference for payment in payments], faults)
    if total is not None:
        stated, counted = total.fen("amount"), sum(line.amount_fen for line in payments)
        if stated != counted:
            faults.add(FaultCode.SUM_DIFFERS, total.place("amount"), stated=stated, counted=counted)
    file = PaymentFile(
        file_id=first.text("file_id"),
        created_on=first.date("created_on"),
        execute_on=first.date("execute_on") if first.filled("execute_on") else None,
        debtor_account=first.text("debtor_account"),
        initiator=first.text("initiator"),
        lines=payments,
    )
    faults.refuse_if_any()
    return file


def write_answer_list(report: StatusReport, form: Form) -> bytes:
    """Answers as a sheet: what a bank without ISO is asked to send back."""
    faults = Faults()
    for entry, answer in enumerate(report.answers, 1):
        check_text(answer.reference, Place(0, entry), faults, limit=REFERENCE_MAX)
    faults.refuse_if_any()
    whole: Row = {
        "report_id": report.report_id,
        "file_id": report.file_id,
        "created_on": report.created_on.isoformat(),
    }
    rows = [
        whole
        | {
            "kind": "line",
            "reference": answer.reference,
            "status": answer.status.value,
            "reason": answer.reason,
            "text": answer.text,
        }
        for answer in report.answers
    ]
    total = whole | {"kind": "total", "count": str(len(report.answers))}
    return write_rows(form, sheet_rows(ANSWER_COLUMNS, [*rows, total]), report.created_on)


def read_answer_list(body: bytes) -> StatusReport:
    """An answer list, proven by its total row; raises BankFileRefused with every fault by row."""
    return answers_of_rows(read_rows(body))


def answers_of_rows(rows: Sequence[Sequence[Cell]]) -> StatusReport:
    """The same from rows already read."""
    faults = Faults()
    lines, _, first = _lines_and_total(rows, ANSWER_COLUMNS, faults)
    answers = tuple(
        PaymentAnswer(
            reference=record.text("reference"),
            status=AnswerStatus(record.choice("status") or AnswerStatus.PENDING),
            reason=record.text("reason", required=False),
            text=record.text("text", required=False),
        )
        for record in lines
    )
    _check_references(lines, [answer.reference for answer in answers], faults)
    report = StatusReport(
        report_id=first.text("report_id"),
        file_id=first.text("file_id"),
        created_on=first.date("created_on"),
        status=None,
        answers=answers,
    )
    faults.refuse_if_any()
    return report


def _lines_and_total(
    rows: Sequence[Sequence[Cell]], columns: Sequence[Column], faults: Faults
) -> tuple[list[Record], Record | None, Record]:
    """Line rows, the one total row with its count checked, and the first row of all."""
    records = read_records(rows, columns, faults)
    kinds = [record.choice("kind") for record in records]
    lines = [record for record, kind in zip(records, kinds, strict=True) if kind == "line"]
    totals = [record for record, kind in zip(records, kinds, strict=True) if kind == "total"]
    if not lines:
        faults.add(FaultCode.NO_LINES)
    if kinds[-1] != "total":
        faults.add(FaultCode.LAST_ROW, records[-1].place("kind"), kind="合计 total")
    if not totals:
        return lines, None, records[0]
    for extra in totals[1:]:
        faults.add(FaultCode.ROW_REPEATED, extra.place("kind"), kind="合计 total")
    stated = totals[0].count("count")
    if stated not in (len(lines), -1):
        faults.add(
            FaultCode.COUNT_DIFFERS, totals[0].place("count"), stated=stated, counted=len(lines)
        )
    return lines, totals[0], records[0]


def _check_references(records: Sequence[Record], references: Sequence[str], faults: Faults) -> None:
    first: dict[str, int] = {}
    for entry, (record, reference) in enumerate(zip(records, references, strict=True), 1):
        if reference and (earlier := first.setdefault(reference, entry)) != entry:
            faults.add(
                FaultCode.REFERENCE_REPEATED,
                record.place("reference"),
                reference=reference,
                first=earlier,
            )
