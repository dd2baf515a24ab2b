"""Short ways to look into a validated element tree by ISO short names, with places for faults.

Called by the readers of this package only. Trees are read directly, not through data classes:
the place of each fault is a line of the file, and a big night reads in a third of the time
(decision 0010).
"""

import datetime as dt

from lxml import etree

from services.federation.bank_files.faults import FaultCode, Faults, Place
from services.federation.bank_files.values import CURRENCY, fen_of_decimal

NOT_PROVIDED = "NOTPROVIDED"
_DATE_LENGTH = 10


class Node:
    """An element with its namespace, so that paths read as ``Acct/Id/Othr/Id``."""

    def __init__(self, element: etree._Element, *, entry: int = 0) -> None:
        self._element = element
        self._names = {None: etree.QName(element).namespace or ""}
        self.entry = entry

    def all(self, path: str) -> list["Node"]:
        """Every element at the path; each keeps the entry number of this one."""
        found = self._element.findall(path, self._names)
        return [Node(element, entry=self.entry) for element in found]

    def entries(self, path: str) -> list["Node"]:
        """Every element at the path, numbered as entries from 1."""
        found = self._element.findall(path, self._names)
        return [Node(element, entry=number) for number, element in enumerate(found, 1)]

    def first(self, path: str) -> "Node | None":
        """The first element at the path."""
        found = self._element.find(path, self._names)
        return None if found is None else Node(found, entry=self.entry)

    def text(self, *paths: str) -> str:
        """Text at the first of the paths that has any, else empty."""
        for path in paths:
            if found := self._element.findtext(path, None, self._names):
                return str(found).strip()
        return ""

    def texts(self, path: str) -> list[str]:
        """Every text at the path."""
        return [node.value for node in self.all(path)]

    @property
    def value(self) -> str:
        """The element's own text."""
        return (self._element.text or "").strip()

    def place(self, field: str = "") -> Place:
        """Where this element, or the field at the path below it, stands in the file."""
        element = self._element.find(field, self._names) if field else None
        line = (self._element if element is None else element).sourceline
        return Place(int(line or 0), self.entry, field)

    def account(self, path: str) -> str:
        """Account number at the path (``…/Id/Othr/Id`` or IBAN), else empty."""
        return self.text(f"{path}/Id/Othr/Id", f"{path}/Id/IBAN")

    def date(self, path: str, faults: Faults) -> dt.date | None:
        """Date at ``path/Dt`` or ``path/DtTm``, as the bank wrote it (no zone is applied)."""
        text = self.text(f"{path}/Dt", f"{path}/DtTm")
        return self._calendar_date(text, path, faults) if text else None

    def date_of_moment(self, path: str, faults: Faults) -> dt.date:
        """Calendar date of a mandatory ISODateTime."""
        return self._calendar_date(self.text(path), path, faults) or dt.date.min

    def fen(self, path: str, faults: Faults, *, positive: bool = True) -> int:
        """Amount at the path in fen; a currency other than CNY is a fault."""
        element = self._element.find(path, self._names)
        text, place = self.text(path), self.place(path)
        currency = CURRENCY if element is None else element.get("Ccy", CURRENCY)
        if currency != CURRENCY:
            faults.add(FaultCode.CURRENCY, place, found=currency)
        return fen_of_decimal(text, place, faults, positive=positive)

    def _calendar_date(self, text: str, path: str, faults: Faults) -> dt.date | None:
        # The schema's dates also know years of five digits and zones: `2010-01-02+08:00`.
        try:
            return dt.date.fromisoformat(text[:_DATE_LENGTH])
        except ValueError:
            faults.add(FaultCode.NOT_A_DATE, self.place(path))
            return None
