"""Builders of the stress tests: a book, its pools and assumptions with every default valid."""

from typing import Any

import msgspec

from services.federation.insight.fill import PLANS, Layout, lay_out
from services.federation.insight.model import Assumptions, Book, StressLoan, StressPool
from services.federation.insight.study import Limits

STAKE = 20_000_000
LIMITS = Limits(
    scenarios_max=1_000_000,
    slots_max=6_000,
    cells_max=1_500_000_000,
    search_scenarios=20_000,
    search_cells_max=200_000_000,
    seconds_max=120,
    memory_mib=1_024,
    match_max_ppm=3_000_000,
    cap_step_fen=100_000,
)
_ASSUMED = Assumptions(
    pd_a_ppm=20_000,
    pd_b_ppm=50_000,
    pd_other_ppm=80_000,
    county_share_ppm=50_000,
    village_share_ppm=100_000,
    industry_share_ppm=80_000,
    claim_interest_ppm=0,
    guarantor_ppm=300_000,
    guarantor_spread_ppm=0,
    bank_part_ppm=200_000,
    match_ppm=300_000,
    leverage_base="stake",
    match_order="after_stake",
    loan_cap_fen=5_000_000,
    growth="more_borrowers",
    horizon_months=12,
    tolerance_ppm=10_000,
    measure="worst",
    scenarios=20_000,
    seed=7,
)


def assume(**changes: Any) -> Assumptions:
    """Assumptions that differ from the builder's in the fields named."""
    return msgspec.structs.replace(_ASSUMED, **changes)


def a_loan(number: int, village: str = "baiguo", **changes: Any) -> StressLoan:
    """One loan of 20,000 yuan with a year to run."""
    loan = StressLoan(
        id=f"guarantee-{village}-{number:04d}",
        village=village,
        industry="种植",
        grade="A",
        principal_fen=2_000_000,
        months_left=12,
    )
    return msgspec.structs.replace(loan, **changes)


def a_book(villages: int = 3, loans: int = 5, **changes: Any) -> Book:
    """Villages with the same pool and as many loans each, in three trades and two grades."""
    names = [f"village-{number:02d}" for number in range(villages)]
    trades = ("种植", "养殖", "林果")
    return Book(
        loans=tuple(
            a_loan(
                number,
                name,
                grade="AB"[place % 2],
                industry=trades[(number + place) % 3],
                **{"principal_fen": 1_000_000 + 500_000 * (number % 5), **changes},
            )
            for place, name in enumerate(names)
            for number in range(loans)
        ),
        pools=tuple(
            StressPool(village=name, grade="AB"[place % 2], stake_fen=STAKE)
            for place, name in enumerate(names)
        ),
    )


def today(book: Book, assumed: Assumptions) -> Layout:
    """The book as it stands, nothing grown."""
    return lay_out(book, assumed, slots_max=10_000, plans=PLANS[:1])


def grown(book: Book, assumed: Assumptions) -> Layout:
    """The book at every leverage."""
    return lay_out(book, assumed, slots_max=10_000)
