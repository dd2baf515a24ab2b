"""How the pool stands: the line of every cooperative, bank and the county, and what is asked of it.

Called by the pool's pages. Figures are the memo balances the database itself guards (targets.md
I6); what a cooperative has to do is arithmetic of kernel.pool on them. Amounts fen.
"""

from collections.abc import Mapping

import msgspec
import sqlalchemy as sa

from contracts.ids import COUNTY_BOOK, custody_book
from contracts.money import PPM
from journal import store
from journal.pool_funds import free_funds
from kernel import pool
from kernel.cases import Case
from kernel.pool_agreement import AGREED, claim_rate, terms_of
from services.federation.cases import agreements, pool_money

FREE, OVER, RESERVED, RUNNING = "903", "9039", "9041", "904"
LINES = (FREE, OVER, RESERVED, RUNNING)
COUNTY = "county"
_COMING = ("claimed", "approved")


class Gauge(msgspec.Struct, frozen=True, kw_only=True):
    """One line (fen): line = free + reserved + running − over; never both free and over (I6)."""

    name: str
    free_fen: int
    over_fen: int
    reserved_fen: int
    running_fen: int

    @property
    def line_fen(self) -> int:
        """What may be guaranteed in all."""
        return self.free_fen + self.used_fen - self.over_fen

    @property
    def used_fen(self) -> int:
        """Running principal and reservations (R-086)."""
        return self.reserved_fen + self.running_fen


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One cooperative's agreement and pool. ``mend_fen`` is the top-up that ends an over-use.

    ``match_due_fen`` is what the stake calls for and neither came nor is under way.
    """

    agreement: Case
    gauge: Gauge
    funds: pool.Funds
    match_due_fen: int
    match_coming_fen: int
    mend_fen: int
    claim_rate_ppm: int

    @property
    def village(self) -> str:
        """Whose agreement it is."""
        return self.agreement.parties["coop"]

    @property
    def deposits_fen(self) -> int:
        """The members' pooled deposits together (variant 1)."""
        return sum(self.funds.deposits.values())


def standings(conn: sa.Connection) -> list[Standing]:
    """Every agreement that is open or suspended, in the order of agreements."""
    found = store.in_states(conn, store.COUNTY_SCOPE, agreements.PROCESS, AGREED)
    return [standing(conn, case) for case in found]


def standing(conn: sa.Connection, agreement: Case) -> Standing:
    """One agreement as it stands."""
    book = custody_book(agreement.parties["coop"])
    held, funds = store.totals(conn, book, LINES), free_funds(conn, book)
    terms, lookup = terms_of(agreement), store.DatabaseLookup(conn, store.COUNTY_SCOPE)
    coming = sum(
        int(case.terms["amount"])
        for case in lookup.linked(pool_money.MATCH, agreements.PROCESS, agreement.id)
        if case.state in _COMING
    )
    due = pool.match_due(terms, funds.stake) - funds.match - coming
    return Standing(
        agreement=agreement,
        gauge=_gauge(agreement.parties["coop"], held),
        funds=funds,
        match_due_fen=max(due, 0),
        match_coming_fen=coming,
        mend_fen=top_up(terms, held[OVER]),
        claim_rate_ppm=claim_rate(lookup, agreement),
    )


def whole(conn: sa.Connection) -> list[Gauge]:
    """The county's line and every bank's, over all cooperatives; the county's first."""
    rows = store.rows(conn, COUNTY_BOOK, list(LINES))
    names = sorted({name for by_name in rows.values() for name in by_name})
    ordered = sorted(names, key=lambda name: (name != COUNTY, name))
    return [
        _gauge(name, {account: rows[account].get(name, 0) for account in LINES})
        for name in ordered
    ]  # fmt: skip


def top_up(terms: pool.Terms, over_fen: int) -> int:
    """The least stake (or deposits) that lifts the line by ``over_fen``, rounded up to the fen."""
    base = -(-over_fen * pool.HUNDREDTHS // terms.leverage)
    if terms.base == pool.STAKE_AND_MATCH and terms.variant == pool.V2:
        # A stake brings its match with it, once that has come.
        return -(-base * PPM // (PPM + terms.match_ppm))
    return base


def _gauge(name: str, held: Mapping[str, int]) -> Gauge:
    return Gauge(
        name=name,
        free_fen=held[FREE],
        over_fen=held[OVER],
        reserved_fen=held[RESERVED],
        running_fen=held[RUNNING],
    )
