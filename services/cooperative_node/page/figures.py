"""What the village's lists show: members with their shares, loans with what is owed, money in.

Read models of the pages, prints and exports; each row is made once here, so screen, Excel and
paper agree. Reads only. Amounts are fen.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec
import sqlalchemy as sa

from contracts.codec import decode
from contracts.ledger import Act
from journal import read, store
from kernel.cases import Case
from kernel.loans import RUNNING, Loan, contract_number, loan_of
from services.cooperative_node.page import queries
from services.cooperative_node.page.visit import Visit
from services.cooperative_node.page.words import matches
from services.cooperative_node.world import policy_of

GONE = ("closed", "refused", "withdrawn", "lapsed")
"""States of a loan that ask nothing of anybody any more."""


def trial_balance(conn: sa.Connection, visit: Visit) -> list[read.TrialRow]:
    """The trial balance at the end of the day the page is asked for."""
    return read.trial_balance(conn, visit.node.book, date.fromisoformat(visit.day))


class MemberRow(msgspec.Struct, frozen=True, kw_only=True):
    """A member in a list."""

    case: Case
    name: str
    share: int
    shuangdao: int
    lent: int


class LoanRow(msgspec.Struct, frozen=True, kw_only=True):
    """A loan in a list; ``principal`` out and ``fee`` owed on the open day.

    ``step`` is the step of collection it has come to, in days overdue (R-053), ``step_due`` the
    one nobody has answered; 0: none.
    """

    case: Case
    name: str
    loan: Loan
    principal: int
    overdue: int
    fee: int
    days: int
    step: int = 0
    step_due: int = 0

    @property
    def number(self) -> str:
        """The number on the contract, or the one it will get."""
        return contract_number(self.case)


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """Money in suspense: its key, what is left of it, when and by which act it came.

    ``name`` and ``member`` say whose loan it was paid too much for, "" for money of nobody;
    ``claim`` is the claim the county read in the payer's words, "" for none. ``going`` is the case
    by which it is on its way out: back to a member, or on to the bank.
    """

    key: str
    amount: int
    act: Act | None
    name: str = ""
    member: str = ""
    claim: str = ""
    going: Case | None = None


def members(conn: sa.Connection, visit: Visit, query: str = "") -> list[MemberRow]:
    """Members whose name, pinyin, household, id tail or number matches, in id order."""
    book = visit.node.book
    found = store.rows(conn, book, ["30101", "30102"])
    owed = store.rows(conn, book, ["115", "116"])
    lent: dict[str, int] = {}
    for case in queries.of_process(conn, book, "loan"):
        principal = owed["115"].get(case.id, 0) + owed["116"].get(case.id, 0)
        lent[case.terms["member"]] = lent.get(case.terms["member"], 0) + principal
    rows = []
    for case in queries.of_process(conn, book, "member"):
        person = visit.people.get(case.terms["person"])
        fields = {
            "name": visit.person(case.terms["person"]),
            "household": str(case.terms["household"]),
            "case": case.id,
            "card": person.card if person else "",
            "id": person.id_number if person else "",
        }
        if matches(query, fields):
            rows.append(
                MemberRow(
                    case=case,
                    name=fields["name"],
                    share=found["30101"].get(case.id, 0),
                    shuangdao=found["30102"].get(case.id, 0),
                    lent=lent.get(case.id, 0),
                )
            )
    return rows


def loans(
    conn: sa.Connection,
    visit: Visit,
    states: Sequence[str] = (),
    member: str = "",
    query: str = "",
) -> list[LoanRow]:
    """Loans in these states (none: all), of one member if named, in id order.

    ``query`` is looked for in contract number, loan id and the borrower's name and pinyin.
    """
    book, today = visit.node.book, date.fromisoformat(visit.today)
    owed = store.rows(conn, book, ["116"])
    steps = policy_of(conn)[0].numbers("overdue.steps")
    rows = []
    for case in queries.of_process(conn, book, "loan"):
        if (states and case.state not in states) or (member and case.terms["member"] != member):
            continue
        loan, name = loan_of(case), visit.person(str(case.terms["person"]))
        fields = {"name": name, "case": case.id, "number": contract_number(case)}
        if query and not matches(query, fields):
            continue
        rows.append(
            LoanRow(
                case=case,
                name=name,
                loan=loan,
                principal=loan.outstanding,
                overdue=owed["116"].get(case.id, 0),
                fee=loan.fee_owed(today),
                days=loan.overdue_days(today),
                step=loan.step_reached(steps, today) if case.state in RUNNING else 0,
                step_due=loan.step_due(steps, today) if case.state in RUNNING else 0,
            )
        )
    return rows


def due(conn: sa.Connection, visit: Visit) -> list[LoanRow]:
    """Loans overdue or due by the end of this month, the longest overdue first."""
    today = date.fromisoformat(visit.today)
    wanted = [
        row
        for row in loans(conn, visit, ("active",))
        if row.loan.due_on is not None
        and row.principal
        and (row.loan.due_on.year, row.loan.due_on.month) <= (today.year, today.month)
    ]
    return sorted(wanted, key=lambda row: (row.loan.due_on or today, row.case.id))


def to_visit(conn: sa.Connection, visit: Visit) -> list[LoanRow]:
    """Loans that nobody was to see ``revisit.days`` after payout (R-050), the oldest first."""
    policy, _ = policy_of(conn)
    last = date.fromisoformat(visit.today) - timedelta(days=policy.days("revisit.days"))
    wanted = [
        row
        for row in loans(conn, visit, ("active",))
        if row.loan.paid_on is not None
        and row.loan.paid_on <= last
        and not row.case.terms.get("revisited_on")
    ]
    return sorted(wanted, key=lambda row: (row.loan.paid_on or last, row.case.id))


def to_dun(conn: sa.Connection, visit: Visit) -> list[LoanRow]:
    """Loans with a step of collection that has come and nobody answered, the latest due first."""
    wanted = [row for row in loans(conn, visit, RUNNING) if row.step_due]
    return sorted(wanted, key=lambda row: (-row.days, row.case.id))


def suspense(conn: sa.Connection, visit: Visit) -> list[Item]:
    """Every item of 21105 with what is left of it, oldest key first."""
    book = visit.node.book
    items = store.rows(conn, book, ["21105"])["21105"]
    going = {
        str(case.terms["item"]): case
        for case in queries.of_process(conn, book, "suspense")
        if case.state == "asked"
    }
    found = []
    for key, amount in sorted(items.items()):
        act = _act(queries.suspense_act(conn, book, key))
        loan = store.load(conn, book, act.case) if act and act.process == "loan" else None
        found.append(
            Item(
                key=key,
                amount=amount,
                act=act,
                name=visit.person(str(loan.terms["person"])) if loan else "",
                member=str(loan.terms["member"]) if loan else "",
                claim=_claim(act),
                going=going.get(key),
            )
        )
    return found


def _claim(act: Act | None) -> str:
    """The claim an item was followed with, as the county's matching knew it."""
    lines = act.facts.get("lines", ()) if act else ()
    return str(lines[0]["keys"].get("claim", "")) if lines else ""


def names(conn: sa.Connection, visit: Visit) -> dict[str, str]:
    """Case id of a member or loan → the person it is about."""
    return {
        case.id: visit.person(str(case.terms["person"]))
        for process in ("member", "loan")
        for case in queries.of_process(conn, visit.node.book, process)
    }


def followed(conn: sa.Connection, visit: Visit, limit: int = 100) -> list[Act]:
    """The newest acts of the book that follow the county, newest first."""
    bodies = queries.followed_acts(conn, visit.node.book, visit.node.custody, limit)
    return [decode(body, Act) for body in bodies]


def history(conn: sa.Connection, case: Case) -> list[Act]:
    """Every act of a case, oldest first."""
    return [decode(body, Act) for _, _, body in store.history(conn, case)]


def heard_by_county(conn: sa.Connection, visit: Visit, said: Sequence[Case]) -> set[str]:
    """Which of these cases the county holds to their last act."""
    last = {case.id: history(conn, case)[-1].seq for case in said}
    return {case for case, seq in last.items() if seq <= visit.held_seq}


def next_id(conn: sa.Connection, visit: Visit, process: str, width: int) -> str:
    """The next free case id of a process: ``loan-baiguo-0012``."""
    prefix = f"{process}-{visit.node.cooperative}-"
    numbers = [
        int(case.id.removeprefix(prefix))
        for case in queries.of_process(conn, visit.node.book, process)
        if case.id.removeprefix(prefix).isdigit()
    ]
    return f"{prefix}{max(numbers, default=0) + 1:0{width}d}"


def _act(body: bytes | None) -> Act | None:
    return None if body is None else decode(body, Act)
