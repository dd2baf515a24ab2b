"""Payments of a day and the bank's side of it: files, statements, lines, and every break.

Custody against the bank is told to the fen, with what is in flight listed. A township sees the
payments of its own villages; files, lines and the account as a whole are the county's.
"""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency

from contracts.ids import node_book
from kernel.cases import Case
from services.federation.cases import reconcile, registers
from services.federation.cases.reconcile import Reconciliation
from services.federation.console import acting, guard, page, words
from services.federation.console.desk import AT, Visitor
from services.federation.console.guard import Form
from services.federation.console.lists import CODE, FEN, Cell, Column, Listing
from services.federation.console.queries import bank, villages
from services.federation.console.words import Pair

_TONES = {"queued": "warn", "in_file": "warn", "paid": "good", "returned": "bad",
          "refused": "bad", "stopped": "bad", "open": "bad", "booked": "good"}  # fmt: skip


@get("/payments", sync_to_thread=True)
def payments(visitor: NamedDependency[Visitor]) -> Response[Any]:
    """One day: what is paid or on its way, what the bank said, what does not fit."""
    with visitor.reading() as conn:
        head = villages.county_head(conn)
        day = visitor.day(head.today)
        text = day.isoformat()
        labels = villages.labels(conn, visitor.scope)
        found = bank.payments(conn, text, now=day == head.today)
        seen = [one for one in found if _seen(one, labels)]
        lists = {"listing": payment_list(seen, labels, registers.bank_names(conn))}
        county: dict[str, Listing] = {}
        if visitor.county_wide:
            county["lines"] = line_list("lines", bank.lines(conn, text))
        reconciled = reconcile.reconcile(conn) if visitor.county_wide else None
        statements = bank.statements(conn, text) if visitor.county_wide else []
        files = bank.files(conn, text) if visitor.county_wide else []
        before, after = bank.neighbours(conn, text) if visitor.county_wide else ("", "")
    if reconciled is not None:
        county["breaks"] = break_list(reconciled)
    return page.show_lists(
        visitor,
        "payments.html",
        {**lists, **county},
        day=text,
        before=before,
        after=after,
        statements=statements,
        files=files,
        reconciled=reconciled,
        head=head,
    )


@post("/payments/stop", sync_to_thread=True)
def stop(visitor: NamedDependency[Visitor], form: NamedDependency[Form]) -> Response[Any]:
    """Stop a payment that is not in a file yet."""
    case = form.get("case", "")
    with visitor.reading() as conn:
        acting.seen_case(conn, visitor, "payment", case)
    sure = guard.confirm(visitor, form)
    done = acting.stop_payment(sure, case, form.get("reason", "").strip())
    return page.go(sure, f"{AT}/cases/K/{done.id}")


def payment_list(
    found: list[Case], labels: Mapping[str, Pair], banks: Mapping[str, str]
) -> Listing:
    """Payments as a table; who is paid is a person's number, or a bank by its name."""
    return Listing(
        name="payments",
        title=("当日付款", "Payments of the day"),
        columns=(
            Column(zh="付款", en="Payment", kind=CODE),
            Column(zh="互助社", en="Cooperative"),
            Column(zh="所为案件", en="For", kind=CODE),
            Column(zh="收款方", en="Payee"),
            Column(zh="金额", en="Amount", kind=FEN, total=True),
            Column(zh="状态", en="State"),
            Column(zh="自", en="Since"),
            Column(zh="期限", en="Due"),
            Column(zh="说明", en="Why"),
        ),
        rows=tuple(_payment_row(case, labels, banks) for case in found),
        empty=("当日没有付款。", "Nothing is paid on this day."),
    )


def line_list(name: str, found: list[bank.Line]) -> Listing:
    """Bank lines as a table, breaks first."""
    return Listing(
        name=name,
        title=("银行行", "Bank lines"),
        columns=(
            Column(zh="银行行号", en="Bank line", kind=CODE),
            Column(zh="子账户", en="Sub-account", kind=CODE),
            Column(zh="起息日", en="Value date"),
            Column(zh="附言", en="Text"),
            Column(zh="金额", en="Amount", kind=FEN, total=True),
            Column(zh="状态", en="State"),
            Column(zh="所属案件", en="Case", kind=CODE),
            Column(zh="差异原因", en="Break"),
        ),
        rows=tuple(_line_row(one) for one in found),
        empty=("当日没有银行行。", "The bank told no line of this day."),
    )


def break_list(found: Reconciliation) -> Listing:
    """What lies between the bank and the books, item by item."""
    return Listing(
        name="breaks",
        title=("银行与账面之差", "Between the bank and the books"),
        columns=(
            Column(zh="差异", en="Break"),
            Column(zh="对象", en="Subject", kind=CODE),
            Column(zh="子账户", en="Sub-account", kind=CODE),
            Column(zh="自", en="Since"),
            Column(zh="金额", en="Amount", kind=FEN, total=True),
            Column(zh="案件", en="Case", kind=CODE),
        ),
        rows=tuple(
            (
                Cell(value=_why(one.kind, one.reason), tone="bad"),
                Cell(value=one.subject),
                Cell(value=one.sub_account or None),
                Cell(value=one.since),
                Cell(value=one.amount_fen),
                Cell(value=one.case or None, href=f"{AT}/cases/K/{one.case}" if one.case else ""),
            )
            for one in found.breaks
        ),
        empty=("银行与账面逐分相符。", "Bank and books agree to the fen."),
    )


def _seen(case: Case, labels: dict[str, Pair]) -> bool:
    return case.parties.get("coop") in labels


def _payment_row(
    case: Case, labels: Mapping[str, Pair], banks: Mapping[str, str]
) -> tuple[Cell, ...]:
    coop, about = case.parties["coop"], str(case.terms.get("for", ""))
    refusal = str(case.terms.get("code", ""))
    bank, person = str(case.terms.get("bank", "")), str(case.terms.get("person", ""))
    return (
        Cell(value=case.id, href=f"{AT}/cases/K/{case.id}"),
        Cell(value=labels.get(coop, (coop, coop)), href=f"{AT}/cooperatives/{coop}", title=coop),
        Cell(value=about, href=f"{AT}/cases/{node_book(coop)}/{about}" if about else ""),
        Cell(value=banks.get(bank, bank) if bank else person or None, title=bank or person),
        Cell(value=int(case.terms.get("amount", 0))),
        Cell(value=words.state(case.process, case.state), tone=_TONES.get(case.state, "")),
        Cell(value=str(case.since)),
        Cell(value=str(case.due) if case.due else None),
        Cell(value=refusal or None),
    )


def _line_row(one: bank.Line) -> tuple[Cell, ...]:
    return (
        Cell(value=one.line.line_id),
        Cell(value=one.sub_account or None),
        Cell(value=one.line.value_date.isoformat()),
        Cell(value=one.line.text or None),
        Cell(value=one.amount_fen),
        Cell(value=words.word("states", "break" if one.state == "open" else one.state),
             tone=_TONES.get(one.state, "")),
        Cell(value=one.matched or None, href=f"{AT}/cases/K/{one.matched}" if one.matched else ""),
        Cell(value=words.word("breaks", one.reason) if one.reason else None),
    )  # fmt: skip


def _why(kind: str, reason: str) -> Pair:
    zh, en = words.word("breaks", kind)
    if not reason:
        return (zh, en)
    why = words.word("breaks", reason)
    return (f"{zh}:{why[0]}", f"{en}: {why[1]}")
