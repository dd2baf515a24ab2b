"""What the village page calls things, in Chinese and in English.

Names of states, acts and posts stand in ``words.toml``; accounts, roles and refusals bring their
own. Called by templates and lists; a word nobody translated is shown as it is, never hidden.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import cn2an
import msgspec
from pypinyin import Style, lazy_pinyin

from contracts.money import plain
from contracts.rejections import Rejection
from journal.registry import registry
from kernel.organs import NEUTRAL, Organs

ZH, EN = "zh", "en"
LANGUAGES = (ZH, EN)
_PLAIN = re.compile(r"-?\d+\.\d{2}")


class Words(msgspec.Struct, frozen=True):
    """One language of the page. Every method gives one word or sentence.

    ``organs`` are the names the village's own policy has for itself, council and supervisors.
    """

    language: str
    organs: Organs = NEUTRAL

    def t(self, zh: str, en: str) -> str:
        """The one of the two that is this language's."""
        return self.organs.said(zh) if self.language == ZH else en

    def pair(self, words: Any) -> str:
        """The word of a pair [中文, English]."""
        return self.t(str(words[0]), str(words[1]))

    def word(self, table: str, name: str) -> str:
        """A name in a table of words.toml, or the name itself."""
        found = tables()[table].get(name)
        return self.pair(found) if found else name

    def label(self, names: str) -> str:
        """Fields of a form, with a comma between them, as the form calls them."""
        return self.t("、", ", ").join(self.word("fields", name) for name in names.split(", "))

    def state(self, process: str, state: str) -> str:
        """A state of a process."""
        found = tables()["states"].get(process, {}).get(state)
        return self.pair(found) if found else state

    def role(self, role: str) -> str:
        """A role as roles.toml labels it."""
        known = registry().roles.get(role) or registry().roles.get(f"{role.partition('@')[0]}@node")
        return self.t(known.zh, known.en) if known else role

    def county(self, act: str) -> str:
        """What the county did, by process and act: ``receipt.repayment``."""
        return self.word("county", act)

    def refusal(self, told: object) -> str:
        """A refusal as it stands in an act's facts."""
        return msgspec.convert(told, Rejection).text(self.language)

    def account(self, code: str) -> str:
        """An account of N(i) as the chart labels it."""
        found = registry().chart["N"].get(code)
        return self.t(found.zh, found.en) if found else code


@cache
def tables() -> dict[str, dict[str, Any]]:
    """All tables of words.toml."""
    body = files(__package__).joinpath("words.toml").read_text(encoding="utf-8")
    return tomllib.loads(body)


def yuan_in_words(fen: int) -> str:
    """An amount as a Chinese receipt writes it: 伍仟元整. ``fen`` is never negative here."""
    text = plain(fen)
    # The converter cuts off what it does not expect, so it is only given two exact decimals.
    return str(cn2an.an2cn(text, "rmb")) if _PLAIN.fullmatch(text) else text


@cache
def pinyin_keys(name: str) -> tuple[str, str]:
    """Initials and whole pinyin of a name, both lower case, for searching."""
    initials = lazy_pinyin(name, style=Style.FIRST_LETTER)
    return "".join(initials).lower(), "".join(lazy_pinyin(name)).lower()


def matches(query: str, fields: Mapping[str, str]) -> bool:
    """Whether what was typed is part of the name, its pinyin, or begins or ends another field."""
    typed = query.strip().lower()
    name = fields.get("name", "")
    if not typed or typed in name.lower():
        return True
    if any(key.startswith(typed) for key in pinyin_keys(name)):
        return True
    others = [value.lower() for field, value in fields.items() if field != "name" and value]
    return any(value.startswith(typed) or value.endswith(typed) for value in others)
