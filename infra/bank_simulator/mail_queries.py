"""Statements over what is to come, what is to go wrong, what came in and what goes out.

Called by Bank and mail.py inside the caller's transaction; the books proper are in queries.py.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, func, insert, select, update

from infra.bank_simulator import tables as t
from infra.bank_simulator.orders import Fail, FaultKind
from infra.bank_simulator.queries import one, row


class OutFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file for the county: ``kind`` as `pain.002`, a name that sorts in the order of making."""

    name: str
    kind: str
    body: bytes


# things to come and things to go wrong


def schedule(conn: Connection, on: dt.date, what: bytes) -> None:
    """Something to happen on a day."""
    conn.execute(insert(t.due).values(on=on, what=what))


def take_due(conn: Connection, today: dt.date) -> RowMapping | None:
    """The oldest thing due, taken off the list."""
    query = select(t.due).where(t.due.c.on <= today).order_by(t.due.c.on, t.due.c.position)
    found = one(conn, query.limit(1))
    if found is not None:
        conn.execute(t.due.delete().where(t.due.c.position == found["position"]))
    return found


def add_fault(conn: Connection, order: Fail) -> None:
    """A fault waits for its moment."""
    conn.execute(
        insert(t.fault).values(
            kind=order.fault.value,
            reference=order.reference,
            file=order.file,
            order=msgspec.json.encode(order),
            used=False,
        )
    )


def take_fault(
    conn: Connection, kind: FaultKind, *, reference: str = "", file: str = ""
) -> Fail | None:
    """The oldest unused fault of this kind for this payment or file; used up by this."""
    query = (
        select(t.fault)
        .where(t.fault.c.kind == kind.value, ~t.fault.c.used)
        .where(t.fault.c.reference.in_(["", reference]), t.fault.c.file.in_(["", file]))
        .order_by(t.fault.c.position)
        .limit(1)
    )
    if (found := one(conn, query)) is None:
        return None
    conn.execute(update(t.fault).where(t.fault.c.position == found["position"]).values(used=True))
    return msgspec.json.decode(found["order"], type=Fail)


# what came in, what goes out


def digest_seen(conn: Connection, cause: str) -> bytes | None:
    """Digest of the file or order already taken in under this id."""
    found = row(conn, t.seen, cause)
    return None if found is None else bytes(found["digest"])


def remember(conn: Connection, cause: str, digest: bytes) -> None:
    """This file or order has been taken in."""
    conn.execute(insert(t.seen).values(cause=cause, digest=digest))


def next_output(conn: Connection) -> int:
    """Number of the next message to the county."""
    last = conn.execute(select(func.coalesce(func.max(t.output.c.position), 0))).scalar_one()
    return int(last) + 1


def put_output(conn: Connection, kind: str, cause: str, body: bytes, *, lost: bool) -> None:
    """A message to the county; a lost one stays here until it is asked for."""
    conn.execute(
        insert(t.output).values(kind=kind, cause=cause, body=body, lost=lost, delivered=False)
    )


def outputs(conn: Connection, where: Any) -> tuple[OutFile, ...]:
    """Messages that are not lost, in the order they were made."""
    query = select(t.output).where(where, ~t.output.c.lost).order_by(t.output.c.position)
    return tuple(
        OutFile(
            name=f"{found['position']:08d}.{found['kind']}.xml",
            kind=found["kind"],
            body=bytes(found["body"]),
        )
        for found in conn.execute(query).mappings()
    )


def send_again(conn: Connection, where: Any) -> tuple[OutFile, ...]:
    """Release messages once more, lost or not."""
    positions = conn.execute(select(t.output.c.position).where(where)).scalars().all()
    again = t.output.c.position.in_(positions)
    conn.execute(update(t.output).where(again).values(lost=False, delivered=False))
    return outputs(conn, again)


def lost_positions(conn: Connection) -> list[int]:
    """Messages that were lost on their way."""
    return list(conn.execute(select(t.output.c.position).where(t.output.c.lost)).scalars())


def mark_delivered(conn: Connection, names: Sequence[str]) -> None:
    """These files stand in the county's folder."""
    positions = [int(name.partition(".")[0]) for name in names]
    done = t.output.c.position.in_(positions)
    conn.execute(update(t.output).where(done).values(delivered=True))
