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
from contracts.money import typed_yuan
from contracts.rejections import RejectionCode
from journal.perform import Command
from kernel.errors import Rejected
from kernel.policy_kinds import Misread, read
from kernel.signatures import ABSTAIN, NO, YES
from services.cooperative_node import api
from services.cooperative_node.page import sign_ins
from services.cooperative_node.page.visit import CASHIER, Visit
from services.cooperative_node.page.words import Words

_F = TypeVar("_F", bound=Facts)
MONEY = ("amount", "benefit", "income_before", "income_after", "premium")
"""Fields typed in yuan, with at most two decimals; none of them is ever below zero."""
_VOTE = "vote."
_NO_AMOUNT = ("不是金额，请写成 1234.56", "is no amount, write it as 1234.56")
_NO_RATE = ("不是千分数，请写成 3.5", "is no rate per mille, write it as 3.5")
_NO_NUMBER = ("不是整数", "is no whole number")
_NO_DATE = ("不是日期，请写成 2017-01-31", "is no date, write it as 2017-01-31")


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
    told = read_facts(form, facts, visit.words)
    if any(name.startswith(_VOTE) for name in form) and not told.get("votes"):
        # Votes left out would count as the yes of whoever typed (facts.Votes).
        raise Rejected(RejectionCode.NOBODY_VOTED)
    persons = tuple(told.get("votes", {})) or tuple(_all(form, "by"))
    operator = persons[0] if role == CASHIER and persons else visit.session.person
    return Command(
        id=str(form.get("act_id", "")) or visit.node.ports.act_id(),
        process=process,
        case=case,
        act=act,
        actor=Actor(role=role, operator=operator, persons=persons),
        facts=told,
        parties={"coop": visit.node.cooperative},
        value_date=_on(form, visit.words),
    )


def released_by(visit: Visit, form: FormMultiDict) -> bool:
    """Whether the person named in the form gave the own PIN just now (step-up for payments)."""
    person = next(iter(_all(form, "by")), "")
    with visit.node.engine.begin() as conn:
        return sign_ins.check_pin(conn, visit.node, person, str(form.get("pin", "")))


def read_facts(form: FormMultiDict, kind: type[Facts], words: Words) -> dict[str, Any]:
    """The facts of a form; raises Rejected FACTS_INVALID saying every wrong field by its label."""
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for field in msgspec.structs.fields(kind):
        try:
            value = _value(form, field)
        except ValueError as error:
            wrong.append(_said(words, field, str(form.get(field.encode_name, "")), error))
            continue
        if value is not None:
            values[field.encode_name] = value
        elif field.required:
            wrong.append(unfilled(words, field.encode_name))
    if wrong:
        raise invalid(words, wrong)
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
        return _money(text)
    if name.endswith("_ppm"):
        return _permille(text)
    if kind is int or int in get_args(kind):
        return int(text)
    return date.fromisoformat(text).isoformat() if kind is date else text


def _money(text: str) -> int:
    """What was typed in yuan, as fen. Raises ValueError also for what is below zero."""
    fen = typed_yuan(text)
    if fen < 0:
        raise ValueError(text)
    return fen


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


def missing(words: Words, *names: str) -> Rejected:
    """The refusal of a form without the fields it needs."""
    return invalid(words, [unfilled(words, name) for name in names])


def invalid(words: Words, wrong: list[str]) -> Rejected:
    """The refusal of a form in the page's own words, each fault by its field's label."""
    said = words.t("；", "; ").join(wrong)
    return Rejected(RejectionCode.FACTS_INVALID, where="", problem=said)


def unfilled(words: Words, name: str) -> str:
    """What is said of a field that was left empty."""
    return words.word("fields", name) + words.t("没有填", " is not filled in")


def _said(words: Words, field: msgspec.structs.FieldInfo, typed: str, error: ValueError) -> str:
    """What is wrong with a field: its label, what was typed, and how it is written."""
    name = field.encode_name
    if name in MONEY:
        how = _NO_AMOUNT
    elif field.type is date:
        how = _NO_DATE
    elif isinstance(error.__cause__, Misread):
        how = _NO_RATE
    else:
        how = _NO_NUMBER
    return fault(words, name, typed, how)


def fault(words: Words, name: str, typed: str, how: tuple[str, str]) -> str:
    """What is said of a field: its label, what was typed, and what is wrong with it."""
    return f"{words.word('fields', name)}“{typed.strip()}”{words.t('', ' ')}{words.pair(how)}"


def _on(form: FormMultiDict, words: Words) -> date | None:
    """The day the form tells for its act, if any. Raises Rejected FACTS_INVALID."""
    typed = str(form.get("value_date", "")).strip()
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError:
        raise invalid(words, [fault(words, "value_date", typed, _NO_DATE)]) from None


def struct_of(facts: dict[str, Any], kind: type[_F]) -> _F:
    """An act's facts as their struct again."""
    return msgspec.convert(facts, kind)


def day(text: str) -> date:
    """An ISO date."""
    return date.fromisoformat(text)
