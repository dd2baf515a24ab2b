"""One cell of a county directory: text into an exact value, or the problem that it has.

Pure. Called by ``table.py`` for every cell; accepts what spreadsheets and people write (full-width
digits, 2010/4/2, 1,200.00, 是/否), refuses everything that would need a guess.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date

from contracts.ids import PLAIN_ID
from contracts.money import PPM, yuan
from infra.county_directory.layout import Column, choices, plain, words
from infra.county_directory.model import DatedAmount, Vote

type_of_value = (
    str | int | bool | date | tuple[str, ...] | tuple[Vote, ...] | tuple[DatedAmount, ...] | None
)
TEXT_MOST = 500
COUNT_MOST = 600
_ID_NUMBER = re.compile(r"\d{17}[\dX]")
_GROUPED = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d{1,2})?")
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})-|/(\d{1,2})/|\.(\d{1,2})\.|年(\d{1,2})月)(\d{1,2})日?")
_SCIENTIFIC = re.compile(r"\d(\.\d+)?e\+?\d+", re.IGNORECASE)
_YES, _NO = {"yes", "y", "true", "1", "是", "有", "√"}, {"no", "n", "false", "0", "否", "无", "×"}
_ALL = {"all", "全部", "结清"}
_ANSWERS = {"yes": "yes", "赞成": "yes", "同意": "yes", "no": "no", "反对": "no"} | {
    "abstain": "abstain",
    "弃权": "abstain",
}
_FULL_WIDTH = str.maketrans(";:,", ";:,")
_ACCOUNT_DIGITS, _CARD_DIGITS = (6, 32), (16, 19)


class CellError(Exception):
    """The cell cannot be read: a code of the catalogue and its facts."""

    def __init__(self, code: str, **facts: object) -> None:
        self.code, self.facts = code, facts
        super().__init__(code)


def read_cell(column: Column, raw: str) -> type_of_value:
    """The value of a cell by its column's kind; None for an empty cell that may be empty.

    Raises CellError.
    """
    text = raw.strip()
    if column.kind not in {"text", "votes"}:  # names keep their characters
        text = unicodedata.normalize("NFKC", text)
    if not text:
        if column.required:
            raise CellError("CELL_BLANK")
        if column.blank is True:
            return None
        text = str(column.blank)
    hidden = next((sign for sign in text if unicodedata.category(sign) in {"Cc", "Cf"}), None)
    if hidden is not None:
        raise CellError("TEXT_UNPRINTABLE", sign=f"{ord(hidden):04X}")
    return _READERS[column.kind](column, text)


def read_date(text: str) -> date:
    """A day as 2010-04-02, 2010/4/2, 2010.4.2 or 2010年4月2日. Raises CellError."""
    match = _DATE.fullmatch(text.replace(" ", ""))
    parts = [part for part in match.groups() if part] if match else []
    try:
        return date(*map(int, parts))
    except (TypeError, ValueError):
        raise CellError("DATE_UNREADABLE", value=text) from None


def read_yuan(text: str) -> int:
    """An amount in yuan into fen, exactly; thousands separators allowed. Raises CellError."""
    bare = text.removeprefix("¥").removesuffix("元").strip()
    try:
        return yuan(bare.replace(",", "") if _GROUPED.fullmatch(bare) else bare)
    except ValueError:
        raise CellError("AMOUNT_UNREADABLE", value=text) from None


def _text(column: Column, text: str) -> str:
    most = TEXT_MOST * 4 if column.name == "votes" else TEXT_MOST
    if len(text) > most:
        raise CellError("TEXT_TOO_LONG", have=len(text), most=most)
    if column.name == "id_number":
        text = text.upper()
        if not _ID_NUMBER.fullmatch(text):
            raise CellError("ID_NUMBER_SHAPE")
    return text


def _id(column: Column, text: str) -> str:  # noqa: ARG001 (all readers have one signature)
    if not PLAIN_ID.fullmatch(text):
        raise CellError("ID_SHAPE", value=text)
    return text


def _ids(column: Column, text: str) -> tuple[str, ...]:
    found = tuple(_id(column, word) for word in re.split(r"[\s,;、]+", text) if word)
    for word in found:
        if found.count(word) > 1:
            raise CellError("LIST_DOUBLED", value=word)
    return found


def _digits(column: Column, text: str) -> str:
    least, most = _CARD_DIGITS if column.name == "card" else _ACCOUNT_DIGITS
    if _SCIENTIFIC.fullmatch(text):
        raise CellError("DIGITS_SCIENTIFIC", value=text)
    digits = re.sub(r"[\s-]", "", text)
    if not (digits.isascii() and digits.isdigit() and least <= len(digits) <= most):
        raise CellError("DIGITS_UNREADABLE", value=text, least=least, most=most)
    return digits


def _yuan(column: Column, text: str) -> int:
    fen = read_yuan(text)
    if fen < 0:
        raise CellError("AMOUNT_NEGATIVE", value=text)
    if fen == 0 and column.kind != "yuan0":
        raise CellError("AMOUNT_NOT_POSITIVE", value=text)
    return fen


def _yuan_or_all(column: Column, text: str) -> int | None:
    return None if plain(text) in _ALL else _yuan(column, text)


def _date(column: Column, text: str) -> date:  # noqa: ARG001
    return read_date(text)


def _flag(column: Column, text: str) -> bool:  # noqa: ARG001
    word = plain(text)
    if word not in _YES | _NO:
        raise CellError("FLAG_UNREADABLE", value=text)
    return word in _YES


def _count(column: Column, text: str) -> int:  # noqa: ARG001
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= COUNT_MOST):
        raise CellError("COUNT_UNREADABLE", value=text, most=COUNT_MOST)
    return int(text)


def _rate(column: Column, text: str) -> int:
    """A rate in ppm: exact, because one per mille is 1,000 ppm and one per cent 10,000."""
    decimals = 3 if column.kind == "permille" else 4
    match = re.fullmatch(rf"(\d{{1,3}})(?:\.(\d{{1,{decimals}}}))?", text)
    if match is None:
        raise CellError("RATE_UNREADABLE", value=text, decimals=decimals)
    ppm = int(match[1] + (match[2] or "").ljust(decimals, "0"))
    if ppm > PPM or (ppm == 0 and column.required):
        raise CellError("RATE_UNREADABLE", value=text, decimals=decimals)
    return ppm


def _choice(column: Column, text: str) -> str:
    value = words(column.of).get(plain(text))
    if value is None:
        allowed = choices(column.of)
        chinese = "、".join(words[0] for words in allowed.values())
        raise CellError(
            "CHOICE_UNKNOWN", value=text, allowed=", ".join(allowed), zh_allowed=chinese
        )
    return value


def _votes(column: Column, text: str) -> tuple[Vote, ...]:
    votes: list[Vote] = []
    for part in _text(column, text).translate(_FULL_WIDTH).strip(";").split(";"):
        answer, colon, names = part.partition(":")
        word = _ANSWERS.get(plain(answer))
        people = [name.strip() for name in re.split("[,、]", names) if name.strip()]
        if word is None or not colon or not people:
            raise CellError("VOTES_UNREADABLE", value=text)
        votes += [Vote(person=name, answer=word) for name in people]
    for vote in votes:
        if sum(other.person == vote.person for other in votes) > 1:
            raise CellError("LIST_DOUBLED", value=vote.person)
    return tuple(votes)


def _dated(column: Column, text: str) -> tuple[DatedAmount, ...]:
    items: list[DatedAmount] = []
    for part in text.strip(";").split(";"):
        day, colon, amount = part.strip().partition(":")
        if not colon:
            raise CellError("DATED_UNREADABLE", value=text)
        fen = _yuan_or_all(column, amount.strip())
        items.append(DatedAmount(on=read_date(day.strip()), amount_fen=fen))
    days = [item.on for item in items]
    if days != sorted(days) or any(item.amount_fen is None for item in items[:-1]):
        raise CellError("DATED_ORDER")
    return tuple(items)


_READERS: dict[str, Callable[[Column, str], type_of_value]] = {
    "text": _text,
    "id": _id,
    "ref": _id,
    "ids": _ids,
    "digits": _digits,
    "yuan": _yuan,
    "yuan0": _yuan,
    "yuan_or_all": _yuan_or_all,
    "date": _date,
    "flag": _flag,
    "count": _count,
    "permille": _rate,
    "percent": _rate,
    "choice": _choice,
    "votes": _votes,
    "dated": _dated,
}
