"""What can be wrong with a bank file: a closed list of codes, each with place and two languages.

Raised by every reader and writer of this package as one ``BankFileRefused`` that carries all
faults at once; nothing of a refused file is used. The federation turns it into a finding.
Facts never quote a name or a card number: faults are logged and shown.
"""

from enum import StrEnum

import msgspec

from services.federation.bank_files.fault_texts import RULES, TEXTS

FAULTS_MAX = 1000
"""A report longer than this ends with MORE_FAULTS: no file may fill the memory."""


class FaultCode(StrEnum):
    """Named as the sentence it says; in the order in which a file is looked at."""

    # bytes
    EMPTY = "EMPTY"
    TOO_LARGE = "TOO_LARGE"
    NOT_UTF8 = "NOT_UTF8"
    UNKNOWN_ENCODING = "UNKNOWN_ENCODING"
    DTD_FORBIDDEN = "DTD_FORBIDDEN"
    NOT_WELL_FORMED = "NOT_WELL_FORMED"
    TOO_DEEP = "TOO_DEEP"
    NOT_A_SHEET = "NOT_A_SHEET"
    # form
    WRONG_KIND = "WRONG_KIND"
    SCHEMA = "SCHEMA"
    ELEMENT_NOT_TAKEN = "ELEMENT_NOT_TAKEN"
    ELEMENT_OUT_OF_ORDER = "ELEMENT_OUT_OF_ORDER"
    ELEMENT_REPEATED = "ELEMENT_REPEATED"
    COLUMN_MISSING = "COLUMN_MISSING"
    COLUMN_UNKNOWN = "COLUMN_UNKNOWN"
    COLUMN_REPEATED = "COLUMN_REPEATED"
    LAST_ROW = "LAST_ROW"
    ROW_REPEATED = "ROW_REPEATED"
    ROW_TOO_WIDE = "ROW_TOO_WIDE"
    FILE_CELL_DIFFERS = "FILE_CELL_DIFFERS"
    # one value
    MISSING = "MISSING"
    TEXT_TOO_LONG = "TEXT_TOO_LONG"
    TEXT_CHARACTERS = "TEXT_CHARACTERS"
    NUMBER_IN_TEXT_CELL = "NUMBER_IN_TEXT_CELL"
    NOT_AN_AMOUNT = "NOT_AN_AMOUNT"
    AMOUNT_NOT_IN_FEN = "AMOUNT_NOT_IN_FEN"
    AMOUNT_NOT_POSITIVE = "AMOUNT_NOT_POSITIVE"
    AMOUNT_TOO_LARGE = "AMOUNT_TOO_LARGE"
    CURRENCY = "CURRENCY"
    NOT_A_DATE = "NOT_A_DATE"
    NOT_A_NUMBER = "NOT_A_NUMBER"
    NOT_A_RATE = "NOT_A_RATE"
    NOT_A_CHOICE = "NOT_A_CHOICE"
    NOT_A_DIGEST = "NOT_A_DIGEST"
    NOT_MASKED = "NOT_MASKED"
    NOT_BASE64 = "NOT_BASE64"
    STATUS_UNKNOWN = "STATUS_UNKNOWN"
    NOT_BOOKED = "NOT_BOOKED"
    # values against each other
    NO_LINES = "NO_LINES"
    REFERENCE_REPEATED = "REFERENCE_REPEATED"
    LINE_REPEATED = "LINE_REPEATED"
    COUNT_DIFFERS = "COUNT_DIFFERS"
    SUM_DIFFERS = "SUM_DIFFERS"
    BALANCE_COUNT = "BALANCE_COUNT"
    BALANCE_NOT_PROVEN = "BALANCE_NOT_PROVEN"
    SUB_ACCOUNT_UNKNOWN = "SUB_ACCOUNT_UNKNOWN"
    SUB_ACCOUNT_REPEATED = "SUB_ACCOUNT_REPEATED"
    SUB_ACCOUNT_HALF = "SUB_ACCOUNT_HALF"
    SUB_ACCOUNT_NOT_PROVEN = "SUB_ACCOUNT_NOT_PROVEN"
    SUB_ACCOUNTS_SUM = "SUB_ACCOUNTS_SUM"
    COVER_ABOVE_LOAN = "COVER_ABOVE_LOAN"
    NOTHING_CHANGES = "NOTHING_CHANGES"
    REASON_MISSING = "REASON_MISSING"
    MORE_FAULTS = "MORE_FAULTS"


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where: line of the file (row of a sheet), entry counted from 1, field; 0 or empty = whole."""

    line: int = 0
    entry: int = 0
    field: str = ""

    def text(self, language: str = "zh") -> str:
        """``第 12 行 第 3 笔 金额`` or ``line 12, entry 3, amount``."""
        chinese = language == "zh"
        parts = [
            (f"第 {self.line} 行" if chinese else f"line {self.line}") if self.line else "",
            (f"第 {self.entry} 笔" if chinese else f"entry {self.entry}") if self.entry else "",
            self.field,
        ]
        return (" " if chinese else ", ").join(part for part in parts if part)


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing wrong, where, and the facts its sentence needs (all as text)."""

    code: FaultCode
    place: Place = Place()
    facts: dict[str, str] = {}

    def text(self, language: str = "zh") -> str:
        """Place and sentence in Chinese (``zh``) or English."""
        which = 0 if language == "zh" else 1
        facts = dict(self.facts)
        if rule := facts.get("rule"):
            facts["rule"] = RULES.get(rule, (rule, rule))[which]
        sentence = TEXTS[self.code.value][which].format_map(facts)
        place = self.place.text(language)
        return f"{place}{':' if which == 0 else ': '}{sentence}" if place else sentence


class BankFileRefused(Exception):
    """The file is not used, as a whole; ``faults`` says every reason by place."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(faults)
        self.faults = faults

    def __str__(self) -> str:
        return "; ".join(fault.text("en") for fault in self.faults)

    @property
    def codes(self) -> tuple[FaultCode, ...]:
        """The codes, in order of place found."""
        return tuple(fault.code for fault in self.faults)


class Faults:
    """Collects faults while a file is read, so that all are told at once."""

    def __init__(self) -> None:
        self._found: list[Fault] = []
        self._left_out = 0

    def add(self, code: FaultCode, place: Place = Place(), /, **facts: object) -> None:  # noqa: B008 - frozen
        """Note one fault; facts become text."""
        if len(self._found) >= FAULTS_MAX:
            self._left_out += 1
            return
        self._found.append(Fault(code, place, {name: str(fact) for name, fact in facts.items()}))

    def __bool__(self) -> bool:
        return bool(self._found)

    def found(self) -> tuple[Fault, ...]:
        """All faults so far; the last one counts those that were not kept."""
        if not self._left_out:
            return tuple(self._found)
        more = Fault(FaultCode.MORE_FAULTS, facts={"count": str(self._left_out)})
        return (*self._found, more)

    def refuse_if_any(self) -> None:
        """Raise BankFileRefused with everything found; nothing found, nothing raised."""
        if self._found:
            raise BankFileRefused(self.found())


def refuse(code: FaultCode, place: Place = Place(), /, **facts: object) -> BankFileRefused:  # noqa: B008 - frozen
    """A refusal with a single fault, for what makes further reading pointless."""
    return BankFileRefused((Fault(code, place, {name: str(fact) for name, fact in facts.items()}),))
