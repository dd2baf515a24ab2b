"""Elements to a struct, by the table of its message; strictly.

Called by exchange.py. An element, attribute or text the table does not name is a fault, as is a
missing, repeated or misplaced element: without a schema at run time this is what keeps a message
out that says more than is understood here. Never decides whether the facts are true.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
from lxml import etree

from services.federation.bank_files.faults import FaultCode, Faults, Place
from services.federation.guarantee_messages.layout import Branch, Fixed, Leaf, Part, Pieces

_SCHEMA_LOCATION = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"
"""A hint where a schema may be found; never followed."""
_BLANKS = " \t\r\n"


def read_struct(
    element: etree._Element, makes: type[msgspec.Struct], parts: tuple[Part, ...], faults: Faults
) -> Any:
    """The struct an element tells; of no use once a fault was noted."""
    found = _Found(faults)
    found.take(element, parts, "")
    return found.made(makes, element)


class _Found:
    """Fields found so far of one struct."""

    def __init__(self, faults: Faults, entry: int = 0) -> None:
        self._faults = faults
        self._entry = entry
        self._values: dict[str, Any] = {}

    def made(self, makes: type[msgspec.Struct], element: etree._Element) -> Any:
        """The struct; a mandatory field no element told is a fault of the element."""
        for name in _needed(makes):
            if name not in self._values:
                if not self._faults:
                    place = Place(int(element.sourceline or 0), self._entry, _name(element))
                    self._faults.add(FaultCode.MISSING, place)
                self._values[name] = None
        return makes(**self._values)

    def take(self, element: etree._Element, parts: tuple[Part, ...], path: str) -> None:
        """Everything below an element whose parts these are."""
        self._nothing_else(element, {}, path)
        if _own_text(element):
            rule = "CVC_COMPLEX_TYPE_2_3"
            self._faults.add(FaultCode.SCHEMA, self._place(element, path), rule=rule)
        at, counts = 0, [0] * len(parts)
        for child in element.iterchildren():
            index = self._fitting(child, element, parts, at, counts)
            if index is None:
                self._misplaced(child, parts, at, path)
                continue
            at = index
            counts[at] += 1
            self._take_part(child, parts[at], f"{path}{parts[at].name}", counts[at])
        for part, count in zip(parts, counts, strict=True):
            if count < part.least:
                place = self._place(element, f"{path}{part.name}")
                self._faults.add(FaultCode.MISSING, place)
            if count and isinstance(part, Pieces):
                place = self._place(element, f"{path}{part.name}")
                part.form.read(self._values[part.attr], place, self._faults)

    def _fitting(
        self,
        child: etree._Element,
        parent: etree._Element,
        parts: tuple[Part, ...],
        at: int,
        counts: list[int],
    ) -> int | None:
        """The next part of the child's name that still has room."""
        (namespace, _, name), above = str(child.tag).rpartition("}"), str(parent.tag)
        if namespace != above.rpartition("}")[0]:
            return None
        for index in range(at, len(parts)):
            if parts[index].name == name and counts[index] < parts[index].most:
                return index
        return None

    def _misplaced(
        self, child: etree._Element, parts: tuple[Part, ...], at: int, path: str
    ) -> None:
        name = _name(child)
        place = self._place(child, f"{path}{name}")
        named = [index for index, part in enumerate(parts) if part.name == name]
        if not named:
            expected = " ".join(dict.fromkeys(part.name for part in parts))
            code = FaultCode.ELEMENT_NOT_TAKEN
            self._faults.add(code, place, element=name[:60], expected=expected)
        elif max(named) < at:
            before = parts[at].name
            self._faults.add(FaultCode.ELEMENT_OUT_OF_ORDER, place, element=name, before=before)
        else:
            limit = sum(parts[index].most for index in named)
            self._faults.add(FaultCode.ELEMENT_REPEATED, place, element=name, limit=limit)

    def _take_part(self, child: etree._Element, part: Part, path: str, number: int) -> None:
        place = self._place(child, path)
        if isinstance(part, Branch):
            self._take_branch(child, part, path, number)
        elif isinstance(part, Leaf):
            self._nothing_else(child, part.attributes, path)
            self._keep(part, part.form.read(self._text(child, path), place, self._faults))
        elif isinstance(part, Pieces):
            self._nothing_else(child, {}, path)
            piece = self._text(child, path)
            if not 0 < len(piece) <= part.size:
                code = FaultCode.TEXT_TOO_LONG if piece else FaultCode.MISSING
                self._faults.add(code, place, length=len(piece), limit=part.size)
            self._values[part.attr] = self._values.get(part.attr, "") + piece
        elif isinstance(part, Fixed):
            self._nothing_else(child, {}, path)
            if (said := self._text(child, path)) != part.value:
                code = FaultCode.NOT_A_CHOICE
                self._faults.add(code, place, found=said[:40], expected=part.value)

    def _take_branch(self, child: etree._Element, part: Branch, path: str, number: int) -> None:
        if part.choice and len(child) != 1:
            code = FaultCode.ELEMENT_REPEATED if len(child) else FaultCode.MISSING
            self._faults.add(code, self._place(child, path), element=part.name, limit=1)
        if part.makes is None:
            self.take(child, part.parts, f"{path}/")
            return
        below = _Found(self._faults, number if part.most > 1 else self._entry)
        below.take(child, part.parts, f"{path}/")
        self._keep(part, below.made(part.makes, child))

    def _keep(self, part: Leaf | Branch, value: Any) -> None:
        if part.most > 1:
            self._values[part.attr] = (*self._values.get(part.attr, ()), value)
        else:
            self._values[part.attr] = value

    def _text(self, element: etree._Element, path: str) -> str:
        for child in element.iterchildren():
            place = self._place(child, path)
            code = FaultCode.ELEMENT_NOT_TAKEN
            self._faults.add(code, place, element=_name(child)[:60], expected="-")
        return element.text or ""

    def _nothing_else(self, element: etree._Element, wanted: Mapping[str, str], path: str) -> None:
        """No attribute but the wanted ones, those with their only value."""
        for name, value in wanted.items():
            if (found := element.get(name, "")) != value:
                self._faults.add(FaultCode.CURRENCY, self._place(element, path), found=found[:10])
        attributes = element.keys()
        if attributes and set(attributes) - {*wanted, _SCHEMA_LOCATION}:
            rule = "CVC_COMPLEX_TYPE_3_2_1"
            self._faults.add(FaultCode.SCHEMA, self._place(element, path), rule=rule)

    def _place(self, element: etree._Element, path: str) -> Place:
        return Place(int(element.sourceline or 0), self._entry, path.rstrip("/"))


@cache
def _needed(makes: type[msgspec.Struct]) -> tuple[str, ...]:
    """The fields a struct of this kind cannot be without."""
    return tuple(field.name for field in msgspec.structs.fields(makes) if field.required)


def _name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _own_text(element: etree._Element) -> bool:
    texts = [element.text, *(child.tail for child in element.iterchildren())]
    return any(text and text.strip(_BLANKS) for text in texts)
