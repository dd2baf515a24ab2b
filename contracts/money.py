"""Money is an integer number of fen; every split returns all its parts.

Called by every room. Never uses float, never divides with a remainder left unsaid.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import NewType

Fen = NewType("Fen", int)
"""Integer fen (1 yuan = 100 fen)."""

FEN_MAX = 2**53 - 1
"""Largest amount: exact in a browser's number too."""
PPM = 1_000_000
_YUAN = re.compile(r"(-?)(\d{1,14})(?:\.(\d{1,2}))?")
_GROUPED = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d{1,2})?")


def yuan(text: str) -> Fen:
    """Read an amount in yuan with at most two decimals, exactly, into fen.

    Raises ValueError for anything else (``1e2``, ``1,000``, ``1.005``, blanks).
    """
    match = _YUAN.fullmatch(text)
    if match is None:
        raise ValueError(text)
    sign, whole, decimals = match.groups()
    fen = int(whole) * 100 + int((decimals or "").ljust(2, "0"))
    if fen > FEN_MAX:
        raise ValueError(text)
    return Fen(-fen if sign else fen)


def typed_yuan(text: str) -> Fen:
    """Read an amount in yuan as a person types it into a form: ``１,２３４．５ 元`` is 1234.50.

    Full-width signs, a currency sign and true thousands separators are understood. Raises
    ValueError for anything else: ``1,00`` is a slip or a decimal comma, never 100.
    """
    typed = unicodedata.normalize("NFKC", text).strip().removeprefix("¥").removesuffix("元").strip()
    return yuan(typed.replace(",", "") if _GROUPED.fullmatch(typed) else typed)


def show(fen: int) -> str:
    """Fen as yuan with two decimals and thousands separators: ``1,234.50``."""
    sign, size = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{size // 100:,}.{size % 100:02d}"


def plain(fen: int) -> str:
    """Fen as yuan with two decimals and no separators, as ``yuan`` reads it: ``1234.50``."""
    return show(fen).replace(",", "")


def scaled(number: int, digits: int) -> str:
    """A number kept as a whole multiple of 10**-digits, as people write it, no zeros at its end.

    A leverage in hundredths: ``scaled(750, 2)`` is ``7.5``; percent in ppm: ``scaled(200_000, 4)``
    is ``20``. Never negative.
    """
    whole, rest = divmod(number, 10**digits)
    decimals = str(rest).rjust(digits, "0").rstrip("0")
    return f"{whole}.{decimals}" if decimals else str(whole)


def round_half_up(numerator: int, denominator: int) -> int:
    """The exact quotient rounded half away from zero (domain.md conventions)."""
    sign = 1 if (numerator >= 0) == (denominator > 0) else -1
    top, bottom = abs(numerator), abs(denominator)
    return sign * ((2 * top + bottom) // (2 * bottom))


def split(total: int, weights: Mapping[str, int]) -> dict[str, Fen]:
    """Share ``total`` fen by weight with largest remainder, ties to the smallest id.

    Every id of ``weights`` is in the answer and the parts sum to ``total``. Weights are
    non-negative and at least one is above zero, else ValueError.
    """
    whole = sum(weights.values())
    if whole <= 0 or min(weights.values()) < 0 or total < 0:
        raise ValueError(weights)
    parts = {name: total * weight // whole for name, weight in weights.items()}
    left = total - sum(parts.values())
    by_remainder = sorted(weights, key=lambda name: (-(total * weights[name] % whole), name))
    for name in by_remainder[:left]:
        parts[name] += 1
    return {name: Fen(part) for name, part in parts.items()}


def take_in_order(total: int, layers: Sequence[tuple[str, int]]) -> tuple[dict[str, Fen], Fen]:
    """Fill layers one after another up to each size; return what each took and what is left."""
    taken: dict[str, Fen] = {}
    for name, size in layers:
        taken[name] = Fen(min(total, size))
        total -= taken[name]
    return taken, Fen(total)
