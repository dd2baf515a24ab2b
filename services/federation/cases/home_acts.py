"""What a village says in its own book about a case whose home is the county (process ``voice``).

The table names, for each county process, who takes it in. Called by intake for every ``voice``
act; a new county process that villages speak on is one row here. Holds no rule.
"""

from collections.abc import Callable, Mapping

import msgspec
import sqlalchemy as sa

from contracts.ledger import Act
from contracts.rejections import RejectionCode
from journal import store
from journal.perform import Performed, World
from kernel.cases import Case
from kernel.errors import Rejected
from services.federation.cases import agreements, intercoop, packages

VOICE = "voice"


class HomeAct(msgspec.Struct, frozen=True, kw_only=True):
    """How a county process hears a village: the function that performs what was said."""

    perform: Callable[[sa.Connection, World, Act], Performed]


HOME_ACTS: Mapping[str, HomeAct] = {
    "intercoop": HomeAct(perform=intercoop.said),
    "agreement": HomeAct(perform=agreements.said),
    "package": HomeAct(perform=packages.said),
}
"""County process → who hears a village's voice on its cases."""


def spoken_of(conn: sa.Connection, act: Act) -> Case | None:
    """The county case a voice act is about, if there is one."""
    return store.load(conn, store.COUNTY_SCOPE, str(act.facts.get("for", "")))


def books_of(conn: sa.Connection, act: Act) -> list[str]:
    """The books hearing this act will write: intake locks them all before anything else."""
    case = spoken_of(conn, act)
    return [store.book_for(case.home, one) for one in case.parties.values()] if case else []


def hear(conn: sa.Connection, world: World, act: Act) -> Performed:
    """Perform at home what a village said. Raises Rejected UNKNOWN_CASE and the case's own."""
    case = spoken_of(conn, act)
    row = HOME_ACTS.get(case.process) if case else None
    if row is None:
        raise Rejected(RejectionCode.UNKNOWN_CASE, case=act.facts.get("for", ""))
    return row.perform(conn, world, act)
