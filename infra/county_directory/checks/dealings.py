"""What cooperatives do with each other, the bank and the pool; and the faults put in on purpose."""

from contracts.money import show
from infra.county_directory.kinds import FaultKind
from infra.county_directory.layout import files, word_zh
from infra.county_directory.model import DatedAmount
from infra.county_directory.problems import Problems
from infra.county_directory.table import Row
from infra.county_directory.tables import Tables

_LINES = ("grants.csv", "loans.csv", "repayments.csv", "intercoop.csv", "members.csv")
LOST_FILES = ("payments", "answers", "statement")
# kind → the files whose ids it may name, the columns it needs, the columns it has no use for
_FAULTS: dict[FaultKind, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    FaultKind.LATE_NODE: (("cooperatives.csv",), ("from", "to"), ("amount",)),
    FaultKind.MISSING_BANK_LINE: (_LINES, (), ("from", "amount")),
    FaultKind.DOUBLED_BANK_LINE: (_LINES, (), ("from", "to", "amount")),
    FaultKind.WRONG_AMOUNT_LINE: (_LINES, ("amount",), ("from", "to")),
    FaultKind.UNKNOWN_BANK_LINE: (("cooperatives.csv",), ("from", "amount"), ("to",)),
    FaultKind.WRONG_CARD: (("loans.csv",), (), ("from", "to", "amount")),
    FaultKind.RETURNED_PAYMENT: (("loans.csv",), (), ("from", "to", "amount")),
    FaultKind.LOST_FILE: ((), ("from",), ("to", "amount")),
}


def check_dealings(tables: Tables, problems: Problems) -> None:
    """Note loans to oneself, sums that pass their limit, and faults that hit nothing."""
    for row in tables["intercoop.csv"]:
        if row.text("lender") and row.text("lender") == row.text("borrower"):
            problems.note(row.place("borrower"), "SAME_COOPERATIVE")
        _sum_within(row, "repayments", row.number_of("amount"), problems)
    for row in tables["facilities.csv"]:
        _sum_within(row, "draws", row.number_of("amount"), problems)
        _sum_within(row, "repayments", _sum(row, "draws"), problems)
    # What faults.csv and the bounce column of loans.csv both say is said twice.
    seen = {
        (FaultKind.WRONG_CARD.value, row.text("id")): row
        for row in tables["loans.csv"]
        if row.flag("bounce")
    }
    for row in tables["faults.csv"]:
        if row.text("kind"):
            _fault(row, FaultKind(row.text("kind")), tables, problems)
            _fault_once(row, seen, problems)


def _sum(row: Row, column: str) -> int | None:
    value = row.values.get(column)
    if not isinstance(value, tuple):
        return 0 if row.was_read(column) else None
    items = [item for item in value if isinstance(item, DatedAmount)]
    return sum(item.amount_fen or 0 for item in items)


def _sum_within(row: Row, column: str, most: int | None, problems: Problems) -> None:
    total = _sum(row, column)
    if total is not None and most is not None and total > most:
        facts = {"sum": show(total), "most": show(most)}
        problems.note(row.place(column), "DATED_EXCEEDS", **facts)


def _names(kind: FaultKind) -> dict[str, str]:
    return {"kind": kind.value, "zh_kind": word_zh("fault", kind.value)}


def _fault(row: Row, kind: FaultKind, tables: Tables, problems: Problems) -> None:
    of, needed, unwanted = _FAULTS[kind]
    what = row.text("what")
    known = any(what in tables.by_id[name] for name in of) if of else what in LOST_FILES
    if what and not known:
        english = ", ".join(of or LOST_FILES)
        chinese = "、".join(files()[name].zh for name in of) or english
        facts = {"value": what, "needed": english, "zh_needed": chinese, **_names(kind)}
        problems.note(row.place("what"), "FAULT_TARGET", **facts)
    for column in needed:
        if row.was_read(column) and row.values[column] is None:
            problems.note(row.place(column), "FAULT_NEEDS", **_names(kind))
    for column in unwanted:
        if row.values.get(column) is not None:
            problems.note(row.place(column), "FAULT_UNWANTED", **_names(kind))


def _fault_once(row: Row, seen: dict[tuple[str, str], Row], problems: Problems) -> None:
    kind = FaultKind(row.text("kind"))
    if kind in (FaultKind.LATE_NODE, FaultKind.UNKNOWN_BANK_LINE, FaultKind.LOST_FILE):
        return  # these may happen again on other days
    other = seen.setdefault((kind.value, row.text("what")), row)
    if row.text("what") and other is not row:
        facts = {"other_file": other.file.name, "other_row": other.number}
        problems.note(
            row.place("what"), "FAULT_DOUBLED", value=row.text("what"), **facts, **_names(kind)
        )
