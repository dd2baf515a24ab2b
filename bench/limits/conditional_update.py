"""The limit of a reservation: one conditional UPDATE of a counter, committed, and its undoing.

What a program with no books would do for "reserve if there is room": no act, no chain, no case,
no second line. It cannot say who holds what.
"""

from typing import Any

import psycopg

_RESERVE = "UPDATE bare_line SET used = used + %s WHERE id = 1 AND used + %s <= line"
_RELEASE = "UPDATE bare_line SET used = used - %s WHERE id = 1"


def create(connection: psycopg.Connection[Any], line: int) -> None:
    """One row with room for ``line`` fen."""
    connection.execute(
        "CREATE TABLE IF NOT EXISTS bare_line"
        " (id int PRIMARY KEY, line bigint NOT NULL, used bigint NOT NULL CHECK (used <= line))"
    )
    connection.execute("DELETE FROM bare_line")
    connection.execute("INSERT INTO bare_line VALUES (1, %s, 0)", (line,))
    connection.commit()


def reserve_and_release(connection: psycopg.Connection[Any], amount: int, times: int) -> int:
    """So many reservations and releases, each its own transaction; how many were committed."""
    for _ in range(times):
        with connection.transaction():
            connection.execute(_RESERVE, (amount, amount))
        with connection.transaction():
            connection.execute(_RELEASE, (amount,))
    return times * 2
