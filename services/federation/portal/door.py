"""What every page of the portal begins with: the officer's window, names, a list of cases.

Called by the pages. Scope is the window's: nothing here reads another bank's case.
"""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from contracts.money import show
from journal import store
from kernel.cases import Case
from kernel.rules_correction import AMOUNTS
from services.federation.console import words
from services.federation.console.desk import BANK_AT, Visitor
from services.federation.console.lists import CODE, FEN, NUMBER, Cell, Column, Listing
from services.federation.console.queries import people, villages
from services.federation.console.queries.villages import Scope
from services.federation.console.words import Pair
from services.federation.portal.window import Window

TONES = {
    "sent": "warn", "conditioned": "warn", "prepared": "warn", "expected": "warn",
    "asked_bank": "warn", "overdue": "bad", "rejected": "bad", "turned_back": "bad",
    "refused": "bad", "lapsed": "bad", "suspended": "bad",
}  # fmt: skip
FIELDS: dict[str, Pair] = {
    "drawn": ("累计放款", "paid out in all"), "repaid": ("累计归还本金", "repaid in all"),
    "paid_on": ("放款日", "paid on"), "due_on": ("到期日", "due on"),
    "contract": ("借款合同号", "loan contract"),
    "arrears_since": ("逾期起始日", "in arrears since"),
    "arrears_principal": ("逾期本金", "principal in arrears"),
    "arrears_interest": ("逾期利息", "interest in arrears"),
}  # fmt: skip
CAUSES: dict[str, Pair] = {
    "typing_error": ("录入错误", "typing error"), "wrong_line": ("报错了笔", "wrong line"),
    "reported_twice": ("重复报送", "reported twice"), "reversed": ("银行已冲正", "reversed"),
    "wrong_day": ("日期报错", "wrong day"), "paper_differs": ("与凭证不符", "paper differs"),
}  # fmt: skip
ORDERS: dict[str, Pair] = {
    "answers": ("逐笔答复", "answers to lines"), "notice": ("代偿通知书", "claim notice"),
    "guarantors": ("联保人清偿", "paid by guarantors"), "withdraw": ("撤回代偿", "withdrawal"),
    "recovery": ("追偿到款", "recovery"),
}  # fmt: skip
ANSWERS: dict[str, Pair] = {
    "accept": ("同意", "accept"), "condition": ("附条件", "on a condition"),
    "refuse": ("不同意", "refuse"),
}  # fmt: skip
PAPERS: dict[str, Pair] = {
    "contract": ("借款合同", "loan contract"), "payout": ("放款凭证", "proof of payout"),
    "dunning": ("催收记录", "dunning record"), "balance": ("本息余额表", "statement of balance"),
}  # fmt: skip
KINDS: dict[str, Pair] = {
    "utilisation": ("使用情况月报", "monthly utilisation"),
    "repayment": ("还款与逾期月报", "monthly repayment and arrears"),
    "payout": ("放款报告", "payout report"),
}  # fmt: skip


def window_of(visitor: Visitor) -> Window:
    """The window of a bank's signed-in officer."""
    return Window(
        engine=visitor.desk.engine,
        county=visitor.desk.county,
        bank=visitor.bank,
        roles=tuple(one.role for one in visitor.officer.held),
        person=visitor.officer.person,
    )


def names(conn: sa.Connection) -> dict[str, Pair]:
    """What cooperatives and officers are called: a bank deals with both by name."""
    found: dict[str, Pair] = dict(villages.labels(conn, Scope(everything=True)))
    return found | {person: (name, name) for person, name in people.names(conn).items()}


def state(case: Case) -> Cell:
    """A case's state as a cell."""
    return Cell(value=words.state(case.process, case.state), tone=TONES.get(case.state, ""))


def called(found: dict[str, Pair], name: str) -> Pair:
    """A name as people say it, itself where nobody gave one."""
    return found.get(name, (name, name))


def shown(field: str, value: object) -> str:
    """A corrected value as a person reads it."""
    return show(value) if field in AMOUNTS and isinstance(value, int) else str(value) or "—"


def lines_list(found: Sequence[Case], balances: dict[str, int], coops: dict[str, Pair]) -> Listing:
    """Lines as a table. ``balances``: line → outstanding under the guarantee (fen)."""
    return Listing(
        name="lines",
        title=("担保贷款", "Guaranteed lines"),
        columns=(
            Column(zh="担保编号", en="Line", kind=CODE),
            Column(zh="互助社", en="Cooperative"),
            Column(zh="状态", en="State"),
            Column(zh="担保金额", en="Guaranteed", kind=FEN, total=True),
            Column(zh="累计放款", en="Paid out", kind=FEN, total=True),
            Column(zh="在保余额", en="Outstanding", kind=FEN, total=True),
            Column(zh="放款日", en="Paid on", kind="date"),
            Column(zh="到期日", en="Due on", kind="date"),
            Column(zh="逾期自", en="In arrears since", kind="date"),
            Column(zh="合同号", en="Contract"),
        ),
        rows=tuple(
            (
                Cell(value=line.id, href=f"{BANK_AT}/lines/{line.id}"),
                Cell(value=called(coops, line.parties["coop"])),
                state(line),
                Cell(value=int(line.terms["amount"])),
                Cell(value=int(line.terms["drawn"])),
                Cell(value=balances.get(line.id, 0)),
                Cell(value=str(line.terms.get("paid_on", ""))),
                Cell(value=str(line.terms.get("due_on", ""))),
                _since(line),
                Cell(value=str(line.terms.get("contract", ""))),
            )
            for line in found
        ),
        empty=("还没有收到担保。", "No guarantee has come yet."),
    )


def _since(line: Case) -> Cell:
    """Since when a line is in arrears, red where it is."""
    since = str((line.terms.get("arrears") or {}).get("since", ""))
    return Cell(value=since, tone="bad" if since else "")


def linked(conn: sa.Connection, process: str, name: str, value: str) -> tuple[Case, ...]:
    """County cases of a process by one link; the caller has shown the value to be its own."""
    return store.DatabaseLookup(conn, store.COUNTY_SCOPE).linked(process, name, value)


def corrections_list(found: Sequence[Case], at: str) -> Listing:
    """Corrections as a table, the newest first; ``at`` is the room they open in."""
    return Listing(
        name="corrections",
        title=("更正", "Corrections"),
        columns=(
            Column(zh="编号", en="Correction", kind=CODE),
            Column(zh="担保编号", en="Line", kind=CODE),
            Column(zh="项目", en="Field"),
            Column(zh="原值", en="Old"),
            Column(zh="新值", en="New"),
            Column(zh="原因", en="Cause"),
            Column(zh="状态", en="State"),
            Column(zh="期限", en="Answer by", kind="date"),
        ),
        rows=tuple(
            (
                Cell(value=one.id, href=f"{at}/corrections/{one.id}"),
                Cell(value=str(one.terms["about"])),
                Cell(value=FIELDS[str(one.terms["field"])]),
                Cell(value=shown(str(one.terms["field"]), one.terms["old"])),
                Cell(value=shown(str(one.terms["field"]), one.terms["new"])),
                Cell(value=CAUSES[str(one.terms["cause"])]),
                state(one),
                Cell(value=str(one.due or "")),
            )
            for one in sorted(found, key=lambda one: (str(one.opened), one.id), reverse=True)
        ),
        empty=("没有更正。", "No correction yet."),
    )


def reports_list(found: Sequence[Case], banks: Mapping[str, str], at: str = "") -> Listing:
    """Reports owed for each month, the newest first; ``at`` is where one opens, "" for nowhere.

    ``banks`` are their names.
    """
    return Listing(
        name="reports",
        title=("应报报表", "Reports owed"),
        columns=(
            Column(zh="报表", en="Report"),
            Column(zh="银行", en="Bank"),
            Column(zh="月份", en="Month"),
            Column(zh="状态", en="State"),
            Column(zh="期限", en="Due on", kind="date"),
            Column(zh="收到日", en="Received on", kind="date"),
            Column(zh="行数", en="Rows", kind=NUMBER),
            Column(zh="合计", en="Total", kind=FEN),
            Column(zh="报送编号", en="Name", kind=CODE),
        ),
        rows=tuple(
            (
                Cell(value=KINDS[str(one.terms["kind"])], href=f"{at}/{one.id}" if at else ""),
                Cell(value=banks.get(str(one.terms["bank"]), str(one.terms["bank"]))),
                Cell(value=str(one.terms["period"])),
                state(one),
                Cell(value=str(one.terms["due_on"])),
                Cell(value=str(one.terms.get("received_on", ""))),
                Cell(value=one.terms.get("rows")),
                Cell(value=one.terms.get("total")),
                Cell(value=str(one.terms.get("report", ""))),
            )
            for one in sorted(found, key=lambda one: (one.terms["period"], one.id), reverse=True)
        ),
        empty=("有担保贷款后,每月自动列出应报报表。", "Reports are listed once a line was sent."),
    )
