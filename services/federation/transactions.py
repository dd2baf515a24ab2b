"""A transaction that is tried again when the database asks for it.

Called by routes and activities around one case. PostgreSQL ends one of two transactions that wait
for each other (40P01) or that cannot be ordered (40001); trying again is then the answer, because
every act is named and nothing outside the transaction was done. journal.write speaks to the driver
itself, so its errors come without SQLAlchemy's wrapping.
"""

from collections.abc import Callable
from typing import TypeVar

import psycopg
import sqlalchemy as sa

_T = TypeVar("_T")
ATTEMPTS = 5
_AGAIN = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)


def in_transaction(engine: sa.Engine, work: Callable[[sa.Connection], _T]) -> _T:
    """Run ``work`` in a transaction of its own and commit; raises what the last attempt raised."""
    for _ in range(ATTEMPTS - 1):
        try:
            with engine.begin() as conn:
                return work(conn)
        except (sa.exc.OperationalError, *_AGAIN) as error:
            if not isinstance(getattr(error, "orig", error), _AGAIN):
                raise
    with engine.begin() as conn:
        return work(conn)
