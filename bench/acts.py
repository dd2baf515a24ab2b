"""The work the benchmarks repeat: loan repayments as a village books them, two movements each.

Called by the races; the limits and the product get the same acts. Nothing random, no clock.
"""

from datetime import date

import msgspec
import sqlalchemy as sa

from contracts.ledger import Actor, Line, Movement
from journal import data, heads, post
from journal.post import Draft
from kernel import chart

DAY = date(2010, 1, 4)
LOANS = 200
STEPS_BEFORE = 7
"""Acts each loan has had before the village's first round of repayments, number ``LOANS``."""
KEEPER = Actor(role="system:follow", operator="node")
CHART = chart.load(data.kernel_file("chart.toml"))
_EACH = 10**12


def repayments(book: str, first: int, count: int) -> list[Draft]:
    """``count`` drafts with ids from ``first``: principal and fee of one loan after another."""
    return [_repayment(book, first + number) for number in range(count)]


def joining(book: str, first: int, count: int) -> list[Draft]:
    """``count`` drafts with ids from ``first``: households that ask to join, a case each."""
    return [_joining(book, first + number) for number in range(count)]


def open_book(conn: sa.Connection, book: str) -> None:
    """A book with money and loans enough for every run."""
    lent = tuple(
        Movement(account, loan(book, number), "10201", "", "own", _EACH)
        for number in range(LOANS)
        for account in ("115", "117")
    )
    paid_in = Movement("10201", "", "30101", "member-1", "own", 2 * LOANS * _EACH)
    heads.create(conn, book, DAY)
    draft = _draft(book, "opening", 0, (paid_in, *lent), ())
    post.append(conn, heads.lock(conn, [book]), [draft], CHART)


def on_loan(draft: Draft, mine: str) -> Draft:
    """The same repayment of another loan."""
    movements = tuple(msgspec.structs.replace(m, credit_key=mine) for m in draft.movements)
    return msgspec.structs.replace(draft, movements=movements)


def _repayment(book: str, number: int) -> Draft:
    mine = loan(book, number % LOANS)
    principal, fee = 1_000_00 + number % 997, 7_00 + number % 97
    line = Line(
        amounts={"amount": principal + fee, "fee": fee, "principal": principal},
        keys={"loan": mine, "member": f"member-{number % LOANS:03d}", "case": mine},
    )
    movements = (
        Movement("10201", "", "117", mine, "own", fee),
        Movement("10201", "", "115", mine, "own", principal),
    )
    return _draft(book, f"K-x/{number}", number, movements, (line,))


def _joining(book: str, number: int) -> Draft:
    asked = {"person": f"p-{number:016x}", "household": f"H{number}"}
    hand = ["p-bookkeeper", "bookkeeper@node", "", "apply", "", ""]
    return Draft(
        book=book,
        id=f"apply-{number}",
        value_date=DAY,
        process="member",
        version=1,
        case=f"member-{book[2:]}-{number}",
        step=1,
        act="apply",
        state="applied",
        actor=Actor(role="bookkeeper@node", operator="p-bookkeeper"),
        request=f"{number:064x}",
        parties={"coop": book[2:]},
        facts=asked,
        terms={**asked, "_hands": [hand]},
    )


def _draft(
    book: str, name: str, number: int, movements: tuple[Movement, ...], lines: tuple[Line, ...]
) -> Draft:
    return Draft(
        book=book,
        id=name,
        value_date=DAY,
        process="loan",
        version=1,
        case=loan(book, number % LOANS),
        step=STEPS_BEFORE + number // LOANS,
        act="repay",
        state="active",
        actor=KEEPER,
        request=f"{number:064x}",
        parties={"coop": book[2:]},
        facts={"by": name, "line": f"line-{number}", "on": "2010-01-04"},
        terms={"fee_paid": number, "outstanding": 2_000_000},
        recipe="loan.repay" if lines else "",
        lines=lines,
        movements=movements,
    )


def loan(book: str, number: int) -> str:
    """Id of one of the book's loans."""
    return f"loan-{book[2:]}-{number:04d}"
