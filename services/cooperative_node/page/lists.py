"""Every list as Excel or CSV: the same rows as the screen, Chinese or English headings.

Called by export routes. CSV carries a byte-order mark so that Excel reads it. Amounts are yuan
numbers in Excel and plain decimals in CSV; card and ID numbers never leave the screen.
"""

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
import xlsxwriter
from litestar import Response, get
from litestar.params import FromPath

from contracts.money import plain
from journal.engine import reading
from services.cooperative_node.page import figures, pool_figures
from services.cooperative_node.page import queries as page_queries
from services.cooperative_node.page.render import page
from services.cooperative_node.page.visit import Visit, VisitIn

Table = tuple[list[str], list[list[Any]]]
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Money(int):
    """A cell in fen, so that a list knows which numbers are money."""


@get("/lists/{name:str}", sync_to_thread=True)
def export(visit: VisitIn, name: FromPath[str]) -> Response[Any]:
    """One list as a file, ``members.xlsx`` or ``loans.csv`` for example."""
    which, _, kind = name.partition(".")
    make = LISTS.get(which)
    if make is None or kind not in ("xlsx", "csv"):
        return page(visit, "nothing.html", 404, name=name)
    with reading(visit.node.engine).connect() as conn:
        head, rows = make(conn, visit)
    body = _xlsx(which, head, rows) if kind == "xlsx" else _csv(head, rows)
    file = f"{visit.node.cooperative}-{which}-{visit.day}.{kind}"
    return Response(
        body,
        media_type=_XLSX if kind == "xlsx" else "text/csv",
        headers={"Content-Disposition": f'attachment; filename="{file}"'},
    )


def _members(conn: sa.Connection, visit: Visit) -> Table:
    t = visit.words.t
    head = [t("社员编号", "Member"), t("姓名", "Name"), t("户号", "Household"), t("状态", "State"),
            t("贫困户", "Poor"), t("富裕户", "Wealthy"), t("股金", "Share"),
            t("双到资金", "Shuangdao"), t("借款本金", "Lent")]  # fmt: skip
    rows: list[list[Any]] = [
        [r.case.id, r.name, r.case.terms["household"],
         visit.words.state("member", r.case.state), _flag(visit, r.case.terms.get("poor")),
         _flag(visit, r.case.terms.get("wealthy")), Money(r.share), Money(r.shuangdao),
         Money(r.lent)]
        for r in figures.members(conn, visit)
    ]  # fmt: skip
    return head, rows


def _groups(conn: sa.Connection, visit: Visit) -> Table:
    names = {row.case.id: row.name for row in figures.members(conn, visit)}
    t = visit.words.t
    rows: list[list[Any]] = [
        [case.id, visit.words.state("group", case.state),
         " ".join(names.get(one, one) for one in case.terms["group_member"])]
        for case in page_queries.of_process(conn, visit.node.book, "group")
    ]  # fmt: skip
    return [t("小组", "Group"), t("状态", "State"), t("成员", "Members")], rows


def _loans(conn: sa.Connection, visit: Visit) -> Table:
    return _of_loans(visit, figures.loans(conn, visit))


def _due(conn: sa.Connection, visit: Visit) -> Table:
    return _of_loans(visit, figures.due(conn, visit))


def _of_loans(visit: Visit, found: Sequence[figures.LoanRow]) -> Table:
    t = visit.words.t
    head = [t("编号", "Loan"), t("合同编号", "Contract"), t("借款人", "Borrower"),
            t("用途", "Purpose"), t("资金", "Funding"), t("金额", "Amount"), t("状态", "State"),
            t("放款日", "Paid out"), t("到期日", "Due"), t("逾期天数", "Days overdue"),
            t("尚欠本金", "Principal"), t("应付占用费", "Fee"), t("应催收（第几天）", "Step due"),
            t("上次催收", "Last dunning")]  # fmt: skip
    rows: list[list[Any]] = [
        [r.case.id, r.number, r.name, r.case.terms["purpose"],
         visit.words.word("fundings", r.loan.funding.partition(":")[0]), Money(r.loan.amount),
         visit.words.state("loan", r.case.state), str(r.loan.paid_on or ""),
         str(r.loan.due_on or ""), r.days or "", Money(r.principal), Money(r.fee),
         r.step_due or "", str(r.loan.dunned_on or "")]
        for r in found
    ]  # fmt: skip
    return head, rows


def _bank_loans(conn: sa.Connection, visit: Visit) -> Table:
    t = visit.words.t
    head = [t("编号", "Number"), t("借款人", "Borrower"), t("用途", "Purpose"),
            t("金额", "Amount"), t("期限（月）", "Months"), t("村里", "Village"),
            t("县里和银行", "County and bank"), t("银行放款日", "Paid out"),
            t("到期日", "Due"), t("预留", "Reserved"), t("在保余额", "Running")]  # fmt: skip
    rows: list[list[Any]] = [
        [r.case.id, r.name, r.told.purpose, Money(r.told.amount), r.told.term_months,
         visit.words.state("bank_loan", r.case.state),
         visit.words.state("guarantee", r.guarantee.state) if r.guarantee else "",
         str(r.guarantee.terms.get("paid_on", "")) if r.guarantee else "",
         str(r.guarantee.terms.get("due_on", "")) if r.guarantee else "",
         Money(r.reserved), Money(r.running)]
        for r in pool_figures.bank_loans(conn, visit)
    ]  # fmt: skip
    return head, rows


def _bank(conn: sa.Connection, visit: Visit) -> Table:
    t = visit.words.t
    head = [t("业务日", "Day"), t("银行日期", "Value date"), t("事项", "What"), t("对象", "Whose"),
            t("收入", "In"), t("付出", "Out"), t("风险补偿金增加", "Pool in"),
            t("风险补偿金减少", "Pool out"), t("县账号", "County act")]  # fmt: skip
    rows: list[list[Any]] = [
        [act.business_date.isoformat(), act.value_date.isoformat(),
         visit.words.word("acts", act.act), act.case,
         Money(sum(m.amount for m in act.movements if m.debit == "10201")),
         Money(sum(m.amount for m in act.movements if m.credit == "10201")),
         Money(sum(m.amount for m in act.movements if m.debit == "10901")),
         Money(sum(m.amount for m in act.movements if m.credit == "10901")), act.id]
        for act in figures.followed(conn, visit, 10_000)
    ]  # fmt: skip
    return head, rows


def _balance(conn: sa.Connection, visit: Visit) -> Table:
    t = visit.words.t
    head = [t("科目", "Account"), t("名称", "Name"), t("资金", "Funding"), t("借方", "Debit"),
            t("贷方", "Credit")]  # fmt: skip
    rows: list[list[Any]] = [
        [r.account, visit.words.account(r.account), r.funding, Money(r.debit_fen),
         Money(r.credit_fen)]
        for r in figures.trial_balance(conn, visit)
    ]  # fmt: skip
    return head, rows


LISTS: dict[str, Callable[[sa.Connection, Visit], Table]] = {
    "members": _members,
    "groups": _groups,
    "loans": _loans,
    "due": _due,
    "bank-loans": _bank_loans,
    "bank": _bank,
    "balance": _balance,
}


def _csv(head: list[str], rows: list[list[Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    for row in rows:
        writer.writerow([_plain(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def _plain(cell: Any) -> Any:
    """A cell as text; one a spreadsheet would run as a formula is made harmless."""
    if isinstance(cell, Money):
        return plain(cell)
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@")) else cell


def _xlsx(name: str, head: list[str], rows: list[list[Any]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet(name)
        bold, money = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00"})
        sheet.write_row(0, 0, head, bold)
        for number, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                if isinstance(cell, Money):
                    # A spreadsheet has only floats; two decimals of this size are exact on show.
                    sheet.write_number(number, column, cell / 100, money)
                else:
                    sheet.write(number, column, cell)
        sheet.autofit()
        sheet.freeze_panes(1, 0)
    return out.getvalue()


def _flag(visit: Visit, value: object) -> str:
    return visit.words.t("是", "yes") if value else ""


def router_handlers() -> list[Any]:
    """The routes of this file below ``/n/{coop}``."""
    return [export]
