"""One value at a time: how a field of a guarantee message is spelt in an element.

Called by layout.py both ways. Every fault is noted, none raised: a message is refused with all of
them at once. Without a schema at run time these forms are what keeps a wrong value out, so each
takes exactly what the message definition allows and this project uses.
"""

import base64
import binascii
import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Protocol

import msgspec

from contracts.money import PPM
from services.federation.bank_files.faults import FaultCode, Faults, Place
from services.federation.bank_files.values import (
    CURRENCY,
    check_amount,
    check_text,
    fen_of_decimal,
    yuan_cell,
)

ENCLOSURE_MAX = 2 * 1024 * 1024
"""Largest enclosed file (bytes), of the message definitions (Max2MBBinary)."""
MASK_SHOWS_MAX = 10
"""A masked ID shows its region (6) and its tail (4); a card number shows less."""
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_DECIMAL = re.compile(r"\+?([0-9]{1,18}(\.[0-9]{0,5})?|\.[0-9]{1,5})", re.ASCII)
_RATE = re.compile(r"\+?[0-9]{1,3}(\.[0-9]{0,4}0{0,6})?", re.ASCII)
_ZONE = r"(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?"
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})" + _ZONE, re.ASCII)
_CLOCK = r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?"
_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})" + _CLOCK + _ZONE, re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,4}", re.ASCII)
_BLANKS = " \t\r\n"
_SAID = {True: "true", False: "false"}
_HEARD = {"true": True, "1": True, "false": False, "0": False}


class Form(Protocol):
    """A spelling: ``write`` gives an element's text, ``read`` the field's value; both check."""

    def write(self, value: Any, place: Place, faults: Faults) -> str:
        """Text of a value."""

    def read(self, text: str, place: Place, faults: Faults) -> Any:
        """Value of a text; anything at all when a fault was noted."""


class Text(msgspec.Struct, frozen=True):
    """A text of 1 to ``limit`` characters, on one line unless ``lines``."""

    limit: int
    lines: bool = False

    def write(self, value: Any, place: Place, faults: Faults) -> str:
        """As it is."""
        return str(self.read(value, place, faults))

    def read(self, text: str, place: Place, faults: Faults) -> Any:
        """As it is."""
        looked_at = text.replace("\n", " ") if self.lines else text
        check_text(looked_at, place, faults, limit=self.limit)
        return text


class Masked(msgspec.Struct, frozen=True):
    """A number of a person, of which no more than MASK_SHOWS_MAX characters are not ``*``."""

    limit: int = 35

    def write(self, value: Any, place: Place, faults: Faults) -> str:
        """As it is."""
        return str(self.read(value, place, faults))

    def read(self, text: str, place: Place, faults: Faults) -> Any:
        """As it is."""
        check_text(text, place, faults, limit=self.limit)
        if "*" not in text or len(text.replace("*", "")) > MASK_SHOWS_MAX:
            faults.add(FaultCode.NOT_MASKED, place, shown=MASK_SHOWS_MAX)
        return text


class Digest(msgspec.Struct, frozen=True):
    """A SHA-256 in lower-case hex; ``tag`` goes before it where text is told."""

    tag: str = ""

    def write(self, value: Any, place: Place, faults: Faults) -> str:
        """``9f86…`` or ``PACKAGE 9f86…``."""
        return self.tag + str(self.read(self.tag + value, place, faults))

    def read(self, text: str, place: Place, faults: Faults) -> Any:
        """The digest alone."""
        said = text.removeprefix(self.tag)
        if not text.startswith(self.tag) or _DIGEST.fullmatch(said) is None:
            faults.add(FaultCode.NOT_A_DIGEST, place, tag=self.tag)
        return said


class Amount(msgspec.Struct, frozen=True):
    """Fen as yuan with two decimals, above zero; ``tag`` goes before it where text is told."""

    tag: str = ""
    zero: bool = False

    def write(self, value: Any, place: Place, faults: Faults) -> str:
        """``20000.00`` or ``PRINCIPAL 20000.00``."""
        if value or not self.zero:
            check_amount(value, place, faults)
        return self.tag + str(yuan_cell(value))

    def read(self, text: str, place: Place, faults: Faults) -> Any:
        """Fen, exactly."""
        said = text.strip(_BLANKS) if not self.tag else text.removeprefix(self.tag)
        if not text.strip(_BLANKS).startswith(self.tag) or _DECIMAL.fullmatch(said) is None:
            faults.add(FaultCode.NOT_AN_AMOUNT, place)
            return 0
        return fen_of_decimal(str(Decimal(said)), place, faults, positive=not self.zero)


class Rate(msgspec.Struct, frozen=True):
    """A share of the whole: ppm as a percentage with at most four decimals, above 0 up to 100."""

    def write(self, value: Any, place: Place, faults: Faults) -> str:
        """``80.0000``."""
        return str(Decimal(self._within(value, place, faults)).scaleb(-4))

    def read(self, text: str, place: Place, faults: Faults) -> Any:
        """Ppm, exactly."""
        said = text.strip(_BLANKS)
        if _RATE.fullmatch(said) is None:
            faults.add(FaultCode.NOT_A_RATE, place)
            return 0
        return self._within(int(Decimal(said).scaleb(4)), place, faults)

    def _within(self, ppm: int, place: Place, faults: Faults) -> int:
        if not 0 < ppm <= PPM:
            faults.add(FaultCode.NOT_A_RATE, place)
        return ppm


class Day(msgspec.Struct, frozen=True):
    """A calendar date; with ``midnight`` told as a moment, of which only the date is heard."""

    midnight: bool = False

    def write(self, value: Any, place: Place, faults: Faults) -> str:  # noqa: ARG002 - a date is a date
        """``2010-01-31``, or ``2010-01-31T00:00:00``: no clock is asked."""
        return f"{value.isoformat()}T00:00:00" if self.midnight else str(value.isoformat())

    def read(self, text: str, place: Place, faults: Faults) -> Any:
        """The date as the bank wrote it; no zone is applied."""
        match = (_MOMENT if self.midnight else _DATE).fullmatch(text.strip(_BLANKS))
        if match is not None:
            try:
                return dt.date.fromisoformat(match[1])
            except ValueError:
                pass
        faults.add(FaultCode.NOT_A_DATE, place)
        return dt.date.min


class Flag(msgspec.Struct, frozen=True):
    """Yes or no."""

    def write(self, value: Any, place: Place, faults: Faults) -> str:  # noqa: ARG002 - never wrong
        """``true`` or ``false``."""
        return _SAID[value]

    def read(self, text: str, place: Place, faults: Faults) -> Any:
        """Also ``1`` and ``0``."""
        said = text.strip(_BLANKS)
        if said not in _HEARD:
            faults.add(FaultCode.NOT_A_CHOICE, place, found=said[:20], expected="true false")
        return _HEARD.get(said, False)


class Whole(msgspec.Struct, frozen=True):
    """A number that counts from 1, at most four digits."""

    tag: str = ""

    def write(self, value: Any, place: Place, faults: Faults) -> str:
        """``1``."""
        return self.tag + str(self.read(f"{self.tag}{value}", place, faults))

    def read(self, text: str, place: Place, faults: Faults) -> Any:
        """``0001`` is 1 too."""
        said = text.strip(_BLANKS).removeprefix(self.tag)
        if _WHOLE.fullmatch(said) is None or not text.strip(_BLANKS).startswith(self.tag):
            faults.add(FaultCode.NOT_A_NUMBER, place)
            return 0
        if int(said) == 0:
            faults.add(FaultCode.NOT_A_NUMBER, place)
        return int(said)


class Code(msgspec.Struct, frozen=True):
    """One word of a closed list; a value outside ``words`` is told by another element."""

    words: Mapping[Any, str]

    def write(self, value: Any, place: Place, faults: Faults) -> str:  # noqa: ARG002 - never wrong
        """The word of a value."""
        return self.words[value]

    def read(self, text: str, place: Place, faults: Faults) -> Any:
        """The value of a word."""
        for value, word in self.words.items():
            if word == text:
                return value
        expected = " ".join(self.words.values())
        faults.add(FaultCode.NOT_A_CHOICE, place, found=text[:40], expected=expected)
        return None


class File(msgspec.Struct, frozen=True):
    """Bytes as Base64: 1 byte to ENCLOSURE_MAX."""

    def write(self, value: Any, place: Place, faults: Faults) -> str:
        """On one line."""
        self._check(value, place, faults)
        return base64.b64encode(value).decode("ascii")

    def read(self, text: str, place: Place, faults: Faults) -> Any:
        """Blanks and line breaks in it do not count."""
        said = "".join(text.split())
        try:
            content = base64.b64decode(said, validate=True)
        except (binascii.Error, ValueError):
            content = b""
        # Bits left over in the last letter say nothing, and the schema does not allow them.
        if base64.b64encode(content).decode("ascii") != said:
            faults.add(FaultCode.NOT_BASE64, place)
            return b""
        self._check(content, place, faults)
        return content

    def _check(self, content: bytes, place: Place, faults: Faults) -> None:
        if not content:
            faults.add(FaultCode.MISSING, place)
        elif len(content) > ENCLOSURE_MAX:
            faults.add(FaultCode.TOO_LARGE, place, size=len(content), limit=ENCLOSURE_MAX)


CURRENCY_ATTRIBUTE = {"Ccy": CURRENCY}
