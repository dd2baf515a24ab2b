"""The automation door of a node: what a driver, a test or a neighbour program may ask of it.

Plain functions over a Node; ``api_routes`` serves them as JSON, the simulation calls them as they
are. Everything a person can do on the page can be done here, by the same acts.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache

import msgspec

from contracts.facts import Facts, Nothing
from contracts.facts import credit as credit_facts
from contracts.facts import guarantees as guarantee_facts
from contracts.facts import lending as lending_facts
from contracts.facts import membership as membership_facts
from contracts.facts import pool as pool_facts
from contracts.facts import voice as voice_facts
from contracts.persons import Person
from journal import heads as journal_heads
from journal import store
from journal.engine import reading
from journal.perform import Performed
from journal.registry import registry
from kernel.cases import Case
from kernel.processes import NODE
from services.cooperative_node import people, queries
from services.cooperative_node.close_day import DayReport, catch_up, close_day
from services.cooperative_node.delivery import Transport, deliver, pull
from services.cooperative_node.follow import follow
from services.cooperative_node.pool_state import PoolState, pool_state
from services.cooperative_node.world import Node

_NOT_ASKED = frozenset({("village_book", "open"), ("village_book", "take_over")})
"""Acts a person starts by setting up a computer, not by filling in a form."""


class ActDone(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to an act: where the case stands, which acts were written, whether just now."""

    case: str
    state: str
    due: date | None
    acts: tuple[str, ...]
    fresh: bool


class NodeState(msgspec.Struct, frozen=True, kw_only=True):
    """Where a node stands. ``unsent`` counts acts the county is not known to hold.

    ``closed_date`` and ``county_date`` are ISO dates, ``contact`` ISO time; "" for none yet.
    """

    cooperative: str
    name: str
    open_date: date
    closed_date: str
    mode: str
    epoch: int
    seq: int
    unsent: int
    cursor: int
    k_seq: int
    contact: str
    county_date: str
    trouble: str


class Synchronised(msgspec.Struct, frozen=True, kw_only=True):
    """What "send and receive" did."""

    batches: int
    through: int
    pulled: int
    followed: int
    trouble: str


@cache
def human_acts() -> Mapping[tuple[str, str], type[Facts]]:
    """(process, act) → its facts, for every act of a person at a node, in table order."""
    known = {
        **membership_facts.FACTS,
        **credit_facts.FACTS,
        **lending_facts.FACTS,
        **pool_facts.FACTS,
        **guarantee_facts.FACTS,
        **voice_facts.FACTS,
    }
    return {
        (process.name, row.act): known.get((process.name, row.act), Nothing)
        for process in registry().table.values()
        if process.home == NODE
        for row in process.rows
        if not row.by_system and (process.name, row.act) not in _NOT_ASKED
    }


def done(performed: Performed) -> ActDone:
    """What is told of an act that was performed."""
    return ActDone(
        case=performed.case.id,
        state=performed.case.state,
        due=performed.case.due,
        acts=tuple(f"{act.book}/{act.seq}" for act in performed.acts),
        fresh=performed.fresh,
    )


def cases(node: Node) -> list[Case]:
    """Every case of the village, then every county case this node has a copy of."""
    with reading(node.engine).connect() as conn:
        return [*store.every(conn, node.book), *store.every(conn, store.COUNTY_SCOPE)]


def keep_person(node: Node, data: Person, person: str = "") -> str:
    """Keep what is known of a person; returns the id that acts name him by."""
    with node.engine.begin() as conn:
        return people.keep(conn, node, data, person)


def close_through(node: Node, through: date | None) -> list[DayReport]:
    """Close the open day, or every open day through a date; none if it is closed already."""
    return [close_day(node)] if through is None else catch_up(node, through)


def synchronise(node: Node, transport: Transport) -> Synchronised:
    """Deliver, pull and follow. Raises Unreachable, Rejected (the county's refusal)."""
    delivered = deliver(node, transport)
    pulled = pull(node, transport)
    return Synchronised(
        batches=delivered.batches,
        through=delivered.through,
        pulled=pulled,
        followed=follow(node),
        trouble=delivered.trouble,
    )


def state(node: Node) -> NodeState:
    """Where the node stands, plainly: nothing is called sent that the county has not answered."""
    with reading(node.engine).connect() as conn:
        head = journal_heads.read(conn, node.book)
        heard = queries.read_sync(conn, node.cooperative)
        return NodeState(
            cooperative=node.cooperative,
            name=queries.read_setting(conn, queries.NAME),
            open_date=head.today,
            closed_date=head.closed_date,
            mode=head.mode,
            epoch=head.epoch,
            seq=head.seq,
            unsent=max(head.seq - heard.held_seq, 0),
            cursor=head.cursor,
            k_seq=journal_heads.read(conn, node.custody).seq,
            contact=heard.contact,
            county_date=heard.county_date,
            trouble=heard.trouble,
        )


def pool(node: Node) -> PoolState:
    """Where the risk pool stands, as the county last told it."""
    with reading(node.engine).connect() as conn:
        return pool_state(conn, node)
