"""The loan book under stress, read from the county's guarantees and pools; and an example book.

Called by the console's stress page inside its reading transaction. A running guarantee counts
with what account 904 says is outstanding; a pool with its free stake or pooled deposits.
"""

from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa

from contracts.ids import COUNTY_BOOK, custody_book
from journal import heads, store
from journal.pool_funds import free_funds
from kernel.cases import Case
from kernel.pool import V1
from kernel.pool_agreement import AGREED
from services.federation.cases import registers
from services.federation.insight.model import Book, StressLoan, StressPool

RUNNING = "904"
_DAYS_A_MONTH = 30

_VILLAGES = 12
_LOANS = 25
_TRADES = ("养殖", "种植", "林果", "特色产业", "农机")
_SIZES_FEN = (1_000_000, 1_500_000, 2_000_000, 3_000_000, 5_000_000)
_STAKE_FEN = 20_000_000


def county_book(conn: sa.Connection) -> Book:
    """Everything the county guarantees now; without loans where it guarantees nothing yet."""
    return Book(loans=tuple(loan_book(conn)), pools=tuple(pools(conn)))


def loan_book(conn: sa.Connection) -> list[StressLoan]:
    """Every running guarantee with its outstanding principal, in id order."""
    today = heads.read(conn, COUNTY_BOOK).today
    grades = _grades(conn)
    running: dict[str, Mapping[str, int]] = {}
    loans = []
    for case in store.in_states(conn, store.COUNTY_SCOPE, "guarantee", ["running"]):
        village = case.parties["coop"]
        if village not in running:
            running[village] = store.rows(conn, custody_book(village), [RUNNING])[RUNNING]
        if principal := running[village].get(case.id, 0):
            loans.append(
                StressLoan(
                    id=case.id,
                    village=village,
                    industry=str(case.terms["purpose"]),
                    grade=grades.get(village, ""),
                    principal_fen=principal,
                    months_left=_months(case, today),
                )
            )
    return loans


def pools(conn: sa.Connection) -> list[StressPool]:
    """The pool money of every cooperative with an agreement, in the order of agreements."""
    grades = _grades(conn)
    found = []
    for case in store.in_states(conn, store.COUNTY_SCOPE, "agreement", AGREED):
        village = case.parties["coop"]
        book = custody_book(village)
        funds = free_funds(conn, book)
        bundle = case.terms["variant"] == V1
        found.append(
            StressPool(
                village=village,
                grade=grades.get(village, ""),
                stake_fen=sum(funds.deposits.values()) if bundle else funds.stake,
                members=sum(amount > 0 for amount in funds.deposits.values()) if bundle else 0,
                matched=int(case.terms["match_ppm"]) > 0,
            )
        )
    return found


def example_book() -> Book:
    """Nobody's book: 12 villages with 200,000 yuan staked each and 300 loans (E1's stake)."""
    villages = [f"example-{number:02d}" for number in range(1, _VILLAGES + 1)]
    return Book(
        example=True,
        loans=tuple(
            StressLoan(
                id=f"{village}-{number:02d}",
                village=village,
                # Two trades in three loans are the village's main one, as villages are.
                industry=_TRADES[(place if number % 3 else place + number) % len(_TRADES)],
                grade="AB"[place % 2],
                principal_fen=_SIZES_FEN[(number + place) % len(_SIZES_FEN)],
                months_left=6 + (7 * number + place) % 18,
            )
            for place, village in enumerate(villages)
            for number in range(_LOANS)
        ),
        pools=tuple(
            StressPool(village=village, grade="AB"[place % 2], stake_fen=_STAKE_FEN)
            for place, village in enumerate(villages)
        ),
    )


def _grades(conn: sa.Connection) -> dict[str, str]:
    return {one.id: one.grade for one in registers.cooperatives(conn)}


def _months(case: Case, today: date) -> int:
    """Months until the loan is due, begun ones counted whole; an overdue loan has one left."""
    due = date.fromisoformat(str(case.terms["due_on"]))
    return max(-(-(due - today).days // _DAYS_A_MONTH), 1)
