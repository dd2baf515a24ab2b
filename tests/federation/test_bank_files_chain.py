"""Statements follow one another without a gap (R-028); any valid message survives the journey."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyiso20022.camt.camt_053_001_08 import Document
from xsdata.formats.dataclass.parsers import XmlParser

from contracts.money import FEN_MAX
from infra.bank_simulator.messages_in import read_request
from infra.bank_simulator.messages_out import Entry, Span, StatementPaper, write_statement
from services.federation.bank_files.faults import BankFileRefused, FaultCode
from services.federation.bank_files.messages import (
    Direction,
    PaymentFile,
    Statement,
    StatementLine,
    SubAccountBalance,
)
from services.federation.bank_files.payment_file import write_pain001
from services.federation.bank_files.sheets import Form
from services.federation.bank_files.simple_payments import read_payment_list, write_payment_list
from services.federation.bank_files.simple_statement import (
    read_statement_sheet,
    write_statement_sheet,
)
from services.federation.bank_files.statement import read_camt053
from tests.federation.bank_builders import (
    ACCOUNT,
    DAY,
    a_payment_file,
    a_payment_line,
)

NEXT = DAY + dt.timedelta(days=1)

# Every character a file can carry: no control characters, no half surrogates, no outer blanks.
LETTERS = st.characters(
    codec="utf-8",
    exclude_categories=("Cc", "Cs", "Zl", "Zp"),
    exclude_characters="\ufffe\uffff",
)
WORDS = st.text(LETTERS, min_size=1, max_size=30).map(str.strip).filter(bool)
FEN = st.integers(min_value=1, max_value=10**13)
PAYMENTS = st.builds(
    a_payment_line,
    WORDS,
    sub_account=st.sampled_from(["62001-01", "62001-02"]),
    name=WORDS,
    card=st.from_regex(r"[0-9]{16,19}", fullmatch=True),
    fen=FEN,
    remark=st.one_of(st.just(""), WORDS),
)
FILES = st.lists(PAYMENTS, min_size=1, max_size=8, unique_by=lambda line: line.reference).map(
    lambda lines: a_payment_file(*lines)
)


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    """A true statement: lines over sub-accounts whose balances bear them."""
    subs = ["62001-00", "62001-01", "62001-02"]
    opening = {sub: draw(st.integers(0, 10**12)) for sub in subs}
    closing = dict(opening)
    lines = []
    for number in range(draw(st.integers(0, 6))):
        sub = draw(st.sampled_from(subs))
        inward = draw(st.booleans()) or not closing[sub]
        fen = draw(st.integers(1, 10**12 if inward else closing[sub]))
        closing[sub] += fen if inward else -fen
        returned = inward and draw(st.booleans())
        reference = draw(st.one_of(st.none(), WORDS))
        lines.append(
            StatementLine(
                line_id=f"L{number}",
                sub_account=sub,
                direction=Direction.IN if inward else Direction.OUT,
                amount_fen=fen,
                value_date=DAY,
                reference=None if returned else reference,
                counterparty_name=draw(st.one_of(st.just(""), WORDS)),
                counterparty_account=draw(st.sampled_from(["", "6228480000000007"])),
                text=draw(st.one_of(st.just(""), WORDS)),
                returned_reference=reference if returned else None,
            )
        )
    return Statement(
        statement_id="S00000003",
        sequence=3,
        account=ACCOUNT,
        date=DAY,
        opening_fen=sum(opening.values()),
        closing_fen=sum(closing.values()),
        lines=tuple(lines),
        sub_accounts=tuple(
            SubAccountBalance(sub_account=sub, opening_fen=opening[sub], closing_fen=closing[sub])
            for sub in subs
        ),
    )


def paper_of(statement: Statement) -> StatementPaper:
    """The same facts as the bank holds them."""
    return StatementPaper(
        number=statement.sequence or 0,
        since=statement.date,
        until=statement.date,
        account=Span(
            number=statement.account,
            name="专户",
            opening=statement.opening_fen,
            closing=statement.closing_fen,
        ),
        sub_accounts=tuple(
            Span(number=b.sub_account, name="村", opening=b.opening_fen, closing=b.closing_fen)
            for b in statement.sub_accounts
        ),
        entries=tuple(
            Entry(
                line_id=line.line_id,
                sub_account=line.sub_account or "",
                signed=line.signed_fen,
                booked_on=line.value_date,
                value_date=line.value_date,
                reference=line.reference or line.returned_reference or "",
                returned="AC07" if line.returned_reference else "",
                reverses=line.reverses_line or "",
                counterparty_name=line.counterparty_name,
                counterparty_account=line.counterparty_account,
                text=line.text,
            )
            for line in statement.lines
        ),
    )


@settings(max_examples=60)
@given(FILES)
def test_any_payment_file_reaches_the_bank_unchanged(file: PaymentFile) -> None:
    request = read_request(write_pain001(file))
    assert request.refusal == ""
    assert [
        a_payment_line(
            i.reference,
            sub_account=i.sub_account,
            name=i.payee_name,
            card=i.payee_account,
            fen=i.amount,
            remark=i.remark,
        )
        for i in request.instructions
    ] == list(file.lines)


@settings(max_examples=60)
@given(FILES)
def test_any_payment_file_survives_the_simple_layout(file: PaymentFile) -> None:
    assert read_payment_list(write_payment_list(file, Form.CSV)) == file


@settings(max_examples=10)
@given(FILES)
def test_any_payment_file_survives_a_workbook(file: PaymentFile) -> None:
    assert read_payment_list(write_payment_list(file, Form.XLSX)) == file


@settings(max_examples=60)
@given(statements())
def test_any_statement_of_the_bank_is_read_unchanged(statement: Statement) -> None:
    assert read_camt053(write_statement("B1", paper_of(statement))) == (statement,)


@settings(max_examples=60)
@given(statements())
def test_any_statement_survives_the_simple_layout(statement: Statement) -> None:
    assert read_statement_sheet(write_statement_sheet(statement, Form.CSV)) == statement


@settings(max_examples=20)
@given(statements(), st.integers(1, 10**12))
def test_a_statement_one_fen_off_is_never_read(statement: Statement, wrong_by: int) -> None:
    body = write_statement("B1", paper_of(statement), wrong_by=wrong_by)
    with pytest.raises(BankFileRefused) as refused:
        read_camt053(body)
    assert FaultCode.BALANCE_NOT_PROVEN in refused.value.codes


@settings(max_examples=20)
@given(statements())
def test_the_published_data_classes_read_the_same_sums(statement: Statement) -> None:
    """pyiso20022 is another reader of what we read."""
    body = write_statement("B1", paper_of(statement))
    first = XmlParser().from_bytes(body, Document).bk_to_cstmr_stmt.stmt[0]
    signs = {"CRDT": 1, "DBIT": -1}
    assert [
        (entry.acct_svcr_ref, int(entry.amt.value * 100) * signs[entry.cdt_dbt_ind.value])
        for entry in first.ntry
    ] == [(line.line_id, line.signed_fen) for line in statement.lines]


def test_the_largest_amount_is_carried_exactly() -> None:
    file = a_payment_file(a_payment_line(fen=FEN_MAX))
    assert read_request(write_pain001(file)).instructions[0].amount == FEN_MAX
    assert read_payment_list(write_payment_list(file, Form.CSV)) == file
    assert read_payment_list(write_payment_list(file, Form.XLSX)) == file
