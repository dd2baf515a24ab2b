"""Where the village's risk pool stands, from its copy of K(i): stake, match, line, what is used.

Called by the automation door and the pool page. Reads only and decides nothing: the county keeps
the line, and the node's copy says how it stood when it was last told. Amounts are fen.
"""

import msgspec
import sqlalchemy as sa

from contracts.money import PPM
from journal import heads as journal_heads
from journal import store
from journal.pool_funds import free_funds
from kernel import pool
from kernel.cases import Case
from kernel.pool_agreement import LIVE, OPEN, terms_from, terms_of
from services.cooperative_node.world import Node

_FROZEN = ("8021", "8031", "8051")
_MEMO = ("903", "9039", "909", "904", "9041")


class PoolState(msgspec.Struct, frozen=True, kw_only=True):
    """The pool of one cooperative. ``line`` is what may be guaranteed at most, 0 while stopped.

    ``used`` is guaranteed principal running (904), ``reserved`` not paid out yet (9041), ``free``
    what a new guarantee finds (903), ``over`` what is used beyond the line (9039). Each kind of
    money is free in the pool or ``frozen`` for a claim or on its way back. ``match_due`` is the
    county's match for the stake, ``releasable`` the stake no guarantee needs now. ``pooled`` and
    ``owed`` are N 10901 and 11304. ``told`` is the last act of K(i) here, ``followed`` the cursor.
    """

    agreement: str
    state: str
    line: int
    used: int
    reserved: int
    free: int
    over: int
    stake: int
    stake_frozen: int
    match: int
    match_frozen: int
    match_due: int
    deposits: int
    deposits_frozen: int
    releasable: int
    pooled: int
    owed: int
    told: int
    followed: int

    @property
    def mirrored(self) -> bool:
        """N 10901 is what K(i) holds of the village's and its members' (I5), all being followed."""
        theirs = self.stake + self.stake_frozen + self.deposits + self.deposits_frozen
        return self.told == self.followed and self.pooled == theirs


def pool_state(conn: sa.Connection, node: Node) -> PoolState:
    """The pool as the county last told it; every amount 0 and no agreement where there is none."""
    agreement = agreement_of(conn, node)
    held = store.totals(conn, node.custody, [*_FROZEN, *_MEMO])
    funds = free_funds(conn, node.custody)
    due = releasable = 0
    if agreement is not None:
        terms = terms_of(agreement)
        due = pool.match_due(terms, funds.stake)
        guaranteed = held["904"] + held["9041"]
        waiting = claims_waiting(conn, agreement.id)
        releasable = pool.releasable(terms, funds, guaranteed=guaranteed, claims=waiting)
    own = store.totals(conn, node.book, ["10901", "11304"])
    return PoolState(
        agreement=agreement.id if agreement else "",
        state=agreement.state if agreement else "",
        line=held["909"],
        used=held["904"],
        reserved=held["9041"],
        free=held["903"],
        over=held["9039"],
        stake=funds.stake,
        stake_frozen=held["8021"],
        match=funds.match,
        match_frozen=held["8031"],
        match_due=due,
        deposits=sum(funds.deposits.values()),
        deposits_frozen=held["8051"],
        releasable=releasable,
        pooled=own["10901"],
        owed=own["11304"],
        told=journal_heads.read(conn, node.custody).seq,
        followed=journal_heads.read(conn, node.book).cursor,
    )


def agreement_of(conn: sa.Connection, node: Node) -> Case | None:
    """The agreement in force, else the one on its way; None where the county proposed none."""
    found = store.DatabaseLookup(conn, store.COUNTY_SCOPE).all("agreement", node.cooperative)
    live = [case for case in found if case.state in LIVE]
    return min(live, key=lambda case: case.state != OPEN) if live else None


def claims_waiting(conn: sa.Connection, agreement: str) -> int:
    """The pool's part of claims noticed and not decided (fen): no stake goes back against them."""
    county = store.DatabaseLookup(conn, store.COUNTY_SCOPE)
    total = 0
    for claim in county.linked("claim", "agreement", agreement):
        if claim.state == "noticed":
            amount = int(claim.terms["amount"])
            total += amount - amount * terms_from(claim.terms["pinned"]).bank_part_ppm // PPM
    return total
