"""The values a guarantee package is made of: amounts, rates, ids, and numbers with a part hidden.

Used by contracts/package.py, whose schema a bank's program checks each value by, and by whoever
hides a number before it is said. Whole ID and card numbers never stand in a package.
"""

import re
from typing import Annotated

import msgspec

from contracts.money import FEN_MAX, PPM

Amount = Annotated[int, msgspec.Meta(ge=0, le=FEN_MAX)]
"""Fen, zero or more."""
Sum = Annotated[int, msgspec.Meta(ge=1, le=FEN_MAX)]
"""Fen, above zero."""
Rate = Annotated[int, msgspec.Meta(ge=0, le=PPM)]
"""Parts per million, at most one whole."""
Leverage = Annotated[int, msgspec.Meta(ge=PPM, le=100 * PPM)]
"""A multiple in parts per million: 5 times is 5,000,000."""
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Ordinal = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,79}$")]
"""An identifier: ASCII, no blanks."""
Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 in lower-case hex."""
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Note = Annotated[str, msgspec.Meta(max_length=2000)]
MaskedId = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{6}\*{8}[0-9]{3}[0-9X]$")]
"""A citizen's ID number with its birth date hidden."""
MaskedCard = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}\*{4,11}[0-9]{4}$")]
"""A card number, first and last four digits."""
_CARD = re.compile(r"[0-9]{12,19}")
_ID = re.compile(r"[0-9]{17}[0-9X]")


def mask_id(number: str) -> str:
    """An 18-character ID number as the bank may see it. Raises ValueError for anything else."""
    if not _ID.fullmatch(number):
        raise ValueError("id number")
    return f"{number[:6]}{'*' * 8}{number[-4:]}"


def mask_card(number: str) -> str:
    """A card number of 12 to 19 digits as the bank may see it. Raises ValueError otherwise."""
    if not _CARD.fullmatch(number):
        raise ValueError("card number")
    return f"{number[:4]}{'*' * (len(number) - 8)}{number[-4:]}"
