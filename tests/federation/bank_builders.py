"""Bank messages with every field valid by default; a test names only what it is about."""

import datetime as dt
from pathlib import Path

from services.federation.bank_files.messages import (
    AnswerStatus,
    Direction,
    PaymentAnswer,
    PaymentFile,
    PaymentLine,
    Statement,
    StatementLine,
    StatusReport,
    SubAccountBalance,
)

GOLDEN = Path(__file__).parent / "golden"
DAY = dt.date(2010, 1, 29)
ACCOUNT = "62001"


def a_payment_line(
    reference: str = "pay_001",
    *,
    sub_account: str = "62001-01",
    name: str = "张三",
    card: str = "6228480000000007",
    fen: int = 500_000,
    remark: str = "借款 loan_001",
) -> PaymentLine:
    return PaymentLine(
        reference=reference,
        cooperative_sub_account=sub_account,
        payee_name=name,
        payee_card=card,
        amount_fen=fen,
        remark=remark,
    )


def a_payment_file(*lines: PaymentLine, file_id: str = "F20100129-1") -> PaymentFile:
    return PaymentFile(
        file_id=file_id,
        created_on=DAY,
        debtor_account=ACCOUNT,
        initiator="文县互助资金联合社",
        lines=lines or (a_payment_line(),),
    )


def golden_payment_file() -> PaymentFile:
    """One of each kind: to a card, to a sub-account, no remark, one fen, signs XML escapes."""
    return a_payment_file(
        a_payment_line(),
        a_payment_line(
            "pay_002", sub_account="62001-02", name="白果村", card="62001-01", fen=1, remark=""
        ),
        a_payment_line("pay_003", name="李 & 四 <五>", fen=1_234_567_89, remark='占用费 "三季度"'),
    )


def a_statement_line(
    line_id: str = "L1",
    *,
    fen: int = 100,
    direction: Direction = Direction.IN,
    sub_account: str | None = "62001-01",
    reference: str | None = None,
    returned: str | None = None,
    reverses: str | None = None,
    text: str = "还款",
) -> StatementLine:
    return StatementLine(
        line_id=line_id,
        sub_account=sub_account,
        direction=direction,
        amount_fen=fen,
        value_date=DAY,
        reference=reference,
        counterparty_name="张三",
        counterparty_account="6228480000000007",
        text=text,
        returned_reference=returned,
        reverses_line=reverses,
    )


def a_statement(
    *lines: StatementLine,
    opening: int = 0,
    sequence: int | None = 1,
    date: dt.date = DAY,
    subs: tuple[SubAccountBalance, ...] = (),
) -> Statement:
    return Statement(
        statement_id=f"S{sequence}",
        sequence=sequence,
        account=ACCOUNT,
        date=date,
        opening_fen=opening,
        closing_fen=opening + sum(line.signed_fen for line in lines),
        lines=lines,
        sub_accounts=subs,
    )


def golden_statement() -> Statement:
    """Money in, a payment out, its return, a doubled line taken back, sub-account balances."""
    return a_statement(
        a_statement_line("L1", fen=1_000_00, text="拨款"),
        a_statement_line("L2", fen=300_01, direction=Direction.OUT, reference="pay_001"),
        a_statement_line("L3", fen=300_01, returned="pay_001", text="=退回"),
        a_statement_line("L4", fen=5_00, sub_account="62001-02", reverses="L0"),
        opening=20_00,
        sequence=7,
        subs=(
            SubAccountBalance(sub_account="62001-01", opening_fen=20_00, closing_fen=1_020_00),
            SubAccountBalance(sub_account="62001-02", opening_fen=0, closing_fen=5_00),
        ),
    )


def a_report(*answers: PaymentAnswer) -> StatusReport:
    return StatusReport(
        report_id="R1",
        file_id="F20100129-1",
        created_on=DAY,
        status=None,
        answers=answers
        or (
            PaymentAnswer(reference="pay_001", status=AnswerStatus.ACCEPTED),
            PaymentAnswer(
                reference="pay_002", status=AnswerStatus.REJECTED, reason="AC07", text="已销户"
            ),
        ),
    )
