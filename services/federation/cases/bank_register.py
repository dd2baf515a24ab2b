"""What went to the bank and what came from it: files, statements, lines, each kept once.

Called by payments, custody, reconcile and the spool. A bank line has one identity (account and
the bank's own line id); its row says which case it belongs to, or why it is still open.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from contracts.codec import decode, encode
from contracts.rejections import RejectionCode
from kernel.cases import Case
from kernel.errors import Rejected
from services.federation.bank_files.messages import Statement, StatementLine
from services.federation.tables import bank_file, bank_line, bank_statement

IN, OUT = "in", "out"
BUILT, SENT = "built", "sent"
RECEIVED, APPLIED, REFUSED = "received", "applied", "refused"
BOOKED, COUNTERPART, OPEN, REVERSED = "booked", "counterpart", "open", "reversed"
"""States of a line: in a book; the other half of one that is; a break; undone by another line."""


class StoredFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file as it stands in the register."""

    id: str
    name: str
    body: bytes
    facts: dict[str, Any]


class StoredLine(msgspec.Struct, frozen=True, kw_only=True):
    """One bank line as it stands: the line as read, its state, its case or its reason."""

    account: str
    line: StatementLine
    business_date: str
    state: str
    matched: str
    reason: str


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a line: its state, the case it belongs to, why it is open, whose it is."""

    state: str
    matched: str = ""
    reason: str = ""
    cooperative: str = ""


class StoredStatement(msgspec.Struct, frozen=True, kw_only=True):
    """A statement without its lines: balances are fen; sub-accounts map to (opening, closing)."""

    account: str
    statement: str
    date: date
    sequence: int | None
    opening: int
    closing: int
    sub_accounts: dict[str, tuple[int, int]]


def keep_built(
    conn: sa.Connection, file_id: str, on: date, body: bytes, references: Sequence[str]
) -> None:
    """Store a payment file's bytes before they go anywhere."""
    _keep_file(
        conn, file_id, OUT, "pain.001", f"{file_id}.xml", on, body, BUILT,
        {"references": list(references)},
    )  # fmt: skip


def keep_received(conn: sa.Connection, name: str, body: bytes, on: date) -> bool:
    """Store what the bank sent; False when these very bytes are here already."""
    return _keep_file(conn, hashlib.sha256(body).hexdigest(), IN, "", name, on, body, RECEIVED, {})


def files_in(conn: sa.Connection, direction: str, state: str) -> list[StoredFile]:
    """Files of one direction and state, by name."""
    query = (
        sa.select(bank_file.c.id, bank_file.c.name, bank_file.c.body, bank_file.c.facts)
        .where(bank_file.c.direction == direction, bank_file.c.state == state)
        .order_by(bank_file.c.name, bank_file.c.id)
    )
    return [
        StoredFile(id=row.id, name=row.name, body=row.body, facts=msgspec.json.decode(row.facts))
        for row in conn.execute(query)
    ]


def references_of(conn: sa.Connection, file_id: str) -> list[str] | None:
    """The references of a payment file of ours; None if it is not ours."""
    query = sa.select(bank_file.c.facts).where(
        bank_file.c.id == file_id, bank_file.c.direction == OUT
    )
    facts = conn.execute(query).scalar()
    return None if facts is None else list(msgspec.json.decode(facts)["references"])


def mark_file(
    conn: sa.Connection, file_id: str, state: str, facts: Mapping[str, Any] | None = None
) -> None:
    """Move a file on; ``facts`` say what was found in it."""
    values = {"state": state} | ({} if facts is None else {"facts": encode(dict(facts)).decode()})
    conn.execute(bank_file.update().where(bank_file.c.id == file_id).values(values))


def send_again(conn: sa.Connection, file_id: str) -> None:
    """Let a file the bank never answered go out once more: same name, same bytes (P2.3).

    The bank pays nothing twice for it. Raises Rejected FACTS_INVALID for what is no payment file
    of ours that was sent.
    """
    ours = bank_file.c.direction == OUT, bank_file.c.state == SENT
    query = bank_file.update().where(bank_file.c.id == file_id, *ours).values(state=BUILT)
    if not conn.execute(query).rowcount:
        raise Rejected(
            RejectionCode.FACTS_INVALID, where="file",
            problem=f"{file_id}: 不是已送出的付款文件 no payment file that was sent",
        )  # fmt: skip


def keep_statement(conn: sa.Connection, statement: Statement, file_id: str) -> bool:
    """Enter a statement's balances; False when it is here already."""
    subs = [[one.sub_account, one.opening_fen, one.closing_fen] for one in statement.sub_accounts]
    done = conn.execute(
        insert(bank_statement)
        .values(
            account=statement.account,
            statement=statement.statement_id,
            statement_date=statement.date.isoformat(),
            sequence=statement.sequence,
            opening=statement.opening_fen,
            closing=statement.closing_fen,
            sub_accounts=encode(subs).decode(),
            file=file_id,
        )
        .on_conflict_do_nothing()
        .returning(bank_statement.c.statement)
    )
    return done.first() is not None


def statements(conn: sa.Connection, account: str) -> list[StoredStatement]:
    """The statements of an account, oldest first."""
    query = (
        sa.select(bank_statement)
        .where(bank_statement.c.account == account)
        .order_by(bank_statement.c.statement_date, bank_statement.c.sequence)
    )
    return [_statement(dict(row)) for row in conn.execute(query).mappings()]


def find_line(conn: sa.Connection, account: str, line_id: str) -> StoredLine | None:
    """One line of an account."""
    query = sa.select(bank_line).where(bank_line.c.account == account, bank_line.c.line == line_id)
    row = conn.execute(query).mappings().first()
    return None if row is None else _line(dict(row))


def lines_of(conn: sa.Connection, state: str) -> list[StoredLine]:
    """Lines in one state, oldest first."""
    query = (
        sa.select(bank_line)
        .where(bank_line.c.state == state)
        .order_by(bank_line.c.business_date, bank_line.c.account, bank_line.c.line)
    )
    return [_line(dict(row)) for row in conn.execute(query).mappings()]


def lines_for(conn: sa.Connection, case: str) -> list[StoredLine]:
    """Lines that belong to a case, oldest first."""
    query = (
        sa.select(bank_line)
        .where(bank_line.c.matched == case)
        .order_by(bank_line.c.business_date, bank_line.c.line)
    )
    return [_line(dict(row)) for row in conn.execute(query).mappings()]


def other_half(conn: sa.Connection, case: Case, line: StatementLine, amount: int) -> Place:
    """A line that is the half of a transfer that no book takes; a second one is a break.

    ``amount`` is the transfer's, signed as it stands where this half lies (fen).
    """
    open_here = Place(state=OPEN, matched=case.id, cooperative=case.parties.get("coop", ""))
    if line.signed_fen != amount:
        return msgspec.structs.replace(open_here, reason="wrong_amount")
    told = (one for one in lines_for(conn, case.id) if one.state == COUNTERPART)
    if any(one.line.line_id != line.line_id for one in told):
        return msgspec.structs.replace(open_here, reason="doubled")
    return Place(state=COUNTERPART, matched=case.id)


def open_about(conn: sa.Connection, cases: Sequence[str]) -> list[StoredLine]:
    """Open lines that concern any of these cases, oldest first."""
    query = (
        sa.select(bank_line)
        .where(bank_line.c.state == OPEN, bank_line.c.matched.in_(list(cases)))
        .order_by(bank_line.c.business_date, bank_line.c.account, bank_line.c.line)
    )
    return [_line(dict(row)) for row in conn.execute(query).mappings()]


def transfer_sums(
    conn: sa.Connection, prefix: str, states: Sequence[str]
) -> list[tuple[str, int, str]]:
    """Transfers between two sub-accounts whose lines do not cancel out: case, sum, first date.

    ``prefix`` is that of their case ids; the sum is fen.
    """
    total = sa.cast(sa.func.sum(bank_line.c.amount), sa.BigInteger)
    query = (
        sa.select(bank_line.c.matched, total, sa.func.min(bank_line.c.business_date))
        .where(bank_line.c.state.in_(list(states)), bank_line.c.matched.startswith(prefix))
        .group_by(bank_line.c.matched)
        .having(total != 0)
        .order_by(bank_line.c.matched)
    )
    return [(str(leg), int(amount), str(since)) for leg, amount, since in conn.execute(query)]


def keep_line(conn: sa.Connection, account: str, statement: str, one: StoredLine) -> None:
    """Enter a line with what became of it."""
    conn.execute(
        bank_line.insert().values(
            account=account,
            line=one.line.line_id,
            statement=statement,
            business_date=one.business_date,
            sub_account=one.line.sub_account or "",
            amount=one.line.signed_fen,
            body=encode(unnamed(one.line)).decode(),
            state=one.state,
            matched=one.matched,
            reason=one.reason,
        )
    )


def unnamed(line: StatementLine) -> StatementLine:
    """The line without name and account of the other side: those stay in the bank's own file."""
    return msgspec.structs.replace(line, counterparty_name="", counterparty_account="")


def move_line(conn: sa.Connection, account: str, line_id: str, state: str, *, matched: str) -> None:
    """An open line has found its place, or was undone by another: it is open for no reason now."""
    conn.execute(
        bank_line.update()
        .where(bank_line.c.account == account, bank_line.c.line == line_id)
        .values(state=state, matched=matched, reason="")
    )


def _keep_file(
    conn: sa.Connection,
    file_id: str,
    direction: str,
    kind: str,
    name: str,
    on: date,
    body: bytes,
    state: str,
    facts: Mapping[str, Any],
) -> bool:
    done = conn.execute(
        insert(bank_file)
        .values(
            id=file_id,
            direction=direction,
            kind=kind,
            name=name,
            business_date=on.isoformat(),
            digest=hashlib.sha256(body).digest(),
            body=body,
            state=state,
            facts=encode(dict(facts)).decode(),
        )
        .on_conflict_do_nothing()
        .returning(bank_file.c.id)
    )
    return done.first() is not None


def _statement(row: Mapping[str, Any]) -> StoredStatement:
    subs = msgspec.json.decode(row["sub_accounts"], type=list[tuple[str, int, int]])
    return StoredStatement(
        account=row["account"],
        statement=row["statement"],
        date=date.fromisoformat(row["statement_date"]),
        sequence=row["sequence"],
        opening=row["opening"],
        closing=row["closing"],
        sub_accounts={name: (opening, closing) for name, opening, closing in subs},
    )


def _line(row: Mapping[str, Any]) -> StoredLine:
    return StoredLine(
        account=row["account"],
        line=decode(row["body"].encode(), StatementLine),
        business_date=row["business_date"],
        state=row["state"],
        matched=row["matched"],
        reason=row["reason"],
    )
