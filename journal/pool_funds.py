"""The free money of one cooperative's pool, as its custody book K(i) stands now.

Called by the county's pages, its proofs and its packages, and by the node on its copy of K(i).
Reads in the caller's transaction and takes no lock: a rule is handed its own funds under one
(``kernel.pool_agreement.funds``), from the same accounts.
"""

import sqlalchemy as sa

from journal import store
from kernel import pool

STAKE, MATCH, DEPOSITS = "802", "803", "805"


def free_funds(conn: sa.Connection, custody: str) -> pool.Funds:
    """Stake, match and pooled deposits by member that nothing has frozen (fen; R-084)."""
    held = store.rows(conn, custody, (STAKE, MATCH, DEPOSITS))
    return pool.Funds(
        stake=sum(held[STAKE].values()),
        match=sum(held[MATCH].values()),
        deposits=held[DEPOSITS],
    )
