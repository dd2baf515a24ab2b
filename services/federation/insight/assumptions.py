"""The assumptions by name: defaults, sources, explanations, and how a form's texts become values.

Called by the console's stress page and tests. The figures stand in assumptions.toml or in the
county's policy; none stands here.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from contracts.money import PPM
from kernel.policy import Policy
from kernel.policy_kinds import Misread, display, read
from services.federation.insight.model import Assumptions
from services.federation.insight.study import Limits

Pair = tuple[str, str]
"""Chinese and English."""
GROUPS: tuple[tuple[str, Pair], ...] = (
    ("default", ("谁会违约", "Who defaults")),
    ("together", ("一起违约的程度", "How far they default together")),
    ("loss", ("违约损失多少", "What a default costs the pool")),
    ("pool", ("风险补偿金与额度", "The pool and its line")),
    ("answer", ("怎样才算安全", "What counts as safe")),
)
SHARES = ("county_share_ppm", "village_share_ppm", "industry_share_ppm")
_UNSIGNED = "%,×‰ "


class Assumption(msgspec.Struct, frozen=True, kw_only=True):
    """One field of the form. ``allowed`` is ``least..most`` in the unit people type."""

    name: str
    group: str
    kind: str
    zh: str
    en: str
    why_zh: str
    why_en: str
    value: str | int = ""
    policy: str = ""
    source: str = ""
    source_zh: str = ""
    allowed: str = ""
    choices: tuple[tuple[str, str, str], ...] = ()


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field as it is shown: what it stands at, where that comes from, what is wrong with it."""

    about: Assumption
    text: str
    default: str
    source: Pair
    wrong: Pair | None = None

    def shown_default(self, language: str) -> str:
        """The default as the form says it: a choice by its words."""
        named = {name: (zh, en) for name, zh, en in self.about.choices}
        zh, en = named.get(self.default, (self.default, self.default))
        return zh if language == "zh" else en


class _File(msgspec.Struct, frozen=True, kw_only=True):
    limits: Limits
    assumption: tuple[Assumption, ...]


def limits() -> Limits:
    """What one study may use."""
    return _file().limits


def known() -> tuple[Assumption, ...]:
    """Every assumption, in the order of the form."""
    return _file().assumption


def fields(policy: Policy, asked: Mapping[str, str]) -> list[Field]:
    """The form: what was asked where something was, else the default; with every error."""
    shown = []
    for one in known():
        default = _default(one, policy)
        text = asked.get(one.name, default).strip()
        source = (one.source_zh, one.source)
        if one.policy:
            source = (policy.source(one.policy),) * 2
        wrong = _wrong(one, text)
        shown.append(Field(about=one, text=text, default=default, source=source, wrong=wrong))
    if not any(one.wrong for one in shown):
        values = {one.about.name: _value(one.about, one.text) for one in shown}
        if sum(int(values[name]) for name in SHARES) > PPM:
            said = ("三项共同风险之和不得超过 100%", "the three shared parts may not pass 100 %")
            shown = [
                msgspec.structs.replace(one, wrong=said) if one.about.name in SHARES else one
                for one in shown
            ]
    return shown


def assumptions(found: list[Field]) -> Assumptions:
    """The values of a form without errors."""
    values = {one.about.name: _value(one.about, one.text) for one in found}
    return msgspec.convert(values, Assumptions)


def texts(assumed: Assumptions) -> dict[str, str]:
    """The form's texts of values, so that a run can be moved on from where it stood."""
    return {one.name: _text(one, getattr(assumed, one.name)) for one in known()}


def _wrong(one: Assumption, text: str) -> Pair | None:
    try:
        value = _value(one, text)
    except Misread as error:
        return error.zh, error.en
    if one.choices:
        fits = value in [choice[0] for choice in one.choices]
        return None if fits else ("请从列表中选择", "choose one of the list")
    least, _, most = one.allowed.partition("..")
    if not _value(one, least) <= value <= _value(one, most):
        return f"允许 {least} 至 {most}", f"allowed: {least} to {most}"
    return None


def _value(one: Assumption, text: str) -> Any:
    """A text as its canonical value: fen, ppm, a number or a word. Raises Misread."""
    if one.kind in ("months", "count"):
        plain = text.replace(",", "")
        # More digits than any range allows are refused before they become a number.
        if not (plain.isascii() and plain.isdigit() and len(plain) <= 15):
            raise Misread("须为非负整数", "a whole number, not negative")
        return int(plain)
    return read(one.kind, text.replace(",", "") if one.kind == "fen" else text)


def _default(one: Assumption, policy: Policy) -> str:
    return _text(one, policy.get(one.policy)) if one.policy else str(one.value)


def _text(one: Assumption, value: Any) -> str:
    return display(one.kind, value).strip(_UNSIGNED).replace(",", "")


@cache
def _file() -> _File:
    body = files(__package__).joinpath("assumptions.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(body), _File)
