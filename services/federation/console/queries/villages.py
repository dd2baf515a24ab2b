"""The county overview: every cooperative with its figures, in a handful of set statements.

Figures come from the proven replicas and from custody, as of each village's own last closed day.
What an officer does not see is left out by the statements themselves. Amounts are fen.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa

from contracts.codec import decode
from contracts.ids import COUNTY_BOOK, FEDERATION_BOOK, custody_book, node_book
from journal import heads, store
from journal.heads import Head
from journal.tables import balance, case_link, cases
from kernel.cases import Case
from kernel.loans import instalments
from kernel.recovery import Recovery, due_recovery
from services.federation.cases.intercoop import FEDERATION_NAME
from services.federation.tables import cooperative, replica, township

FUND = (
    "30101", "30102", "31101", "31102", "31103", "31104", "31105", "31106", "31107", "31108",
    "31109",
)  # fmt: skip
"""Accounts of the mutual-aid fund as the documents count it: shares and grants."""
LENT = ("115", "116")
LENT_ON = "11301"
"""Lent to other cooperatives (调剂)."""
FREE, HELD = "80101", "80102"
_SUMMED = (*FUND, *LENT, LENT_ON, FREE, HELD)
LIVE_FINDINGS = ("opened", "owned")


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Which villages somebody sees: all of them, or those of these townships and cooperatives."""

    everything: bool = False
    places: tuple[str, ...] = ()


class Village(msgspec.Struct, frozen=True, kw_only=True):
    """One cooperative. ``closed`` is its last closed day (ISO, "" before the first).

    ``township`` is its Chinese and English name; ``seq`` and ``digest`` (hex) are the head of the
    replica; ``reason`` says why the book waits;
    ``late_days`` counts from the county's last closed day.
    """

    id: str
    name: str
    name_en: str
    township: tuple[str, str]
    grade: str
    mode: str
    reason: str
    closed: str
    late_days: int
    seq: int
    digest: str
    followed: int
    fund_fen: int
    lent_fen: int
    overdue_fen: int
    lent_on_fen: int
    free_fen: int
    held_fen: int
    recovery: Recovery
    loans: int
    members: int
    findings: int


def county_head(conn: sa.Connection) -> Head:
    """Where the county itself stands: its open business date, its last closed one."""
    return heads.read(conn, COUNTY_BOOK)


def villages(conn: sa.Connection, scope: Scope, only: str = "") -> list[Village]:
    """The cooperatives of a scope in id order, or the one named ``only`` if the scope has it."""
    query = (
        sa.select(
            cooperative,
            township.c.name.label("township_name"),
            township.c.name_en.label("township_name_en"),
        )
        .outerjoin(township, township.c.id == cooperative.c.township)
        .order_by(cooperative.c.id)
    )
    if not scope.everything:
        places = list(scope.places)
        query = query.where(
            sa.or_(cooperative.c.township.in_(places), cooperative.c.id.in_(places))
        )
    if only:
        query = query.where(cooperative.c.id == only)
    rows = conn.execute(query).all()
    names = [str(row.id) for row in rows]
    county = county_head(conn)
    found = {head.book: head for head in heads.read_all(conn, "N")}
    sums = _sums(conn, names)
    loans = _paid_loans(conn, names)
    members = _members(conn, names)
    findings = _findings(conn, names)
    waits = conn.execute(sa.select(replica.c.book, replica.c.reason))
    reasons: dict[str, str] = {row.book: row.reason for row in waits}
    return [
        _village(
            row,
            found.get(node_book(row.id)),
            county,
            sums,
            loans.get(row.id, []),
            members=members.get(row.id, 0),
            findings=findings.get(row.id, 0),
            reason=reasons.get(node_book(row.id), ""),
        )
        for row in rows
    ]


def labels(conn: sa.Connection, scope: Scope) -> dict[str, tuple[str, str]]:
    """Cooperative → its Chinese and English name, for the villages of a scope."""
    query = sa.select(
        cooperative.c.id, cooperative.c.name, cooperative.c.name_en, cooperative.c.township
    )
    return {
        name: (zh, en or zh)
        for name, zh, en, township in conn.execute(query)
        if scope.everything or name in scope.places or township in scope.places
    }


def parties(conn: sa.Connection, scope: Scope) -> dict[str, tuple[str, str]]:
    """The same with the federation itself, which may stand at a side of a loan (P4.2)."""
    return {**labels(conn, scope), FEDERATION_BOOK: FEDERATION_NAME}


def _village(
    row: sa.Row[tuple[object, ...]],
    head: Head | None,
    county: Head,
    sums: dict[tuple[str, str], int],
    loans: list[Case],
    *,
    members: int,
    findings: int,
    reason: str,
) -> Village:
    book, custody = node_book(row.id), custody_book(row.id)
    closed = head.closed_date if head else ""
    as_of = date.fromisoformat(closed) if closed else county.today
    return Village(
        id=row.id,
        name=row.name,
        name_en=row.name_en or row.name,
        township=_township(row),
        grade=row.grade,
        mode=head.mode if head else "",
        reason=reason,
        closed=closed,
        late_days=_late(closed, county.closed_date, row.opened_on),
        seq=head.seq if head else 0,
        digest=head.digest.hex() if head else "",
        followed=head.cursor if head else 0,
        fund_fen=sum(sums.get((book, code), 0) for code in FUND),
        lent_fen=sum(sums.get((book, code), 0) for code in LENT),
        overdue_fen=sums.get((book, "116"), 0),
        lent_on_fen=sums.get((book, LENT_ON), 0),
        free_fen=sums.get((custody, FREE), 0),
        held_fen=sums.get((custody, HELD), 0),
        recovery=due_recovery(instalments(loans, as_of), as_of),
        loans=len(loans),
        members=members,
        findings=findings,
    )


def _township(row: sa.Row[Any]) -> tuple[str, str]:
    """What its township is called; its id where the register has no such township."""
    name = str(row.township_name or row.township)
    return (name, str(row.township_name_en or name))


def _late(closed: str, county_closed: str, opened_on: str) -> int:
    """Days a village is behind the county's last closed day; 0 when it has caught up."""
    if not county_closed or closed >= county_closed or opened_on > county_closed:
        return 0
    start = closed or opened_on
    if not start:
        return 0
    return max((date.fromisoformat(county_closed) - date.fromisoformat(start)).days, 1)


def _sums(conn: sa.Connection, names: Sequence[str]) -> dict[tuple[str, str], int]:
    books = [*map(node_book, names), *map(custody_book, names)]
    query = (
        sa.select(
            balance.c.book,
            balance.c.account,
            sa.cast(sa.func.sum(balance.c.amount), sa.BigInteger),
        )
        .where(balance.c.book.in_(books), balance.c.account.in_(_SUMMED))
        .group_by(balance.c.book, balance.c.account)
    )
    return {(book, account): int(amount) for book, account, amount in conn.execute(query)}


def _paid_loans(conn: sa.Connection, names: Sequence[str]) -> dict[str, list[Case]]:
    """Loans that were ever paid out, in one statement for all villages."""
    query = (
        sa.select(cases.c.scope, cases.c.body)
        .where(
            cases.c.scope.in_([node_book(name) for name in names]),
            cases.c.process == "loan",
            cases.c.body.contains('"paid_on":"', autoescape=True),
        )
        .order_by(cases.c.scope, cases.c.id)
    )
    books = {node_book(name): name for name in names}
    found: dict[str, list[Case]] = {}
    for scope, body in conn.execute(query):
        found.setdefault(books[scope], []).append(decode(body.encode(), Case))
    return found


def _members(conn: sa.Connection, names: Sequence[str]) -> dict[str, int]:
    books = {node_book(name): name for name in names}
    query = (
        sa.select(cases.c.scope, sa.func.count())
        .where(
            cases.c.scope.in_(list(books)),
            cases.c.process == "member",
            cases.c.state == "active",
        )
        .group_by(cases.c.scope)
    )
    return {books[scope]: int(count) for scope, count in conn.execute(query)}


def _findings(conn: sa.Connection, names: Sequence[str]) -> dict[str, int]:
    query = (
        sa.select(case_link.c.value, sa.func.count())
        .join(cases, sa.and_(cases.c.scope == case_link.c.scope, cases.c.id == case_link.c.case_id))
        .where(
            case_link.c.scope == store.COUNTY_SCOPE,
            case_link.c.process == "finding",
            case_link.c.name == store.PARTY,
            case_link.c.value.in_(list(names)),
            cases.c.state.in_(LIVE_FINDINGS),
        )
        .group_by(case_link.c.value)
    )
    return {str(name): int(count) for name, count in conn.execute(query)}
