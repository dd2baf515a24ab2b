"""What the simulated bank keeps: instructions it was given, bookings it made, faults it is told.

Values only. Used by bank.py; the invariants read the bookings, since they are what really
happened to the money. Amounts are fen.
"""

from datetime import date
from enum import StrEnum

import msgspec

from services.federation.bank_files.messages import StatementLine


class BankFault(StrEnum):
    """What the bank does wrong, once, with the next thing it can be done to."""

    BOUNCE = "bounce"  # an instruction is refused
    DELAY = "delay"  # executed days later
    DOUBLE = "double"  # executed twice, one of them taken back later
    WRONG_AMOUNT = "wrong_amount"  # one fen less, taken back later, then paid right
    WRONG_CARD = "wrong_card"  # to another card, taken back later, then paid right
    LATE_LINE = "late_line"  # a booking that is told a day later than its value date
    RETURN = "return"  # a payment that was made comes back days later
    LOSE_STATEMENT = "lose_statement"  # the file of a day is lost, and sent again later
    FALSE_STATEMENT = "false_statement"  # a line is left out, so that its sums are wrong
    DOUBLE_STATEMENT = "double_statement"  # the same file twice
    LOSE_PAYMENT_FILE = "lose_payment_file"  # the county's file is lost, and comes later


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One instruction of a payment file as the bank understood it; ``again``: a second try."""

    reference: str
    sub_account: str
    payee_name: str
    payee_card: str
    amount: int
    execute_on: date
    file_id: str
    remark: str
    again: bool = False


class Truth(StrEnum):
    """Why a booking was made, whatever the statement says of it."""

    PAID = "paid"
    DOUBLED = "doubled"
    WRONG = "wrong"
    TAKEN_BACK = "taken_back"
    RETURNED = "returned"
    MOVED = "moved"
    CAME_IN = "came_in"


class Booking(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the bank's own books, and why it was made."""

    line: StatementLine
    truth: Truth


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """A booking the bank still has to make: a reversal, a return, a second try."""

    on: date
    truth: Truth
    line: StatementLine


class BankFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file on its way to the county."""

    name: str
    body: bytes
