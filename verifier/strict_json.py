"""JSON read strictly: no number but an integer, no key twice, no byte that is not UTF-8.

Called for every JSON file; ``spans`` also gives the exact bytes of each value, because batches
are signed and chained over bytes.
"""

import json
from typing import Any

from verifier.falsehood import Falsehood

_KEY = json.JSONDecoder()


def read(body: bytes, place: str) -> Any:
    """The value of a whole JSON text. Raises Falsehood."""
    try:
        return _decoder().decode(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Falsehood("not_json", place) from None


def spans(body: bytes, place: str) -> dict[str, bytes]:
    """The members of a JSON object by key, each value as the bytes that stand there.

    Only the form the county writes is read: no blank between tokens.
    """
    text = _text(body, place)
    if text[:1] != "{" or text[-1:] != "}":
        raise Falsehood("not_json", place)
    found: dict[str, bytes] = {}
    at = 1
    while at < len(text):
        key, at = _value(text, at, place)
        if not isinstance(key, str) or key in found or text[at : at + 1] != ":":
            raise Falsehood("not_json", place)
        start = at + 1
        _, at = _value(text, start, place)
        found[key] = text[start:at].encode()
        at = _next(text, at, "}", place)
    return found


def items(body: bytes, place: str) -> list[bytes]:
    """The elements of a JSON array, each as the bytes that stand there."""
    text = _text(body, place)
    if text == "[]":
        return []
    if text[:1] != "[" or text[-1:] != "]":
        raise Falsehood("not_json", place)
    found = []
    at = 1
    while at < len(text):
        start = at
        _, at = _value(text, start, place)
        found.append(text[start:at].encode())
        at = _next(text, at, "]", place)
    return found


def _text(body: bytes, place: str) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise Falsehood("not_json", place) from None


def _value(text: str, at: int, place: str) -> tuple[Any, int]:
    try:
        return _KEY.raw_decode(text, at)
    except (ValueError, RecursionError):
        raise Falsehood("not_json", place) from None


def _next(text: str, at: int, close: str, place: str) -> int:
    """Past the comma, or past the closing mark, which must be the last character."""
    last = at == len(text) - 1
    if text[at : at + 1] == ("," if not last else close):
        return at + 1
    raise Falsehood("not_json", place)


def _decoder() -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=_once, parse_float=_refuse, parse_constant=_refuse, strict=True
    )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice")
    return found


def _refuse(text: str) -> Any:
    raise ValueError(text)
