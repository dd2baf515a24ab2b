"""The county's figures out of its books: proven replicas and custody, never the input files.

Called by the demonstration and its summary. Reads in one transaction; money in fen, percentages
as text. What each key means: docs/demonstration.md and design.md section 6.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import sqlalchemy as sa

from contracts.ids import FEDERATION_BOOK, node_book
from journal import store
from kernel.cases import Case
from kernel.intercoop import OWING
from kernel.loans import instalments, loan_of
from kernel.recovery import average, due_recovery, percent

SOURCES = {
    "fiscal": ("31101", "31102", "31103", "31104"),
    "shares": ("30101",),
    "shuangdao": ("30102",),
    "donation": ("31105",),
    "undp": ("31106",),
    "enterprise": ("31107",),
    "helper": ("31108",),
    "merged": ("31109",),
}
"""Tags of ``fund_by_source_fen`` → accounts of the funding side (R-066)."""
Figures = dict[str, int | str | Mapping[str, int | str] | None]


def figures(conn: sa.Connection, cooperatives: Sequence[str], as_of: date) -> Figures:
    """Every figure of the summary that the books know, as of a date (inclusive)."""
    loans = [case for one in cooperatives for case in _cases(conn, "loan", one)]
    paid = [case for case in loans if _paid_by(case, as_of)]
    poor = [case for case in paid if case.terms.get("poor")]
    members = [
        case
        for one in cooperatives
        for case in _cases(conn, "member", one)
        if case.state in ("active", "leave_asked")
    ]
    posts = [
        case for one in cooperatives for case in _cases(conn, "post", one) if case.state == "held"
    ]
    recovery = due_recovery(instalments(paid, as_of), as_of)
    by_source = _by_source(conn, cooperatives)
    loans_fen, poor_fen = _sum(paid), _sum(poor)
    totals = _totals(conn, cooperatives, ("10201", "115", "116"))
    fund = sum(by_source.values())
    return {
        "cooperatives": len(cooperatives),
        "groups": len({(case.parties["coop"], case.terms["share_group"]) for case in members}),
        "managers": len({(case.parties["coop"], case.terms["person"]) for case in posts}),
        "households": len(members),
        "fund_fen": fund,
        "fund_by_source_fen": by_source,
        "loans_count": len(paid),
        "loans_fen": loans_fen,
        "poor_loans_count": len(poor),
        "poor_loans_fen": poor_fen,
        "poor_loans_count_percent": percent(len(poor), len(paid)),
        "poor_loans_percent": percent(poor_fen, loans_fen),
        "repaid_fen": sum(_repaid(case, as_of) for case in paid),
        "due_fen": recovery.due_fen,
        "overdue_fen": recovery.overdue_fen,
        "due_recovery_percent": recovery.percent,
        "outstanding_fen": totals["115"] + totals["116"],
        "bank_before_fees_fen": fund - totals["115"] - totals["116"],
        "average_share_fen": average(by_source["shares"], len(members)),
        "average_loan_fen": average(loans_fen, len(paid)),
        "average_poor_loan_fen": average(poor_fen, len(poor)),
        "average_other_loan_fen": average(loans_fen - poor_fen, len(paid) - len(poor)),
        **_between_villages(conn, cooperatives),
    }


def _between_villages(conn: sa.Connection, cooperatives: Sequence[str]) -> dict[str, int]:
    """Loans between villages as lender and borrower carry them; consolidated they are nothing.

    What a lender wrote off stands in its memo 902 under the contract (decision 0050).
    """
    loans = _intercoop(conn)
    books = [FEDERATION_BOOK, *(node_book(one) for one in cooperatives)]
    lent = borrowed = 0
    for book in books:
        rows = store.rows(conn, book, ["11301", "20102", "902"])
        lent += sum(rows["11301"].values()) + sum(rows["902"].get(loan.id, 0) for loan in loans)
        borrowed += sum(rows["20102"].values())
    return {
        "intercoop_loans": sum(loan.parties["lender"] != FEDERATION_BOOK for loan in loans),
        "intercoop_lent_fen": lent,
        "intercoop_borrowed_fen": borrowed,
        "intercoop_consolidated_fen": lent - borrowed,
    }


def _intercoop(conn: sa.Connection) -> list[Case]:
    states = (*OWING, "repaid", "recovered", "waived")
    found = store.in_states(conn, store.COUNTY_SCOPE, "intercoop", states)
    return [case for case in found if case.terms.get("funded_on")]


def _by_source(conn: sa.Connection, cooperatives: Sequence[str]) -> dict[str, int]:
    accounts = [account for group in SOURCES.values() for account in group]
    totals = _totals(conn, cooperatives, accounts)
    found = {tag: sum(totals[account] for account in group) for tag, group in SOURCES.items()}
    return {tag: amount for tag, amount in found.items() if amount or tag in ("fiscal", "shares")}


def _totals(
    conn: sa.Connection, cooperatives: Sequence[str], accounts: Sequence[str]
) -> dict[str, int]:
    sums = dict.fromkeys(accounts, 0)
    for one in cooperatives:
        for account, amount in store.totals(conn, node_book(one), accounts).items():
            sums[account] += amount
    return sums


def _cases(conn: sa.Connection, process: str, cooperative: str) -> tuple[Case, ...]:
    return store.DatabaseLookup(conn, node_book(cooperative)).all(process, cooperative)


def _repaid(case: Case, as_of: date) -> int:
    """Principal that came back by a date (fen)."""
    return sum(part for part, day in loan_of(case).slices if day <= as_of)


def _paid_by(case: Case, as_of: date) -> bool:
    paid_on = case.terms.get("paid_on")
    return bool(paid_on) and date.fromisoformat(str(paid_on)) <= as_of


def _sum(cases: Sequence[Case]) -> int:
    return sum(int(case.terms["amount"]) for case in cases)
