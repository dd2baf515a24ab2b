"""Kinds of policy values: how each is read from TOML, exactly, and what it becomes.

Called by policy_schema (defaults, allowed ranges) and policy (overrides). Money becomes fen,
rates become ppm, dates ISO text: nothing here is a float. Knows no parameter by name.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import msgspec

from contracts.money import scaled, show, yuan

Span = tuple[int, int | None]
"""First and last day of a range, both included; None: without end."""
Value = Any
"""A canonical value: one of the types in ``KINDS``."""

_DECIMAL = re.compile(r"(\d{1,9})(?:\.(\d{1,9}))?")
_SPAN = re.compile(r"(\d{1,5})(\.\.(\d{1,5})?)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MONTH_DAY = re.compile(r"\d{2}-\d{2}")


class Misread(Exception):
    """A value that is not of its kind; says in Chinese and English what is wanted."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """How one kind is read, and the type a canonical value has."""

    read: Callable[[object], Value]
    type: Any


def parse_span(text: str) -> Span:
    """``"0"``, ``"1..90"``, ``"361.."`` as days, both included. Raises Misread."""
    match = _SPAN.fullmatch(text)
    if match is None:
        raise Misread("须写作 1..90 或 361..", "write 1..90 or 361..")
    first, dots, last = match.groups()
    if not dots:
        return int(first), int(first)
    return int(first), int(last) if last else None


def _fen(raw: object) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int | str):
        raise Misread('须为元,写成文字如 "20000" 或整数', 'yuan as text like "20000" or an integer')
    try:
        amount = yuan(str(raw))
    except ValueError:
        amount = yuan("-1")
    if amount < 0:
        raise Misread("须为元,最多两位小数", "yuan with at most two decimals")
    return amount


def _scaled(digits: int, name: str) -> Callable[[object], int]:
    """A reader of decimals kept as a whole number of ppm: ``digits`` decimals are exact."""
    scale: int = 10**digits

    def read(raw: object) -> int:
        if isinstance(raw, bool) or not isinstance(raw, int | str):
            raise Misread(f'须为{name},写成文字如 "7.0"', 'a rate as text like "7.0"')
        match = _DECIMAL.fullmatch(str(raw))
        if match is None:
            raise Misread(f'须为{name},写成文字如 "7.0"', 'a rate as text like "7.0"')
        decimals = (match[2] or "").rstrip("0")
        if len(decimals) > digits:
            raise Misread(f"最多 {digits} 位小数", f"at most {digits} decimals")
        return int(match[1]) * scale + int(decimals.ljust(digits, "0"))

    return read


def _count(raw: object) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or raw < 0:
        raise Misread("须为非负整数", "a whole number, not negative")
    return raw


def _flag(raw: object) -> bool:
    if not isinstance(raw, bool):
        raise Misread("须为 true 或 false", "true or false")
    return raw


def _text(raw: object) -> str:
    if not isinstance(raw, str):
        raise Misread("须为文字", "text")
    return raw


def _date(raw: object) -> str:
    text = str(raw)
    try:
        # fromisoformat alone also takes 20170101 and even 20170101.0.
        return date.fromisoformat(text if _DATE.fullmatch(text) else "").isoformat()
    except ValueError:
        raise Misread("须为日期,如 2017-12-31", "a date like 2017-12-31") from None


def _month_day(raw: object) -> str:
    text = raw if isinstance(raw, str) and _MONTH_DAY.fullmatch(raw) else ""
    try:
        date.fromisoformat(f"2001-{text}")
    except ValueError:
        raise Misread("须为月-日,如 01-31", "month and day like 01-31") from None
    return text


def _list_of(item: Callable[[object], Value]) -> Callable[[object], Value]:
    """A reader of lists without doubles, in the order given."""

    def read(raw: object) -> tuple[Value, ...]:
        if not isinstance(raw, list | tuple):
            raise Misread("须为列表", "a list")
        items = tuple(item(part) for part in raw)
        if len(dict.fromkeys(items)) != len(items):
            raise Misread("列表有重复", "the list names something twice")
        return items

    return read


def _rising(raw: object, item: Callable[[object], int]) -> tuple[int, ...]:
    items: tuple[int, ...] = _list_of(item)(raw)
    if not items or list(items) != sorted(items):
        raise Misread("须由小到大,至少一项", "rising, at least one")
    return items


def _table_of(item: Callable[[object], Value]) -> Callable[[object], Value]:
    """A reader of tables name = value, names sorted so that equal tables have equal bytes."""

    def read(raw: object) -> dict[str, Value]:
        if not isinstance(raw, Mapping):
            raise Misread("须为 名称 = 值 的表", "a table of name = value")
        return {str(name): item(raw[name]) for name in sorted(raw)}

    return read


def _day_range(raw: object) -> Span:
    return parse_span(_text(raw))


KINDS: dict[str, Kind] = {
    "fen": Kind(read=_fen, type=int),
    "percent": Kind(read=_scaled(4, "百分数"), type=int),
    "permille": Kind(read=_scaled(3, "千分数"), type=int),
    "factor": Kind(read=_scaled(6, "倍数"), type=int),
    "days": Kind(read=_count, type=int),
    "business_days": Kind(read=_count, type=int),
    "months": Kind(read=_count, type=int),
    "count": Kind(read=_count, type=int),
    "flag": Kind(read=_flag, type=bool),
    "text": Kind(read=_text, type=str),
    "date": Kind(read=_date, type=str),
    "month_day": Kind(read=_month_day, type=str),
    "choice": Kind(read=_text, type=str),
    "list": Kind(read=_list_of(_text), type=tuple[str, ...]),
    "day_list": Kind(read=lambda raw: _rising(raw, _count), type=tuple[int, ...]),
    "factors": Kind(read=lambda raw: _rising(raw, _scaled(6, "倍数")), type=tuple[int, ...]),
    "percents": Kind(read=_table_of(_scaled(4, "百分数")), type=dict[str, int]),
    "permilles": Kind(read=_table_of(_scaled(3, "千分数")), type=dict[str, int]),
    "counts": Kind(read=_table_of(_count), type=dict[str, int]),
    "words": Kind(read=_table_of(_text), type=dict[str, str]),
    "day_ranges": Kind(read=_table_of(_day_range), type=dict[str, Span]),
}

OPTIONAL = "?"
"""Suffix of a kind whose value may be ``""``, not entered; it becomes None."""


def read(kind: str, raw: object) -> Value:
    """A TOML value as its canonical value. Raises Misread."""
    if kind.endswith(OPTIONAL):
        return None if raw == "" else KINDS[kind[:-1]].read(raw)
    return KINDS[kind].read(raw)


def canonical(kind: str, value: object) -> Value:
    """A canonical value that travelled as JSON, checked against its kind's type.

    Raises msgspec.ValidationError when it is of another type.
    """
    wanted = KINDS[kind.removesuffix(OPTIONAL)].type
    if value is None and kind.endswith(OPTIONAL):
        return None
    return msgspec.convert(value, wanted)


_DIGITS = {"percent": 4, "permille": 3, "factor": 6}
_SIGN = {"percent": "%", "permille": "‰", "factor": "×"}
_PARTS = {
    "factors": "factor",
    "day_list": "count",
    "percents": "percent",
    "permilles": "permille",
    "counts": "count",
}


def display(kind: str, value: Value) -> str:
    """A canonical value as a person reads it: yuan, %, ‰, dates; tables as ``name value``."""
    kind = kind.removesuffix(OPTIONAL)
    if value is None:
        return "—"
    if isinstance(value, dict):
        cells = [f"{name} {_part(kind, part)}" for name, part in value.items()]
        return ", ".join(cells) or "—"
    if isinstance(value, tuple):
        return ", ".join(_part(kind, part) for part in value) or "—"
    return _part(kind, value)


def _part(kind: str, part: Value) -> str:
    kind = _PARTS.get(kind, kind)
    if kind == "fen":
        return show(part).removesuffix(".00")
    if kind in _DIGITS:
        return scaled(part, _DIGITS[kind]) + _SIGN[kind]
    if kind == "flag":
        return "yes" if part else "no"
    if kind == "day_ranges":
        first, last = part
        if last is None:
            return f"≥ {first}"
        return str(first) if first == last else f"{first}–{last}"
    return str(part) or "—"
