"""The world outside the county, order by order: grants arrive, cards are closed, people repay.

Called by Bank.order inside its transaction. An order that cannot happen raises OrderRefused.
"""

import datetime as dt

from sqlalchemy import Connection

from infra.bank_simulator import mail, payments
from infra.bank_simulator import mail_queries as m
from infra.bank_simulator import queries as q
from infra.bank_simulator import tables as t
from infra.bank_simulator.orders import (
    CloseCard,
    CloseDay,
    Correct,
    Credit,
    Fail,
    Holder,
    IssueCards,
    OpenAccount,
    OpenSubAccounts,
    Order,
    OrderRefused,
    Repay,
    Resend,
)
from infra.bank_simulator.payments import DueLegs
from infra.bank_simulator.queries import Leg

UNALLOCATED = "待清分"
"""Name of the sub-account that holds what names none, unless the order names it."""


def obey(conn: Connection, order: Order, today: dt.date) -> None:
    """Do what an order says, except ``close_day``, which moves the bank itself."""
    match order:
        case OpenAccount():
            subs = order.sub_accounts
            if order.unallocated not in {sub.number for sub in subs}:
                subs = (Holder(number=order.unallocated, name=UNALLOCATED), *subs)
            _fresh(conn, order.account, *(sub.number for sub in subs))
            q.open_account(conn, order.account, order.name, order.unallocated, today)
            q.open_sub_accounts(conn, order.account, subs)
        case OpenSubAccounts():
            _fresh(conn, *(sub.number for sub in order.sub_accounts))
            _known_account(conn, order.account)
            q.open_sub_accounts(conn, order.account, order.sub_accounts)
        case IssueCards():
            _fresh(conn, *(card.number for card in order.cards))
            q.issue_cards(conn, order.cards)
        case CloseCard():
            if not q.close_card(conn, order.number):
                raise OrderRefused(f"no card {order.number}")
        case Credit():
            _credit(conn, order, today)
        case Repay():
            _repay(conn, order, today)
        case Fail():
            m.add_fault(conn, order)
        case Correct():
            _correct(conn, order, today)
        case Resend():
            mail.again(conn, order.file)
        case CloseDay():
            pass


def _fresh(conn: Connection, *numbers: str) -> None:
    """Every number is new: accounts, sub-accounts and cards share one space of numbers."""
    if len({*numbers}) != len(numbers):
        raise OrderRefused("a number appears twice in the order")
    for number in numbers:
        if any(q.row(conn, table, number) for table in (t.account, t.sub_account, t.card)):
            raise OrderRefused(f"number {number} is taken")


def _known_account(conn: Connection, number: str) -> None:
    if q.row(conn, t.account, number) is None:
        raise OrderRefused(f"no special account {number}")


def _credit(conn: Connection, order: Credit, today: dt.date) -> None:
    leg = Leg(
        sub_account=_where_to(conn, order.sub_account, order.account),
        signed=order.amount_fen,
        value_date=today,
        counterparty_name=order.payer_name,
        counterparty_account=order.payer_account,
        reference=order.reference,
        text=order.text,
    )
    _arrive(conn, leg, today, order.late_days, notify=order.notify)


def _repay(conn: Connection, order: Repay, today: dt.date) -> None:
    card = q.row(conn, t.card, order.card)
    if card is None or not card["open"]:
        raise OrderRefused(f"no open card {order.card}")
    leg = Leg(
        sub_account=_where_to(conn, order.sub_account, order.account),
        signed=order.amount_fen,
        value_date=today,
        counterparty_name=card["holder"],
        counterparty_account=order.card,
        text=order.text,
    )
    q.card_moves(conn, order.card, paid_out=order.amount_fen)
    _arrive(conn, leg, today, order.late_days, notify=order.notify)


def _where_to(conn: Connection, sub_account: str, account: str) -> str:
    """The sub-account itself, else the unallocated one of the account it was meant for."""
    if q.row(conn, t.sub_account, sub_account) is not None:
        return sub_account
    known = [a for a in q.accounts(conn) if not account or a["number"] == account]
    if len(known) != 1:
        raise OrderRefused(f"no sub-account {sub_account}, and not one account to take it")
    return str(known[0]["unallocated"])


def _arrive(conn: Connection, leg: Leg, today: dt.date, late_days: int, *, notify: bool) -> None:
    if late_days:
        payments.schedule(conn, today + dt.timedelta(days=late_days), DueLegs(legs=(leg,)))
        return
    (position,) = q.book(conn, today, [leg])
    if notify:
        owner = q.row(conn, t.sub_account, leg.sub_account)
        account = str(owner["account"]) if owner else ""
        mail.notify(conn, account, today, tuple(q.booking_of(conn, position)))


def _correct(conn: Connection, order: Correct, today: dt.date) -> None:
    booked = q.booking_of(conn, q.position_of(order.line_id))
    if not booked:
        raise OrderRefused(f"no line {order.line_id}")
    for entry in booked:
        owner = q.row(conn, t.sub_account, entry.sub_account)
        if owner is None or owner["balance"] < entry.signed:
            raise OrderRefused(f"sub-account {entry.sub_account} cannot cover the correction")
    q.book(
        conn,
        today,
        [
            Leg(
                sub_account=entry.sub_account,
                signed=-entry.signed,
                value_date=today,
                counterparty_name=entry.counterparty_name,
                counterparty_account=entry.counterparty_account,
                reference=entry.reference,
                reverses=entry.line_id,
                text=entry.text,
            )
            for entry in booked
        ],
    )
    for entry in booked:
        q.card_moves(conn, entry.counterparty_account, paid_in=min(entry.signed, 0))
