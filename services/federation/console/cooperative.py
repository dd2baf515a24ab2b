"""One cooperative: its proven books, its money in custody, loans, batches, findings.

Members are counted, never named. Every figure opens to its vouchers (books.py). A cooperative
outside the visitor's scope is not there.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from contracts.ids import custody_book, kind_of, node_book
from journal import read
from journal.read import TrialRow
from kernel.cases import Case
from kernel.loans import RUNNING, Loan, loan_of
from services.federation.console import page, words
from services.federation.console.desk import AT, Visitor
from services.federation.console.findings import finding_list
from services.federation.console.lists import CODE, FEN, NUMBER, Cell, Column, Listing
from services.federation.console.queries import books, naming, villages, waiting
from services.federation.console.queries.books import Delivered
from services.federation.console.queries.villages import Village

_TRIALS = {
    "N": ("村账试算平衡表", "Trial balance of its own book"),
    "K": ("县保管账", "What the county keeps for it"),
    "F": ("自有账试算平衡表", "Trial balance of its own book"),
}
"""Kind of book → what its trial balance is called."""


@get("/cooperatives/{cooperative:str}", sync_to_thread=True)
def cooperative(visitor: NamedDependency[Visitor], cooperative: FromPath[str]) -> Response[Any]:
    """Its figures, the mirror between its book and ours, both trial balances on a date."""
    with visitor.reading() as conn:
        own = _own(visitor, conn, cooperative)
        organs = visitor.organs(conn, {"coop": cooperative})
        head = villages.county_head(conn)
        policy = visitor.desk.county.world.policy(conn, cooperative)
        day = visitor.day(head.today)
        own_rows, custody_rows = (
            read.trial_balance(conn, book, day)
            for book in (node_book(cooperative), custody_book(cooperative))
        )
        mirror = books.mirror(conn, cooperative, own.followed)
        members = books.members(conn, cooperative)
        lent = waiting.of_cooperative(conn, "intercoop", cooperative)
    return page.show_lists(
        visitor,
        "cooperative.html",
        {
            "own_book": trial(node_book(cooperative), own_rows, (own.name, own.name_en)),
            "custody": trial(custody_book(cooperative), custody_rows, (own.name, own.name_en)),
        },
        own=own,
        organs=organs,
        head=head,
        mirror=mirror,
        members=members,
        lent=lent,
        day=day,
        floor=policy.ppm("recovery.min"),
        tab="books",
    )


@get("/cooperatives/{cooperative:str}/loans", sync_to_thread=True)
def loans(visitor: NamedDependency[Visitor], cooperative: FromPath[str]) -> Response[Any]:
    """Its loans and applications as of its last closed day."""
    with visitor.reading() as conn:
        own = _own(visitor, conn, cooperative)
        organs = visitor.organs(conn, {"coop": cooperative})
        head = villages.county_head(conn)
        found = books.loans(conn, cooperative)
        policy = visitor.desk.county.world.policy(conn, cooperative)
        as_of = date.fromisoformat(own.closed) if own.closed else head.today
        names = naming.names(conn, visitor.scope, [own.id])
    return page.show_list(
        visitor,
        "cooperative_list.html",
        loan_list(own, found, as_of, policy.numbers("overdue.steps"), names),
        own=own,
        organs=organs,
        head=head,
        tab="loans",
    )


@get("/cooperatives/{cooperative:str}/batches", sync_to_thread=True)
def batches(visitor: NamedDependency[Visitor], cooperative: FromPath[str]) -> Response[Any]:
    """What its node delivered, and the key each batch was signed with."""
    with visitor.reading() as conn:
        own = _own(visitor, conn, cooperative)
        organs = visitor.organs(conn, {"coop": cooperative})
        head = villages.county_head(conn)
        found = books.batches(conn, node_book(cooperative))
    return page.show_list(
        visitor,
        "cooperative_list.html",
        batch_list(own, found),
        own=own,
        organs=organs,
        head=head,
        tab="batches",
    )


@get("/cooperatives/{cooperative:str}/findings", sync_to_thread=True)
def own_findings(visitor: NamedDependency[Visitor], cooperative: FromPath[str]) -> Response[Any]:
    """What was found at it, open and resolved."""
    with visitor.reading() as conn:
        own = _own(visitor, conn, cooperative)
        organs = visitor.organs(conn, {"coop": cooperative})
        head = villages.county_head(conn)
        found = waiting.of_cooperative(conn, "finding", cooperative)
        listing = finding_list(conn, visitor, found, f"findings-{own.id}")
    return page.show_list(
        visitor, "cooperative_list.html", listing, own=own, organs=organs, head=head, tab="findings"
    )


def trial(book: str, rows: Sequence[TrialRow], whose: words.Pair) -> Listing:
    """A trial balance; both columns sum to the same."""
    kind_zh, kind_en = _TRIALS[kind_of(book)]
    return Listing(
        name=f"trial-{book}",
        title=(f"{whose[0]} {kind_zh}", f"{whose[1]}: {kind_en}"),
        columns=(
            Column(zh="科目", en="Account", kind=CODE),
            Column(zh="名称", en="Name"),
            Column(zh="资金性质", en="Funding"),
            Column(zh="借方", en="Debit", kind=FEN, total=True),
            Column(zh="贷方", en="Credit", kind=FEN, total=True),
        ),
        rows=tuple(
            (
                Cell(value=row.account, href=f"{AT}/books/{book}/accounts/{row.account}"),
                Cell(value=words.account(book, row.account)),
                Cell(value=words.funding(row.funding)),
                Cell(value=row.debit_fen or None,
                     href=f"{AT}/books/{book}/accounts/{row.account}"),
                Cell(value=row.credit_fen or None,
                     href=f"{AT}/books/{book}/accounts/{row.account}"),
            )
            for row in rows
        ),
        empty=("这本账还没有分录。", "This book has no movement yet."),
    )  # fmt: skip


def loan_list(
    own: Village, found: Sequence[Case], as_of: date, steps: Sequence[int], names: naming.Names
) -> Listing:
    """Loans with state, due date, what is overdue and how far it is collected (R-053).

    Who borrowed is told by post and household.
    """
    return Listing(
        name=f"loans-{own.id}",
        title=(f"{own.name} 借款", f"{own.name_en}: loans"),
        columns=(
            Column(zh="借款", en="Loan", kind=CODE),
            Column(zh="借款人", en="Borrower"),
            Column(zh="用途", en="Purpose"),
            Column(zh="贫困户", en="Poor"),
            Column(zh="金额", en="Amount", kind=FEN, total=True),
            Column(zh="状态", en="State"),
            Column(zh="付款日", en="Paid on"),
            Column(zh="到期日", en="Due on"),
            Column(zh="未还本金", en="Outstanding", kind=FEN, total=True),
            Column(zh="未付占用费", en="Fee owed", kind=FEN, total=True),
            Column(zh="逾期天数", en="Days overdue", kind=NUMBER),
            Column(zh="催收节点", en="Step of collection"),
            Column(zh="上次催收", en="Last dunning"),
        ),
        rows=tuple(_loan_row(own, case, as_of, steps, names) for case in found),
        empty=("还没有借款申请。", "Nobody has applied for a loan yet."),
    )


def batch_list(own: Village, found: Sequence[Delivered]) -> Listing:
    """Batches, newest first."""
    book = node_book(own.id)
    return Listing(
        name=f"batches-{own.id}",
        title=(f"{own.name} 日批", f"{own.name_en}: batches"),
        columns=(
            Column(zh="事项", en="Acts", kind=CODE),
            Column(zh="件数", en="Count", kind=NUMBER, total=True),
            Column(zh="日结", en="Closes"),
            Column(zh="县收到日", en="Received on"),
            Column(zh="任期号", en="Epoch", kind=NUMBER),
            Column(zh="签名密钥", en="Signing key", kind=CODE),
            Column(zh="日批摘要", en="Digest of the batch", kind=CODE),
        ),
        rows=tuple(
            (
                Cell(
                    value=f"{one.first}–{one.last}" if one.last >= one.first else f"({one.last})",
                    href=f"{AT}/books/{book}/acts/{one.last}" if one.last else "",
                ),
                Cell(value=max(one.last - one.first + 1, 0)),
                Cell(value=one.closes or None),
                Cell(value=one.received),
                Cell(value=one.epoch),
                Cell(value=one.key, title=one.signing),
                Cell(value=one.digest, digest=True, title=one.digest),
            )
            for one in found
        ),
        empty=("还没有收到日批。", "No batch has been received yet."),
    )


def _own(visitor: Visitor, conn: Any, name: str) -> Village:
    found = villages.villages(conn, visitor.scope, only=name)
    if not found:
        raise NotFoundException
    return found[0]


def _loan_row(
    own: Village, case: Case, as_of: date, steps: Sequence[int], names: naming.Names
) -> tuple[Cell, ...]:
    loan = loan_of(case)
    overdue = loan.overdue_days(as_of) if case.state in RUNNING else 0
    poor = case.terms.get("poor")
    return (
        Cell(value=case.id, href=f"{AT}/cases/{node_book(own.id)}/{case.id}"),
        Cell(
            value=names.get(str(case.terms.get("person", "")), (loan.member,) * 2),
            title=loan.member,
        ),
        Cell(value=str(case.terms.get("purpose", "")) or None),
        Cell(value=("是", "yes") if poor else None),
        Cell(value=loan.amount),
        Cell(value=("逾期", "overdue"), tone="bad")
        if overdue
        else Cell(value=words.state("loan", case.state)),
        Cell(value=loan.paid_on.isoformat() if loan.paid_on else None),
        Cell(value=loan.due_on.isoformat() if loan.due_on else None),
        Cell(
            value=loan.outstanding,
            href=f"{AT}/books/{node_book(own.id)}/accounts/115?key={case.id}"
            if loan.paid_on
            else "",
        ),
        Cell(value=loan.fee_owed(as_of) if case.state in RUNNING else 0),
        Cell(value=overdue, tone="bad" if overdue else ""),
        _step(loan, steps, as_of) if overdue else Cell(value=None),
        Cell(value=loan.dunned_on.isoformat() if loan.dunned_on else None),
    )


def _step(loan: Loan, steps: Sequence[int], as_of: date) -> Cell:
    """The step of collection a loan has come to, and whether the village has answered it."""
    reached = loan.step_reached(steps, as_of)
    if not reached:
        return Cell(value=None)
    if loan.step_due(steps, as_of):
        return Cell(value=(f"第 {reached} 天,未催收", f"day {reached}, not done"), tone="bad")
    return Cell(value=(f"第 {reached} 天,已催收", f"day {reached}, done"))
