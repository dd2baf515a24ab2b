"""What the console calls things, in Chinese and in English.

Names of states, acts, steps and facts stand in ``words.toml``; accounts, roles and refusals bring
their own. Called by pages and lists; a word nobody translated is shown as it is, never hidden.
"""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from contracts.ids import COUNTY_BOOK, FEDERATION_BOOK, cooperative_of, kind_of
from contracts.money import show
from contracts.rejections import Rejection
from journal import data
from journal.registry import registry
from kernel.policy_kinds import display
from kernel.processes import SYSTEM

ZH, EN = "zh", "en"
LANGUAGES = (ZH, EN)
Pair = tuple[str, str]
"""Chinese and English."""

MONEY = frozenset(
    {
        "amount", "principal", "fee", "outstanding", "aside", "fee_paid", "excess", "own_fund",
        "nets", "booked", "unbooked", "over", "back_fee", "balance", "asked", "share", "total",
        "loan_cap", "drawn", "called", "bank_part", "own_deposit", "stake", "match", "others",
        "uncovered", "noticed", "recovered", "share_due", "share_in", "guarantors", "got_back",
        "stake_before", "match_before", "interest", "cost", "bundle_deposits", "still_owed",
        "waived", "fee_waived", "written_off", "fee_written_off",
    }
)  # fmt: skip
"""Facts that are fen, also inside a table of cooperatives."""
_PER_MILLE = ("rate_ppm", "service_ppm")
_TABLE_OF = {"act": "acts", "state": "states", "process": "processes"}
"""Facts of a refusal that are words of a table."""
_VOTES = ("vote", "votes", "direction")
_EITHER = " ‖ "
"""Between the Chinese and the English of a fault that ``both`` tells."""


@cache
def _tables() -> dict[str, dict[str, list[str]]]:
    body = files(__package__).joinpath("words.toml").read_text(encoding="utf-8")
    return tomllib.loads(body)


def word(table: str, name: str) -> Pair:
    """The pair of a name in a table of words.toml; the name itself where there is none."""
    found = _tables()[table].get(name)
    return (found[0], found[1]) if found else (name, name)


def state(process: str, name: str) -> Pair:
    """A state of a process; what is called alike in most has one row for all of them."""
    own = _tables()["process_states"].get(f"{process}.{name}")
    return (own[0], own[1]) if own else word("states", name)


def known(table: str) -> frozenset[str]:
    """Every name a table translates."""
    return frozenset(_tables()[table])


def account(book: str, code: str) -> Pair:
    """An account of a book as the chart labels it."""
    found = registry().chart[kind_of(book)].get(code)
    return (found.zh, found.en) if found else (code, code)


def role(name: str) -> Pair:
    """A role as roles.toml labels it; ``council@lender`` is a council and whose it is."""
    duty, _, place = name.partition("@")
    if name.startswith(SYSTEM):
        zh, en = word("systems", name.removeprefix(SYSTEM))
        return (f"系统({zh})", f"system ({en})")
    known_role = data.roles().get(name) or data.roles().get(f"{duty}@node")
    if known_role is None:
        return (name, name)
    whose = {"lender": ("调出社", "lender's "), "borrower": ("调入社", "borrower's ")}
    zh, en = whose.get(place, ("", ""))
    return (f"{zh}{known_role.zh}", f"{en}{known_role.en}")


def funding(tag: str) -> Pair:
    """A funding tag: its kind in words, and which facility or loan."""
    kind, _, which = tag.partition(":")
    zh, en = word("fundings", kind)
    return (f"{zh} {which}".strip(), f"{en} {which}".strip())


def source(told: Pair) -> Pair:
    """Where a parameter comes from; what the policies tell in English alone, also in Chinese."""
    zh, text = told
    if zh != text:
        return told
    for english, (said, _) in _tables()["sources"].items():
        zh = zh.replace(english, said)
    return (zh, text)


def book_name(book: str, village: Pair | None = None) -> Pair:
    """A book as people speak of it: whose, and kept by whom."""
    if book == COUNTY_BOOK:
        return ("县本级保管账 K-0", "county's own custody book K-0")
    if book == FEDERATION_BOOK:
        return ("联合社自有账 F", "federation's own book F")
    zh, en = village or (cooperative_of(book), cooperative_of(book))
    if kind_of(book) == "N":
        return (f"{zh} 村账 {book}", f"{en}: its own book {book}")
    return (f"{zh} 保管账 {book}", f"{en}: custody book {book}")


def refusal(told: Rejection, names: Mapping[str, Pair]) -> Pair:
    """A refusal as a sentence in both languages; what has a name is told by it."""
    zh, en = (
        msgspec.structs.replace(
            told,
            facts={key: _named(key, value, place, names) for key, value in told.facts.items()},
        ).text(language)
        for place, language in enumerate(LANGUAGES)
    )
    return (zh, en)


def both(faults: Sequence[Pair]) -> str:
    """Faults of a form as one fact of a refusal; ``refusal`` tells each language its own."""
    return _EITHER.join("; ".join(one[place] for one in faults) for place in range(2))


def _named(key: str, value: str, place: int, names: Mapping[str, Pair]) -> str:
    if _EITHER in value:
        return value.split(_EITHER, 1)[place]
    parts = value.split(", ")
    if key in ("role", "needed"):
        return ", ".join(role(one)[place] for one in parts)
    if key in _TABLE_OF:
        return ", ".join(word(_TABLE_OF[key], one)[place] for one in parts)
    return ", ".join(names[one][place] if one in names else one for one in parts)


def rate(ppm: int) -> str:
    """A rate in ‰: 3000 ppm is 3‰."""
    return display("permille", ppm)


def fact(name: str, value: Any, language: str, names: Mapping[str, Pair]) -> str:
    """A fact as a person reads it: money in yuan, rates in ‰, lists and tables spelled out.

    ``names`` are what people call cooperatives and persons.
    """
    place = LANGUAGES.index(language)
    if isinstance(value, bool):
        return ("是", "yes")[place] if value else ("否", "no")[place]
    if name in MONEY and isinstance(value, int):
        return show(value)
    if name in _PER_MILLE and isinstance(value, int):
        return rate(value)
    if name == "leverage" and isinstance(value, int):
        return display("factor", value * 10_000)
    if name.endswith("_ppm") and isinstance(value, int):
        return display("percent", value)
    if name == "term_months":
        return f"{value} {('个月', 'months')[place]}"
    if name == "funding" and isinstance(value, str):
        return funding(value)[place]
    if name == "of" and isinstance(value, str):
        process, _, act = value.partition(".")
        return f"{word('processes', process)[place]} · {word('acts', act)[place]}" if act else value
    if name == "variant":
        return word("variants", str(value))[place]
    if name == "stopped":
        return word("stops", str(value))[place] if value else "—"
    if name in ("waits_for", "office", "owner") and isinstance(value, str):
        return role(value)[place]
    if name == "method" and value:
        return word("methods", str(value))[place]
    if name in ("state", "in_state"):
        return word("states", str(value))[place]
    if isinstance(value, Mapping):
        inner = (
            f"{names.get(str(key), word('facts', str(key)))[place]}: "
            f"{fact(name if name in MONEY or name in _VOTES else str(key), one, language, names)}"
            for key, one in value.items()
        )
        return "; ".join(inner) or "—"
    if name == "slices":
        return ", ".join(f"{day} {show(part)}" for part, day in value) or "—"
    if isinstance(value, list | tuple):
        return ", ".join(fact(name, one, language, names) for one in value) or "—"
    if name in _VOTES:
        return word("facts", str(value))[place]
    if value in ("", None):
        return "—"
    return names[str(value)][place] if str(value) in names else str(value)
