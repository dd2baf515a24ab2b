"""The bank's side of a day: payments, statements, lines and files."""

import msgspec
import sqlalchemy as sa

from contracts.codec import decode
from journal import store
from journal.tables import cases
from kernel.cases import Case
from services.federation.bank_files.messages import StatementLine
from services.federation.tables import bank_file, bank_line, bank_statement

ON_THE_WAY = ("queued", "in_file")


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One bank line as it stands with us. ``amount_fen`` in positive, out negative."""

    account: str
    line: StatementLine
    day: str
    sub_account: str
    amount_fen: int
    state: str
    matched: str
    reason: str


class StatementRow(msgspec.Struct, frozen=True, kw_only=True):
    """A statement of the special account (专户)."""

    statement: str
    day: str
    opening_fen: int
    closing_fen: int


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file from or to the bank; ``digest`` is hex."""

    id: str
    direction: str
    kind: str
    name: str
    state: str
    digest: str


def payments(conn: sa.Connection, day: str, *, now: bool) -> list[Case]:
    """Payments that came to where they are on a day; with ``now`` also all still on their way."""
    entered = cases.c.body.contains(f'"since":"{day}"', autoescape=True)
    query = (
        sa.select(cases.c.body)
        .where(
            cases.c.scope == store.COUNTY_SCOPE,
            cases.c.process == "payment",
            sa.or_(entered, cases.c.state.in_(ON_THE_WAY)) if now else entered,
        )
        .order_by(cases.c.id)
    )
    found = [decode(body.encode(), Case) for body in conn.scalars(query)]
    return [
        case for case in found
        if str(case.since) == day or (now and case.state in ON_THE_WAY)
    ]  # fmt: skip


def lines(conn: sa.Connection, day: str) -> list[Line]:
    """The bank lines of one business date, breaks first."""
    is_open = sa.case((bank_line.c.state == "open", 0), else_=1)
    query = (
        sa.select(bank_line)
        .where(bank_line.c.business_date == day)
        .order_by(is_open, bank_line.c.line)
    )
    return [_line(row) for row in conn.execute(query)]


def statements(conn: sa.Connection, day: str) -> list[StatementRow]:
    """The statements of one bank date."""
    query = (
        sa.select(bank_statement)
        .where(bank_statement.c.statement_date == day)
        .order_by(bank_statement.c.statement)
    )
    return [
        StatementRow(
            statement=row.statement,
            day=row.statement_date,
            opening_fen=row.opening,
            closing_fen=row.closing,
        )
        for row in conn.execute(query)
    ]


def files(conn: sa.Connection, day: str) -> list[File]:
    """Files of one business date, in the order of their ids."""
    f = bank_file.c
    query = (
        sa.select(f.id, f.direction, f.kind, f.name, f.state, f.digest)
        .where(f.business_date == day)
        .order_by(f.direction, f.id)
    )
    return [
        File(
            id=row.id,
            direction=row.direction,
            kind=row.kind,
            name=row.name,
            state=row.state,
            digest=row.digest.hex(),
        )
        for row in conn.execute(query)
    ]


def neighbours(conn: sa.Connection, day: str) -> tuple[str, str]:
    """The nearest business dates with bank lines before and after a day, "" for none."""
    on = bank_line.c.business_date
    before = conn.scalar(sa.select(sa.func.max(on)).where(on < day))
    after = conn.scalar(sa.select(sa.func.min(on)).where(on > day))
    return (before or "", after or "")


def _line(row: sa.Row[tuple[object, ...]]) -> Line:
    return Line(
        account=row.account,
        line=decode(row.body.encode(), StatementLine),
        day=row.business_date,
        sub_account=row.sub_account,
        amount_fen=row.amount,
        state=row.state,
        matched=row.matched,
        reason=row.reason,
    )
