"""How a cooperative's guaranteed loans fill its credit line at each leverage.

Called by stress and search. The book of today is grown to base × leverage either by more
borrowers like those of today, each held to the cap per borrower, or by larger loans to the same
borrowers. Pure, whole fen; draws nothing.
"""

from collections.abc import Sequence

import msgspec
import numpy as np

from contracts.money import PPM, round_half_up, split
from contracts.rejections import RejectionCode
from kernel.errors import Rejected, ensure
from services.federation.insight.layers import SAFE_MAX, Amounts
from services.federation.insight.model import (
    LARGER_LOANS,
    LEVERAGES,
    NOW,
    STAKE_AND_MATCH,
    Assumptions,
    Book,
    StressLoan,
    StressPool,
)

Slot = tuple[StressLoan, list[int]]
"""A borrower like this loan's, and his principal under each plan."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One state of the book. ``leverage`` 0 leaves it as it stands."""

    name: str
    leverage: int


PLANS = (
    Plan(name=NOW, leverage=0),
    *(Plan(name=str(times), leverage=times) for times in LEVERAGES),
)


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """The grown book as arrays. A village's slots are ``first[v]`` up to ``first[v + 1]``.

    ``kinds`` is (industry, class) of each slot; ``classes`` the (grade, months) a class stands
    for; ``principal`` has a row a plan. Stake and match are by village (fen).
    """

    plans: tuple[Plan, ...]
    villages: tuple[str, ...]
    industries: tuple[str, ...]
    classes: tuple[tuple[str, int], ...]
    first: tuple[int, ...]
    kinds: tuple[tuple[int, int], ...]
    principal: Amounts
    stake: tuple[int, ...]
    match: tuple[int, ...]

    @property
    def slots(self) -> int:
        """Borrowers that are simulated."""
        return len(self.kinds)


def lay_out(
    book: Book, assumed: Assumptions, *, slots_max: int, plans: tuple[Plan, ...] = PLANS
) -> Layout:
    """Grow a book under these assumptions.

    Raises Rejected STRESS_TOO_LARGE when it takes more than ``slots_max`` borrowers, and
    STRESS_NO_BOOK when there is no loan to grow from or no pool.
    """
    pools = {pool.village: pool for pool in book.pools}
    loans = sorted(book.loans, key=lambda loan: (loan.village, loan.id))
    if not loans or not any(pool.stake_fen for pool in book.pools):
        raise Rejected(RejectionCode.STRESS_NO_BOOK, loans=len(loans), pools=len(pools))
    villages = tuple(sorted({*pools, *(loan.village for loan in loans)}))
    match = tuple(_match(pools.get(name), assumed) for name in villages)
    stake = tuple(pools[name].stake_fen if name in pools else 0 for name in villages)
    ensure(max(*stake, *match) <= SAFE_MAX, "stress_pool_fits_63_bits", most=max(stake))
    filled: list[list[Slot]] = []
    for name, own, added in zip(villages, stake, match, strict=True):
        base = own + added if assumed.leverage_base == STAKE_AND_MATCH else own
        room = slots_max - sum(map(len, filled))
        filled.append(_village(name, loans, pools.get(name), base, assumed, plans, room))
        if (count := sum(map(len, filled))) > slots_max:
            raise Rejected(
                RejectionCode.STRESS_TOO_LARGE, what="loans", asked=count, most=slots_max
            )
    return _arrays(plans, villages, filled, stake, match)


def _match(pool: StressPool | None, assumed: Assumptions) -> int:
    if pool is None or not pool.matched:
        return 0
    return round_half_up(pool.stake_fen * assumed.match_ppm, PPM)


def _village(
    name: str,
    loans: Sequence[StressLoan],
    pool: StressPool | None,
    base: int,
    assumed: Assumptions,
    plans: Sequence[Plan],
    room: int,
) -> list[Slot]:
    own = [loan for loan in loans if loan.village == name]
    like = own
    if not own and pool:
        # Nothing lent yet: its borrowers will be like the county's, under its own grade.
        like = [msgspec.structs.replace(loan, grade=pool.grade) for loan in loans]
    lines = [base * plan.leverage for plan in plans]
    if pool and pool.members:
        lines = [min(line, pool.members * assumed.loan_cap_fen) for line in lines]
    if assumed.growth == LARGER_LOANS:
        rows = _larger(like, lines)
    else:
        rows = _more(like, lines, assumed.loan_cap_fen, at_least=len(own), room=room)
    for row, (_, principals) in enumerate(rows):
        for column, plan in enumerate(plans):
            if not plan.leverage:
                principals[column] = own[row].principal_fen if row < len(own) else 0
    return rows


def _more(
    like: Sequence[StressLoan], lines: Sequence[int], cap: int, *, at_least: int, room: int
) -> list[Slot]:
    """The same borrowers again and again until the widest line is full.

    Narrower lines take the first of them, the last one in part: whoever defaults at 5 times
    defaults at 10 times too, so only the leverage differs between the plans.
    """
    rows: list[Slot] = []
    before, widest = 0, max(lines)
    while before < widest or len(rows) < at_least:
        if len(rows) > room:
            break
        loan = like[len(rows) % len(like)]
        size = min(loan.principal_fen, cap)
        rows.append((loan, [min(max(line - before, 0), size) for line in lines]))
        before += size
    return rows


def _larger(like: Sequence[StressLoan], lines: Sequence[int]) -> list[Slot]:
    """The same borrowers once, their loans scaled so that they sum to the line."""
    sizes = {f"{number:06d}": loan.principal_fen for number, loan in enumerate(like)}
    parts = [split(line, sizes) for line in lines] if like else []
    return [(loan, [part[key] for part in parts]) for key, loan in zip(sizes, like, strict=True)]


def _arrays(
    plans: tuple[Plan, ...],
    villages: tuple[str, ...],
    filled: Sequence[Sequence[Slot]],
    stake: tuple[int, ...],
    match: tuple[int, ...],
) -> Layout:
    slots = [slot for village in filled for slot in village]
    industries = sorted({loan.industry for loan, _ in slots})
    classes = sorted({(loan.grade, loan.months_left) for loan, _ in slots})
    place = {name: number for number, name in enumerate(industries)}
    kind = {pair: number for number, pair in enumerate(classes)}
    first = [0]
    for village in filled:
        first.append(first[-1] + len(village))
    return Layout(
        plans=plans,
        villages=villages,
        industries=tuple(industries),
        classes=tuple(classes),
        first=tuple(first),
        kinds=tuple(
            (place[loan.industry], kind[loan.grade, loan.months_left]) for loan, _ in slots
        ),
        principal=np.array([row for _, row in slots], np.int64).reshape(-1, len(plans)).T.copy(),
        stake=stake,
        match=match,
    )
