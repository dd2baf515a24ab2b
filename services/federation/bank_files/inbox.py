"""Whatever the bank put into its folder: the kind is found out, then read.

Called by the step of the county close that takes the bank's files in.
"""

from services.federation.bank_files.faults import FaultCode, refuse
from services.federation.bank_files.layout import header_fits
from services.federation.bank_files.messages import BankMessage
from services.federation.bank_files.safe_xml import Kind, read_document
from services.federation.bank_files.sheets import read_rows
from services.federation.bank_files.simple_payments import ANSWER_COLUMNS, answers_of_rows
from services.federation.bank_files.simple_statement import STATEMENT_COLUMNS, statement_of_rows
from services.federation.bank_files.statement import notifications_of, statements_of
from services.federation.bank_files.status_report import report_of
from services.federation.bank_files.tree import Node

TAKEN = (Kind.PAIN_002, Kind.CAMT_053, Kind.CAMT_054)
_BLANK = b"\xef\xbb\xbf \t\r\n"


def read_bank_file(body: bytes) -> tuple[BankMessage, ...]:
    """Everything one file of the bank says, ISO message or sheet of the simple layout.

    Raises BankFileRefused with every fault; then nothing of the file is used.
    """
    if not body.lstrip(_BLANK).startswith(b"<"):
        return (_sheet(body),)
    kind, root = read_document(body, TAKEN)
    if kind is Kind.PAIN_002:
        return (report_of(Node(root)),)
    if kind is Kind.CAMT_053:
        return statements_of(Node(root))
    return notifications_of(Node(root))


def _sheet(body: bytes) -> BankMessage:
    rows = read_rows(body)
    if header_fits(rows, ANSWER_COLUMNS):
        return answers_of_rows(rows)
    if header_fits(rows, STATEMENT_COLUMNS):
        return statement_of_rows(rows)
    expected = " ".join(["对账单", "回盘", *(kind.value for kind in TAKEN)])
    raise refuse(FaultCode.WRONG_KIND, found="sheet", expected=expected)
