"""Every statement the bank runs on its books. Called inside the caller's transaction.

Balances move only in ``book``, on a sub-account and its special account by the same amount, so
the sub-accounts always sum to the account: the bank cannot make money.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, Select, Table, func, insert, select, update

from infra.bank_simulator import tables as t
from infra.bank_simulator.messages_in import Instruction
from infra.bank_simulator.messages_out import Entry, Span
from infra.bank_simulator.orders import Holder
from kernel.errors import ensure


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a booking; ``signed`` in fen, in positive."""

    sub_account: str
    signed: int
    value_date: dt.date
    counterparty_name: str
    counterparty_account: str
    reference: str = ""
    returned: str = ""
    reverses: str = ""
    text: str = ""


class CardUse(msgspec.Struct, frozen=True, kw_only=True):
    """What a card got from the county and paid to it (fen); returns are taken off."""

    paid_in: int
    paid_out: int


class Books(msgspec.Struct, frozen=True, kw_only=True):
    """The bank's books at a glance, for proofs: balances in fen, payments as (status, reason)."""

    today: dt.date | None
    closed: dt.date | None
    accounts: dict[str, int]
    sub_accounts: dict[str, int]
    cards: dict[str, CardUse]
    payments: dict[str, tuple[str, str]]


def line_id(position: int) -> str:
    """The bank's reference of a line, unique for ever."""
    return f"L{position:010d}"


def position_of(line_id: str) -> int:
    """The line a reference names; 0, which is no line, when it is none of ours."""
    number = line_id.removeprefix("L")
    return int(number) if number.isascii() and number.isdigit() else 0


def one(conn: Connection, query: Select[Any]) -> RowMapping | None:
    """The first row, or None."""
    return conn.execute(query).mappings().first()


def row(conn: Connection, table: Table, key: str) -> RowMapping | None:
    """The row of a table by its text key."""
    return one(conn, select(table).where(table.primary_key.columns[0] == key))


# time


def calendar(conn: Connection) -> tuple[dt.date | None, dt.date | None]:
    """Today and the last closed day, None before the bank first heard a date."""
    found = one(conn, select(t.calendar))
    return (found["today"], found["closed"]) if found else (None, None)


def set_calendar(conn: Connection, today: dt.date, closed: dt.date | None) -> None:
    """Move the bank in time."""
    values = {"today": today, "closed": closed}
    if conn.execute(update(t.calendar).values(values)).rowcount == 0:
        conn.execute(insert(t.calendar).values(id=1, **values))


# accounts and cards


def open_account(conn: Connection, number: str, name: str, unallocated: str, on: dt.date) -> None:
    """A special account with its unallocated sub-account, all at zero."""
    conn.execute(
        insert(t.account).values(
            number=number,
            name=name,
            unallocated=unallocated,
            balance=0,
            stated_on=on - dt.timedelta(days=1),
            stated_balance=0,
            stated_number=0,
        )
    )


def open_sub_accounts(conn: Connection, account: str, holders: Sequence[Holder]) -> None:
    """Sub-accounts at zero."""
    rows = [
        {
            "number": holder.number,
            "account": account,
            "name": holder.name,
            "balance": 0,
            "stated_balance": 0,
        }
        for holder in holders
    ]
    if rows:
        conn.execute(insert(t.sub_account), rows)


def issue_cards(conn: Connection, holders: Sequence[Holder]) -> None:
    """Cards the bank knows."""
    rows = [
        {"number": h.number, "holder": h.name, "open": True, "paid_in": 0, "paid_out": 0}
        for h in holders
    ]
    if rows:
        conn.execute(insert(t.card), rows)


def close_card(conn: Connection, number: str) -> bool:
    """True when there was such a card."""
    closed = conn.execute(update(t.card).where(t.card.c.number == number).values(open=False))
    return closed.rowcount == 1


def card_moves(conn: Connection, number: str, *, paid_in: int = 0, paid_out: int = 0) -> None:
    """Count what a card got from us and gave us (fen); for a number that is no card, nothing."""
    conn.execute(
        update(t.card)
        .where(t.card.c.number == number)
        .values(paid_in=t.card.c.paid_in + paid_in, paid_out=t.card.c.paid_out + paid_out)
    )


def accounts(conn: Connection) -> Sequence[RowMapping]:
    """All special accounts, by number."""
    return conn.execute(select(t.account).order_by(t.account.c.number)).mappings().all()


# booking


def book(conn: Connection, on: dt.date, legs: Sequence[Leg]) -> list[int]:
    """Book legs that belong together; returns the positions of their lines.

    The caller has seen that no sub-account falls below zero; the CHECK is the second look.
    """
    booking = int(conn.execute(select(func.coalesce(func.max(t.line.c.booking), 0))).scalar_one())
    positions = []
    for leg in legs:
        owner = row(conn, t.sub_account, leg.sub_account)
        ensure(owner is not None, "sub_account_exists", sub_account=leg.sub_account)
        account = owner["account"] if owner else ""
        for table, key in ((t.sub_account, leg.sub_account), (t.account, account)):
            conn.execute(
                update(table)
                .where(table.c.number == key)
                .values(balance=table.c.balance + leg.signed)
            )
        written = conn.execute(
            insert(t.line).values(
                **msgspec.structs.asdict(leg), account=account, booking=booking + 1, booked_on=on
            )
        )
        positions.append(int((written.inserted_primary_key or (0,))[0]))
    return positions


def entries(conn: Connection, where: Any) -> list[Entry]:
    """Lines as entries, in the order they were booked."""
    rows = conn.execute(select(t.line).where(where).order_by(t.line.c.position)).mappings()
    names = {field for field in Entry.__struct_fields__ if field != "line_id"}
    return [
        Entry(line_id=line_id(found["position"]), **{name: found[name] for name in names})
        for found in rows
    ]


def booking_of(conn: Connection, position: int) -> list[Entry]:
    """All lines booked together with the line at ``position``; empty when there is none."""
    found = one(conn, select(t.line.c.booking).where(t.line.c.position == position))
    return entries(conn, t.line.c.booking == found["booking"]) if found else []


# statements


def unstated(conn: Connection, account: str, until: dt.date) -> list[Entry]:
    """Lines booked up to a date that no statement has shown yet."""
    mine = (t.line.c.account == account) & t.line.c.statement.is_(None)
    return entries(conn, mine & (t.line.c.booked_on <= until))


def sub_account_spans(conn: Connection, account: str, moved: Mapping[str, int]) -> list[Span]:
    """Each sub-account from its last stated balance through what moved since."""
    query = select(t.sub_account).where(t.sub_account.c.account == account)
    rows = conn.execute(query.order_by(t.sub_account.c.number)).mappings()
    return [
        Span(
            number=found["number"],
            name=found["name"],
            opening=found["stated_balance"],
            closing=found["stated_balance"] + moved.get(found["number"], 0),
        )
        for found in rows
    ]


def mark_stated(
    conn: Connection, span: Span, subs: Sequence[Span], number: int, until: dt.date
) -> None:
    """Remember what a statement has said, so that the next one continues it."""
    conn.execute(
        update(t.account)
        .where(t.account.c.number == span.number)
        .values(stated_on=until, stated_balance=span.closing, stated_number=number)
    )
    for sub in (sub for sub in subs if sub.closing != sub.opening):
        conn.execute(
            update(t.sub_account)
            .where(t.sub_account.c.number == sub.number)
            .values(stated_balance=sub.closing)
        )
    mine = (t.line.c.account == span.number) & t.line.c.statement.is_(None)
    conn.execute(
        update(t.line).where(mine & (t.line.c.booked_on <= until)).values(statement=number)
    )


# payments


def remember_payment(
    conn: Connection, instruction: Instruction, file_id: str, status: str, reason: str
) -> None:
    """A reference enters the books once."""
    values = msgspec.structs.asdict(instruction)
    conn.execute(insert(t.payment).values(**values, file_id=file_id, status=status, reason=reason))


def set_payment(conn: Connection, reference: str, status: str, reason: str) -> None:
    """The payment went on."""
    conn.execute(
        update(t.payment)
        .where(t.payment.c.reference == reference)
        .values(status=status, reason=reason)
    )


# proofs


def totals(conn: Connection) -> list[tuple[str, int, int]]:
    """Each special account's number, balance and the sum of its sub-accounts (fen)."""
    total = func.coalesce(func.sum(t.sub_account.c.balance), 0)
    query = (
        select(t.account.c.number, t.account.c.balance, total)
        .outerjoin(t.sub_account, t.sub_account.c.account == t.account.c.number)
        .group_by(t.account.c.number, t.account.c.balance)
    )
    return [(str(number), int(balance), int(sum_)) for number, balance, sum_ in conn.execute(query)]


def books(conn: Connection) -> Books:
    """Everything that has a balance."""
    today, closed = calendar(conn)
    return Books(
        today=today,
        closed=closed,
        accounts={a["number"]: a["balance"] for a in accounts(conn)},
        sub_accounts={
            s.number: s.balance for s in conn.execute(select(t.sub_account).order_by("number"))
        },
        cards={
            c.number: CardUse(paid_in=c.paid_in, paid_out=c.paid_out)
            for c in conn.execute(select(t.card).order_by("number"))
        },
        payments={
            p.reference: (p.status, p.reason)
            for p in conn.execute(select(t.payment).order_by("reference"))
        },
    )
