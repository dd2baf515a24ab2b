"""Statements of the console: who is signed in, and what its pages show.

Every read is of one transaction, so the figures of a page agree; amounts are fen.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from contracts.codec import decode
from contracts.ids import COUNTY_BOOK, custody_book, node_book
from contracts.ledger import Act
from journal import heads, store
from journal.tables import act, movement
from kernel.cases import Case
from kernel.loans import instalments
from kernel.recovery import Recovery, due_recovery
from services.federation.tables import (
    cooperative,
    missing,
    night,
    proof,
    sessions,
    user_roles,
    users,
)

FUND = (
    "30101", "30102", "31101", "31102", "31103", "31104", "31105", "31106", "31107", "31108",
    "31109",
)  # fmt: skip
"""Accounts of the mutual-aid fund as the documents count it: shares and grants."""
WAITING_FOR_PEOPLE = ("consent", "intercoop", "finding")
VOUCHERS_SHOWN = 200


class Officer(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in. ``roles`` are names of roles.toml; ``csrf`` belongs to this session."""

    user: str
    name: str
    person: str
    roles: tuple[str, ...]
    csrf: str = ""


class Village(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the county overview; figures from the proven replica, as of ``closed``."""

    id: str
    name: str
    name_en: str
    township: str
    grade: str
    mode: str
    closed: str
    seq: int
    fund_fen: int
    lent_fen: int
    overdue_fen: int
    free_fen: int
    held_fen: int
    recovery: Recovery
    loans: int
    members: int


class Voucher(msgspec.Struct, frozen=True, kw_only=True):
    """One movement as a voucher line, with the balance of the account after it."""

    seq: int
    day: str
    act: str
    case: str
    debit: str
    credit: str
    key: str
    funding: str
    amount_fen: int
    after_fen: int


def user_by_id(conn: sa.Connection, user: str) -> tuple[str, Officer] | None:
    """Password hash and officer of an active user."""
    row = conn.execute(sa.select(users).where(users.c.id == user, users.c.active)).first()
    if row is None:
        return None
    held = conn.scalars(sa.select(user_roles.c.role).where(user_roles.c.user_id == user))
    officer = Officer(user=row.id, name=row.name, person=row.person, roles=tuple(sorted(held)))
    return str(row.password_hash), officer


def add_session(
    conn: sa.Connection, digest: str, user: str, *, created: str, expires: str, csrf: str
) -> None:
    """Keep a new session under the digest of its id, and forget those that ran out."""
    conn.execute(sessions.delete().where(sessions.c.expires < created))
    conn.execute(
        sessions.insert().values(
            id=digest, user_id=user, created=created, expires=expires, body=csrf.encode()
        )
    )


def session_officer(conn: sa.Connection, digest: str, now: str) -> Officer | None:
    """The officer of a session that has not run out."""
    row = conn.execute(
        sa.select(sessions.c.user_id, sessions.c.body).where(
            sessions.c.id == digest, sessions.c.expires > now
        )
    ).first()
    found = None if row is None else user_by_id(conn, row.user_id)
    if row is None or found is None:
        return None
    return msgspec.structs.replace(found[1], csrf=row.body.decode())


def end_session(conn: sa.Connection, digest: str) -> None:
    """Forget a session."""
    conn.execute(sessions.delete().where(sessions.c.id == digest))


def county_day(conn: sa.Connection) -> str:
    """The county's open business date (ISO)."""
    return heads.read(conn, COUNTY_BOOK).open_date


def villages(conn: sa.Connection) -> list[Village]:
    """Every cooperative with its figures, in id order."""
    rows = conn.execute(sa.select(cooperative).order_by(cooperative.c.id)).all()
    return [_village(conn, row) for row in rows]


def village(conn: sa.Connection, name: str) -> Village | None:
    """One cooperative with its figures."""
    row = conn.execute(sa.select(cooperative).where(cooperative.c.id == name)).first()
    return None if row is None else _village(conn, row)


def trial_balance(conn: sa.Connection, book: str) -> list[tuple[str, int]]:
    """Account → balance on its normal side, accounts with no movement left out."""
    query = (
        sa.select(
            store.balance.c.account,
            sa.cast(sa.func.sum(store.balance.c.amount), sa.BigInteger),
        )
        .where(store.balance.c.book == book)
        .group_by(store.balance.c.account)
        .order_by(store.balance.c.account)
    )
    return [(account, int(amount)) for account, amount in conn.execute(query)]


def vouchers(
    conn: sa.Connection, book: str, account: str, side: int
) -> tuple[int, list[Voucher]]:
    """How many movements an account has, and the newest of them with the balance after each."""
    rows = conn.execute(
        sa.select(movement, act.c.business_date, act.c.act, act.c.case_id)
        .join(act, sa.and_(act.c.book == movement.c.book, act.c.seq == movement.c.seq))
        .where(
            movement.c.book == book,
            sa.or_(movement.c.debit == account, movement.c.credit == account),
        )
        .order_by(movement.c.seq, movement.c.line)
    ).all()
    found = []
    after = 0
    for row in rows:
        after += side * row.amount * ((row.debit == account) - (row.credit == account))
        found.append(
            Voucher(
                seq=row.seq,
                day=row.business_date,
                act=row.act,
                case=row.case_id,
                debit=row.debit,
                credit=row.credit,
                key=row.debit_key if row.debit == account else row.credit_key,
                funding=row.funding,
                amount_fen=row.amount,
                after_fen=after,
            )
        )
    return len(found), found[: -VOUCHERS_SHOWN - 1 : -1]


def one_act(conn: sa.Connection, book: str, seq: int) -> tuple[Act, str] | None:
    """An act and the hex digest of the book after it."""
    row = conn.execute(
        sa.select(act.c.body, act.c.digest).where(act.c.book == book, act.c.seq == seq)
    ).first()
    return None if row is None else (decode(row.body, Act), row.digest.hex())


def nights(conn: sa.Connection, limit: int = 60) -> list[str]:
    """Business dates that were closed or are being closed, newest first."""
    query = (
        sa.select(night.c.business_date)
        .distinct()
        .order_by(night.c.business_date.desc())
        .limit(limit)
    )
    return list(conn.scalars(query))


def night_steps(conn: sa.Connection, day: str) -> list[dict[str, Any]]:
    """The steps of one night in the order they began, with what each counted."""
    query = sa.select(night).where(night.c.business_date == day).order_by(night.c.started)
    return [
        {
            "step": row.step,
            "seconds": _seconds(row.started, row.finished),
            "facts": msgspec.json.decode(row.facts) if row.facts else {},
            "done": bool(row.finished),
        }
        for row in conn.execute(query)
    ]


def night_missing(conn: sa.Connection, day: str) -> list[tuple[str, str]]:
    """Cooperatives that had not delivered at the cut-off, with their last closed day."""
    query = (
        sa.select(missing.c.cooperative, missing.c.closed_date)
        .where(missing.c.business_date == day)
        .order_by(missing.c.cooperative)
    )
    return [(name, closed) for name, closed in conn.execute(query)]


def night_proofs(conn: sa.Connection, day: str) -> list[tuple[str, int, int]]:
    """Invariants proved that night: name, how many times, how many failed."""
    query = (
        sa.select(proof.c.name, proof.c.checked, proof.c.failed)
        .where(proof.c.business_date == day)
        .order_by(sa.func.length(proof.c.name), proof.c.name)
    )
    return [(name, checked, failed) for name, checked, failed in conn.execute(query)]


def open_cases(conn: sa.Connection, process: str, states: Sequence[str]) -> list[Case]:
    """County cases of a process in these states, in id order."""
    return store.in_states(conn, store.COUNTY_SCOPE, process, states)


def history(conn: sa.Connection, case: Case) -> list[Act]:
    """Every act of a case once, in step order."""
    found: dict[int, Act] = {}
    for _, _, body in store.history(conn, case):
        one = decode(body, Act)
        found.setdefault(one.step, one)
    return [found[step] for step in sorted(found)]


def _village(conn: sa.Connection, row: sa.Row[Any]) -> Village:
    book = node_book(row.id)
    replica = next((one for one in heads.read_all(conn, "N") if one.book == book), None)
    totals = store.totals(conn, book, [*FUND, "115", "116"])
    custody = store.totals(conn, custody_book(row.id), ["80101", "80102"])
    lookup = store.DatabaseLookup(conn, book)
    loans = [case for case in lookup.all("loan", row.id) if case.terms.get("paid_on")]
    closed = replica.closed_date if replica else ""
    day = datetime.fromisoformat(closed).date() if closed else heads.read(conn, COUNTY_BOOK).today
    members = [case for case in lookup.all("member", row.id) if case.state == "active"]
    return Village(
        id=row.id,
        name=row.name,
        name_en=row.name_en,
        township=row.township,
        grade=row.grade,
        mode=replica.mode if replica else "-",
        closed=closed,
        seq=replica.seq if replica else 0,
        fund_fen=sum(totals[code] for code in FUND),
        lent_fen=totals["115"] + totals["116"],
        overdue_fen=totals["116"],
        free_fen=custody["80101"],
        held_fen=custody["80102"],
        recovery=due_recovery(instalments(loans, day), day),
        loans=len(loans),
        members=len(members),
    )


def _seconds(started: str, finished: str) -> str:
    if not finished:
        return ""
    took = datetime.fromisoformat(finished) - datetime.fromisoformat(started)
    return f"{took.total_seconds():.2f}"
