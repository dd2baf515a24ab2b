"""Bytes from outside: whatever they are, a struct or a named refusal, never anything else."""

import random
import re
import tracemalloc
from collections.abc import Callable

import pytest

from services.federation.bank_files import safe_xml
from services.federation.bank_files.fault_texts import RULES, TEXTS
from services.federation.bank_files.faults import (
    FAULTS_MAX,
    BankFileRefused,
    Fault,
    FaultCode,
    Faults,
    Place,
)
from services.federation.bank_files.inbox import read_bank_file
from services.federation.bank_files.simple_payments import read_payment_list
from tests.federation.bank_builders import GOLDEN
from tests.federation.camt_builders import camt053, entry, pain002, statement_xml
from tests.support.damage import damaged

GOOD = camt053(statement_xml(entry(), closing="1.00"))


def refused(body: bytes) -> BankFileRefused:
    with pytest.raises(BankFileRefused) as found:
        read_bank_file(body)
    return found.value


def after_declaration(text: str, body: bytes = GOOD) -> bytes:
    return body.replace(b'"UTF-8"?>\n', b'"UTF-8"?>\n' + text.encode(), 1)


def test_a_document_type_of_its_own_is_refused() -> None:
    body = after_declaration('<!DOCTYPE Document SYSTEM "http://bank.invalid/x.dtd">')
    assert refused(body).codes == (FaultCode.DTD_FORBIDDEN,)


def test_an_external_entity_is_not_even_looked_at() -> None:
    attack = '<!DOCTYPE x [<!ENTITY steal SYSTEM "file:///etc/passwd">]>'
    body = after_declaration(attack).replace(b"<Id>S1</Id>", b"<Id>&steal;</Id>")
    assert refused(body).faults == (Fault(FaultCode.DTD_FORBIDDEN, Place(2)),)


def test_a_billion_laughs_cost_nothing() -> None:
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    attack = f'<!DOCTYPE x [<!ENTITY l0 "lol">{lol}]>'
    body = after_declaration(attack).replace(b"<Id>S1</Id>", b"<Id>&l9;</Id>")
    tracemalloc.start()
    assert refused(body).codes == (FaultCode.DTD_FORBIDDEN,)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_an_entity_hidden_by_another_encoding_is_refused() -> None:
    text = GOOD.decode().replace('encoding="UTF-8"', 'encoding="UTF-7"')
    assert refused(text.encode()).codes == (FaultCode.NOT_UTF8,)
    text = GOOD.decode().replace('encoding="UTF-8"', "encoding='utf-16'")
    assert refused(text.encode()).codes == (FaultCode.NOT_UTF8,)


def test_an_undeclared_entity_is_refused() -> None:
    assert refused(GOOD.replace(b"<Id>S1</Id>", b"<Id>&what;</Id>")).codes == (
        FaultCode.NOT_WELL_FORMED,
    )


def test_bytes_that_are_not_utf8_are_refused_by_line() -> None:
    assert refused(GOOD.replace(b"<Id>S1</Id>", "<Id>对账</Id>".encode("gb18030"))).faults == (
        Fault(FaultCode.NOT_UTF8, Place(5)),
    )


def test_a_message_cut_short_anywhere_is_refused_whole() -> None:
    for cut in range(len(GOOD) - 1, 0, -7):
        assert refused(GOOD[:cut]).faults


def test_a_message_nested_too_deeply_is_refused() -> None:
    nested = b"<a>" * 300 + b"</a>" * 300
    assert refused(GOOD.replace(b"<Id>S1</Id>", nested)).codes == (FaultCode.TOO_DEEP,)


def test_a_message_too_large_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safe_xml, "BYTES_MAX", len(GOOD) - 1)
    assert refused(GOOD).codes == (FaultCode.TOO_LARGE,)


@pytest.mark.parametrize("body", [b"", b" \n\t ", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(body: bytes) -> None:
    assert refused(body).codes == (FaultCode.EMPTY,)


@pytest.mark.parametrize(
    "namespace",
    ["camt.053.001.02", "pain.001.001.09", "camt.053.001.08x", "nonsense"],
)
def test_a_message_of_another_kind_or_version_is_refused(namespace: str) -> None:
    body = GOOD.replace(b"camt.053.001.08", namespace.encode())
    assert refused(body).codes == (FaultCode.WRONG_KIND,)


@pytest.mark.parametrize("body", [b"<Document/>", b"<a xmlns='urn:iso:std:iso:20022'/>"])
def test_xml_that_is_no_bank_message_is_refused(body: bytes) -> None:
    assert refused(body).codes == (FaultCode.WRONG_KIND,)


def test_what_breaks_the_schema_is_told_all_at_once_by_line() -> None:
    body = camt053(
        statement_xml(
            entry("L1", "-1.00"),
            entry("L2", "1e2"),
            entry("L3" * 20),
            entry("L4", sign="MAYBE"),
            entry("L5").replace("<Sts><Cd>BOOK</Cd></Sts>", ""),
        )
    )
    faults = refused(body).faults
    assert {(fault.place.field, fault.facts["rule"]) for fault in faults} >= {
        ("Amt", "CVC_MININCLUSIVE_VALID"),
        ("Amt", "CVC_DATATYPE_VALID_1_2_1"),
        ("AcctSvcrRef", "CVC_MAXLENGTH_VALID"),
        ("CdtDbtInd", "CVC_ENUMERATION_VALID"),
        ("ValDt", "ELEMENT_CONTENT"),
    }
    lines = body.decode().splitlines()
    assert all(fault.place.field in lines[fault.place.line - 1] for fault in faults)


def test_a_fault_quotes_no_value_of_the_file() -> None:
    body = camt053(statement_xml(entry("6228480000000007" * 3, "王五")))
    said = "".join(fault.text("zh") + fault.text("en") for fault in refused(body).faults)
    assert "6228" not in said
    assert "王五" not in said


def test_a_flood_of_faults_is_counted_not_kept() -> None:
    faults = Faults()
    for _ in range(FAULTS_MAX + 5):
        faults.add(FaultCode.MISSING)
    found = faults.found()
    assert len(found) == FAULTS_MAX + 1
    assert found[-1] == Fault(FaultCode.MORE_FAULTS, facts={"count": "5"})


TEXTUAL = [GOOD, pain002(), *(path.read_bytes() for path in sorted(GOLDEN.glob("*.[cx][sm][vl]")))]
READERS: tuple[Callable[[bytes], object], ...] = (read_bank_file, read_payment_list)
WORKBOOKS = [path.read_bytes() for path in sorted(GOLDEN.glob("*.xlsx"))]


def refusal_of(read: Callable[[bytes], object], body: bytes) -> BankFileRefused | None:
    try:
        assert read(body)
    except BankFileRefused as found:
        return found
    return None


@pytest.mark.parametrize(("seeds", "rounds"), [(TEXTUAL, 600), (WORKBOOKS, 15)])
def test_random_damage_ends_in_a_struct_or_a_named_refusal(seeds: list[bytes], rounds: int) -> None:
    chance = random.Random(20100129)
    bodies = [
        damaged(chance, seeds[round_ % len(seeds)], hits=8, back=30) for round_ in range(rounds)
    ]
    found = [refusal for body in bodies for read in READERS if (refusal := refusal_of(read, body))]
    assert len(found) > rounds
    for refusal in found:
        assert all(fault.text("zh") and fault.text("en") for fault in refusal.faults)


def test_every_fault_is_met_by_a_test() -> None:
    names = ("test_bank_files_*.py", "test_guarantee_messages*.py")
    tests = [path for name in names for path in GOLDEN.parent.glob(name)]
    said = set(re.findall(r"FaultCode\.(\w+)", "".join(p.read_text("utf-8") for p in tests)))
    assert {code.name for code in FaultCode} - said == set()


def test_every_fault_has_a_sentence_in_both_languages() -> None:
    assert set(TEXTS) == {code.value for code in FaultCode}
    assert all(chinese and english for chinese, english in [*TEXTS.values(), *RULES.values()])


def test_a_fault_reads_as_place_and_sentence() -> None:
    fault = Fault(FaultCode.SCHEMA, Place(12, 3, "Amt"), {"rule": "CVC_MININCLUSIVE_VALID"})
    assert fault.text("zh") == "第 12 行 第 3 笔 Amt:不合标准:不能为负。"
    assert fault.text("en") == "line 12, entry 3, Amt: Against the schema: must not be negative."
