"""Which policy holds for a cooperative: the versions told in its K(i), newest or at a cursor.

A node is judged by the policy it had applied (design.md 4.3), so every version keeps the K(i)
sequence that told it. Called by the world's ``policy``, intake and set-up; parses once a version.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

import sqlalchemy as sa

from contracts.codec import decode, encode
from contracts.facts.books import PolicyFacts
from journal import data
from kernel.errors import ensure
from kernel.policy import Policy
from services.federation.tables import policy_version

NEWEST = 2**62
"""A cursor beyond every act."""


_AT = (
    sa.select(policy_version.c.facts)
    .where(
        sa.or_(
            sa.and_(
                policy_version.c.cooperative == sa.bindparam("name"),
                policy_version.c.k_seq <= sa.bindparam("cursor"),
            ),
            policy_version.c.cooperative == "",
        )
    )
    .order_by(policy_version.c.cooperative.desc(), policy_version.c.k_seq.desc())
    .limit(1)
)


def policy_for(conn: sa.Connection, cooperative: str) -> Policy:
    """The newest policy told to a cooperative; for "" and for one told none, the county's own."""
    return policy_at(conn, cooperative, NEWEST)


def policy_at(conn: sa.Connection, cooperative: str, cursor: int) -> Policy:
    """The policy a cooperative knew when it had followed its K(i) through ``cursor``.

    Before the first version told to it the county's own holds. Raises InvariantViolation when
    the county has none.
    """
    return _parsed(_body(conn, cooperative, cursor))


def told_to(conn: sa.Connection, cooperative: str) -> PolicyFacts:
    """What a cooperative was told last; for "" the county's own parameters."""
    return decode(_body(conn, cooperative, NEWEST).encode(), PolicyFacts)


def next_version(conn: sa.Connection) -> int:
    """The number of the county's own next version."""
    of_county = policy_version.c.cooperative == ""
    last = sa.select(sa.func.max(policy_version.c.k_seq)).where(of_county)
    return int(conn.execute(last).scalar_one()) + 1


def _body(conn: sa.Connection, cooperative: str, cursor: int) -> str:
    body = conn.execute(_AT, {"name": cooperative, "cursor": cursor}).scalar()
    ensure(body is not None, "county_has_a_policy", cooperative=cooperative)
    return str(body)


def keep_version(
    conn: sa.Connection, cooperative: str, k_seq: int, starts: date, facts: PolicyFacts
) -> None:
    """Remember what one ``book.policy`` act told; in the transaction of that act."""
    conn.execute(
        policy_version.insert().values(
            cooperative=cooperative,
            k_seq=k_seq,
            starts=starts.isoformat(),
            facts=encode(facts).decode(),
        )
    )


def parse(facts: PolicyFacts) -> Policy:
    """The policy these facts tell; raises kernel.policy.PolicyRefused with every problem."""
    return data.policy(facts.profile, _plain(facts.county), _plain(facts.village))


def _plain(values: Mapping[str, Any]) -> dict[str, object]:
    return dict(values)


@cache
def _parsed(body: str) -> Policy:
    return parse(decode(body.encode(), PolicyFacts))
