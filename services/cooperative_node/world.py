"""A node, and the world its acts are performed in: this release's tables, the followed policy.

Called by everything that performs an act here. The policy is what the county told in K(i) and
this node has followed; before the first telling, the profile named at set-up stands.
"""

from functools import lru_cache

import msgspec
import sqlalchemy as sa

from contracts.codec import decode, encode
from contracts.facts.books import PolicyFacts
from contracts.ids import custody_book, node_book
from journal import data
from journal.perform import World
from journal.registry import registry
from kernel.calendar import Calendar
from kernel.policy import Policy
from services.cooperative_node import queries
from services.cooperative_node.ports import Ports


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """One cooperative's node: its id, its file, its surroundings."""

    cooperative: str
    engine: sa.Engine
    ports: Ports

    @property
    def book(self) -> str:
        """N(i), the cooperative's own book; also the scope of its cases."""
        return node_book(self.cooperative)

    @property
    def custody(self) -> str:
        """K(i), the county's book about this cooperative, of which the node keeps a copy."""
        return custody_book(self.cooperative)

    @property
    def life(self) -> str:
        """The case of the book itself (process village_book)."""
        return f"village-{self.cooperative}"


def world_of(conn: sa.Connection) -> World:
    """The world as of the policy the node of this file has followed."""
    policy, calendar = policy_of(conn)
    return World(
        registry=registry(),
        policy=lambda _conn, _cooperative: policy,
        calendar=calendar,
    )


def policy_of(conn: sa.Connection) -> tuple[Policy, Calendar]:
    """The policy in force here and the county's calendar."""
    body = queries.read_policy(conn)
    if not body:
        profile = queries.read_setting(conn, queries.PROFILE) or data.DEFAULT
        body = encode(PolicyFacts(profile=profile)).decode()
    return _read(body)


@lru_cache(maxsize=64)
def _read(body: str) -> tuple[Policy, Calendar]:
    told = decode(body.encode(), PolicyFacts)
    policy = data.policy(told.profile, told.county, told.village)
    return policy, Calendar().edited(rest=told.rest, work=told.work)
