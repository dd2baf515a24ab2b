"""Import of a workbook: all of it or nothing, with every bad row explained."""

from pathlib import Path

import pytest
import xlsxwriter

from services.cooperative_node.import_excel import import_file
from tests.node.village import ID_NUMBER, Village

HEAD: list[object] = ["户号", "姓名", "身份证号", "一卡通", "贫困户", "富裕户"]
GOOD: list[object] = ["H101", "王大山", "11010519491231002X", "6228480000000000018", "是", "否"]


def workbook(path: Path, **sheets: list[list[object]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return path


def test_a_good_file_becomes_acts_of_the_open_day(village: Village, tmp_path: Path) -> None:
    village.founded()
    path = workbook(tmp_path / "a.xlsx", 社员=[HEAD, GOOD, ["H102", "李二妹", "", "", "", ""]])
    done = import_file(village.node, path, village.person["accountant"])
    assert (done.rows, done.bad) == ({"members": 2}, ())
    member = village.case("member-baiguo-H101")
    assert (member.state, member.terms["poor"]) == ("applied", True)


def test_applications_for_loans_are_imported_too(village: Village, tmp_path: Path) -> None:
    village.founded()
    head: list[object] = ["户号", "金额(元)", "用途", "期限"]
    path = workbook(tmp_path / "a.xlsx", 借款=[head, ["nobody", "100", "养殖", "12"]])
    done = import_file(village.node, path, village.person["accountant"])
    assert [(bad.sheet, bad.row) for bad in done.bad] == [("借款", 2)]
    assert "nobody 不是本社在册社员" in done.bad[0].zh


def test_every_bad_row_is_named_and_nothing_is_written(village: Village, tmp_path: Path) -> None:
    village.founded()
    rows: list[list[object]] = [
        HEAD,
        GOOD,
        ["H101", "重复户", "", "", "", ""],
        ["", "没有户号", "", "", "", ""],
        ["H103", "证号错", "110105194912310021", "", "", ""],
        ["H104", "卡号错", "", "12", "", ""],
        ["H105", "贫困填错", "", "", "也许", ""],
    ]
    done = import_file(
        village.node, workbook(tmp_path / "b.xlsx", 社员=rows), village.person["accountant"]
    )
    assert sorted((bad.row, bad.column) for bad in done.bad) == [
        (3, "户号"), (4, "户号"), (5, "身份证号"), (6, "一卡通"), (7, "贫困户"),
    ]  # fmt: skip
    assert done.rows == {}
    with pytest.raises(AssertionError):
        village.case("member-baiguo-H101")


def test_a_refusal_by_rule_is_a_bad_row_and_the_good_ones_are_not_kept(
    village: Village, tmp_path: Path
) -> None:
    village.founded()
    rows: list[list[object]] = [HEAD, GOOD, ["H001", "已有社员的户", "", "", "", ""]]
    done = import_file(
        village.node, workbook(tmp_path / "c.xlsx", 社员=rows), village.person["accountant"]
    )
    assert [(bad.row, "R-002" in bad.zh) for bad in done.bad] == [(3, True)]
    with pytest.raises(AssertionError):
        village.case("member-baiguo-H101")


def test_a_file_that_is_no_workbook_is_said_so(village: Village, tmp_path: Path) -> None:
    village.opened()
    path = tmp_path / "x.xlsx"
    path.write_bytes(b"not a workbook")
    assert import_file(village.node, path, "p").bad[0].zh.startswith("打不开")
    empty = workbook(tmp_path / "y.xlsx", 别的=[["甲"]])
    assert "工作表" in import_file(village.node, empty, "p").bad[0].zh
    lacking = workbook(tmp_path / "z.xlsx", 社员=[["姓名"], ["王"]])
    assert "缺少" in import_file(village.node, lacking, "p").bad[0].zh


def test_the_fixture_of_other_tests_has_a_true_looking_id_number() -> None:
    assert len(ID_NUMBER) == 18
