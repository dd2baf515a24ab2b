"""A bank with one special account, two villages and three cards, and short ways to use it."""

import datetime as dt

import msgspec

from infra.bank_simulator.bank import Bank
from infra.bank_simulator.orders import (
    CloseCard,
    Credit,
    Fail,
    FaultKind,
    Holder,
    IssueCards,
    OpenAccount,
    Order,
    Repay,
)
from infra.bank_simulator.queries import CardUse
from services.federation.bank_files.inbox import read_bank_file
from services.federation.bank_files.messages import (
    BankMessage,
    PaymentFile,
    PaymentLine,
    Statement,
    StatusReport,
)
from services.federation.bank_files.payment_file import write_pain001

ACCOUNT, BAIGUO, SHUIHAO, UNALLOCATED = "62001", "62001-01", "62001-02", "62001-00"
ZHANG, LI, CLOSED = "6228480000000007", "6228480000000015", "6228480000000023"
DAY = dt.date(2010, 1, 4)
START_FEN = 100_000


def day(number: int) -> dt.date:
    """Day 0 is the bank's first."""
    return DAY + dt.timedelta(days=number)


def founding() -> list[Order]:
    """The orders by which this world begins; each village gets 1,000.00."""
    villages = (Holder(number=BAIGUO, name="白果村"), Holder(number=SHUIHAO, name="水蒿坪村"))
    cards = (
        Holder(number=ZHANG, name="张三"),
        Holder(number=LI, name="李四"),
        Holder(number=CLOSED, name="王五"),
    )
    grants = [
        Credit(
            id=f"grant-{sub}",
            sub_account=sub,
            amount_fen=START_FEN,
            payer_name="县财政局",
            payer_account="010001",
            text="财政扶贫资金",
        )
        for sub in (BAIGUO, SHUIHAO)
    ]
    return [
        OpenAccount(
            id="open",
            on=DAY,
            account=ACCOUNT,
            name="互助资金专户",
            unallocated=UNALLOCATED,
            sub_accounts=villages,
        ),
        IssueCards(id="cards", cards=cards),
        CloseCard(id="close-card", number=CLOSED),
        *grants,
    ]


class World:
    """The bank and what it told the county, read with the county's own readers."""

    def __init__(self, bank: Bank | None = None) -> None:
        self.bank = bank or Bank()
        for order in founding():
            self.bank.order(order)

    def pay(self, *lines: PaymentLine, **file: object) -> StatusReport:
        """Send one payment file; the one report it brings."""
        (report,) = self.send(write_pain001(a_file(*lines, **file)))
        return report

    def send(self, body: bytes) -> list[StatusReport]:
        """Send bytes; all reports they bring."""
        return reports(*[out.body for out in self.bank.receive(body)])

    def fail(self, kind: FaultKind, reference: str = "", **fields: object) -> None:
        """Order a fault."""
        order = {"type": "fail", "id": f"fail-{kind}-{reference}", "fault": kind}
        self.bank.order(msgspec.convert(order | {"reference": reference} | fields, Fail))

    def close(self, number: int) -> Statement:
        """Close a day; its one statement."""
        (statement,) = statements(*[out.body for out in self.bank.close_day(day(number))])
        return statement

    def free(self, sub_account: str = BAIGUO) -> int:
        """Balance of a sub-account (fen)."""
        return self.bank.books().sub_accounts[sub_account]

    def card(self, number: str = ZHANG) -> CardUse:
        """What a card got and paid."""
        return self.bank.books().cards[number]


def a_line(
    reference: str = "pay_1",
    fen: int = 10_000,
    *,
    sub_account: str = BAIGUO,
    name: str = "张三",
    card: str = ZHANG,
) -> PaymentLine:
    return PaymentLine(
        reference=reference,
        cooperative_sub_account=sub_account,
        payee_name=name,
        payee_card=card,
        amount_fen=fen,
        remark=f"借款 {reference}",
    )


def a_file(*lines: PaymentLine, **changes: object) -> PaymentFile:
    fields: dict[str, object] = {
        "file_id": "F1",
        "created_on": DAY,
        "debtor_account": ACCOUNT,
        "lines": lines or (a_line(),),
    }
    return msgspec.convert(fields | changes, PaymentFile)


def messages(*bodies: bytes) -> list[BankMessage]:
    """Everything the files say."""
    return [message for body in bodies for message in read_bank_file(body)]


def reports(*bodies: bytes) -> list[StatusReport]:
    """The answers among them."""
    return [one for one in messages(*bodies) if isinstance(one, StatusReport)]


def statements(*bodies: bytes) -> list[Statement]:
    """The statements among them."""
    return [one for one in messages(*bodies) if isinstance(one, Statement)]


def a_repayment(fen: int = 500, **changes: object) -> Repay:
    """Money of one card paid into one village's sub-account."""
    fields: dict[str, object] = {
        "type": "repay",
        "id": "repay",
        "card": ZHANG,
        "sub_account": BAIGUO,
        "amount_fen": fen,
        "text": "还款 loan_1",
    }
    return msgspec.convert(fields | changes, Repay)


def continues(earlier: Statement, later: Statement) -> bool:
    """Whether a statement is the bank's next one: number, day, balances and lines go on."""
    closed = {one.sub_account: one.closing_fen for one in earlier.sub_accounts}
    told = {line.line_id for line in earlier.lines}
    return (
        earlier.account == later.account
        and later.sequence == (earlier.sequence or 0) + 1
        and later.date > earlier.date
        and later.opening_fen == earlier.closing_fen
        and all(
            one.opening_fen == closed.get(one.sub_account, 0)
            for one in later.sub_accounts
            if closed
        )
        and not any(line.line_id in told for line in later.lines)
    )
