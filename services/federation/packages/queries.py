"""What the making of a package reads beside cases and accounts: acts of many cases, names.

Called by sources.py alone, in the caller's transaction. Reads only.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from contracts.codec import decode
from contracts.ledger import Act
from journal.tables import act
from services.federation.tables import township, users


def acts_of(conn: sa.Connection, book: str, cases: Sequence[str]) -> dict[str, list[Act]]:
    """Case → its acts in a book, oldest first; one read for a whole borrower list."""
    query = (
        sa.select(act.c.body)
        .where(act.c.book == book, act.c.case_id.in_(list(cases)))
        .order_by(act.c.seq)
    )
    found: dict[str, list[Act]] = {case: [] for case in cases}
    for body in conn.scalars(query):
        one = decode(body, Act)
        found[one.case].append(one)
    return found


def officers(conn: sa.Connection, persons: Sequence[str]) -> dict[str, str]:
    """Person id → name, for those who sign in at the county."""
    query = sa.select(users.c.person, users.c.name).where(users.c.person.in_(list(persons)))
    return {str(person): str(name) for person, name in conn.execute(query.order_by(users.c.id))}


def township_name(conn: sa.Connection, name: str) -> str:
    """What a township is called; its id where the county keeps no name."""
    found = conn.scalar(sa.select(township.c.name).where(township.c.id == name))
    return str(found or name)
