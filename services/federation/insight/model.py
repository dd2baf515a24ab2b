"""Nouns of the stress model: the loan book it starts from, what is assumed, and what it found.

Called by every file of this room, and by the console, which shows them. Amounts are whole fen and
rates whole ppm; only chances are floats. Reads no database.
"""

import math

import msgspec

from contracts.money import PPM

MEASURES = ("worst", "any", "pooled")
"""Whose pool must hold: the worst cooperative's, every cooperative's at once, or all as one."""
MORE_BORROWERS, LARGER_LOANS = "more_borrowers", "larger_loans"
STAKE, STAKE_AND_MATCH = "stake", "stake_and_match"
AFTER_STAKE, PRO_RATA = "after_stake", "pro_rata"
LEVERAGES = tuple(range(5, 11))
"""Five to ten times, both included (N §四(三); R-083)."""
NOW = "now"
"""The plan that leaves the book as it stands."""
YEAR = 12
"""Months of the year that a yearly chance of default speaks of."""


class StressLoan(msgspec.Struct, frozen=True, kw_only=True):
    """One guaranteed bank loan. ``principal_fen`` is outstanding; ``grade`` its cooperative's."""

    id: str
    village: str
    industry: str
    grade: str
    principal_fen: int
    months_left: int


class StressPool(msgspec.Struct, frozen=True, kw_only=True):
    """One cooperative's own pool money: its stake, or its members' bundle in variant 1 (fen).

    ``members`` is how many pooled in variant 1, where the line is at most so many caps (E2); 0 in
    variant 2. ``matched`` says whether the county adds its match.
    """

    village: str
    grade: str
    stake_fen: int
    members: int = 0
    matched: bool = True


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """What is put under stress. ``example`` marks a book that is nobody's."""

    loans: tuple[StressLoan, ...]
    pools: tuple[StressPool, ...]
    example: bool = False


class Assumptions(msgspec.Struct, frozen=True, kw_only=True):
    """Everything staff may move; assumptions.toml explains each under the same name.

    Rates are ppm. ``pd_*_ppm`` are chances of default within a year; the three ``*_share_ppm``
    are the parts of a borrower's luck that he shares; ``guarantor_spread_ppm`` is how far what
    guarantors pay lies around ``guarantor_ppm``.
    """

    pd_a_ppm: int
    pd_b_ppm: int
    pd_other_ppm: int
    county_share_ppm: int
    village_share_ppm: int
    industry_share_ppm: int
    claim_interest_ppm: int
    guarantor_ppm: int
    guarantor_spread_ppm: int
    bank_part_ppm: int
    match_ppm: int
    leverage_base: str
    match_order: str
    loan_cap_fen: int
    growth: str
    horizon_months: int
    tolerance_ppm: int
    measure: str
    scenarios: int
    seed: int

    def default_chance(self, grade: str, months_left: int) -> float:
        """Chance of default within the horizon, or until the loan ends if that is sooner."""
        yearly = {"A": self.pd_a_ppm, "B": self.pd_b_ppm}.get(grade, self.pd_other_ppm) / PPM
        months = min(months_left, self.horizon_months)
        return float(1 - (1 - yearly) ** (months / YEAR))


class Chance(msgspec.Struct, frozen=True, kw_only=True):
    """How often something happened in how many scenarios."""

    count: int
    scenarios: int

    @property
    def share(self) -> float:
        """The estimate, 0 to 1."""
        return self.count / self.scenarios

    @property
    def error(self) -> float:
        """Monte Carlo standard error of the estimate."""
        return math.sqrt(self.share * (1 - self.share) / self.scenarios)

    @property
    def upper(self) -> float:
        """Upper end of Wilson's interval at two standard errors; above 0 also for a count of 0."""
        n, z2 = self.scenarios, 4.0
        middle = self.share + z2 / (2 * n)
        half = math.sqrt(z2 * (self.share * (1 - self.share) / n + z2 / (4 * n * n)))
        return min(1.0, (middle + half) / (1 + z2 / n))

    def below(self, tolerance_ppm: int) -> bool:
        """Whether it is rarer than tolerated, told so that chance alone cannot flatter it."""
        return self.upper <= tolerance_ppm / PPM


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One bar of a histogram: from (included) to (excluded), in fen, and how many scenarios."""

    start_fen: int
    end_fen: int
    count: int


class PlanResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one leverage means. ``leverage`` is 0 for the book as it stands.

    ``quantiles`` is ppm → the least loss that so many scenarios do not pass. Losses are what
    the pool is asked for, before it runs dry; ``uncovered`` is what then stays with the bank.
    """

    name: str
    leverage: int
    loans: int
    guaranteed_fen: int
    mean_fen: int
    quantiles: dict[str, int]
    shortfall_fen: int
    stake_paid_fen: int
    match_paid_fen: int
    uncovered_fen: int
    chances: dict[str, Chance]
    worst_village: str
    histogram: tuple[Bar, ...]


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """What would make ten times safe. A value that was not found is -1.

    ``tried`` is False where a search makes no sense: 10 is safe already, or loans have no cap.
    """

    leverage: int
    match_ppm: int
    match_chance: Chance | None
    match_tried: bool
    cap_fen: int
    cap_chance: Chance | None
    cap_tried: bool
    cap_stopped_fen: int
    """Caps below this one were not tried: their books are too large to simulate; 0 for none."""


class StressResult(msgspec.Struct, frozen=True, kw_only=True):
    """A finished run: enough to show it, to repeat it, and to tell how sure it is."""

    assumptions: Assumptions
    example: bool
    villages: int
    industries: int
    slots: int
    stake_fen: int
    match_fen: int
    plans: tuple[PlanResult, ...]
    advice: Advice | None
    block: int
    numpy: str
