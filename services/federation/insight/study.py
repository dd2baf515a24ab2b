"""The whole study: every leverage judged, then what would make ten times safe.

Called by worker and tests. The searches halve the candidates and draw the same random numbers
each time, so two matches or two caps differ by what they are and not by luck.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec
import numpy as np

from contracts.money import PPM
from contracts.rejections import RejectionCode
from kernel.errors import Rejected
from services.federation.insight import stress
from services.federation.insight.copula import BLOCK
from services.federation.insight.fill import PLANS, Layout, Plan, lay_out
from services.federation.insight.model import (
    LARGER_LOANS,
    LEVERAGES,
    Advice,
    Assumptions,
    Book,
    Chance,
    PlanResult,
    StressResult,
)

TOP = LEVERAGES[-1]
RUN, MATCH, CAP = "run", "match", "cap"
PHASES = (RUN, MATCH, CAP)
PERCENT = PPM // 100
Candidate = TypeVar("Candidate")
Tell = Callable[[str, int, int, int], None]
"""Told the phase, which try of it, how many scenarios are done and of how many."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one study may use; assumptions.toml holds the figures.

    ``cells_max`` bounds scenarios × borrowers; each try of a search has bounds of its own.
    """

    scenarios_max: int
    slots_max: int
    cells_max: int
    search_scenarios: int
    search_cells_max: int
    seconds_max: int
    memory_mib: int
    match_max_ppm: int
    cap_step_fen: int


def study(book: Book, assumed: Assumptions, limits: Limits, tell: Tell) -> StressResult:
    """Judge the book and search. Raises Rejected STRESS_TOO_LARGE, STRESS_NO_BOOK."""
    layout = checked(book, assumed, limits)

    def report(done: int) -> None:
        tell(RUN, 1, done, assumed.scenarios)

    tally = stress.simulate(layout, assumed, assumed.scenarios, report)
    plans = stress.judge(layout, tally)
    del tally  # a million scenarios of seven plans are not kept through the searches
    return StressResult(
        assumptions=assumed,
        example=book.example,
        villages=len(layout.villages),
        industries=len(layout.industries),
        slots=layout.slots,
        stake_fen=sum(layout.stake),
        match_fen=sum(layout.match),
        plans=plans,
        advice=advise(book, assumed, limits, plans, tell),
        block=BLOCK,
        numpy=np.__version__,
    )


def checked(book: Book, assumed: Assumptions, limits: Limits) -> Layout:
    """The grown book, if it and the scenarios asked for are within the limits."""
    layout = lay_out(book, assumed, slots_max=limits.slots_max)
    for what, asked, most in (
        ("scenarios", assumed.scenarios, limits.scenarios_max),
        ("scenarios × loans", assumed.scenarios * layout.slots, limits.cells_max),
    ):
        if asked > most:
            raise Rejected(RejectionCode.STRESS_TOO_LARGE, what=what, asked=asked, most=most)
    return layout


def advise(
    book: Book, assumed: Assumptions, limits: Limits, plans: Sequence[PlanResult], tell: Tell
) -> Advice:
    """The highest safe leverage, and the least match and the highest cap that make 10 safe."""
    safe = [
        one.leverage
        for one in plans
        if one.leverage and one.chances[assumed.measure].below(assumed.tolerance_ppm)
    ]
    ten_is_safe = TOP in safe
    search = _Search(book, assumed, limits, tell)
    match = cap = None
    candidates: tuple[int, ...] = ()
    stopped = 0
    if not ten_is_safe:
        match = search.least_match()
        candidates, stopped = search.caps()
        cap = search.highest_cap(candidates)
    return Advice(
        leverage=max(safe, default=-1),
        match_ppm=-1 if match is None else match[0],
        match_chance=match[1] if match else None,
        match_tried=not ten_is_safe,
        cap_fen=-1 if cap is None else cap[0],
        cap_chance=cap[1] if cap else None,
        cap_tried=bool(candidates),
        cap_stopped_fen=stopped,
    )


def first_that_fits(
    candidates: Sequence[Candidate], fits: Callable[[Candidate], bool]
) -> Candidate | None:
    """The first candidate that fits, where all after one that fits do too; None if none does."""
    if not candidates or not fits(candidates[-1]):
        return None
    low, high = 0, len(candidates) - 1
    while low < high:
        middle = (low + high) // 2
        if fits(candidates[middle]):
            high = middle
        else:
            low = middle + 1
    return candidates[high]


class _Search:
    """Tries at ten times with one assumption changed."""

    def __init__(self, book: Book, assumed: Assumptions, limits: Limits, tell: Tell) -> None:
        self.book, self.assumed, self.limits, self.tell = book, assumed, limits, tell
        self.scenarios = min(assumed.scenarios, limits.search_scenarios)
        self.tries = dict.fromkeys(PHASES, 0)

    def least_match(self) -> tuple[int, Chance] | None:
        """The least match in whole percent above today's, and how rarely it runs dry then."""
        found: dict[int, Chance] = {}

        def fits(ppm: int) -> bool:
            changed = msgspec.structs.replace(self.assumed, match_ppm=ppm)
            found[ppm] = self._chance(MATCH, changed, self._layout(changed))
            return found[ppm].below(self.assumed.tolerance_ppm)

        start = (self.assumed.match_ppm // PERCENT + 1) * PERCENT
        best = first_that_fits(range(start, self.limits.match_max_ppm + 1, PERCENT), fits)
        return None if best is None else (best, found[best])

    def caps(self) -> tuple[tuple[int, ...], int]:
        """Caps to try, highest first, that change the book and that it can be simulated under."""
        if self.assumed.growth == LARGER_LOANS:
            return (), 0
        step = self.limits.cap_step_fen
        largest = max(loan.principal_fen for loan in self.book.loans)
        highest = (min(self.assumed.loan_cap_fen, largest) - 1) // step * step
        every = tuple(range(highest, 0, -step))
        # The lower the cap, the more borrowers: the lowest that can be simulated ends the list.
        lowest = first_that_fits(every[::-1], self._can_lay_out)
        fitting = tuple(cap for cap in every if lowest is not None and cap >= lowest)
        return fitting, (fitting[-1] if fitting and fitting != every else 0)

    def highest_cap(self, candidates: Sequence[int]) -> tuple[int, Chance] | None:
        """The highest cap per borrower that fits, and how rarely it runs dry then."""
        found: dict[int, Chance] = {}

        def fits(cap: int) -> bool:
            changed = self._capped(cap)
            found[cap] = self._chance(CAP, changed, self._layout(changed))
            return found[cap].below(self.assumed.tolerance_ppm)

        best = first_that_fits(candidates, fits)
        return None if best is None else (best, found[best])

    def _can_lay_out(self, cap: int) -> bool:
        try:
            layout = self._layout(self._capped(cap))
        except Rejected:
            return False
        return layout.slots * self.scenarios <= self.limits.search_cells_max

    def _capped(self, cap: int) -> Assumptions:
        return msgspec.structs.replace(self.assumed, loan_cap_fen=cap)

    def _layout(self, assumed: Assumptions) -> Layout:
        ten = next(plan for plan in PLANS if plan.leverage == TOP)
        plans: tuple[Plan, ...] = (ten,)
        return lay_out(self.book, assumed, slots_max=self.limits.slots_max, plans=plans)

    def _chance(self, phase: str, assumed: Assumptions, layout: Layout) -> Chance:
        self.tries[phase] += 1

        def report(done: int) -> None:
            self.tell(phase, self.tries[phase], done, self.scenarios)

        tally = stress.simulate(layout, assumed, self.scenarios, report)
        chances, _ = stress.chances_of(tally, 0)
        return chances[assumed.measure]
