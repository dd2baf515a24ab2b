"""A struct to elements, by the table of its message.

Called by exchange.py. Each value is checked as it is told; the elements are of no use once a fault
was noted. Never decides whether the facts are true.
"""

from collections.abc import Mapping
from typing import Any

from lxml import etree

from services.federation.bank_files.faults import FaultCode, Faults, Place
from services.federation.guarantee_messages.layout import (
    Branch,
    Fixed,
    Leaf,
    Part,
    Passed,
    Pieces,
)


def write_parts(
    into: etree._Element, parts: tuple[Part, ...], source: Any, path: str, faults: Faults
) -> None:
    """Append the elements that tell the fields of ``source``; each fault by element path."""
    for part in parts:
        if isinstance(part, Passed) or not (part.least or _told(part, source)):
            continue
        place = Place(field=f"{path}{part.name}")
        if isinstance(part, Fixed):
            _element(into, part.name).text = part.value
        elif isinstance(part, Branch):
            _write_branch(into, part, source, path, faults)
        elif isinstance(part, Pieces):
            text = part.form.write(getattr(source, part.attr), place, faults)
            for start in range(0, 0 if faults else len(text), part.size):
                _element(into, part.name).text = text[start : start + part.size]
        else:
            _write_leaf(into, part, getattr(source, part.attr), place, faults)


def _write_leaf(into: etree._Element, leaf: Leaf, value: Any, place: Place, faults: Faults) -> None:
    values = value if leaf.most > 1 else (value,)
    _count(len(values), leaf, place, faults)
    for one in values:
        if one is None:
            faults.add(FaultCode.MISSING, place)
            continue
        text = leaf.form.write(one, place, faults)
        element = _element(into, leaf.name)
        for name, word in leaf.attributes.items():
            element.set(name, word)
        # After a fault nothing is written, and a wrong character would raise here.
        element.text = None if faults else text


def _write_branch(
    into: etree._Element, branch: Branch, source: Any, path: str, faults: Faults
) -> None:
    below = f"{path}{branch.name}/"
    if branch.choice and not any(_told(part, source) for part in branch.parts):
        faults.add(FaultCode.MISSING, Place(field=below.rstrip("/")))
    if branch.makes is None:
        write_parts(_element(into, branch.name), branch.parts, source, below, faults)
        return
    value = getattr(source, branch.attr)
    values = value if branch.most > 1 else (value,)
    _count(len(values), branch, Place(field=below.rstrip("/")), faults)
    for one in values:
        write_parts(_element(into, branch.name), branch.parts, one, below, faults)


def _told(part: Part, source: Any) -> bool:
    """Whether an optional part has anything to say."""
    if isinstance(part, Leaf):
        value = getattr(source, part.attr)
        words = getattr(part.form, "words", None)
        return value not in (None, "", (), 0) and not part.heard_only and _in(value, words)
    if isinstance(part, Pieces):
        return bool(getattr(source, part.attr))
    if isinstance(part, Branch) and part.makes is not None:
        return getattr(source, part.attr) not in (None, ())
    return isinstance(part, Branch) and any(
        not isinstance(below, Fixed | Passed) and _told(below, source) for below in part.parts
    )


def _in(value: Any, words: Mapping[Any, str] | None) -> bool:
    return words is None or value in words


def _element(into: etree._Element, name: str) -> etree._Element:
    namespace = str(into.tag).rpartition("}")[0]
    return etree.SubElement(into, f"{namespace}}}{name}")


def _count(count: int, part: Leaf | Branch, place: Place, faults: Faults) -> None:
    if count < part.least:
        faults.add(FaultCode.MISSING, place)
    elif count > part.most:
        faults.add(FaultCode.ELEMENT_REPEATED, place, element=part.name, limit=part.most)
