"""Statements on the node's own tables and on ranges of its books; rows in, values out.

Called by set-up, people, follow, delivery and sign-in, in their transaction. Decides nothing.
"""

from datetime import datetime

import msgspec
import sqlalchemy as sa

from contracts.codec import GENESIS
from contracts.persons import PersonRecord
from journal.tables import act, balance, cases
from kernel.loans import RUNNING
from services.cooperative_node.tables import key, person, policy, setting, sync

NAME, COUNTY, PROFILE, TOKEN = "name", "county", "profile", "api_token_hash"
"""Names of settings: the cooperative's name, the county's card, the profile, the API's token."""


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key pair of this node: id, epoch it signs, private halves (raw)."""

    key: str
    epoch: int
    signing: bytes
    sealing: bytes


class SyncRow(msgspec.Struct, frozen=True, kw_only=True):
    """What this node last heard of the county. ``contact`` is ISO time, "" for never."""

    cooperative: str
    contact: str = ""
    county_date: str = ""
    held_seq: int = 0
    k_seq: int = 0
    trouble: str = ""


class StoredAct(msgspec.Struct, frozen=True, kw_only=True):
    """One written act: its sequence, exact bytes and the digest after it."""

    seq: int
    body: bytes
    digest: bytes


# Asked by every act and every request: put together once.
_SETTING = sa.select(setting.c.value).where(setting.c.name == sa.bindparam("name"))
_POLICY = sa.select(policy.c.body).order_by(policy.c.seq.desc()).limit(1)


def read_setting(conn: sa.Connection, name: str) -> str:
    """A setting, or "" where none was made."""
    value = conn.scalar(_SETTING, {"name": name})
    return "" if value is None else str(value)


def write_setting(conn: sa.Connection, name: str, value: str) -> None:
    """Set or replace one setting."""
    conn.execute(setting.delete().where(setting.c.name == name))
    conn.execute(setting.insert().values(name=name, value=value))


def add_key(conn: sa.Connection, one: Key) -> None:
    """Keep a new key pair."""
    conn.execute(key.insert().values(msgspec.structs.asdict(one)))


def read_key(conn: sa.Connection, name: str) -> Key | None:
    """A key pair by its id."""
    row = conn.execute(sa.select(key).where(key.c.key == name)).first()
    return None if row is None else Key(**row._asdict())


def read_keys(conn: sa.Connection) -> list[Key]:
    """Every key pair of this file, newest epoch first."""
    rows = conn.execute(sa.select(key).order_by(key.c.epoch.desc(), key.c.key))
    return [Key(**row._asdict()) for row in rows]


def write_person(conn: sa.Connection, record: PersonRecord, *, acknowledged: int = 0) -> None:
    """Keep the newest sealed record of a person."""
    known = conn.scalar(sa.select(person.c.acknowledged).where(person.c.person == record.person))
    conn.execute(person.delete().where(person.c.person == record.person))
    conn.execute(
        person.insert().values(
            person=record.person,
            version=record.version,
            acknowledged=max(acknowledged, known or 0),
            record=msgspec.json.encode(record).decode(),
        )
    )


def read_persons(conn: sa.Connection) -> dict[str, PersonRecord]:
    """Every sealed record, by person."""
    rows = conn.execute(sa.select(person.c.person, person.c.record).order_by(person.c.person))
    return {one: msgspec.json.decode(body, type=PersonRecord) for one, body in rows}


def read_person(conn: sa.Connection, one: str) -> PersonRecord | None:
    """The sealed record of one person, if this node keeps it."""
    body = conn.scalar(sa.select(person.c.record).where(person.c.person == one))
    return None if body is None else msgspec.json.decode(body, type=PersonRecord)


def unsent_persons(conn: sa.Connection) -> tuple[PersonRecord, ...]:
    """Records the county has not acknowledged in their newest version."""
    rows = conn.scalars(
        sa.select(person.c.record)
        .where(person.c.version > person.c.acknowledged)
        .order_by(person.c.person)
    )
    return tuple(msgspec.json.decode(body, type=PersonRecord) for body in rows)


def acknowledge_persons(conn: sa.Connection, records: tuple[PersonRecord, ...]) -> None:
    """The county holds these versions now."""
    for one in records:
        conn.execute(
            person.update()
            .where(person.c.person == one.person, person.c.acknowledged < one.version)
            .values(acknowledged=one.version)
        )


def write_policy(conn: sa.Connection, seq: int, body: str) -> None:
    """Keep the policy told by the K(i) act ``seq``."""
    conn.execute(policy.delete().where(policy.c.seq == seq))
    conn.execute(policy.insert().values(seq=seq, body=body))


def read_policy(conn: sa.Connection) -> str:
    """The policy followed last, or "" before the first."""
    body = conn.scalar(_POLICY)
    return "" if body is None else str(body)


def read_sync(conn: sa.Connection, cooperative: str) -> SyncRow:
    """What was last heard of the county."""
    row = conn.execute(sa.select(sync).where(sync.c.cooperative == cooperative)).first()
    return SyncRow(cooperative=cooperative) if row is None else SyncRow(**row._asdict())


def write_sync(conn: sa.Connection, row: SyncRow) -> None:
    """Keep what was heard of the county."""
    conn.execute(sync.delete().where(sync.c.cooperative == row.cooperative))
    conn.execute(sync.insert().values(msgspec.structs.asdict(row)))


def acts_between(conn: sa.Connection, book: str, first: int, last: int) -> list[StoredAct]:
    """Acts ``first``..``last`` of a book, in order."""
    query = (
        sa.select(act.c.seq, act.c.body, act.c.digest)
        .where(act.c.book == book, act.c.seq >= first, act.c.seq <= last)
        .order_by(act.c.seq)
    )
    return [StoredAct(**row._asdict()) for row in conn.execute(query)]


def digest_at(conn: sa.Connection, book: str, seq: int) -> bytes | None:
    """The book's digest after act ``seq``; None when it has no such act yet."""
    if seq == 0:
        return GENESIS
    query = sa.select(act.c.digest).where(act.c.book == book, act.c.seq == seq)
    found: bytes | None = conn.scalar(query)
    return found


def before_epoch(conn: sa.Connection, book: str, epoch: int) -> int:
    """The last act written before an epoch began; the head while the epoch has no act yet."""
    query = (
        sa.select(act.c.seq)
        .where(
            act.c.book == book,
            sa.func.json_extract(sa.cast(act.c.body, sa.Text), "$.epoch") < epoch,
        )
        .order_by(act.c.seq.desc())
        .limit(1)
    )
    return int(conn.scalar(query) or 0)


def followed_through(conn: sa.Connection, book: str, custody: str, last: int) -> int:
    """The newest K(i) act that acts ``1..last`` of the book follow; 0 for none.

    A crossing that made room for a follow (``K-x/seq/cross/own``) is not yet that follow.
    """
    query = (
        sa.select(act.c.id)
        .where(
            act.c.book == book,
            act.c.seq <= last,
            act.c.id.like(f"{custody}/%"),
            act.c.id.not_like(f"{custody}/%/%"),
        )
        .order_by(act.c.seq.desc())
        .limit(1)
    )
    found = conn.scalar(query)
    return 0 if found is None else int(str(found).rpartition("/")[2])


def imbalance(conn: sa.Connection, book: str) -> dict[str, int]:
    """Funding → debits less credits of all balances (fen), where it is not zero."""
    query = (
        sa.select(balance.c.funding, sa.func.sum(balance.c.side * balance.c.amount))
        .where(balance.c.book == book)
        .group_by(balance.c.funding)
    )
    return {funding: int(amount) for funding, amount in conn.execute(query) if amount}


def debit_total(conn: sa.Connection, book: str) -> int:
    """Σ of the debit-side balances of a book (fen): the foot of its trial balance."""
    query = sa.select(sa.func.coalesce(sa.func.sum(balance.c.amount), 0)).where(
        balance.c.book == book, balance.c.side == 1
    )
    return int(conn.scalar(query) or 0)


def loans_past_due(conn: sa.Connection, scope: str, on: str) -> bool:
    """Whether any loan's due date (term ``due_on``) lies before ``on`` with current principal."""
    query = (
        sa.select(cases.c.id)
        .join(balance, sa.and_(balance.c.book == scope, balance.c.key == cases.c.id))
        .where(
            cases.c.scope == scope,
            cases.c.process == "loan",
            cases.c.state == "active",
            sa.func.json_extract(cases.c.body, "$.terms.due_on") < on,
            balance.c.account == "115",
            balance.c.amount > 0,
        )
        .limit(1)
    )
    return conn.scalar(query) is not None


def loans_paid_off(conn: sa.Connection, scope: str) -> list[str]:
    """Loans that were paid out and have no principal left: the close may try to finish them."""
    query = (
        sa.select(cases.c.id)
        .where(
            cases.c.scope == scope,
            cases.c.process == "loan",
            cases.c.state.in_(RUNNING),
            sa.func.json_extract(cases.c.body, "$.terms.outstanding") == 0,
        )
        .order_by(cases.c.id)
    )
    return list(conn.scalars(query))


def iso(moment: datetime) -> str:
    """A moment as stored."""
    return moment.isoformat(timespec="seconds")
