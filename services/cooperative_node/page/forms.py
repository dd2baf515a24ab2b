"""From a form to an act: fields are read by the act's own facts, every wrong one named at once.

Called by page routes. Amounts are typed in yuan and become fen; whether the act may be done is
the engine's answer.
"""

from datetime import date
from typing import Any, TypeVar, get_args, get_origin

import msgspec
from litestar.datastructures import FormMultiDict

from contracts.facts import Facts
from contracts.ledger import Actor
from contracts.money import yuan
from contracts.rejections import RejectionCode
from journal.perform import Command
from kernel.errors import Rejected
from kernel.policy_kinds import Misread, read
from kernel.signatures import ABSTAIN, NO, YES
from services.cooperative_node import api
from services.cooperative_node.page import sign_ins
from services.cooperative_node.page.visit import CASHIER, Visit

_F = TypeVar("_F", bound=Facts)
MONEY = ("amount", "benefit", "income_before", "income_after", "premium")
"""Fields typed in yuan, with at most two decimals; thousands separators are taken off."""
_VOTE = "vote."


def command_of(visit: Visit, form: FormMultiDict, process: str, case: str, act: str) -> Command:
    """The act a form asks for, by the persons it names, typed by the visitor.

    Raises Rejected FACTS_INVALID, ROLE_NOT_ALLOWED, UNKNOWN_ACT, NOBODY_VOTED. Releasing a payment
    takes the cashier's PIN: ``released_by`` does that first.
    """
    facts = api.human_acts().get((process, act))
    if facts is None:
        raise Rejected(RejectionCode.UNKNOWN_ACT, process=process, act=act)
    role = str(form.get("role", ""))
    if not visit.may_type(role):
        raise Rejected(
            RejectionCode.ROLE_NOT_ALLOWED,
            role=", ".join(visit.posts) or "-",
            act=act,
            needed="accountant",
        )
    told = read_facts(form, facts)
    if any(name.startswith(_VOTE) for name in form) and not told.get("votes"):
        # Votes left out would count as the yes of whoever typed (facts.Votes).
        raise Rejected(RejectionCode.NOBODY_VOTED)
    persons = tuple(told.get("votes", {})) or tuple(_all(form, "by"))
    operator = persons[0] if role == CASHIER and persons else visit.session.person
    on = str(form.get("value_date", ""))
    return Command(
        id=str(form.get("act_id", "")) or visit.node.ports.act_id(),
        process=process,
        case=case,
        act=act,
        actor=Actor(role=role, operator=operator, persons=persons),
        facts=told,
        parties={"coop": visit.node.cooperative},
        value_date=date.fromisoformat(on) if on else None,
    )


def released_by(visit: Visit, form: FormMultiDict) -> bool:
    """Whether the person named in the form gave the own PIN just now (step-up for payments)."""
    person = next(iter(_all(form, "by")), "")
    with visit.node.engine.begin() as conn:
        return sign_ins.check_pin(conn, visit.node, person, str(form.get("pin", "")))


def read_facts(form: FormMultiDict, kind: type[Facts]) -> dict[str, Any]:
    """The facts of a form; raises Rejected FACTS_INVALID naming every wrong field."""
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for field in msgspec.structs.fields(kind):
        try:
            value = _value(form, field)
        except ValueError as error:
            wrong[field.encode_name] = str(error)
            continue
        if value is not None:
            values[field.encode_name] = value
        elif field.required:
            wrong[field.encode_name] = "?"
    if wrong:
        raise Rejected(
            RejectionCode.FACTS_INVALID,
            where=", ".join(wrong),
            problem="; ".join(f"{name}: {problem}" for name, problem in wrong.items()),
        )
    told: dict[str, Any] = msgspec.to_builtins(msgspec.convert(values, kind))
    return told


def _value(form: FormMultiDict, field: msgspec.structs.FieldInfo) -> Any:
    """One field as its kind; None where nothing was typed. Raises ValueError with what was."""
    name, kind = field.encode_name, field.type
    if name == "votes":
        return _votes(form) or None
    if get_origin(kind) is tuple:
        return tuple(_all(form, name)) or None
    text = str(form.get(name, "")).strip()
    if kind is bool:
        return bool(text)
    if not text:
        return None
    if name in MONEY:
        return int(yuan(text.replace(",", "").replace(",", "")))
    if name.endswith("_ppm"):
        return _permille(text)
    if kind is int or int in get_args(kind):
        return int(text)
    return date.fromisoformat(text).isoformat() if kind is date else text


def _permille(text: str) -> Any:
    """A rate as villages speak of it: 3 is 3 ‰. Raises ValueError with what was typed."""
    try:
        return read("permille", text)
    except Misread as wrong:
        raise ValueError(f"{wrong.zh} {wrong.en}") from wrong


def _votes(form: FormMultiDict) -> dict[str, str]:
    """``vote.<person>`` fields that say something."""
    given = {name: str(value) for name, value in form.multi_items() if name.startswith(_VOTE)}
    return {
        name.removeprefix(_VOTE): value
        for name, value in given.items()
        if value in (YES, NO, ABSTAIN)
    }


def _all(form: FormMultiDict, name: str) -> list[str]:
    return [str(value) for value in form.getall(name, []) if str(value)]


def missing(name: str) -> Rejected:
    """The refusal of a form without a field it needs."""
    return Rejected(RejectionCode.FACTS_INVALID, where=name, problem="?")


def struct_of(facts: dict[str, Any], kind: type[_F]) -> _F:
    """An act's facts as their struct again."""
    return msgspec.convert(facts, kind)


def day(text: str) -> date:
    """An ISO date."""
    return date.fromisoformat(text)
