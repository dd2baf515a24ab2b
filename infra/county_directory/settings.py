"""county.toml and expected.toml: the county as a whole, and the figures it is to prove.

Called by ``load``. Reads every key it can and notes a problem for each it cannot; numbers with a
decimal point stay text, so no amount or rate ever passes through a binary fraction.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec

from infra.county_directory.cells import CellError, read_cell, read_date
from infra.county_directory.layout import EXPECTED, SETTINGS, Column, layout, sections
from infra.county_directory.model import Bank, Calendar, Expected, Federation, Pool, Township
from infra.county_directory.problems import Place, Problems, nearest
from infra.county_directory.table import read_text


class Settings(msgspec.Struct, kw_only=True):
    """county.toml as far as it could be read; unread parts are empty."""

    top: dict[str, Any] = {}
    calendar: Calendar | None = None
    bank: Bank | None = None
    pool: Pool | None = None
    federation: Federation | None = None
    townships: tuple[Township, ...] = ()
    parameters: dict[str, Any] = {}
    """Overrides of the profile as TOML reads them, decimals as text; kernel.policy judges them."""


class Figures(msgspec.Struct, kw_only=True):
    """expected.toml as far as it could be read."""

    as_of: date | None = None
    expected: tuple[Expected, ...] = ()


def read_settings(folder: Path, problems: Problems) -> Settings:
    """county.toml; a problem for each missing, unknown or unreadable key."""
    table = _load(folder / SETTINGS, problems)
    if table is None:
        return Settings()
    reader = _Reader(SETTINGS, problems)
    reader.known_sections(table, "parameters")
    calendar = reader.one("calendar", table.get("calendar", {}))
    bank = reader.one("bank", table.get("bank", {}))
    pool = reader.one("pool", table["pool"]) if "pool" in table else {}
    own = reader.one("federation", table["federation"]) if "federation" in table else None
    townships = reader.several("township", table.get("township", []))
    parameters = table.get("parameters", {})
    if not isinstance(parameters, dict):
        reader.wrong("parameters", "table")
    return Settings(
        top=reader.top(table),
        calendar=msgspec.convert(calendar, Calendar) if calendar else None,
        bank=msgspec.convert(bank, Bank) if bank else None,
        pool=msgspec.convert(pool, Pool) if pool else None,
        federation=None if own is None else msgspec.convert(own, Federation),
        townships=msgspec.convert(townships, tuple[Township, ...]),
        parameters=parameters if isinstance(parameters, dict) else {},
    )


def read_expected(folder: Path, problems: Problems) -> Figures:
    """expected.toml, which may be absent."""
    if not (folder / EXPECTED).exists():
        return Figures()
    table = _load(folder / EXPECTED, problems)
    if table is None:
        return Figures()
    reader = _Reader(EXPECTED, problems)
    reader.known_sections(table)
    top = reader.top(table)
    found = []
    for number, item in reader.numbered("figure", table.get("figure", [])):
        values = reader.one("figure", item, f"figure {number}")
        given = [name for name in ("value", "yuan") if name in values]
        if values and len(given) != 1:
            code = "KEY_UNKNOWN" if given else "KEY_MISSING"
            reader.note(f"figure {number}.value", code, nearest="yuan")
        elif values:
            values["value"] = values.pop(given[0])
            found.append(msgspec.convert(values, Expected))
    return Figures(as_of=top.get("as_of"), expected=tuple(found))


def _load(path: Path, problems: Problems) -> dict[str, Any] | None:
    if not path.exists():
        problems.note(Place(path.name), "FILE_MISSING")
        return None
    text = read_text(path, problems)
    if text is None:
        return None
    try:
        return tomllib.loads(text.replace("\r\n", "\n"), parse_float=str)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = re.search(r"at line (\d+)", str(error))
        problems.note(Place(path.name, int(line[1]) if line else 0), "TOML_BROKEN", reason=error)
        return None


class _Reader:
    """Reads the sections of one TOML file, noting what is wrong under the key's full name."""

    def __init__(self, file: str, problems: Problems) -> None:
        self.file, self.problems = file, problems
        self.sections = sections(file)

    def note(self, key: str, code: str, **facts: object) -> None:
        self.problems.note(Place(self.file, 0, key), code, **facts)

    def wrong(self, key: str, kind: str) -> None:
        english, chinese = layout().kinds[kind]
        self.note(key, "KEY_TYPE", needed=english, zh_needed=chinese)

    def known_sections(self, table: Mapping[str, Any], *more: str) -> None:
        """Note every section or key at the top that the format does not know."""
        known = {*self.sections, *more, *(key.name for key in self.sections[""].keys)} - {""}
        for key in table.keys() - known:
            self.note(key, "KEY_UNKNOWN", nearest=nearest(key, sorted(known)))

    def top(self, table: Mapping[str, Any]) -> dict[str, Any]:
        """The keys above the first section, as far as they can be read."""
        return self._read(self.sections[""].keys, table, "")[0]

    def one(self, name: str, table: object, place: str = "") -> dict[str, Any]:
        """The values of one section; empty where a key that must be there is not readable."""
        if not isinstance(table, dict):
            self.wrong(place or name, "table")
            return {}
        keys = self.sections[name].keys
        for key in table.keys() - {key.name for key in keys}:
            near = nearest(key, [known.name for known in keys])
            self.note(f"{place or name}.{key}", "KEY_UNKNOWN", nearest=near)
        found, complete = self._read(keys, table, f"{place or name}.")
        return found if complete else {}

    def several(self, name: str, tables: object) -> list[dict[str, Any]]:
        """The values of each complete section of several."""
        found = [self.one(name, table, f"{name} {n}") for n, table in self.numbered(name, tables)]
        return [values for values in found if values]

    def numbered(self, name: str, tables: object) -> list[tuple[int, object]]:
        """The sections of one name with their numbers, counted from 1."""
        if not isinstance(tables, list):
            self.wrong(name, "tables")
            return []
        return list(enumerate(tables, start=1))

    def _read(
        self, keys: Iterable[Column], table: Mapping[str, Any], prefix: str
    ) -> tuple[dict[str, Any], bool]:
        found, complete = {}, True
        for key in keys:
            if key.name not in table:
                if key.required:
                    self.note(prefix + key.name, "KEY_MISSING")
                    complete = False
                continue
            try:
                value = _value(key, table[key.name])
            except CellError as error:
                self.note(prefix + key.name, error.code, **error.facts)
                complete = False
                continue
            if value is None:
                self.wrong(prefix + key.name, key.kind)
                complete = False
            else:
                found[key.target] = value
        return found, complete


def _value(key: Column, value: object) -> object:
    """A TOML value of the key's kind; None if it is of another. Raises CellError."""
    match key.kind, value:
        case "dates", list():
            days = [_day(item) for item in value]
            return None if None in days else tuple(days)
        case "date", _:
            return _day(value)
        case "value", int() | str() if not isinstance(value, bool):
            return value
        case "dates" | "value", _:
            return None
        case _, str():
            return read_cell(key, value)
        case _:
            return None


def _day(value: object) -> date | None:
    if isinstance(value, str):
        return read_date(value)
    return value if isinstance(value, date) and not isinstance(value, datetime) else None
