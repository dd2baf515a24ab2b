"""What waits for people of the county: consents, loans between cooperatives, findings."""

from collections.abc import Sequence

import sqlalchemy as sa

from contracts.codec import decode
from journal import store
from journal.tables import cases
from kernel.cases import Case

SHOWN = 1000
LOCK_TIMEOUT = sa.text("SET LOCAL lock_timeout = '2s'")


def be_brief(conn: sa.Connection) -> None:
    """A page that only tries an act gives up its place to the night instead of waiting for it."""
    conn.execute(LOCK_TIMEOUT)


def in_states(conn: sa.Connection, process: str, states: Sequence[str]) -> list[Case]:
    """County cases of a process in these states, in id order."""
    return store.in_states(conn, store.COUNTY_SCOPE, process, states)


def of_cooperative(conn: sa.Connection, process: str, cooperative: str) -> list[Case]:
    """County cases of a process in which a cooperative is a party, newest first."""
    found = store.DatabaseLookup(conn, store.COUNTY_SCOPE).all(process, cooperative)
    return sorted(found, key=lambda case: (str(case.opened), case.id), reverse=True)


def every(conn: sa.Connection, process: str) -> tuple[int, list[Case]]:
    """How many county cases a process has, and SHOWN of them: unfinished first, then the newest."""
    mine = (cases.c.scope == store.COUNTY_SCOPE, cases.c.process == process)
    count = conn.scalar(sa.select(sa.func.count()).select_from(cases).where(*mine)) or 0
    query = sa.select(cases.c.body).where(*mine).order_by(cases.c.ended, cases.c.id.desc())
    found = [decode(body.encode(), Case) for body in conn.scalars(query.limit(SHOWN))]
    return int(count), found


def last_number(conn: sa.Connection, prefix: str) -> int:
    """How many county cases have an id that begins so; the next one takes the next number."""
    query = (
        sa.select(sa.func.count())
        .select_from(cases)
        .where(cases.c.scope == store.COUNTY_SCOPE, cases.c.id.startswith(prefix, autoescape=True))
    )
    return int(conn.scalar(query) or 0)


def count_live(conn: sa.Connection, process: str, states: Sequence[str]) -> int:
    """How many county cases of a process are in these states."""
    query = (
        sa.select(sa.func.count())
        .select_from(cases)
        .where(
            cases.c.scope == store.COUNTY_SCOPE,
            cases.c.process == process,
            cases.c.state.in_(list(states)),
        )
    )
    return int(conn.scalar(query) or 0)


def opened_on(conn: sa.Connection, process: str, day: str) -> list[Case]:
    """County cases of a process that were opened on a business date, in id order."""
    query = (
        sa.select(cases.c.body)
        .where(
            cases.c.scope == store.COUNTY_SCOPE,
            cases.c.process == process,
            cases.c.body.contains(f'"opened":"{day}"', autoescape=True),
        )
        .order_by(cases.c.id)
    )
    found = (decode(body.encode(), Case) for body in conn.scalars(query))
    return [case for case in found if str(case.opened) == day]
