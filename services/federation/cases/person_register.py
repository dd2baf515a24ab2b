"""The county's register of persons: records sealed by their village, opened here and nowhere else.

Called by intake, which keeps them, by whoever has to pay a person or name him to the bank, and by
the replica's range. Callers own the transaction; nothing opened is ever stored.
"""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from contracts.codec import decode, encode
from contracts.persons import Person, PersonRecord
from services.federation.identity import CountyKeys
from services.federation.tables import person


def keep_persons(
    conn: sa.Connection, keys: CountyKeys, name: str, records: Iterable[PersonRecord]
) -> list[str]:
    """Store sealed records under their cooperative; a version that is there stays as it is.

    Returns the persons whose record this county cannot open: they cannot be paid.
    """
    rows, unreadable = [], []
    for record in records:
        opened = keys.open(record)
        if opened is None:
            unreadable.append(record.person)
        rows.append(
            {
                "person": record.person,
                "version": record.version,
                "cooperative": name,
                "record": encode(record),
                "card_index": keys.card_index(opened.card) if opened else b"",
            }
        )
    if rows:
        conn.execute(insert(person).on_conflict_do_nothing(), rows)
    return unreadable


def records_of(conn: sa.Connection, name: str) -> tuple[PersonRecord, ...]:
    """The newest sealed record of every person a cooperative delivered, in id order."""
    newer = person.alias()
    newest = sa.select(sa.func.max(newer.c.version)).where(
        newer.c.cooperative == name, newer.c.person == person.c.person
    )
    query = (
        sa.select(person.c.record)
        .where(person.c.cooperative == name, person.c.version == newest.scalar_subquery())
        .order_by(person.c.person)
    )
    return tuple(decode(body, PersonRecord) for body in conn.scalars(query))


def open_person(conn: sa.Connection, keys: CountyKeys, person_id: str, name: str) -> Person | None:
    """The newest record of a person as the cooperative ``name`` delivered it, opened."""
    body = conn.execute(
        sa.select(person.c.record)
        .where(person.c.person == person_id, person.c.cooperative == name)
        .order_by(person.c.version.desc())
        .limit(1)
    ).scalar()
    return None if body is None else keys.open(decode(body, PersonRecord))


def persons_by_card(conn: sa.Connection, keys: CountyKeys, number: str, name: str) -> Sequence[str]:
    """Persons of a cooperative whose record holds this card number, in id order."""
    index = keys.card_index(number)
    if not index:
        return ()
    query = (
        sa.select(person.c.person)
        .where(person.c.card_index == index, person.c.cooperative == name)
        .distinct()
        .order_by(person.c.person)
    )
    return [str(one) for one in conn.scalars(query)]
