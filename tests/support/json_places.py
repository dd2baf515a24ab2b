"""Places in a JSON value, and the value with another one put at a place: for fuzzing readers."""

import json
from typing import Any


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in a JSON value."""
    if not isinstance(value, dict | list):
        return [path]
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    return [path, *(found for key, one in inner for found in places(one, (*path, key)))]


def put(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    """The value with another one at a place."""
    whole = json.loads(json.dumps(value))
    if not path:
        return new
    inside = whole
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = new
    return whole
