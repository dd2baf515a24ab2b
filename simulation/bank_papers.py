"""What the small bank reads and writes: pain.001 in, sheets of the county's simple layout out.

Called by the bank with what it did. Decides nothing: a false or doubled paper is asked for.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from contracts.money import yuan
from services.federation.bank_files.messages import (
    PaymentAnswer,
    Statement,
    StatementLine,
    StatusReport,
    SubAccountBalance,
)
from services.federation.bank_files.safe_xml import Kind, read_document
from services.federation.bank_files.sheets import Form
from services.federation.bank_files.simple_payments import write_answer_list
from services.federation.bank_files.simple_statement import write_statement_sheet
from services.federation.bank_files.tree import Node
from simulation.bank_orders import BankFile, Order

_SHEET = ".csv"


def orders_of(body: bytes) -> tuple[str, list[Order]]:
    """File id and instructions of a pain.001. Raises BankFileRefused when it is not one."""
    _, root = read_document(body, (Kind.PAIN_001,))
    file = Node(root)
    header = "CstmrCdtTrfInitn/GrpHdr"
    name = file.text(f"{header}/MsgId")
    orders = [
        Order(
            reference=transfer.text("PmtId/EndToEndId"),
            sub_account=transfer.text("UltmtDbtr/Id/OrgId/Othr/Id"),
            payee_name=transfer.text("Cdtr/Nm"),
            payee_card=transfer.account("CdtrAcct"),
            amount=yuan(transfer.text("Amt/InstdAmt")),
            execute_on=date.fromisoformat(block.text("ReqdExctnDt/Dt")),
            file_id=name,
            remark=transfer.text("RmtInf/Ustrd"),
        )
        for block in file.all("CstmrCdtTrfInitn/PmtInf")
        for transfer in block.all("CdtTrfTxInf")
    ]
    return name, orders


def answers(found: Sequence[tuple[str, PaymentAnswer]], today: date) -> list[BankFile]:
    """One answer list for each payment file that (file id, answer) speaks of."""
    by_file: dict[str, list[PaymentAnswer]] = {}
    for file, answer in found:
        by_file.setdefault(file, []).append(answer)
    files = []
    for file, told in by_file.items():
        name = f"A-{file}-{today:%Y%m%d}"
        report = StatusReport(
            report_id=name,
            file_id=file,
            created_on=today,
            status=None,
            answers=tuple(told),
        )
        files.append(BankFile(name=name + _SHEET, body=write_answer_list(report, Form.CSV)))
    return files


def statement(
    account: str,
    today: date,
    before: Mapping[str, int],
    after: Mapping[str, int],
    lines: tuple[StatementLine, ...],
    number: int,
) -> BankFile:
    """The statement of a day; ``before`` and ``after`` are the sub-accounts' balances (fen)."""
    name = f"S-{today:%Y%m%d}"
    told = Statement(
        statement_id=name,
        sequence=number,
        account=account,
        date=today,
        opening_fen=sum(before.values()),
        closing_fen=sum(after.values()),
        lines=lines,
        sub_accounts=tuple(
            SubAccountBalance(sub_account=sub, opening_fen=before[sub], closing_fen=after[sub])
            for sub in sorted(after)
        ),
    )
    return BankFile(name=name + _SHEET, body=write_statement_sheet(told, Form.CSV))


def again(file: BankFile) -> BankFile:
    """The same bytes under another name."""
    return BankFile(name=f"{file.name.removesuffix(_SHEET)}-again{_SHEET}", body=file.body)


def without_a_line(file: BankFile) -> BankFile:
    """The sheet with its last booking left out, so that its sums no longer agree."""
    rows = file.body.splitlines(keepends=True)
    last = max(n for n, row in enumerate(rows) if "明细".encode() in row)
    body = b"".join(rows[:last] + rows[last + 1 :])
    return BankFile(name=f"{file.name.removesuffix(_SHEET)}-{_SHEET}", body=body)
