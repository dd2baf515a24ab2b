"""What people call the things that books name by an id: cooperatives, townships, persons.

Called by pages. Nobody gets a name that is outside his scope. The county knows its own officers
by name; a villager has no name here and is told by his posts and his household number.
"""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from contracts.codec import decode
from contracts.ids import node_book
from journal.tables import cases
from kernel.cases import Case
from services.federation.console import words
from services.federation.console.queries import people, villages
from services.federation.console.queries.villages import Scope
from services.federation.console.words import Pair
from services.federation.tables import township

Names = Mapping[str, Pair]
"""An id → its Chinese and English name."""
_IN_OFFICE = "held"
_MINOR = ("group_head", "centre_head")
"""Posts that are told only of whom holds no other."""


def names(conn: sa.Connection, scope: Scope, villagers_of: Iterable[str] = ()) -> dict[str, Pair]:
    """Cooperatives and townships of a scope, the county's officers, villagers of some villages.

    ``villagers_of`` are cooperatives the caller has shown to be in the scope.
    """
    found = townships(conn, scope) | villages.parties(conn, scope)
    for name in villagers_of:
        found |= _villagers(conn, name)
    if scope.everything:
        found |= {person: (name, name) for person, name in people.names(conn).items()}
    return found


def townships(conn: sa.Connection, scope: Scope) -> dict[str, Pair]:
    """Township → its name, for the townships of a scope."""
    rows = conn.execute(sa.select(township.c.id, township.c.name, township.c.name_en))
    return {
        one: (zh, en or zh)
        for one, zh, en in rows
        if scope.everything or one in scope.places
    }  # fmt: skip


def _villagers(conn: sa.Connection, cooperative: str) -> dict[str, Pair]:
    """Person id → posts held and household number; nobody is named."""
    query = (
        sa.select(cases.c.body)
        .where(
            cases.c.scope == node_book(cooperative),
            cases.c.process.in_(["member", "post"]),
        )
        .order_by(cases.c.process.desc(), cases.c.id)
    )
    posts: dict[str, list[str]] = {}
    households: dict[str, str] = {}
    for body in conn.scalars(query):
        case = decode(body.encode(), Case)
        person = str(case.terms.get("person", ""))
        if case.process == "member":
            households[person] = str(case.terms.get("household", ""))
        elif case.state == _IN_OFFICE:
            posts.setdefault(person, []).append(str(case.terms["post"]))
    return {
        person: _told(posts.get(person, []), households.get(person, ""))
        for person in sorted(posts.keys() | households.keys())
    }


def _told(posts: list[str], household: str) -> Pair:
    """A villager as ``会计(户 bg-063)``."""
    named = [one for one in posts if one not in _MINOR] or posts[:1]
    duties = [words.word("posts", one) for one in dict.fromkeys(named)]
    zh, en = "、".join(zh for zh, _ in duties), ", ".join(en for _, en in duties)
    if not household:
        return (zh, en)
    at = (f"户 {household}", f"household {household}")
    return (f"{zh}({at[0]})", f"{en} ({at[1]})") if duties else at
