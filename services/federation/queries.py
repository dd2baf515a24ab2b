"""The county's figures and rows at one moment: what reports and the demonstration tell.

Every function reads in the caller's transaction and writes nothing. Figures come from the proven
replicas, as of each village's own head; a report stores the vector of heads it holds at. Amounts
are fen, rates text with two decimals.
"""

from collections.abc import Sequence
from datetime import date

import msgspec
import sqlalchemy as sa

from contracts.codec import decode
from contracts.ids import COUNTY_BOOK, node_book
from journal import heads as journal_heads
from journal import store
from journal.tables import balance, cases, head
from kernel.cases import Case
from kernel.loans import instalments
from kernel.recovery import due_recovery
from services.federation.tables import cooperative, county

SOURCES = {
    "shares": ("30101",),
    "shuangdao": ("30102",),
    "central": ("31101",),
    "provincial": ("31102",),
    "municipal": ("31103",),
    "county": ("31104",),
    "donation": ("31105",),
    "undp": ("31106",),
    "enterprise": ("31107",),
    "helper": ("31108",),
    "merged": ("31109",),
}
"""Source tag (R-066) → accounts of the funding side."""
_FUND = [code for codes in SOURCES.values() for code in codes]
_LENT = ("115", "116")


class VillageFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One village, as of its own last closed day and head."""

    cooperative: str
    name: str
    closed: str
    seq: int
    digest: str
    mode: str
    grade: str
    fund_fen: int
    fund_by_source_fen: dict[str, int]
    outstanding_fen: int
    overdue_fen: int
    loans_count: int
    loans_fen: int
    poor_loans_count: int
    poor_loans_fen: int
    due_fen: int
    repaid_fen: int
    due_recovery_percent: str | None


class CountyReport(msgspec.Struct, frozen=True, kw_only=True, tag="county_report.v1"):
    """The county as of a business date and the vector of heads it was read at."""

    county: str
    as_of: date
    heads: dict[str, tuple[int, str]]
    cooperatives: int
    fund_fen: int
    fund_by_source_fen: dict[str, int]
    outstanding_fen: int
    overdue_fen: int
    loans_count: int
    loans_fen: int
    poor_loans_count: int
    poor_loans_fen: int
    due_fen: int
    repaid_fen: int
    due_recovery_percent: str | None
    late: tuple[str, ...]
    findings_open: int
    villages: tuple[VillageFigures, ...]


def county_row(conn: sa.Connection) -> tuple[str, str, str, str] | None:
    """Name, key id, days off and days worked (JSON) of this database's county."""
    query = sa.select(county.c.name, county.c.key, county.c.holidays, county.c.workdays)
    row = conn.execute(query).first()
    return None if row is None else (row.name, row.key, row.holidays, row.workdays)


def report(conn: sa.Connection) -> CountyReport:
    """The county's figures from the replica books. Wrap it in one REPEATABLE READ transaction."""
    told = county_row(conn)
    heads = {head.book: head for head in journal_heads.read_all(conn)}
    as_of = heads[COUNTY_BOOK].closed_date or heads[COUNTY_BOOK].open_date
    rows = conn.execute(sa.select(cooperative).order_by(cooperative.c.id)).all()
    names = [str(row.id) for row in rows]
    sums, loans = _sums(conn, names), _loans(conn, names)
    on = date.fromisoformat(as_of)
    villages = tuple(
        _village(row, heads[node_book(row.id)], sums, loans.get(node_book(row.id), []), on)
        for row in rows
    )
    whole = due_recovery(instalments([one for each in loans.values() for one in each], on), on)
    by_source = {
        source: sum(one.fund_by_source_fen[source] for one in villages) for source in SOURCES
    }

    def total(name: str) -> int:
        return sum(getattr(one, name) for one in villages)

    return CountyReport(
        county=told[0] if told else "",
        as_of=on,
        heads={book: (head.seq, head.digest.hex()) for book, head in sorted(heads.items())},
        cooperatives=len(villages),
        fund_fen=total("fund_fen"),
        fund_by_source_fen=by_source,
        outstanding_fen=total("outstanding_fen"),
        overdue_fen=total("overdue_fen"),
        loans_count=total("loans_count"),
        loans_fen=total("loans_fen"),
        poor_loans_count=total("poor_loans_count"),
        poor_loans_fen=total("poor_loans_fen"),
        due_fen=whole.due_fen,
        repaid_fen=whole.repaid_fen,
        due_recovery_percent=whole.percent,
        late=tuple(one.cooperative for one in villages if one.closed < as_of),
        findings_open=len(
            store.in_states(conn, store.COUNTY_SCOPE, "finding", ("opened", "owned"))
        ),
        villages=villages,
    )


def _village(
    row: sa.Row[tuple[object, ...]],
    head: journal_heads.Head,
    sums: dict[tuple[str, str], int],
    loans: Sequence[Case],
    on: date,
) -> VillageFigures:
    book = head.book
    paid = [loan for loan in loans if str(loan.terms["paid_on"]) <= on.isoformat()]
    poor = [loan for loan in paid if loan.terms.get("poor")]
    recovery = due_recovery(instalments(loans, on), on)
    by_source = {
        source: sum(sums.get((book, code), 0) for code in codes)
        for source, codes in SOURCES.items()
    }
    return VillageFigures(
        cooperative=row.id,
        name=row.name,
        closed=head.closed_date,
        seq=head.seq,
        digest=head.digest.hex(),
        mode=head.mode,
        grade=row.grade,
        fund_fen=sum(by_source.values()),
        fund_by_source_fen=by_source,
        outstanding_fen=sum(sums.get((book, code), 0) for code in _LENT),
        overdue_fen=sums.get((book, "116"), 0),
        loans_count=len(paid),
        loans_fen=sum(int(loan.terms["amount"]) for loan in paid),
        poor_loans_count=len(poor),
        poor_loans_fen=sum(int(loan.terms["amount"]) for loan in poor),
        due_fen=recovery.due_fen,
        repaid_fen=recovery.repaid_fen,
        due_recovery_percent=recovery.percent,
    )


def _sums(conn: sa.Connection, names: Sequence[str]) -> dict[tuple[str, str], int]:
    total = sa.cast(sa.func.sum(balance.c.amount), sa.BigInteger)
    query = (
        sa.select(balance.c.book, balance.c.account, total)
        .where(
            balance.c.book.in_([node_book(name) for name in names]),
            balance.c.account.in_([*_FUND, *_LENT]),
        )
        .group_by(balance.c.book, balance.c.account)
    )
    return {(book, account): int(amount) for book, account, amount in conn.execute(query)}


def _loans(conn: sa.Connection, names: Sequence[str]) -> dict[str, list[Case]]:
    """Loans that were ever paid out, by book."""
    query = (
        sa.select(cases.c.scope, cases.c.body)
        .where(cases.c.scope.in_([node_book(name) for name in names]), cases.c.process == "loan")
        .order_by(cases.c.scope, cases.c.id)
    )
    found: dict[str, list[Case]] = {}
    for scope, body in conn.execute(query):
        case = decode(body.encode(), Case)
        if case.terms.get("paid_on"):
            found.setdefault(scope, []).append(case)
    return found


def findings_open(conn: sa.Connection) -> int:
    """How many findings nobody has resolved."""
    live = sa.and_(cases.c.process == "finding", cases.c.ended == 0)
    return int(conn.scalar(sa.select(sa.func.count()).select_from(cases).where(live)) or 0)


def books_behind(conn: sa.Connection) -> int:
    """How many villages' books have not closed the county's last closed day."""
    closed = conn.scalar(sa.select(head.c.closed_date).where(head.c.book == COUNTY_BOOK)) or ""
    behind = sa.and_(head.c.book.like("N-%"), head.c.closed_date < closed)
    return int(conn.scalar(sa.select(sa.func.count()).select_from(head).where(behind)) or 0)
