"""Orders: by these a demonstration or a test plays the world outside the county's files.

A card holder repays, a grant arrives, a day ends, something goes wrong. Dropped as JSON into
`orders/` or handed to ``Bank.order``. Every order has an id of its maker's: given twice, it
happens once. Amounts are fen. Never seen by the county.
"""

import datetime as dt
from enum import StrEnum
from typing import Annotated

import msgspec

Fen = Annotated[int, msgspec.Meta(gt=0, le=2**53 - 1)]
OrderId = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x20\x7f/]{1,100}$")]
# What a statement can carry: ISO's lengths, no control characters.
Number = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x20\x7f]{1,34}$")]
Reference = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x20\x7f]{0,35}$")]
Name = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f]{1,140}$")]
Text = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f]{0,140}$")]
Reason = Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9]{0,4}$")]
Days = Annotated[int, msgspec.Meta(ge=1, le=3650)]


class Holder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Number and holder's name of a card or sub-account."""

    number: Number
    name: Name


class OpenAccount(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="open_account"
):
    """A special account (专户) with its sub-accounts.

    ``unallocated`` is the sub-account that takes money which names none.
    """

    id: OrderId
    account: Number
    name: Name
    unallocated: Number
    sub_accounts: tuple[Holder, ...] = ()
    on: dt.date | None = None


class OpenSubAccounts(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="open_sub_accounts"
):
    """More sub-accounts of a special account."""

    id: OrderId
    account: Number
    sub_accounts: tuple[Holder, ...]
    on: dt.date | None = None


class IssueCards(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="issue_cards"
):
    """Cards (一卡通) the bank knows from now on."""

    id: OrderId
    cards: tuple[Holder, ...]
    on: dt.date | None = None


class CloseCard(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="close_card"
):
    """A card is closed: a payment to it bounces."""

    id: OrderId
    number: Number
    on: dt.date | None = None


class Credit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="credit"):
    """Money arrives from outside: a grant, a donor, a stray transfer.

    A ``sub_account`` the bank does not know goes to the unallocated one of ``account`` (needed
    only where there are several). ``late_days``: the bank books it that much later.
    """

    id: OrderId
    sub_account: str
    amount_fen: Fen
    payer_name: Name
    payer_account: Number
    text: Text = ""
    reference: Reference = ""
    account: str = ""
    late_days: Annotated[int, msgspec.Meta(ge=0, le=3650)] = 0
    notify: bool = False
    on: dt.date | None = None


class Repay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="repay"):
    """A card holder pays to a sub-account with a remittance text; otherwise as ``credit``."""

    id: OrderId
    card: Number
    sub_account: str
    amount_fen: Fen
    text: Text = ""
    account: str = ""
    late_days: Annotated[int, msgspec.Meta(ge=0, le=3650)] = 0
    notify: bool = False
    on: dt.date | None = None


class CloseDay(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="close_day"
):
    """The bank's day ``on`` ends: one statement for each special account."""

    id: OrderId
    on: dt.date


class FaultKind(StrEnum):
    """What goes wrong, each once for each order (docs/bank-exchange.md)."""

    REJECT = "reject"
    DELAY = "delay"
    WRONG_AMOUNT = "wrong_amount"
    DOUBLE_LINE = "double_line"
    LATE_LINE = "late_line"
    RETURN = "return"
    LOSE_FILE = "lose_file"
    DOUBLE_FILE = "double_file"
    FALSE_STATEMENT = "false_statement"


class Fail(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="fail"):
    """One fault to come: at the payment ``reference``, or at the next when that is empty.

    ``days`` later (delay, late_line, return), ``amount_fen`` paid instead (wrong_amount) or
    added to the closing balance (false_statement), ``reason`` code (reject, return), ``file``
    is `pain.001`, `pain.002`, `camt.053` or `camt.054` (lose_file, double_file).
    """

    id: OrderId
    fault: FaultKind
    reference: Reference = ""
    days: Days = 1
    amount_fen: Fen = 1
    reason: Reason = ""
    file: str = ""
    on: dt.date | None = None


class Correct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="correct"):
    """The bank takes back a booking of its own by error (doubled, wrong amount)."""

    id: OrderId
    line_id: str
    on: dt.date | None = None


class Resend(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="resend"):
    """The bank sends what got lost on the way to the county; ``file`` as in ``fail``, or all."""

    id: OrderId
    file: str = ""
    on: dt.date | None = None


Order = (
    OpenAccount
    | OpenSubAccounts
    | IssueCards
    | CloseCard
    | Credit
    | Repay
    | CloseDay
    | Fail
    | Correct
    | Resend
)


class OrderRefused(Exception):
    """The order cannot happen in this bank's world; nothing changed."""


def decode_order(body: bytes) -> Order:
    """One order from JSON (its kind stands in ``type``); raises OrderRefused."""
    try:
        order: Order = msgspec.json.decode(body, type=Order)
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise OrderRefused(str(wrong)) from None
    return order


def encode_order(order: Order) -> bytes:
    """JSON of one order: what is dropped into `orders/`, and what its digest is taken over."""
    return msgspec.json.encode(order, order="deterministic")
