"""What stands in a payment file (pain.001), proven by other readers than its writer."""

import datetime as dt
import hashlib
from importlib import resources

import msgspec
import pytest
from lxml import etree
from mockbank.messages import read_pain001
from mockbank.validate import inspect

from contracts.money import FEN_MAX
from infra.bank_simulator.messages_in import read_request
from services.federation.bank_files.faults import BankFileRefused, FaultCode, Place
from services.federation.bank_files.payment_file import write_pain001
from services.federation.bank_files.safe_xml import Kind, schema_errors
from tests.federation.bank_builders import (
    DAY,
    GOLDEN,
    a_payment_file,
    a_payment_line,
    golden_payment_file,
)


def test_a_payment_file_is_the_same_bytes_for_the_same_input() -> None:
    golden = (GOLDEN / "pain.001.xml").read_bytes()
    assert write_pain001(golden_payment_file()) == golden


def test_a_payment_file_is_valid_against_the_published_schema() -> None:
    schema = resources.files("services.federation.bank_files") / "schemas/pain.001.001.09.xsd"
    tree = etree.fromstring(write_pain001(golden_payment_file()))
    etree.XMLSchema(etree.fromstring(schema.read_bytes())).assertValid(tree)


def test_our_own_schema_check_finds_an_invalid_file() -> None:
    body = write_pain001(a_payment_file()).replace(b"<PmtMtd>TRF</PmtMtd>", b"")
    assert [(element, rule) for _, element, rule in schema_errors(Kind.PAIN_001, body)] == [
        ("BtchBookg", "ELEMENT_CONTENT")
    ]


def test_the_vendored_schemas_are_the_ones_their_note_names() -> None:
    folder = resources.files("services.federation.bank_files") / "schemas"
    note = (folder / "ORIGIN.md").read_text(encoding="utf-8")
    for kind in Kind:
        body = (folder / f"{kind.value}.xsd").read_bytes()
        assert hashlib.sha256(body).hexdigest() in note


def test_the_bank_reads_every_field_that_was_written() -> None:
    file = golden_payment_file()
    request = read_request(write_pain001(file))
    assert (request.file_id, request.created_on, request.refusal) == (file.file_id, DAY, "")
    assert [
        (i.reference, i.sub_account, i.payee_name, i.payee_account, i.amount, i.remark, i.account)
        for i in request.instructions
    ] == [
        (
            line.reference,
            line.cooperative_sub_account,
            line.payee_name,
            line.payee_card,
            line.amount_fen,
            line.remark,
            file.debtor_account,
        )
        for line in file.lines
    ]


def test_a_stranger_reads_the_same_amounts_and_finds_no_fault() -> None:
    """mock-bank is a third reader, made by people who never saw our writer."""
    file = golden_payment_file()
    body = write_pain001(file)
    read = read_pain001(body)
    payments = read.batches[0].payments
    assert (read.nb_of_txs, read.ctrl_sum.scaleb(2)) == (3, file.total_fen)
    assert [(p.end_to_end_id, p.amount, p.currency, p.creditor_account) for p in payments] == [
        (line.reference, line.amount_fen, "CNY", line.payee_card) for line in file.lines
    ]
    _, findings = inspect(body, today=DAY)
    assert [finding for finding in findings if finding.level == "error"] == []


def test_the_execution_day_is_the_day_asked_for_else_the_day_of_the_file() -> None:
    later = DAY + dt.timedelta(days=3)
    asked = msgspec.structs.replace(a_payment_file(), execute_on=later)
    assert read_request(write_pain001(asked)).instructions[0].execute_on == later
    assert read_request(write_pain001(a_payment_file())).instructions[0].execute_on == DAY


def test_every_fault_of_a_payment_file_is_told_at_once_by_entry() -> None:
    file = a_payment_file(
        a_payment_line("", fen=0),
        a_payment_line("pay_002", fen=FEN_MAX + 1, name="一" * 141),
        a_payment_line("pay_003", remark="换\n行", card=" 622"),
        a_payment_line("pay_003", name="\ud800"),
        file_id="F" * 36,
    )
    with pytest.raises(BankFileRefused) as refused:
        write_pain001(file)
    assert [(fault.place, fault.code) for fault in refused.value.faults] == [
        (Place(0, 0, "file_id"), FaultCode.TEXT_TOO_LONG),
        (Place(0, 1, "reference"), FaultCode.MISSING),
        (Place(0, 1, "amount_fen"), FaultCode.AMOUNT_NOT_POSITIVE),
        (Place(0, 2, "payee_name"), FaultCode.TEXT_TOO_LONG),
        (Place(0, 2, "amount_fen"), FaultCode.AMOUNT_TOO_LARGE),
        (Place(0, 3, "payee_card"), FaultCode.TEXT_CHARACTERS),
        (Place(0, 3, "remark"), FaultCode.TEXT_CHARACTERS),
        (Place(0, 4, "payee_name"), FaultCode.TEXT_CHARACTERS),
        (Place(0, 4, "reference"), FaultCode.REFERENCE_REPEATED),
    ]


def test_a_file_without_payments_is_refused() -> None:
    with pytest.raises(BankFileRefused) as refused:
        write_pain001(msgspec.structs.replace(a_payment_file(), lines=()))
    assert refused.value.codes == (FaultCode.NO_LINES,)


def test_a_total_too_large_for_one_file_is_refused() -> None:
    lines = [a_payment_line(f"pay_{n}", fen=FEN_MAX) for n in range(2)]
    with pytest.raises(BankFileRefused) as refused:
        write_pain001(a_payment_file(*lines))
    assert refused.value.codes == (FaultCode.AMOUNT_TOO_LARGE,)


def test_a_refusal_names_no_person_and_no_card() -> None:
    line = a_payment_line(name="王五" * 80, card="6228480000000007" * 3)
    with pytest.raises(BankFileRefused) as refused:
        write_pain001(a_payment_file(line))
    said = "".join(fault.text("zh") + fault.text("en") for fault in refused.value.faults)
    assert "王五" not in said
    assert "6228" not in said
