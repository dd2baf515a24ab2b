"""Checks a JSON value against its schema: the small part of JSON Schema our schemas use.

The schemas are made from contracts/package.py (``python -m infra.package_schema``) and ship with
this room; a word of JSON Schema that is not understood here is a bug and raises KeyError.
"""

import functools
import json
import pkgutil
import re
from collections.abc import Callable
from datetime import date
from typing import Any

from verifier.falsehood import require

Schema = dict[str, Any]
_WORDS = frozenset(
    {"$ref", "$defs", "$schema", "$id", "title", "description", "type", "enum", "format"}
    | {"properties", "required", "additionalProperties", "items", "minItems", "maxItems"}
    | {"minimum", "maximum", "minLength", "maxLength", "pattern"}
)


@functools.cache
def schema(name: str) -> Schema:
    """The schema that ships under this name."""
    body = pkgutil.get_data("verifier", f"schemas/{name}.schema.json")
    loaded: Schema = json.loads(body or b"{}")
    return loaded


def check(value: Any, name: str, place: str) -> None:
    """Raise Falsehood for the first value that the schema ``name`` does not allow."""
    whole = schema(name)
    _check(value, whole, whole["$defs"], place)


def _check(value: Any, form: Schema, named: Schema, place: str) -> None:
    if "$ref" in form:
        form = named[form["$ref"].rpartition("/")[2]]
    if unknown := form.keys() - _WORDS:
        raise KeyError(*sorted(unknown))
    if "enum" in form:
        require(value in form["enum"], "not_allowed", place, value=value, allowed=form["enum"])
        return
    _KINDS[form["type"]](value, form, named, place)


def _object(value: Any, form: Schema, named: Schema, place: str) -> None:
    require(type(value) is dict, "wrong_kind", place, kind="object")
    known = form["properties"]
    for key in value:
        require(key in known, "unknown_field", place, field=key)
    for key in form.get("required", ()):
        require(key in value, "missing_field", place, field=key)
    for key, inner in known.items():
        if key in value:
            _check(value[key], inner, named, f"{place} · {key}")


def _array(value: Any, form: Schema, named: Schema, place: str) -> None:
    require(type(value) is list, "wrong_kind", place, kind="array")
    low, high = form.get("minItems", 0), form.get("maxItems", len(value))
    require(low <= len(value) <= high, "out_of_range", place, value=len(value))
    for number, item in enumerate(value, 1):
        _check(item, form["items"], named, f"{place} [{number}]")


def _integer(value: Any, form: Schema, named: Schema, place: str) -> None:  # noqa: ARG001
    require(type(value) is int, "wrong_kind", place, kind="integer")
    low, high = form.get("minimum", value), form.get("maximum", value)
    require(low <= value <= high, "out_of_range", place, value=value)


def _boolean(value: Any, form: Schema, named: Schema, place: str) -> None:  # noqa: ARG001
    require(type(value) is bool, "wrong_kind", place, kind="boolean")


def _string(value: Any, form: Schema, named: Schema, place: str) -> None:  # noqa: ARG001
    require(type(value) is str, "wrong_kind", place, kind="string")
    low, high = form.get("minLength", 0), form.get("maxLength", len(value))
    require(low <= len(value) <= high, "out_of_range", place, value=len(value))
    if "pattern" in form:
        # `$` would let a line feed follow.
        pattern = form["pattern"].removeprefix("^").removesuffix("$")
        require(re.fullmatch(pattern, value) is not None, "not_allowed", place,
                value=value, allowed=form["pattern"])  # fmt: skip
    if form.get("format") == "date":
        require(_is_date(value), "not_allowed", place, value=value, allowed="YYYY-MM-DD")


def _is_date(text: str) -> bool:
    """Whether it is a day of the calendar in the one form that is written."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


_KINDS: dict[str, Callable[[Any, Schema, Schema, str], None]] = {
    "object": _object,
    "array": _array,
    "boolean": _boolean,
    "integer": _integer,
    "string": _string,
}
