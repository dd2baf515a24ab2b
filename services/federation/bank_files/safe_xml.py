"""Hostile bytes to a schema-valid element tree, or every reason why not.

Called by the readers and writers of this package, by guarantee_messages (which brings its own
message definitions) and by the bank simulator. Never resolves an entity, never opens a file or an
address a message names; what `read_document` returns is valid by the schema.
"""

import re
import threading
from collections.abc import Collection
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import TypeVar

from lxml import etree

from services.federation.bank_files.faults import FaultCode, Faults, Place, refuse

BYTES_MAX = 32 * 1024 * 1024
"""Largest message read (bytes): about 60,000 statement lines."""
DEPTH_MAX = 256
"""Deepest nesting; the XML library's own limit, which stands while `huge_tree` is off."""
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"
_DECLARED = re.compile(r"<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']*)[\"']")
_ELEMENT = re.compile(r"Element '(?:\{[^}]*\})?([^']*)'")
_validating = threading.Lock()


class MessageKind(StrEnum):
    """A closed set of message versions; the members say which (decision 0010)."""

    @property
    def namespace(self) -> str:
        """The XML namespace of every element of the message."""
        return NAMESPACE + self.value


class Kind(MessageKind):
    """The payment and statement messages, whose schemas lie in this package."""

    PAIN_001 = "pain.001.001.09"
    PAIN_002 = "pain.002.001.12"
    CAMT_053 = "camt.053.001.08"
    CAMT_054 = "camt.054.001.08"


_K = TypeVar("_K", bound=MessageKind)


def read_document(body: bytes, allowed: Collection[Kind]) -> tuple[Kind, etree._Element]:
    """Kind and root of a message that is safe and valid; raises BankFileRefused with all faults."""
    kind, root = read_safe(body, allowed)
    faults = Faults()
    for fault_line, element, rule in _schema_errors(kind, root):
        faults.add(FaultCode.SCHEMA, Place(fault_line, 0, element), rule=rule)
    faults.refuse_if_any()
    return kind, root


def read_safe(body: bytes, allowed: Collection[_K]) -> tuple[_K, etree._Element]:
    """Kind and root of a message that is safe and of an allowed kind, its content not looked at.

    Raises BankFileRefused.
    """
    _check_bytes(body)
    root = _parse(body)
    return _kind_of(root, allowed), root


def schema_errors(kind: Kind, body: bytes) -> list[tuple[int, str, str]]:
    """Line, element and broken rule of each place where bytes of our own leave the schema."""
    return _schema_errors(kind, _parse(body))


def _check_bytes(body: bytes) -> None:
    if not body.strip():
        raise refuse(FaultCode.EMPTY)
    if len(body) > BYTES_MAX:
        raise refuse(FaultCode.TOO_LARGE, size=len(body), limit=BYTES_MAX)
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        raise refuse(FaultCode.NOT_UTF8, Place(body.count(b"\n", 0, broken.start) + 1)) from None
    declared = _DECLARED.match(text)
    if declared is not None and declared[1].lower() not in ("utf-8", "utf8"):
        raise refuse(FaultCode.NOT_UTF8)
    for word in ("<!DOCTYPE", "<!ENTITY"):
        if (at := text.find(word)) >= 0:
            raise refuse(FaultCode.DTD_FORBIDDEN, Place(text.count("\n", 0, at) + 1))


def _parse(body: bytes) -> etree._Element:
    # A parser for each message: its error log belongs to this message alone.
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(body, parser)
    except etree.XMLSyntaxError as broken:
        if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
            raise refuse(FaultCode.TOO_DEEP, limit=DEPTH_MAX) from None
        problem = parser.error_log[0].type_name.removeprefix("ERR_").lower().replace("_", " ")
        raise refuse(
            FaultCode.NOT_WELL_FORMED, Place(broken.lineno or 0), problem=problem
        ) from None


def _kind_of(root: etree._Element, allowed: Collection[_K]) -> _K:
    for kind in allowed:
        if root.tag == f"{{{kind.namespace}}}Document":
            return kind
    found = str(root.tag).removeprefix("{").removeprefix(NAMESPACE)
    raise refuse(
        FaultCode.WRONG_KIND,
        Place(int(root.sourceline or 0)),
        found=found.replace("}", " ")[:60],
        expected=" ".join(kind.value for kind in allowed),
    )


def _schema_errors(kind: Kind, root: etree._Element) -> list[tuple[int, str, str]]:
    schema = _schema(kind)
    with _validating:  # the error log belongs to the shared schema object
        if schema.validate(root):
            return []
        log = list(schema.error_log)
    errors = []
    for entry in log:
        element = _ELEMENT.search(entry.message)
        rule = entry.type_name.removeprefix("SCHEMAV_")
        errors.append((entry.line, element[1] if element else "", rule))
    return errors


@cache
def _schema(kind: Kind) -> etree.XMLSchema:
    text = resources.files(__package__).joinpath(f"schemas/{kind.value}.xsd").read_bytes()
    return etree.XMLSchema(etree.fromstring(text))
