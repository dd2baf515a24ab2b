"""A message definition as data: which element stands where and which field it carries.

The tables are in layouts.py; telling.py writes by them and hearing.py reads by them, so that what
is written and what is read cannot differ. No bytes here, no rule.
"""

from collections.abc import Mapping

import msgspec

from services.federation.guarantee_messages.forms import Form


class Leaf(msgspec.Struct, frozen=True):
    """An element with the text of field ``attr``; ``most`` > 1 makes the field a tuple.

    ``heard_only``: taken from others, never written, because another element says the same.
    """

    name: str
    attr: str
    form: Form
    least: int = 1
    most: int = 1
    heard_only: bool = False
    attributes: Mapping[str, str] = {}


class Pieces(msgspec.Struct, frozen=True):
    """One text cut into elements of at most ``size`` characters, ``most`` of them."""

    name: str
    attr: str
    size: int
    form: Form
    most: int
    least: int = 0


class Fixed(msgspec.Struct, frozen=True):
    """An element that always says the same; anything else is refused."""

    name: str
    value: str
    least: int = 1
    most: int = 1


class Passed(msgspec.Struct, frozen=True):
    """An element the definition allows and which changes nothing here: heard, never written."""

    name: str
    least: int = 0
    most: int = 99


class Branch(msgspec.Struct, frozen=True):
    """An element of elements: fields of its owner, or of a struct ``makes`` in field ``attr``.

    ``choice``: exactly one of its parts.
    """

    name: str
    parts: tuple["Part", ...]
    attr: str = ""
    makes: type[msgspec.Struct] | None = None
    least: int = 1
    most: int = 1
    choice: bool = False


Part = Leaf | Pieces | Fixed | Passed | Branch
