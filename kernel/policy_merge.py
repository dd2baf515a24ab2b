"""How a policy is put together: profile over default, county over profile, village tightens.

Called by policy.parse. Collects every problem with place, key and value instead of stopping at
the first, because a person corrects a file, not a line. Reads no file.
"""

import difflib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from contracts.rejections import RejectionCode
from kernel.errors import Rejected, ensure
from kernel.policy_checks import contradictions
from kernel.policy_kinds import Misread, Value, display, read
from kernel.policy_schema import (
    NONE,
    Schema,
    check_allowed,
    is_table,
    loosens,
    parse_allowed,
)

DEFAULT, PROFILE, COUNTY, VILLAGE = "default", "profile", "county", "village"
_PLACE_ZH = {DEFAULT: "默认值", PROFILE: "文件", COUNTY: "县", VILLAGE: "村"}
_WAY = {
    "lower": ("只能调低或关闭", "it may only be lowered or switched off"),
    "higher": ("只能调高或开启", "it may only be raised or switched on"),
    "subset": ("只能缩小范围", "it may only be narrowed"),
    NONE: ("村级不得改动", "a village may not change it"),
}


class PolicyProblem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong in one place (profile, county or village), in both languages."""

    place: str
    key: str
    value: str
    zh: str
    en: str


class PolicyRefused(Rejected):
    """The overrides were refused; ``problems`` holds every one, nothing was taken over."""

    def __init__(self, problems: Sequence[PolicyProblem]) -> None:
        first = problems[0]
        super().__init__(
            RejectionCode.POLICY_INVALID,
            count=len(problems),
            problem=first.en,
            problem_zh=first.zh,
        )
        self.problems = tuple(problems)


class Setting(msgspec.Struct, frozen=True, array_like=True):
    """A parameter as it stands: kind, canonical value, source, and the place that set it."""

    kind: str
    value: Value
    source: str
    place: str


class ProfileEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a document says of one parameter. Without ``value``: a rule without a number.

    ``allowed`` narrows the range for its counties; ``locked`` allows nothing else at all.
    """

    source: str
    value: Any = None
    allowed: str = ""
    locked: bool = False
    says: str = ""


def profile_parts(body: bytes) -> tuple[str, dict[str, ProfileEntry], dict[str, Any]]:
    """Name, entries and signature sets of a profile's bytes; a wrong file is a release's bug."""
    raw = tomllib.loads(body.decode())
    if not raw:
        return "DEFAULT", {}, {}
    about = raw["profile"]
    entries = {key: msgspec.convert(e, ProfileEntry) for key, e in raw["values"].items()}
    for key, entry in entries.items():
        own = entry.source.startswith(f"{about['letter']} ")
        ensure(own, "profile_quotes_its_own_document", profile=about["name"], key=key)
    return str(about["name"]), entries, raw.get("signatures", {})


def merge(
    schema: Schema,
    profile: Mapping[str, ProfileEntry],
    county: Mapping[str, object],
    village: Mapping[str, object],
) -> tuple[dict[str, Setting], list[PolicyProblem]]:
    """Every parameter after all four places, and every problem met. A wrong value is left out."""
    work = _Merge(schema)
    for key, entry in profile.items():
        work.from_profile(key, entry)
    for place, given in ((COUNTY, county), (VILLAGE, village)):
        told: set[str] = set()
        for key, raw in _gather(given, schema):
            if key in told:
                work.twice(place, key, raw)
            else:
                work.override(place, key, raw)
            told.add(key)
    work.problems.extend(_contradictions(work.settings))
    return work.settings, work.problems


class _Merge:
    """The work in progress: settings so far, the limits in force, who said so, what was wrong."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.settings = {
            key: Setting(spec.kind, spec.value, spec.source, DEFAULT)
            for key, spec in schema.items()
        }
        self.limits = {key: spec.allowed for key, spec in schema.items()}
        self.sources = {key: spec.source for key, spec in schema.items()}
        self.locked: list[str] = []
        self.problems: list[PolicyProblem] = []

    def from_profile(self, key: str, entry: ProfileEntry) -> None:
        """Take over what a document says; its range narrows the default's, never widens it."""
        if key not in self.schema:
            self.problems.append(_unknown(PROFILE, key, entry.value, self.schema))
            return
        spec = self.schema[key]
        self.sources[key] = entry.source
        try:
            if entry.allowed:
                self.limits[key] = parse_allowed(spec.kind, entry.allowed)
            value = spec.value if entry.value is None else read(spec.kind, entry.value)
            self._check(key, value)
        except Misread as wrong:
            self._refuse(PROFILE, key, entry.value, wrong.zh, wrong.en)
            return
        if entry.value is not None:
            self.settings[key] = Setting(spec.kind, value, entry.source, PROFILE)
        if entry.locked:
            self.locked.append(key)

    def twice(self, place: str, key: str, raw: object) -> None:
        """One parameter written flat and nested: which of them held would hang on their order."""
        if key in self.schema:
            self._refuse(place, key, raw, "写了两次", "is told twice, flat and nested")

    def override(self, place: str, key: str, raw: object) -> None:
        """Take over what a county or village sets, or note why not."""
        if key not in self.schema:
            self.problems.append(_unknown(place, key, raw, self.schema))
            return
        spec, before = self.schema[key], self.settings[key]
        try:
            value = read(spec.kind, raw)
            self._check(key, value)
        except Misread as wrong:
            self._refuse(place, key, raw, wrong.zh, wrong.en)
            return
        now = display(spec.kind, before.value)
        if value == before.value:
            return
        if key in self.locked:
            self._refuse(place, key, raw, f"文件规定为 {now}", f"the document fixes it at {now}")
        elif place == VILLAGE and loosens(spec, before.value, value):
            zh, en = _WAY[spec.tighten]
            zh, en = f"放宽了县定的 {now};{zh}", f"loosens the county's {now}; {en}"
            self._refuse(place, key, raw, zh, en)
        else:
            source = f"{place}: {self.sources[key]}"
            self.settings[key] = Setting(spec.kind, value, source, place)

    def _check(self, key: str, value: Value) -> None:
        check_allowed(self.schema[key].allowed, value)
        check_allowed(self.limits[key], value)

    def _refuse(self, place: str, key: str, raw: object, zh: str, en: str) -> None:
        spec, source = self.schema[key], self.sources[key]
        self.problems.append(
            PolicyProblem(
                place=place,
                key=key,
                value=str(raw),
                zh=f"{_PLACE_ZH[place]} {key} = {raw}:{zh}({spec.zh};{source})",
                en=f"{place} {key} = {raw}: {en} ({spec.en}; {source})",
            )
        )


def _gather(given: Mapping[str, object], schema: Schema) -> Iterator[tuple[str, object]]:
    """Overrides by key, whether flat or nested; a table's entries are put together again."""
    tables: dict[str, dict[str, object]] = {}
    for path, raw in _leaves(given, schema, ""):
        owner = next((key for key in schema if path.startswith(f"{key}.")), "")
        if path not in schema and owner and is_table(schema[owner].kind):
            tables.setdefault(owner, {})[path.removeprefix(f"{owner}.")] = raw
        else:
            yield path, raw
    yield from tables.items()


def _leaves(
    given: Mapping[str, object], schema: Schema, prefix: str
) -> Iterator[tuple[str, object]]:
    for name, raw in given.items():
        path = f"{prefix}{name}"
        if isinstance(raw, Mapping) and path not in schema and raw:
            yield from _leaves(raw, schema, f"{path}.")
        else:
            yield path, raw


def _contradictions(settings: Mapping[str, Setting]) -> Iterator[PolicyProblem]:
    """Values that cannot stand together, laid to the last place that set one of them."""
    order = (DEFAULT, PROFILE, COUNTY, VILLAGE)
    values = {key: setting.value for key, setting in settings.items()}
    for keys, zh, en in contradictions(values):
        key = max(keys, key=lambda name: order.index(settings[name].place))
        place, kind = settings[key].place, settings[key].kind
        shown = display(kind, values[key])
        yield PolicyProblem(
            place=place,
            key=key,
            value=shown,
            zh=f"{_PLACE_ZH[place]} {key} = {shown}:{zh}",
            en=f"{place} {key} = {shown}: {en}",
        )


def _unknown(place: str, key: str, raw: object, schema: Schema) -> PolicyProblem:
    near = difflib.get_close_matches(key, schema, 1)
    zh = f";是否为 {near[0]}?" if near else ""
    en = f"; did you mean {near[0]}?" if near else ""
    return PolicyProblem(
        place=place,
        key=key,
        value=str(raw),
        zh=f"{_PLACE_ZH[place]} {key}:没有这个参数{zh}",
        en=f"{place} {key}: there is no such parameter{en}",
    )
