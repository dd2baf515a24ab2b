"""The county's simple layout (CSV, Excel): the same facts, proven by the same sums."""

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
import xlsxwriter

from services.federation.bank_files import sheets
from services.federation.bank_files.faults import BankFileRefused, FaultCode, Place
from services.federation.bank_files.inbox import read_bank_file
from services.federation.bank_files.sheets import Form, read_rows
from services.federation.bank_files.simple_payments import (
    read_answer_list,
    read_payment_list,
    write_answer_list,
    write_payment_list,
)
from services.federation.bank_files.simple_statement import (
    read_statement_sheet,
    write_statement_sheet,
)
from tests.federation.bank_builders import (
    DAY,
    GOLDEN,
    a_payment_file,
    a_payment_line,
    a_report,
    a_statement,
    a_statement_line,
    golden_payment_file,
    golden_statement,
)

FORMS = list(Form)
PAYMENTS = (GOLDEN / "payments.csv").read_text(encoding="utf-8-sig")
STATEMENT = (GOLDEN / "statement.csv").read_text(encoding="utf-8-sig")


def faults_of(read: Callable[[bytes], object], text: str) -> list[tuple[int, str, FaultCode]]:
    with pytest.raises(BankFileRefused) as refused:
        read(text.encode())
    return [(f.place.line, f.place.field, f.code) for f in refused.value.faults]


def workbook(*rows: list[object]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    for at, row in enumerate(rows):
        sheet.write_row(at, 0, row)
    book.close()
    return out.getvalue()


@pytest.mark.parametrize("form", FORMS)
def test_sheets_are_the_same_bytes_for_the_same_input(form: Form) -> None:
    for name, body in (
        ("payments", write_payment_list(golden_payment_file(), form)),
        ("statement", write_statement_sheet(golden_statement(), form)),
        ("answers", write_answer_list(a_report(), form)),
    ):
        assert body == (GOLDEN / f"{name}.{form.value}").read_bytes(), name


@pytest.mark.parametrize("form", FORMS)
def test_what_was_written_is_read_back(form: Form) -> None:
    file = golden_payment_file()
    assert read_payment_list(write_payment_list(file, form)) == file
    later = msgspec.structs.replace(file, execute_on=DAY)
    assert read_payment_list(write_payment_list(later, form)) == later
    assert read_statement_sheet(write_statement_sheet(golden_statement(), form)) == (
        golden_statement()
    )
    assert read_answer_list(write_answer_list(a_report(), form)) == a_report()


@pytest.mark.parametrize("form", FORMS)
def test_the_inbox_tells_statement_and_answers_apart(form: Form) -> None:
    assert read_bank_file(write_statement_sheet(golden_statement(), form)) == (golden_statement(),)
    assert read_bank_file(write_answer_list(a_report(), form)) == (a_report(),)
    with pytest.raises(BankFileRefused) as refused:
        read_bank_file(write_payment_list(a_payment_file(), form))
    assert refused.value.codes == (FaultCode.WRONG_KIND,)


def test_csv_is_read_in_gb18030_and_in_utf8_without_a_mark() -> None:
    for encoding in ("gb18030", "utf-8", "utf-8-sig"):
        assert read_payment_list(PAYMENTS.encode(encoding)) == golden_payment_file()


def test_csv_in_no_known_encoding_is_refused() -> None:
    with pytest.raises(BankFileRefused) as refused:
        read_payment_list(PAYMENTS.encode("utf-16"))
    assert refused.value.codes == (FaultCode.UNKNOWN_ENCODING,)


def test_headers_are_read_in_english_too_and_in_any_order() -> None:
    header, *rows = (line.split(",") for line in STATEMENT.splitlines())
    english = {"行别": "kind", "流水号": "line_id", "金额": "amount", "收支": "direction"}
    header = [english.get(word, word) for word in header]
    turned = "\n".join(",".join(reversed(row)) for row in [header, *rows])
    assert read_statement_sheet(turned.encode()) == golden_statement()


def test_amounts_are_read_as_people_write_them() -> None:
    text = STATEMENT.replace("1000.00", '"1,000"').replace("300.01", "300.01 ")
    assert read_statement_sheet(text.encode()) == golden_statement()


@pytest.mark.parametrize(
    "amount", ["1e2", "12.345", "-5", "1,00", "￥5", "5元", "١", "１", "", "0x10", "NaN", "+5"]
)
def test_an_amount_written_otherwise_is_refused(amount: str) -> None:
    line = STATEMENT.replace(",1000.00,", f',"{amount}",')
    assert [(row, field) for row, field, _ in faults_of(read_statement_sheet, line)] == [
        (5, "金额")
    ]


def test_a_number_cell_of_money_is_exact() -> None:
    cells = read_rows(workbook([1234.56, 0.1, 700, 0.3]))[0]
    assert cells == [Decimal("1234.56"), Decimal("0.1"), Decimal("700.0"), Decimal("0.3")]


def test_a_number_cell_that_is_no_whole_fen_is_refused() -> None:
    rows = [line.split(",") for line in STATEMENT.splitlines()]
    rows = [[cell.strip("'") for cell in row] for row in rows]
    for wrong in (0.005, 1e300, 123456789012345678):
        table: list[list[object]] = [list(row) for row in rows]
        table[2][8] = wrong
        with pytest.raises(BankFileRefused) as refused:
            read_statement_sheet(workbook(*table))
        assert refused.value.faults[-1].code is FaultCode.NOT_AN_AMOUNT


def test_a_card_number_in_a_number_cell_is_refused() -> None:
    rows: list[list[object]] = [list(line.split(",")) for line in PAYMENTS.splitlines()]
    rows[1][9] = 6228480000000007
    with pytest.raises(BankFileRefused) as refused:
        read_payment_list(workbook(*rows))
    assert (Place(2, 0, "收款卡号"), FaultCode.NUMBER_IN_TEXT_CELL) in [
        (fault.place, fault.code) for fault in refused.value.faults
    ]


def test_a_text_that_begins_like_a_formula_is_kept_and_harmless() -> None:
    for text in ("=1+1", "+86", "-x", "@x", "'quoted", "'=x"):
        file = a_payment_file(a_payment_line(remark=text))
        body = write_payment_list(file, Form.CSV)
        assert f",'{text}," in body.decode("utf-8-sig")
        assert read_payment_list(body) == file


def test_every_fault_of_a_list_is_told_at_once_by_row_and_column() -> None:
    text = (
        PAYMENTS.replace("pay_002", "pay_001")
        .replace("5000.00", "5000.001")
        .replace("白果村", "")
        .replace(",3\n", ",4\n")
        .replace("明细,F20100129-1,2010-01-29,,62001,文县互助资金联合社,pay_003", "明,F2,x,,,,")
    )
    found = faults_of(read_payment_list, text)
    assert set(found) >= {
        (2, "金额", FaultCode.NOT_AN_AMOUNT),
        (3, "收款人", FaultCode.MISSING),
        (3, "指令号", FaultCode.REFERENCE_REPEATED),
        (4, "行别", FaultCode.NOT_A_CHOICE),
        (4, "文件号", FaultCode.FILE_CELL_DIFFERS),
        (5, "笔数", FaultCode.COUNT_DIFFERS),
        (5, "金额", FaultCode.SUM_DIFFERS),
    }


def test_a_list_cut_short_is_refused() -> None:
    lines = PAYMENTS.splitlines(keepends=True)
    assert faults_of(read_payment_list, "".join(lines[:-1])) == [(4, "行别", FaultCode.LAST_ROW)]
    assert FaultCode.COUNT_DIFFERS in {
        code for _, _, code in faults_of(read_payment_list, "".join([*lines[:2], lines[-1]]))
    }
    statement = STATEMENT.splitlines(keepends=True)
    for kept in range(1, len(statement)):
        assert faults_of(read_statement_sheet, "".join(statement[:kept]))


def test_a_second_total_is_refused() -> None:
    lines = PAYMENTS.splitlines(keepends=True)
    assert faults_of(read_payment_list, "".join([*lines, lines[-1]])) == [
        (6, "行别", FaultCode.ROW_REPEATED)
    ]


def test_faults_of_a_header_are_told_at_once() -> None:
    text = PAYMENTS.replace("附言", "备注").replace("收款人", "收款卡号")
    assert faults_of(read_payment_list, text) == [
        (1, "", FaultCode.COLUMN_REPEATED),
        (1, "", FaultCode.COLUMN_UNKNOWN),
        (1, "", FaultCode.COLUMN_MISSING),
        (1, "", FaultCode.COLUMN_MISSING),
    ]


def test_cells_beside_the_columns_are_refused() -> None:
    text = PAYMENTS.replace("借款 loan_001,\n", "借款 loan_001,,astray\n")
    assert faults_of(read_payment_list, text) == [(2, "", FaultCode.ROW_TOO_WIDE)]


def test_dates_are_read_in_three_spellings_and_no_other() -> None:
    for spelling in ("2010/1/29", "20100129"):
        text = STATEMENT.replace("2010-01-29", spelling)
        assert read_statement_sheet(text.encode()) == golden_statement()
    for wrong in ("2010-02-30", "29.1.2010", "2010129"):
        codes = {
            c for _, _, c in faults_of(read_statement_sheet, STATEMENT.replace("2010-01-29", wrong))
        }
        assert codes == {FaultCode.NOT_A_DATE}


def test_a_statement_that_does_not_prove_is_refused() -> None:
    text = STATEMENT.replace("1025.00", "1025.01")
    assert [code for _, _, code in faults_of(read_statement_sheet, text)] == [
        FaultCode.BALANCE_NOT_PROVEN,
        FaultCode.SUB_ACCOUNTS_SUM,
    ]
    with pytest.raises(BankFileRefused):
        write_statement_sheet(
            msgspec.structs.replace(a_statement(a_statement_line()), closing_fen=1), Form.CSV
        )


def test_faults_of_statement_rows_are_named() -> None:
    whole = "7,62001,2010-01-29"
    text = (
        STATEMENT.replace(",L2,", ",L1,")
        .replace(f"子户期末,S7,{whole},,62001-02", f"子户期末,S7,{whole},,62001-01")
        .replace(f"{whole},L4,62001-02,收", "8,62001,2010-01-29,L4,62001-02,?")
    )
    assert {code for _, _, code in faults_of(read_statement_sheet, text)} == {
        FaultCode.LINE_REPEATED,
        FaultCode.SUB_ACCOUNT_REPEATED,
        FaultCode.SUB_ACCOUNT_HALF,
        FaultCode.FILE_CELL_DIFFERS,
        FaultCode.NOT_A_CHOICE,
    }
    wrong = STATEMENT.replace(",S7,7,", ",S7,seven,")
    assert (2, "序号", FaultCode.NOT_A_NUMBER) in faults_of(read_statement_sheet, wrong)


def test_an_old_excel_file_is_read_too() -> None:
    """Made by another writer; many banks still export this form."""
    assert read_bank_file((GOLDEN / "statement.xls").read_bytes()) == (golden_statement(),)


def test_a_sheet_with_a_header_alone_is_refused() -> None:
    assert faults_of(read_payment_list, PAYMENTS.splitlines()[0]) == [(0, "", FaultCode.NO_LINES)]


def test_a_workbook_with_one_cell_at_the_far_end_ends_no_process_of_ours() -> None:
    out = io.BytesIO()
    good = zipfile.ZipFile(GOLDEN / "payments.xlsx")
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bad:
        for name in good.namelist():
            bad.writestr(name, good.read(name).replace(b'r="A2"', b'r="XFD1048576"'))
    with pytest.raises(BankFileRefused) as refused:
        read_payment_list(out.getvalue())
    assert refused.value.codes == (FaultCode.NOT_A_SHEET,)


def test_a_workbook_that_unpacks_to_fill_the_memory_is_refused() -> None:
    out = io.BytesIO()
    good = zipfile.ZipFile(GOLDEN / "payments.xlsx")
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bad:
        for name in good.namelist():
            before, mark, after = good.read(name).partition(b"<t>")
            with bad.open(name, "w", force_zip64=True) as part:
                part.write(before + mark)
                for _ in range(34 if name.endswith("sharedStrings.xml") else 0):
                    part.write(b"x" * (1 << 24))
                part.write(after)
    body = out.getvalue()
    assert len(body) < sheets.BYTES_MAX
    with pytest.raises(BankFileRefused) as refused:
        read_payment_list(body)
    assert refused.value.codes == (FaultCode.NOT_A_SHEET,)


def test_a_sheet_too_large_or_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "ROWS_MAX", 4)
    assert faults_of(read_payment_list, PAYMENTS) == [(0, "", FaultCode.TOO_LARGE)]
    monkeypatch.setattr(sheets, "BYTES_MAX", 10)
    assert faults_of(read_payment_list, PAYMENTS) == [(0, "", FaultCode.TOO_LARGE)]


def test_a_quote_left_open_is_refused() -> None:
    assert faults_of(read_payment_list, PAYMENTS + '"') == [(0, "", FaultCode.NOT_A_SHEET)]


def test_the_reader_of_workbooks_needs_nothing_of_the_project() -> None:
    child = Path(sheets.__file__).with_name("workbook_child.py")
    body = (GOLDEN / "answers.xlsx").read_bytes()
    done = subprocess.run(
        [sys.executable, "-I", str(child)], input=body, capture_output=True, check=True, cwd="/"
    )
    assert msgspec.msgpack.decode(done.stdout)[1][0] == "明细"
