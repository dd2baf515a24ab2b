"""One value at a time: amounts, texts and dates as bank files spell them.

Called by the readers and writers of this package. Money is read by exact decimal, never float.
"""

import datetime as dt
import re
from decimal import Decimal

from contracts.money import FEN_MAX
from services.federation.bank_files.faults import FaultCode, Faults, Place

CURRENCY = "CNY"
REFERENCE_MAX = 35
ACCOUNT_MAX = 34
TEXT_MAX = 140
_PLAIN = re.compile(r"[0-9]{1,14}(\.[0-9]{1,2})?|[0-9]{1,3}(,[0-9]{3}){1,4}(\.[0-9]{1,2})?")
_NOT_IN_A_FILE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_DATE = re.compile(r"([0-9]{4})([-/]?)([0-9]{1,2})\2([0-9]{1,2})")


def yuan_cell(fen: int) -> Decimal:
    """Fen as an exact decimal of yuan with two places: ``1234.50``."""
    return Decimal(fen).scaleb(-2)


def fen_of_decimal(text: str, place: Place, faults: Faults, *, positive: bool = True) -> int:
    """Fen of an xs:decimal in yuan; what is not exact, too large or not above zero is a fault."""
    scaled = Decimal(text).scaleb(2)
    fen = int(scaled)
    if fen != scaled:
        faults.add(FaultCode.AMOUNT_NOT_IN_FEN, place, found=text)
    elif fen > FEN_MAX:
        faults.add(FaultCode.AMOUNT_TOO_LARGE, place, limit=FEN_MAX)
    elif positive and fen <= 0:
        faults.add(FaultCode.AMOUNT_NOT_POSITIVE, place)
    return fen


def fen_of_cell(text: str, place: Place, faults: Faults, *, positive: bool = True) -> int:
    """Fen of a cell a person may have typed: ``1234.5`` or ``1,234.50``, nothing cleverer."""
    if _PLAIN.fullmatch(text) is None:
        faults.add(FaultCode.NOT_AN_AMOUNT, place)
        return 0
    return fen_of_decimal(text.replace(",", ""), place, faults, positive=positive)


def date_of_cell(text: str, place: Place, faults: Faults) -> dt.date:
    """Date of ``2010-01-31``, ``2010/1/31`` or ``20100131``."""
    match = _DATE.fullmatch(text)
    if match is not None and (match[2] or len(text) == 8):
        try:
            return dt.date(int(match[1]), int(match[3]), int(match[4]))
        except ValueError:
            pass
    faults.add(FaultCode.NOT_A_DATE, place)
    return dt.date.min


def check_text(
    text: str, place: Place, faults: Faults, *, limit: int, required: bool = True
) -> None:
    """A text that both layouts and every bank carry unchanged, at most ``limit`` characters."""
    if not text:
        if required:
            faults.add(FaultCode.MISSING, place)
    elif len(text) > limit:
        faults.add(FaultCode.TEXT_TOO_LONG, place, length=len(text), limit=limit)
    elif text != text.strip() or _NOT_IN_A_FILE.search(text):
        faults.add(FaultCode.TEXT_CHARACTERS, place)


def check_amount(fen: int, place: Place, faults: Faults) -> None:
    """An amount to be written: above zero and within what a file can carry."""
    if fen <= 0:
        faults.add(FaultCode.AMOUNT_NOT_POSITIVE, place)
    elif fen > FEN_MAX:
        faults.add(FaultCode.AMOUNT_TOO_LARGE, place, limit=FEN_MAX)
