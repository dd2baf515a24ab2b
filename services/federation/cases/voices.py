"""A village's voice on a county case: which case, for which side, under whose hand.

Called by the cases a village may speak on (``home_acts`` names them), before anything else. What
was said is then that case's own act. Sources R-075, P4, P6.1, P6.3.
"""

import re
from collections.abc import Collection

import msgspec
import sqlalchemy as sa

from contracts.ledger import Act, Actor
from contracts.rejections import RejectionCode
from journal import store
from kernel.cases import Case
from kernel.errors import Rejected

COUNCIL, MEETING = "council@node", "meeting@node"
"""The council and the member meeting, as they sign in their own book."""
COUNTED = re.compile(r"实到\s*(\d+)\s*人.*同意\s*(\d+)\s*人")
"""How a meeting's minutes tell who was there and who agreed."""


class Voice(msgspec.Struct, frozen=True, kw_only=True):
    """What was said: the case it is about, the act asked for, and the ``side`` that speaks.

    ``id`` is what the act is known by at home; ``actor`` signs there for the side.
    """

    case: Case
    act: str
    side: str
    id: str
    actor: Actor


def heard(conn: sa.Connection, act: Act) -> Voice:
    """Whose voice an act is, the side being the cooperative's own, whatever the act claims.

    Raises Rejected UNKNOWN_CASE for a case that is not there or not this village's.
    """
    case = store.load(conn, store.COUNTY_SCOPE, str(act.facts["for"]))
    speaker = act.parties["coop"]
    sides = case.parties.items() if case is not None and speaker else ()
    side = next((party for party, who in sides if who == speaker), "")
    if case is None or not side:
        raise Rejected(RejectionCode.UNKNOWN_CASE, case=act.facts["for"])
    return Voice(
        case=case,
        act=str(act.facts["act"]),
        side=side,
        # The village chose its act's id: in the county's books it could be anybody's.
        id=f"{act.book}/{act.seq}",
        actor=Actor(
            role=act.actor.role.replace("@node", f"@{side}"),
            operator=act.actor.operator,
            persons=act.actor.persons,
        ),
    )


def allow(act: Act, roles: Collection[str]) -> None:
    """Only these roles of the village may say it. Raises Rejected ROLE_NOT_ALLOWED."""
    if act.actor.role not in roles:
        raise Rejected(
            RejectionCode.ROLE_NOT_ALLOWED,
            role=act.actor.role,
            act=str(act.facts["act"]),
            needed=", ".join(roles) or "-",
        )


def carried(act: Act, about: str) -> None:
    """A meeting speaks by a counted majority of who was there (R-082).

    Raises Rejected VOTE_NOT_COUNTED without heads, FACTS_INVALID for a vote that was lost.
    """
    minutes = str(act.facts.get("minutes", ""))
    heads = COUNTED.search(minutes)
    if heads is None:
        raise Rejected(RejectionCode.VOTE_NOT_COUNTED, agreement=about)
    present, agreed = int(heads[1]), int(heads[2])
    if not present < 2 * agreed <= 2 * present:
        raise Rejected(RejectionCode.FACTS_INVALID, where="minutes", problem=minutes[-40:])
