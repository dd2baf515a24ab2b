"""A cooperative joins with running books: all of it or nothing, proven against K(i)."""

from pathlib import Path

import pytest

from contracts.rejections import RejectionCode as Code
from kernel.errors import Rejected
from services.cooperative_node.close_day import close_day
from services.cooperative_node.import_excel import Imported, import_file
from tests.node.test_follow import cash_of
from tests.node.test_import import workbook
from tests.node.village import FIRST_DAY, Village

Rows = list[list[object]]
MEMBERS: Rows = [
    ["户号", "姓名", "入社日期", "股金", "贫困户"],
    ["H1", "王大山", "2015-03-01", "1000", "否"],
    ["H2", "李二妹", "2015-03-01 00:00:00", "1000.00", "是"],
    ["H3", "赵三", "2016/04/01", "1000", ""],
]
GROUPS: Rows = [["小组编号", "联保户"], ["01", "H1 H2 H3"]]
HEAD: list[object] = [
    "户号", "金额(元)", "放款日", "期限", "月费率(‰)", "用途", "已还本金", "占用费付至", "合同编号",
]  # fmt: skip
OLD: list[object] = [
    "H1", "10000", "2016-06-01", "12", "7", "养殖", "4000", "2016-12-01", "老借2016-3",
]  # fmt: skip
LOANS: Rows = [HEAD, OLD]
FUND: Rows = [["来源", "金额(元)"], ["中央", "7500"], ["损失准备", "60"]]
SHEETS: dict[str, Rows] = {
    "期初社员": MEMBERS, "联保小组": GROUPS, "期初借款": LOANS, "期初资金": FUND,
}  # fmt: skip
TOLD = {"amount": 5_000_00, "members": 3, "shares": 3_000_00, "loans": 1, "principal": 6_000_00,
        "surplus": 482_00, "paper": "县审计第7号"}  # fmt: skip
"""5,000 cash + 6,000 lent + 42 fee of December − 3,000 shares − 7,500 − 60 provision = 482."""
LOAN = "loan-baiguo-H1-0-2"


@pytest.fixture
def joining(village: Village) -> Village:
    """Books open, the county's statement told and its cash followed."""
    village.opened()
    village.county.act("receipt", "opening-baiguo", "opening", "system:county", dict(TOLD))
    village.synchronise()
    return village


def imported(village: Village, path: Path, **changed: Rows) -> Imported:
    book = workbook(path / "opening.xlsx", **{**SHEETS, **changed})
    return import_file(village.node, book, village.person["accountant"])


def test_running_books_are_brought_in_and_agree_to_the_fen(
    joining: Village, tmp_path: Path
) -> None:
    assert joining.balances("10201", "33201") == {"10201": 5_000_00, "33201": 5_000_00}
    assert imported(joining, tmp_path).bad == ()
    assert joining.balances("10201", "115", "117", "30101", "31101", "118", "33201", "901") == {
        "10201": 5_000_00, "115": 6_000_00, "117": 42_00, "30101": 3_000_00, "31101": 7_500_00,
        "118": 60_00, "33201": 482_00, "901": 10_000_00,
    }  # fmt: skip
    loan = joining.case(LOAN)
    assert (loan.state, loan.terms["outstanding"], loan.terms["number"]) == (
        "active", 6_000_00, "老借2016-3"
    )  # fmt: skip
    assert (loan.terms["due_on"], loan.terms["fee_paid"]) == ("2017-06-01", 420_00)
    assert joining.case("village-baiguo").terms["begun_on"] == FIRST_DAY.isoformat()


def test_a_loan_brought_in_lives_on_as_any_other(joining: Village, tmp_path: Path) -> None:
    imported(joining, tmp_path)
    joining.county.bank_line("repayment", "R1", FIRST_DAY, loan=LOAN, amount=6_100_00)
    joining.synchronise()
    # Fee of 6,000 from 1 December to 3 January: one month and two days, 44.80; 55.20 is too much.
    assert joining.balances("115", "117", "50101", "21105") == {
        "115": 0, "117": 0, "50101": 2_80, "21105": 55_20,
    }  # fmt: skip


def test_an_overdue_loan_is_brought_in_overdue(joining: Village, tmp_path: Path) -> None:
    row: list[object] = ["H1", "10000", "2015-11-01", "12", "7", "养殖", "4000", "2016-12-01", ""]
    told = imported(joining, tmp_path, 期初借款=[HEAD, row])
    # The same principal, only elsewhere: the county's statement still agrees.
    assert told.bad == ()
    assert joining.balances("115", "116") == {"115": 0, "116": 6_000_00}
    assert joining.case(LOAN).terms["number"] == "baiguo-2015-H1-0-2"


def test_sums_that_are_not_the_countys_bring_in_nothing_at_all(
    joining: Village, tmp_path: Path
) -> None:
    fewer: Rows = [HEAD, [*LOANS[1][:6], "4000.01", *LOANS[1][7:]]]
    done = imported(joining, tmp_path, 期初借款=fewer, 期初社员=MEMBERS[:3], 联保小组=[GROUPS[0]])
    assert [bad.sheet for bad in done.bad] == ["期初借款"]
    done = imported(joining, tmp_path, 期初资金=[*FUND[:1], ["中央", "7500.01"]])
    [bad] = done.bad
    assert (bad.sheet, "surplus 541.99 ≠ 482.00" in bad.en) == ("期初", True)
    with pytest.raises(AssertionError):
        joining.case("member-baiguo-H1")
    assert joining.balances("10201", "33201") == {"10201": 5_000_00, "33201": 5_000_00}


def test_every_difference_is_named_at_once(joining: Village, tmp_path: Path) -> None:
    [bad] = imported(joining, tmp_path, 期初借款=LOANS[:1], 期初社员=MEMBERS[:3],
                     联保小组=GROUPS[:1]).bad  # fmt: skip
    for told in ("shares 2,000.00 ≠ 3,000.00", "principal 0.00 ≠ 6,000.00", "members 2 ≠ 3",
                 "loans 0 ≠ 1"):  # fmt: skip
        assert told in bad.zh
    with pytest.raises(Rejected) as refused:
        joining.do("village_book", "village-baiguo", "begin", "bookkeeper")
    assert refused.value.code is Code.OPENING_DIFFERS


def test_every_bad_cell_of_an_opening_is_named(joining: Village, tmp_path: Path) -> None:
    rows: Rows = [HEAD, ["H1", "1e4", "去年", "十二", "千分之七", "", "-", "2016-13-01", ""]]
    members: Rows = [*MEMBERS, ["H1", "又一户", "2015-03-01", "", "也许"]]
    done = imported(joining, tmp_path, 期初借款=rows, 期初社员=members,
                    期初资金=[FUND[0], ["彩票", "1"]])  # fmt: skip
    assert {(bad.sheet, bad.row, bad.column) for bad in done.bad} == {
        ("期初借款", 2, "放款日"), ("期初借款", 2, "期限"), ("期初借款", 2, "占用费付至"),
        ("期初借款", 2, "已还本金"), ("期初借款", 2, "月费率"), ("期初借款", 2, "用途"),
        ("期初借款", 2, "金额"), ("期初社员", 5, "户号"), ("期初社员", 5, "股金"),
        ("期初社员", 5, "贫困户"), ("期初资金", 2, "来源"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("place", "value", "where"),
    [(6, "10000", "repaid"), (7, "2016-05-31", "fee_paid_to"), (7, "2017-01-04", "fee_paid_to"),
     (3, "0", "term_months")],
)  # fmt: skip
def test_a_loan_that_cannot_be_is_refused_by_its_row(
    joining: Village, tmp_path: Path, place: int, value: str, where: str
) -> None:
    row: list[object] = [*LOANS[1]]
    row[place] = value
    bad = imported(joining, tmp_path, 期初借款=[HEAD, row]).bad
    assert [(one.sheet, one.row, where in one.en) for one in bad] == [("期初借款", 2, True)]


def test_nothing_is_brought_in_before_the_county_has_told_the_statement(
    village: Village, tmp_path: Path
) -> None:
    village.opened()
    bad = imported(village, tmp_path).bad
    assert "has not told baiguo" in bad[0].en
    with pytest.raises(Rejected) as refused:
        village.do("village_book", "village-baiguo", "begin", "bookkeeper")
    assert refused.value.code is Code.OPENING_NOT_TOLD
    with pytest.raises(AssertionError):
        village.case("member-baiguo-H1")


def test_books_that_have_begun_take_nothing_more_in(joining: Village, tmp_path: Path) -> None:
    imported(joining, tmp_path)
    late: Rows = [MEMBERS[0], ["H9", "迟到户", "2015-03-01", "1000", ""]]
    book = workbook(tmp_path / "late.xlsx", 期初社员=late)
    done = import_file(joining.node, book, joining.person["accountant"])
    assert "ordinary business" in done.bad[0].en
    with pytest.raises(Rejected) as refused:
        joining.do("village_book", "village-baiguo", "begin", "bookkeeper")
    assert refused.value.code is Code.OPENING_DONE


def test_shuangdao_money_brought_in_has_its_funding(joining: Village, tmp_path: Path) -> None:
    head: list[object] = [*MEMBERS[0], "双到"]
    members: Rows = [head, [*MEMBERS[1], ""], ["H2", "李二妹", "2015-03-01", "400", "是", "600"],
               [*MEMBERS[3], ""]]  # fmt: skip
    assert imported(joining, tmp_path, 期初社员=members).bad == ()
    assert joining.balances("30101", "30102") == {"30101": 2_400_00, "30102": 600_00}
    close_day(joining.node)
    assert cash_of(joining) == {"own": 4_400_00, "shuangdao": 600_00}
