"""What a bank reports on its accepted lines, whole or not at all: every wrong cell at once (L21).

Called by the bank portal and its API. Rows become acts of their lines under the reporting hand; a
report of the same name changes nothing when it comes again. A month's utilisation is compared
with our book to the fen. Which months a bank owes is bank_periods'.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa

from contracts.bank import CellError, PayoutRow, RepaymentRow, Row, UtilisationRow
from contracts.ids import COUNTY_BOOK, custody_book
from contracts.ledger import Actor
from contracts.money import show
from contracts.rejections import RejectionCode
from journal import heads as journal_heads
from journal import store
from journal.perform import Performed, World
from kernel.cases import Case
from kernel.errors import Rejected
from services.federation.cases import bank_periods, guarantees

_COLUMNS = {
    RejectionCode.PAID_ABOVE_LINE: "amount",
    RejectionCode.PAID_OUTSIDE_LETTER: "paid_on",
    RejectionCode.AMOUNT_NOT_POSITIVE: "amount",
}
"""Which cell a refusal of a payout is about; else it is the line's."""
_OWN = {"since": "arrears_since", "repaid_on": "repaid_on"}
"""Which cell of a repayment a wrong day is in."""


class ReportRefused(Exception):
    """A report with every wrong cell; nothing of it was taken."""

    def __init__(self, errors: Sequence[CellError]) -> None:
        super().__init__(f"{len(errors)} cells")
        self.errors = tuple(errors)


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A whole report was taken in. ``total`` is fen; ``fresh`` false when it had been before."""

    report: str
    rows: int
    total: int
    fresh: bool


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """A line at the end of a day: paid out in all, and outstanding under the guarantee (fen)."""

    drawn: int
    balance: int


Numbered = tuple[int, Row]
"""A row and where it stands."""


def take_payouts(
    conn: sa.Connection, world: World, bank: str, rows: Sequence[Numbered], actor: Actor,
    report: str, wrong: Sequence[CellError] = (),
) -> Taken:  # fmt: skip
    """Every payout of a report, each an act of its line; ``wrong`` are faults found before.

    Raises FACTS_INVALID for a report of no row at all, ReportRefused with every wrong cell.
    """
    if not rows and not wrong:
        raise Rejected(RejectionCode.FACTS_INVALID, where="rows", problem="none")

    def row_taken(line: Case, row: Row) -> tuple[int, bool]:
        if not isinstance(row, PayoutRow):
            raise TypeError(type(row).__name__)
        said = {name: value for name, value in msgspec.to_builtins(row).items() if value != ""}
        said.pop("guarantee")
        done = guarantees.paid(conn, world, line, {"bank": bank, **said}, actor, report)
        return row.amount, done.fresh

    return _take(conn, bank, rows, report, wrong, row_taken)


def take_repayments(
    conn: sa.Connection, world: World, bank: str, rows: Sequence[Numbered], actor: Actor,
    report: str, period: str, wrong: Sequence[CellError] = (),
) -> Taken:  # fmt: skip
    """Repayments and arrears of a month. Raises UNKNOWN_CASE, ReportRefused."""
    case = bank_periods.period_of(conn, bank, bank_periods.REPAYMENT, period)

    def row_taken(line: Case, row: Row) -> tuple[int, bool]:
        if not isinstance(row, RepaymentRow):
            raise TypeError(type(row).__name__)
        return row.repaid, _repayment(conn, world, line, bank, row, actor, report)

    with conn.begin_nested():
        taken = _take(conn, bank, rows, report, wrong, row_taken)
        _received(conn, world, case, taken, actor)
    return taken


def take_utilisation(
    conn: sa.Connection, world: World, bank: str, rows: Sequence[Numbered], actor: Actor,
    report: str, period: str, wrong: Sequence[CellError] = (),
) -> Taken:  # fmt: skip
    """The month's utilisation, every running line in it and each as our book says.

    Raises UNKNOWN_CASE, TOO_EARLY before the month's last day, ReportRefused.
    """
    case = bank_periods.period_of(conn, bank, bank_periods.UTILISATION, period)
    last = bank_periods.last_day(period)
    today = journal_heads.read(conn, COUNTY_BOOK).today
    if today < last:
        raise Rejected(RejectionCode.TOO_EARLY, from_date=last, open=today, act="receive")
    ours = {line.id: figures(conn, line, last) for line in guarantees.of_bank(conn, bank)}
    named = {row.guarantee for _, row in rows}
    missing = [name for name, one in ours.items() if one.balance and name not in named]
    end = max((number for number, _ in rows), default=0) + 1
    wrong = [
        *wrong,
        *(cell(end, "guarantee", Rejected(RejectionCode.REPORT_LINE_MISSING, line=name))
          for name in missing),
    ]  # fmt: skip

    def row_taken(line: Case, row: Row) -> tuple[int, bool]:
        if not isinstance(row, UtilisationRow):
            raise TypeError(type(row).__name__)
        stands = ours.get(line.id, Figures(drawn=0, balance=0))
        pairs = {"drawn": (row.drawn, stands.drawn), "balance": (row.balance, stands.balance)}
        differing = {
            name: Rejected(RejectionCode.REPORT_DIFFERS, told=show(told), ours=show(own))
            for name, (told, own) in pairs.items()
            if told != own
        }
        if differing:
            raise _Cells(differing)
        return row.balance, False

    with conn.begin_nested():
        taken = _take(conn, bank, rows, report, wrong, row_taken)
        return _received(conn, world, case, taken, actor)


def figures(conn: sa.Connection, line: Case, on: date) -> Figures:
    """What our book says of a line at the end of a day, by the days the bank told."""
    day, terms = on.isoformat(), line.terms
    drawn = sum(int(part) for part, when in terms.get("payouts", ()) if when <= day)
    back = sum(int(part) for part, when in terms["repaid"] if when <= day)
    called = 0
    for claim in store.DatabaseLookup(conn, store.COUNTY_SCOPE).linked(
        "claim", "guarantee", line.id
    ):
        called += int(claim.terms.get("guarantors", 0))
        if str(claim.terms.get("accepted_on", "9999")) <= day:
            called += int(claim.terms["called"])
    return Figures(drawn=drawn, balance=max(drawn - back - called, 0))


def cell(row: int, column: str, refusal: Rejected) -> CellError:
    """A refusal by rule as the cell it is about."""
    told = refusal.as_struct()
    return CellError(
        row=row, column=column, code=told.code.value, zh=told.text("zh"), en=told.text("en")
    )


class _Cells(Exception):
    """Several cells of one row."""

    def __init__(self, found: Mapping[str, Rejected]) -> None:
        super().__init__(", ".join(found))
        self.found = found


def _take(
    conn: sa.Connection, bank: str, rows: Sequence[Numbered], report: str,
    wrong: Sequence[CellError], taking: Callable[[Case, Row], tuple[int, bool]],
) -> Taken:  # fmt: skip
    """Take every row or none; each is tried, so that all that is wrong is said."""
    errors, total, fresh = list(wrong), 0, False
    lines = {line.id: line for line in guarantees.of_bank(conn, bank)}
    named = {row.guarantee for _, row in rows} & lines.keys()
    books = {custody_book(lines[name].parties["coop"]) for name in named}
    journal_heads.lock(conn, [*books, COUNTY_BOOK])
    seen: dict[str, int] = {}
    with conn.begin_nested():
        for number, row in rows:
            name = row.guarantee
            try:
                with conn.begin_nested():
                    _known(name, lines, seen)
                    amount, new = taking(lines[name], row)
                total, fresh = total + amount, fresh or new
            except _Cells as cells:
                errors += [cell(number, column, one) for column, one in cells.found.items()]
            except Rejected as refusal:
                errors.append(cell(number, _column(refusal), refusal))
            seen.setdefault(name, number)
        if errors:
            raise ReportRefused(sorted(errors, key=lambda one: (one.row, one.column)))
    return Taken(report=report, rows=len(rows), total=total, fresh=fresh)


def _known(name: str, lines: Mapping[str, Case], seen: Mapping[str, int]) -> None:
    """A row names a line of the bank, and no earlier row named it."""
    if name in seen:
        twice = Rejected(RejectionCode.REPORT_ROW_TWICE, line=name, row=seen[name])
        raise _Cells({"guarantee": twice})
    if name not in lines:
        raise _Cells({"guarantee": Rejected(RejectionCode.LINE_UNKNOWN, line=name[:80])})


def _repayment(
    conn: sa.Connection, world: World, line: Case, bank: str, row: RepaymentRow, actor: Actor,
    report: str,
) -> bool:  # fmt: skip
    """One row: what was repaid, and arrears as they stand. Arrears made good are told first."""
    steps: list[tuple[str, Callable[[], Performed]]] = []
    wrong: dict[str, Rejected] = {}
    if row.repaid or row.repaid_on:
        on = row.repaid_on.isoformat() if row.repaid_on else ""
        if not on or not row.repaid:
            column = "repaid" if on else "repaid_on"
            missing = Rejected(RejectionCode.FACTS_INVALID, where=column, problem="missing")
            wrong[column] = missing
        said = {"bank": bank, "amount": row.repaid, "repaid_on": on, "report": report}
        steps.append(("repaid", lambda: guarantees.repaid(conn, world, line, said, actor, report)))
    if row.arrears_principal is not None:
        told: dict[str, Any] = {
            "bank": bank, "principal": row.arrears_principal, "interest": row.arrears_interest,
            "report": report,
        }  # fmt: skip
        if row.arrears_since:
            told["since"] = row.arrears_since.isoformat()
        elif row.arrears_principal:
            wrong["arrears_since"] = Rejected(
                RejectionCode.FACTS_INVALID, where="arrears_since", problem="missing"
            )
        step = ("arrears_principal",
                lambda: guarantees.arrears(conn, world, line, told, actor, report))  # fmt: skip
        steps.insert(0 if row.arrears_principal == 0 else len(steps), step)
    fresh = False
    for column, doing in steps:
        if column in wrong or f"{column}_on" in wrong:
            continue
        try:
            with conn.begin_nested():
                fresh = doing().fresh or fresh
        except Rejected as refusal:
            where = refusal.as_struct().facts.get("where", "")
            wrong[_OWN.get(where, column)] = refusal
    if wrong:
        raise _Cells(wrong)
    return fresh


def _received(conn: sa.Connection, world: World, case: Case, taken: Taken, actor: Actor) -> Taken:
    fresh = bank_periods.receive(
        conn, world, case, taken.report, actor, rows=taken.rows, total=taken.total
    )
    return msgspec.structs.replace(taken, fresh=fresh)


def _column(refusal: Rejected) -> str:
    told = refusal.as_struct()
    if told.code in (RejectionCode.FACTS_INVALID, RejectionCode.DAY_OUTSIDE):
        return told.facts.get("where", "guarantee")
    return _COLUMNS.get(told.code, "guarantee")
