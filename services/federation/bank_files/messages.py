"""What is said between the county and its bank, as frozen structs. No bytes, no rules, no IO.

Made by the cases that build payment files and by the readers of bank files; matched by the
federation. Money is integer fen of one currency (CNY); dates are the bank's calendar dates.
"""

import datetime as dt
from enum import StrEnum

import msgspec


class PaymentLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One instruction: pay ``amount_fen`` out of a cooperative's sub-account to one payee.

    ``reference`` is our payment id and the end-to-end id at the bank: the same reference is
    paid at most once. ``payee_card`` is a card (一卡通) or, between cooperatives, a sub-account.
    """

    reference: str
    cooperative_sub_account: str
    payee_name: str
    payee_card: str
    amount_fen: int
    remark: str


class PaymentFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Instructions of one special account (县级专户), in the order they are to be carried out.

    ``execute_on`` is the day asked of the bank; left out it is ``created_on``.
    """

    file_id: str
    created_on: dt.date
    debtor_account: str
    lines: tuple[PaymentLine, ...]
    initiator: str = "联合社"
    execute_on: dt.date | None = None

    @property
    def total_fen(self) -> int:
        """Sum of all lines (fen)."""
        return sum(line.amount_fen for line in self.lines)


class AnswerStatus(StrEnum):
    """What the bank says of a file or a line. Only a statement line proves that money moved."""

    ACCEPTED = "accepted"
    PENDING = "pending"
    REJECTED = "rejected"
    PARTLY = "partly"  # of a file: read the lines


class PaymentAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The bank's answer to one reference; ``reason`` is a code of docs/bank-exchange.md."""

    reference: str
    status: AnswerStatus
    reason: str = ""
    text: str = ""


class StatusReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The bank's answer to one payment file. ``file_id`` is ours, ``report_id`` the bank's.

    ``status`` is what it says of the file as a whole, None when it speaks only of lines.
    """

    report_id: str
    file_id: str
    created_on: dt.date
    status: AnswerStatus | None
    answers: tuple[PaymentAnswer, ...]
    reason: str = ""
    text: str = ""

    def answer(self, reference: str) -> PaymentAnswer | None:
        """The line's own answer, else the file's when that holds for every line, else None.

        A rejected file that lists lines speaks of these alone: a bank that answers one payment
        later may mark its report so, and what was paid must not be asked for again.
        """
        for answer in self.answers:
            if answer.reference == reference:
                return answer
        if self.status in (None, AnswerStatus.PARTLY):
            return None
        if self.status is AnswerStatus.REJECTED and self.answers:
            return None
        return PaymentAnswer(
            reference=reference, status=self.status, reason=self.reason, text=self.text
        )


class Direction(StrEnum):
    """Seen from the special account: money came in or went out."""

    IN = "in"
    OUT = "out"


class StatementLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One booking at the bank. ``line_id`` is unique per account, for ever: its one identity.

    ``sub_account`` is None when the bank cannot say whose money it is. ``reference`` is the
    end-to-end id; ``returned_reference`` that of a payment which comes back; ``reverses_line``
    the id of a line by which the bank had erred and which this one undoes.
    """

    line_id: str
    sub_account: str | None
    direction: Direction
    amount_fen: int
    value_date: dt.date
    reference: str | None = None
    counterparty_name: str = ""
    counterparty_account: str = ""
    text: str = ""
    returned_reference: str | None = None
    reverses_line: str | None = None

    @property
    def signed_fen(self) -> int:
        """Effect on the account (fen): in positive, out negative."""
        return self.amount_fen if self.direction is Direction.IN else -self.amount_fen


class SubAccountBalance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Opening and closing balance (fen) of one sub-account, as the bank states them."""

    sub_account: str
    opening_fen: int
    closing_fen: int


class Statement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One special account over the time since its last statement, up to ``date``.

    ``sequence`` is the bank's running number, None when it gives none. ``sub_accounts`` is
    empty when the bank does not state them.
    """

    statement_id: str
    sequence: int | None
    account: str
    date: dt.date
    opening_fen: int
    closing_fen: int
    lines: tuple[StatementLine, ...]
    sub_accounts: tuple[SubAccountBalance, ...] = ()


class Notification(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bookings told before the statement; the same line ids come again in it."""

    notification_id: str
    account: str
    created_on: dt.date
    lines: tuple[StatementLine, ...]


BankMessage = StatusReport | Statement | Notification
