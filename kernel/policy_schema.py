"""The schema of the policy: what each parameter is, may be, and where it comes from.

Parses the bytes of ``policies/default.toml``. Called by policy (to check overrides) and by the
generated docs. It knows ranges and directions, never what a county or village has set.
"""

import tomllib
from collections.abc import Sequence
from typing import Any

import msgspec

from kernel.errors import InvariantViolation, ensure
from kernel.policy_kinds import KINDS, OPTIONAL, Misread, Value, read

LOWER, HIGHER, SUBSET, NONE = "lower", "higher", "subset", "none"
TIGHTEN = (LOWER, HIGHER, SUBSET, NONE)
ANY = "*"

_ITEM = {
    "day_list": "count",
    "factors": "factor",
    "percents": "percent",
    "permilles": "permille",
    "counts": "count",
}
_WHOLE = ("days", "business_days", "months", "count")
_NUMBERS = ("fen", "percent", "permille", "factor", *_WHOLE)
_TABLES = ("percents", "permilles", "counts", "words", "day_ranges")


class Allowed(msgspec.Struct, frozen=True, kw_only=True):
    """What a value may be; ``text`` is how it stands in the file.

    ``least`` and ``most`` are canonical and inclusive; ``names`` are those of a table, all
    needed, or ``*`` for any.
    """

    text: str = ""
    least: int | None = None
    most: int | None = None
    words: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


class Spec(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter: its kind, default, limits, and the way a village may tighten it.

    ``waits`` names the process or rule that will read it, while no rule of this release does.
    """

    key: str
    kind: str
    value: Value
    raw: Any
    allowed: Allowed
    tighten: str
    source: str
    zh: str
    en: str
    waits: str = ""


Schema = dict[str, Spec]
"""Every key in the order of the file."""


def load(default: bytes) -> Schema:
    """Read ``default.toml``. A row that is wrong is a bug of the release: InvariantViolation."""
    return {key: _spec(key, row) for key, row in tomllib.loads(default.decode()).items()}


def _spec(key: str, row: Sequence[Any]) -> Spec:
    ensure(len(row) in (7, 8), "policy_row_has_its_cells", key=key)
    kind, raw, allowed_text, tighten, source, zh, en, *waits = row
    ensure(kind.removesuffix(OPTIONAL) in KINDS, "policy_kind_is_known", key=key, kind=kind)
    ensure(tighten in TIGHTEN, "policy_direction_is_known", key=key, tighten=tighten)
    ensure(bool(source and zh and en), "policy_row_names_its_source", key=key)
    try:
        allowed = parse_allowed(kind, allowed_text)
        value = read(kind, raw)
        check_allowed(allowed, value)
    except Misread as wrong:
        raise InvariantViolation("policy_default_is_allowed", key=key, why=wrong.en) from wrong
    return Spec(
        key=key,
        kind=kind,
        value=value,
        raw=raw,
        allowed=allowed,
        tighten=tighten,
        source=source,
        zh=zh,
        en=en,
        waits="".join(waits),
    )


def parse_allowed(kind: str, text: str) -> Allowed:
    """Read the ``allowed`` cell of a parameter of this kind. Raises Misread."""
    kind = kind.removesuffix(OPTIONAL)
    names: tuple[str, ...] = ()
    rest = text
    if kind in _TABLES:
        head, _, rest = text.partition(" = ")
        names = tuple(head.split("|")) if head else (ANY,)
    if kind in ("choice", "list", "words"):
        return Allowed(text=text, names=names, words=tuple(rest.split("|")) if rest else ())
    item = _ITEM.get(kind, kind)
    if not rest or item not in _NUMBERS:
        return Allowed(text=text, names=names)
    least, dots, most = rest.partition("..")
    if not dots:
        raise Misread("范围须写作 1..90", "a range reads 1..90")
    return Allowed(
        text=text,
        names=names,
        least=_bound(item, least),
        most=_bound(item, most),
    )


def _bound(item: str, text: str) -> int | None:
    if not text:
        return None
    number: int = read(item, int(text) if item in _WHOLE and text.isdecimal() else text)
    return number


def check_allowed(allowed: Allowed, value: Value) -> None:
    """Raise Misread unless every part of the value lies within what is allowed."""
    if value is None:
        return
    parts = list(value.values()) if isinstance(value, dict) else [value]
    if isinstance(value, tuple):
        parts = list(value)
    if allowed.names and isinstance(value, dict) and ANY not in allowed.names:
        missing = [name for name in allowed.names if name not in value]
        unknown = [name for name in value if name not in allowed.names]
        if missing or unknown:
            names = "、".join(allowed.names)
            raise Misread(f"须恰有:{names}", f"names exactly {', '.join(allowed.names)}")
    for part in parts:
        too_low = allowed.least is not None and part < allowed.least
        too_high = allowed.most is not None and part > allowed.most
        unlisted = bool(allowed.words) and part not in allowed.words
        if too_low or too_high or unlisted:
            raise Misread(
                f"超出允许范围 {allowed.text}", f"outside what is allowed: {allowed.text}"
            )


def loosens(spec: Spec, county: Value, village: Value) -> bool:
    """True when the village's value is not the county's and not tighter."""
    if village == county:
        return False
    if spec.tighten == NONE or (village is None and county is not None):
        return True
    if county is None:
        return False
    if spec.tighten == SUBSET:
        return not all(item in county for item in village)
    if isinstance(county, dict):
        if list(county) != list(village):
            return True
        county, village = tuple(county.values()), tuple(village.values())
    if not isinstance(county, tuple):
        county, village = (county,), (village,)
    if len(county) != len(village):
        return True
    pairs = [(_rank(spec, a), _rank(spec, b)) for a, b in zip(county, village, strict=True)]
    if spec.tighten == LOWER:
        return any(theirs > ours for ours, theirs in pairs)
    return any(theirs < ours for ours, theirs in pairs)


def _rank(spec: Spec, part: Any) -> Any:
    """Where a part stands from loose to tight upwards: a choice by its place in ``allowed``."""
    return spec.allowed.words.index(part) if spec.kind == "choice" else part


def is_table(kind: str) -> bool:
    """Whether values of this kind are tables name = value."""
    return kind in _TABLES
