"""Carrying out one instruction: what bounces it, what it books, what may go wrong with it.

Called by Bank inside its transaction. The bank changes no payee, amount or date (R-019) unless
a fault order makes it err.
"""

import datetime as dt

import msgspec
from sqlalchemy import Connection

from infra.bank_simulator import mail_queries as m
from infra.bank_simulator import queries as q
from infra.bank_simulator import tables as t
from infra.bank_simulator.messages_in import Instruction
from infra.bank_simulator.orders import FaultKind
from infra.bank_simulator.queries import Leg
from kernel.errors import ensure

SETTLED = ("ACSC", "")
UNDER_WAY = ("ACSP", "")
LUHN_BASE = 10
AHEAD_MAX = dt.timedelta(days=366)
"""Dates further ahead are refused: a slip of the pen would carry the bank into the future."""


class DuePayment(msgspec.Struct, frozen=True, kw_only=True, tag="payment"):
    """An instruction to be carried out on its day."""

    reference: str
    file_id: str


class DueLegs(msgspec.Struct, frozen=True, kw_only=True, tag="legs"):
    """A booking the bank makes late."""

    legs: tuple[Leg, ...]


class DueReturn(msgspec.Struct, frozen=True, kw_only=True, tag="return"):
    """A payment that comes back with a reason code."""

    reference: str
    amount: int
    reason: str


Due = DuePayment | DueLegs | DueReturn


def schedule(conn: Connection, on: dt.date, what: Due) -> None:
    """Something to happen on a day."""
    m.schedule(conn, on, msgspec.json.encode(what))


def begin(
    conn: Connection, instruction: Instruction, file_id: str, today: dt.date
) -> tuple[str, str]:
    """Status and reason for an instruction just received; a known reference is never repeated.

    The same instruction again gets its present status; the same reference for anything else
    is refused (AM05).
    """
    known = q.row(conn, t.payment, instruction.reference)
    if known is not None:
        same = all(known[name] == value for name, value in _content(instruction).items())
        return (known["status"], known["reason"]) if same else ("RJCT", "AM05")
    if instruction.execute_on > today + AHEAD_MAX:
        q.remember_payment(conn, instruction, file_id, "RJCT", "DT01")
        return "RJCT", "DT01"
    delay = m.take_fault(conn, FaultKind.DELAY, reference=instruction.reference)
    on = max(today, instruction.execute_on)
    if delay is not None:
        on += dt.timedelta(days=delay.days)
    if on > today:
        refusal = _refusal(conn, instruction)
        if refusal in ("", "AM04"):  # the cover is asked for on the day itself
            what = DuePayment(reference=instruction.reference, file_id=file_id)
            schedule(conn, on, what)
            outcome = UNDER_WAY
        else:
            outcome = ("RJCT", refusal)
    else:
        outcome = carry_out(conn, instruction, today)
    q.remember_payment(conn, instruction, file_id, *outcome)
    return outcome


def carry_out(conn: Connection, instruction: Instruction, today: dt.date) -> tuple[str, str]:
    """Pay or bounce, today, with the faults ordered for this reference."""
    reference = instruction.reference
    if fault := m.take_fault(conn, FaultKind.REJECT, reference=reference):
        return "RJCT", fault.reason or "MS03"
    if refusal := _refusal(conn, instruction):
        return "RJCT", refusal
    if fault := m.take_fault(conn, FaultKind.WRONG_AMOUNT, reference=reference):
        wrong = msgspec.structs.replace(instruction, amount=fault.amount_fen)
        instruction = wrong if _covered(conn, wrong) else instruction
    legs = _legs(conn, instruction, today)
    if fault := m.take_fault(conn, FaultKind.LATE_LINE, reference=reference):
        schedule(conn, today + dt.timedelta(days=fault.days), DueLegs(legs=legs))
    else:
        q.book(conn, today, legs)
    q.card_moves(conn, instruction.payee_account, paid_in=instruction.amount)
    if _covered(conn, instruction) and m.take_fault(
        conn, FaultKind.DOUBLE_LINE, reference=reference
    ):
        q.book(conn, today, legs)
        q.card_moves(conn, instruction.payee_account, paid_in=instruction.amount)
    if fault := m.take_fault(conn, FaultKind.RETURN, reference=reference):
        back = DueReturn(
            reference=reference, amount=instruction.amount, reason=fault.reason or "AC07"
        )
        schedule(conn, today + dt.timedelta(days=fault.days), back)
    return SETTLED


def happen(conn: Connection, what: Due, on: dt.date) -> tuple[str, str] | None:
    """Let what was due happen; the new status of a payment that was now carried out.

    A booking that a sub-account cannot cover on its day is tried again on the next.
    """
    if isinstance(what, DuePayment):
        paid = q.row(conn, t.payment, what.reference)
        ensure(paid is not None, "due_payment_is_known", reference=what.reference)
        outcome = carry_out(conn, msgspec.convert(paid, Instruction, from_attributes=True), on)
        q.set_payment(conn, what.reference, *outcome)
        return outcome
    legs = what.legs if isinstance(what, DueLegs) else _return_legs(conn, what, on)
    short = any(
        (owner := q.row(conn, t.sub_account, leg.sub_account)) is not None
        and owner["balance"] + leg.signed < 0
        for leg in legs
    )
    if short:
        schedule(conn, on + dt.timedelta(days=1), what)
        return None
    q.book(conn, on, legs)
    if isinstance(what, DueReturn):
        q.card_moves(conn, legs[0].counterparty_account, paid_in=-what.amount)
    return None


def _return_legs(conn: Connection, what: DueReturn, on: dt.date) -> tuple[Leg, ...]:
    """The money back to where it came from, under its own reference and a reason."""
    paid = q.row(conn, t.payment, what.reference)
    ensure(paid is not None, "returned_payment_is_known", reference=what.reference)
    instruction = msgspec.convert(paid, Instruction, from_attributes=True)
    return tuple(
        msgspec.structs.replace(leg, signed=-leg.signed, returned=what.reason)
        for leg in _legs(conn, msgspec.structs.replace(instruction, amount=what.amount), on)
    )


def is_card_number(number: str) -> bool:
    """Digits with a right check digit (Luhn), as on every bank card."""
    if not (number.isascii() and number.isdigit()):
        return False
    total = 0
    for position, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + position % 2)
        total += value - 9 if value >= LUHN_BASE else value
    return total % LUHN_BASE == 0


def _content(instruction: Instruction) -> dict[str, object]:
    """What must be the same for the same reference; the day may be asked for anew."""
    content = msgspec.structs.asdict(instruction)
    del content["execute_on"]
    return content


def _refusal(conn: Connection, instruction: Instruction) -> str:
    """ISO reason why the instruction cannot be carried out; empty when it can."""
    payer = q.row(conn, t.sub_account, instruction.sub_account)
    if payer is None or payer["account"] != instruction.account:
        return "AC02"
    payee = q.row(conn, t.sub_account, instruction.payee_account)
    if payee is not None:
        if payee["number"] == payer["number"]:
            return "AC03"
    elif (card := q.row(conn, t.card, instruction.payee_account)) is None:
        return "AC03" if is_card_number(instruction.payee_account) else "AC01"
    elif not card["open"]:
        return "AC07"
    elif card["holder"] != instruction.payee_name:
        return "BE01"
    return "" if _covered(conn, instruction) else "AM04"


def _covered(conn: Connection, instruction: Instruction) -> bool:
    payer = q.row(conn, t.sub_account, instruction.sub_account)
    return payer is not None and payer["balance"] >= instruction.amount


def _legs(conn: Connection, instruction: Instruction, today: dt.date) -> tuple[Leg, ...]:
    """One leg to a card, two where the payee is a sub-account with this bank."""
    out = Leg(
        sub_account=instruction.sub_account,
        signed=-instruction.amount,
        value_date=today,
        counterparty_name=instruction.payee_name,
        counterparty_account=instruction.payee_account,
        reference=instruction.reference,
        text=instruction.remark,
    )
    payer = q.row(conn, t.sub_account, instruction.sub_account)
    payee = q.row(conn, t.sub_account, instruction.payee_account)
    if payer is None or payee is None:
        return (out,)
    into = Leg(
        sub_account=instruction.payee_account,
        signed=instruction.amount,
        value_date=today,
        counterparty_name=payer["name"],
        counterparty_account=instruction.sub_account,
        reference=instruction.reference,
        text=instruction.remark,
    )
    return (out, into)
