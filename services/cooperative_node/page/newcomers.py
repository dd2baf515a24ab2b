"""A newcomer's own data from a form: in plain signs, checked, every wrong field said at once.

Called by the pages that register a person. Card and ID number are checked as the Excel import
checks them and go into the sealed record alone: ``act_form`` keeps them out of the act, since a
book says no more than a token of a card (contracts/facts/membership.py).
"""

import unicodedata

from litestar.datastructures import FormMultiDict

from contracts.persons import Person
from services.cooperative_node.import_rows import card_number, id_number
from services.cooperative_node.page import forms
from services.cooperative_node.page.visit import Visit
from services.cooperative_node.page.words import Words

_NO_ID = ("的校验位、长度或出生日期不对", "has a wrong check digit, length or date of birth")
_NO_CARD = ("应为 16—19 位数字", "must be 16 to 19 digits")
_PRIVATE = ("name", "card", "id_number", "phone")


def person_of(words: Words, form: FormMultiDict, *, joins: bool) -> Person:
    """The person a form describes; one who ``joins`` says a household too.

    Raises Rejected FACTS_INVALID naming every wrong field.
    """
    typed = {name: str(form.get(name, "")).strip() for name in _PRIVATE}
    data = Person(
        name=" ".join(typed["name"].split()),
        card=_bare(typed["card"]),
        id_number=_bare(typed["id_number"]).upper(),
        phone=_plain(typed["phone"]),
    )
    wrong = [
        forms.unfilled(words, name)
        for name, said in (("name", data.name), ("household", household_of(form) or not joins))
        if not said
    ]
    for name, read, how in (("id_number", id_number, _NO_ID), ("card", card_number, _NO_CARD)):
        try:
            if told := getattr(data, name):
                read(told)
        except ValueError:
            wrong.append(forms.fault(words, name, typed[name], how))
    if wrong:
        raise forms.invalid(words, wrong)
    return data


def household_of(form: FormMultiDict) -> str:
    """The household's number in plain signs: ``ｌｗ－０１`` is the household ``lw-01``."""
    return _plain(str(form.get("household", "")))


def on_file(visit: Visit, data: Person) -> str:
    """The person this ID number belongs to already, "" for nobody: one person has one id."""
    same = (one for one, known in visit.people.items() if known.id_number == data.id_number)
    return next(same, "") if data.id_number else ""


def act_form(form: FormMultiDict, person: str) -> FormMultiDict:
    """The form as the act reads it: the person by id, nothing of what the record alone may say."""
    kept = [
        (name, value)
        for name, value in form.multi_items()
        if name not in (*_PRIVATE, "person", "household")
    ]
    said = [("person", person), ("household", household_of(form))]
    return FormMultiDict([*kept, *((name, value) for name, value in said if value)])


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _bare(text: str) -> str:
    """Digits as people group them, without the blanks between."""
    return "".join(_plain(text).split())
