"""Guarantee messages against the schemas as ISO 20022 published them.

The schemas are not part of the repository: their folder is the pytest option `iso20022_folder` or
the setting LIANHE_ISO20022, and without it these tests are left out and counted aloud.
"""

import random
import re

import pytest
from lxml import etree

from services.federation.bank_files.faults import BankFileRefused
from services.federation.guarantee_messages.exchange import (
    read_guarantee_message,
    write_guarantee_message,
)
from services.federation.guarantee_messages.layout import Branch, Part
from services.federation.guarantee_messages.layouts import LAYOUTS, GuaranteeKind
from tests.federation.guarantee_builders import MESSAGES, golden
from tests.support.needs import schemas_folder

pytestmark = pytest.mark.iso20022_schemas
XS = "{http://www.w3.org/2001/XMLSchema}"


def schema_document(config: pytest.Config, kind: GuaranteeKind) -> etree._Element:
    return etree.fromstring((schemas_folder(config) / f"{kind.value}.xsd").read_bytes())


def faults(config: pytest.Config, kind: GuaranteeKind, body: bytes) -> list[str]:
    schema = etree.XMLSchema(schema_document(config, kind))
    schema.validate(etree.fromstring(body))
    return [f"{entry.line}: {entry.message}" for entry in schema.error_log]


@pytest.mark.parametrize("kind", GuaranteeKind)
def test_the_folder_holds_the_schema_of_every_kind(
    pytestconfig: pytest.Config, kind: GuaranteeKind
) -> None:
    assert schema_document(pytestconfig, kind).get("targetNamespace") == kind.namespace


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_what_we_write_is_valid(pytestconfig: pytest.Config, name: str) -> None:
    kind, build = MESSAGES[name]
    assert faults(pytestconfig, kind, write_guarantee_message(build())) == []
    assert faults(pytestconfig, kind, golden(name)) == []


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_what_we_read_the_schema_allows_too(pytestconfig: pytest.Config, name: str) -> None:
    """Our reader is the stricter one: whatever damage it lets pass, the schema lets pass."""
    kind = MESSAGES[name][0]
    schema = etree.XMLSchema(schema_document(pytestconfig, kind))
    chance, good, taken = random.Random(name), golden(name), 0
    for _ in range(800):
        body = damaged(chance, good)
        try:
            read_guarantee_message(body, [kind])
        except BankFileRefused:
            continue
        taken += 1
        assert schema.validate(etree.fromstring(body)), body.decode()
    assert taken > 50


def damaged(chance: random.Random, good: bytes) -> bytes:
    """One letter, one piece, one text or one line otherwise."""
    at = chance.randrange(len(HEAD), len(good))
    match chance.randrange(4):
        case 0:
            return good[:at] + bytes([chance.randrange(32, 127)]) + good[at + 1 :]
        case 1:
            return good[:at] + good[at + chance.randint(1, 60) :]
        case 2:
            text = chance.choice(list(re.finditer(rb">([^<\n]+)<", good)))
            return good[: text.start(1)] + chance.choice(TEXTS) + good[text.end(1) :]
        case _:
            lines = good.split(b"\n")
            moved = lines.pop(chance.randrange(2, len(lines)))
            lines.insert(chance.randrange(2, len(lines)), moved)
            return b"\n".join(lines)


HEAD = golden("tsrv.012").split(b"<UdrtkgTermntnNtfctn>")[0]
TEXTS = [
    b"",
    b" ",
    b"0",
    b"1",
    b"+1",
    b".5",
    b"5.",
    b"-0",
    b"1e3",
    b"true",
    b"A",
    b"x" * 36,
    b"\n a \n",
]
TEXTS += [b"2010-01-31", b"2010-01-31Z", b"0000-01-01", b"2010-01-31+99:00", b"2010-02-30"]
TEXTS += [b"2010-01-31T24:00:00", b"2010-01-31T00:00:61", b"2010-01-31T00:00:00.5-14:00"]


def test_the_schema_refuses_a_planted_mistake(pytestconfig: pytest.Config) -> None:
    body = golden("tsrv.013").replace(b"<Tp>PAYM</Tp>", b"")
    assert faults(pytestconfig, GuaranteeKind.DEMAND, body)


@pytest.mark.parametrize("kind", GuaranteeKind)
def test_every_element_of_a_table_stands_in_the_definition(
    pytestconfig: pytest.Config, kind: GuaranteeKind
) -> None:
    """Also the optional elements and those only passed over: name, order and type by type."""
    document = schema_document(pytestconfig, kind)
    types = {str(one.get("name")): one for one in document.iterfind(f"{XS}complexType")}
    walk(types, "Document", LAYOUTS[kind].parts)


def walk(types: dict[str, etree._Element], named: str, parts: tuple[Part, ...]) -> None:
    elements = list(types[named].iter(f"{XS}element"))
    order = [str(element.get("name")) for element in elements]
    places = [order.index(part.name) for part in parts]
    assert places == sorted(places)
    for part, place in zip(parts, places, strict=True):
        if isinstance(part, Branch):
            walk(types, str(elements[place].get("type")), part.parts)
