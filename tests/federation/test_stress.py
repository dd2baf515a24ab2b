"""The stress model against distributions that are known exactly, and against itself."""

import math
import tracemalloc
from itertools import pairwise

import numpy as np
import pytest

from contracts.money import PPM
from services.federation.insight import copula, stress
from services.federation.insight.copula import BLOCK
from services.federation.insight.fill import PLANS
from services.federation.insight.model import (
    STAKE_AND_MATCH,
    Assumptions,
    Book,
    StressPool,
)
from tests.federation.stress_book import STAKE, a_book, a_loan, assume, grown, today

ALONE = {"county_share_ppm": 0, "village_share_ppm": 0, "industry_share_ppm": 0}


# --- against what is known exactly


def test_independent_defaults_follow_the_exact_distribution() -> None:
    """Losses of unequal loans are a convolution; every point of it lies within five errors."""
    sizes = (1_000_000, 1_500_000, 2_000_000, 3_000_000)
    chances = (100_000, 250_000)
    book = Book(
        loans=tuple(a_loan(n, principal_fen=sizes[n % 4], grade="AB"[n % 2]) for n in range(12)),
        pools=(StressPool(village="baiguo", grade="A", stake_fen=STAKE),),
    )
    assumed = assume(**ALONE, pd_a_ppm=chances[0], pd_b_ppm=chances[1], bank_part_ppm=0,
                     guarantor_ppm=0, seed=11)  # fmt: skip
    exact = {0: 1.0}
    for n in range(12):
        chance = chances[n % 2] / PPM
        after: dict[int, float] = {}
        for loss, weight in exact.items():
            after[loss] = after.get(loss, 0.0) + weight * (1 - chance)
            grown_loss = loss + sizes[n % 4]
            after[grown_loss] = after.get(grown_loss, 0.0) + weight * chance
        exact = after
    scenarios = 200_000
    found, counts = np.unique(
        stress.simulate(today(book, assumed), assumed, scenarios).due[0], return_counts=True
    )
    drawn = dict(zip(found.tolist(), counts.tolist(), strict=True))
    assert drawn.keys() <= exact.keys()
    for loss, weight in exact.items():
        error = math.sqrt(weight * (1 - weight) / scenarios)
        assert abs(drawn.get(loss, 0) / scenarios - weight) <= 5 * error + 1e-5, loss


def test_equal_independent_loans_are_binomial_in_their_chance_of_running_dry() -> None:
    """40 loans of 20,000, pool of 260,000, nothing from others: dry from the 13th default on."""
    book = Book(
        loans=tuple(a_loan(n) for n in range(40)),
        pools=(StressPool(village="baiguo", grade="A", stake_fen=STAKE),),
    )
    assumed = assume(**ALONE, pd_a_ppm=200_000, bank_part_ppm=0, guarantor_ppm=0, seed=3)
    exact = sum(math.comb(40, n) * 0.2**n * 0.8 ** (40 - n) for n in range(13, 41))
    layout = today(book, assumed)
    result = stress.judge(layout, stress.simulate(layout, assumed, 100_000))[0]
    chance = result.chances["worst"]
    assert abs(chance.share - exact) <= 4 * chance.error
    assert result.chances["any"] == result.chances["pooled"] == chance
    # 40 × 20,000 × 20 % of loss
    assert abs(result.mean_fen - 16_000_000) < 100_000


@pytest.mark.parametrize("share", ["county_share_ppm", "village_share_ppm", "industry_share_ppm"])
def test_borrowers_with_one_luck_default_all_together_or_not_at_all(share: str) -> None:
    book = Book(
        loans=tuple(a_loan(n) for n in range(25)),
        pools=(StressPool(village="baiguo", grade="A", stake_fen=STAKE),),
    )
    assumed = assume(**{**ALONE, share: PPM}, pd_a_ppm=100_000, bank_part_ppm=0, guarantor_ppm=0)
    due = stress.simulate(today(book, assumed), assumed, 100_000).due[0]
    assert np.unique(due).tolist() == [0, 25 * 2_000_000]
    error = math.sqrt(0.1 * 0.9 / 100_000)
    assert abs(np.count_nonzero(due) / 100_000 - 0.1) <= 4 * error


def test_the_correlation_of_two_loans_is_the_sum_of_what_they_share() -> None:
    """Joint defaults of pairs against the bivariate normal, by Plackett's integral."""
    places = (("a", "x"), ("a", "x"), ("a", "y"), ("b", "y"))
    book = Book(
        loans=tuple(
            a_loan(n, village, industry=trade, principal_fen=100 * 10**n)
            for n, (village, trade) in enumerate(places)
        ),
        pools=(StressPool(village="a", grade="A", stake_fen=STAKE),),
    )
    assumed = assume(county_share_ppm=100_000, village_share_ppm=200_000,
                     industry_share_ppm=150_000, pd_a_ppm=100_000, bank_part_ppm=0,
                     guarantor_ppm=0)  # fmt: skip
    scenarios = 400_000
    due = stress.simulate(today(book, assumed), assumed, scenarios).due[0]
    defaulted = [due // 100 // 10**n % 10 == 1 for n in range(4)]
    limit = copula.threshold(0.1)
    for first, second, shared in ((0, 1, 0.45), (0, 2, 0.3), (2, 3, 0.25), (0, 3, 0.1)):
        steps = np.linspace(0, shared, 2_001)
        density = np.exp(-(limit**2) / (1 + steps)) / (2 * np.pi * np.sqrt(1 - steps**2))
        exact = 0.01 + float(np.sum((density[1:] + density[:-1]) / 2) * (steps[1] - steps[0]))
        both = np.count_nonzero(defaulted[first] & defaulted[second]) / scenarios
        assert abs(both - exact) <= 4 * math.sqrt(exact / scenarios), (first, second)


def test_without_any_chance_of_default_nothing_is_ever_asked_for() -> None:
    assumed = assume(pd_a_ppm=0, pd_b_ppm=0)
    layout = grown(a_book(), assumed)
    for plan in stress.judge(layout, stress.simulate(layout, assumed, BLOCK + 1)):
        assert plan.mean_fen == plan.shortfall_fen == plan.uncovered_fen == 0
        assert {chance.count for chance in plan.chances.values()} == {0}
        assert all(chance.upper > 0 for chance in plan.chances.values())
        assert plan.histogram[0].count == BLOCK + 1


def test_a_certain_default_asks_for_every_loan() -> None:
    assumed = assume(pd_a_ppm=PPM, pd_b_ppm=PPM, bank_part_ppm=0, guarantor_ppm=0)
    layout = grown(a_book(), assumed)
    tally = stress.simulate(layout, assumed, 100)
    assert (tally.due == layout.principal.sum(axis=1)[:, np.newaxis]).all()


def test_a_loan_that_ends_within_the_horizon_counts_until_then() -> None:
    assumed = assume(pd_a_ppm=190_000, horizon_months=12)
    assert assumed.default_chance("A", 24) == pytest.approx(0.19)
    assert assumed.default_chance("A", 6) == pytest.approx(0.1)
    assert assumed.default_chance("", 12) == pytest.approx(0.08)


# --- order


def _worst(assumed: Assumptions, plan: int = -1) -> float:
    layout = grown(a_book(), assumed)
    chances, _ = stress.chances_of(stress.simulate(layout, assumed, 4 * BLOCK), plan)
    return chances["worst"].share


def test_more_leverage_never_asks_for_less_in_any_scenario() -> None:
    assumed = assume(guarantor_spread_ppm=200_000)
    layout = grown(a_book(), assumed)
    tally = stress.simulate(layout, assumed, BLOCK)
    for less, more in pairwise(range(1, len(PLANS))):
        assert (tally.due[less] <= tally.due[more]).all()
        assert (tally.dry[less] <= tally.dry[more]).all()


def test_more_match_runs_dry_less_often_and_more_correlation_more_often() -> None:
    by_match = [_worst(assume(match_ppm=ppm)) for ppm in (0, 300_000, 500_000, 1_000_000)]
    assert by_match == sorted(by_match, reverse=True)
    assert by_match[0] > by_match[-1]
    by_village = [_worst(assume(village_share_ppm=ppm)) for ppm in (0, 100_000, 300_000, 600_000)]
    assert by_village == sorted(by_village)
    assert by_village[0] < by_village[-1]
    by_guarantors = [_worst(assume(guarantor_ppm=ppm)) for ppm in (0, 300_000, 600_000)]
    assert by_guarantors == sorted(by_guarantors, reverse=True)


def test_a_match_that_also_widens_the_line_makes_nothing_safer() -> None:
    dry = [
        _worst(assume(match_ppm=ppm, leverage_base=STAKE_AND_MATCH)) for ppm in (300_000, 1_000_000)
    ]
    assert dry[1] == pytest.approx(dry[0], abs=0.005)


# --- repeated


def test_the_same_seed_gives_the_same_scenarios_however_many_are_asked_for() -> None:
    assumed = assume(guarantor_spread_ppm=200_000)
    layout = grown(a_book(), assumed)
    long = stress.simulate(layout, assumed, 3 * BLOCK + 5)
    for scenarios in (1, BLOCK - 1, BLOCK, 2 * BLOCK + 77):
        short = stress.simulate(layout, assumed, scenarios)
        assert (short.due == long.due[:, :scenarios]).all()
    other = assume(guarantor_spread_ppm=200_000, seed=8)
    assert (stress.simulate(layout, other, BLOCK).due != long.due[:, :BLOCK]).any()


def test_a_longer_list_of_loans_leaves_everybody_elses_luck_alone() -> None:
    """Caps and matches are compared by the same draws: a new loan only adds its own loss."""
    book = a_book(villages=2, loans=4)
    added = Book(loans=(*book.loans, a_loan(99, "village-00", grade="A")), pools=book.pools)
    assumed = assume()
    few, more = (
        stress.simulate(today(one, assumed), assumed, BLOCK).due[0] for one in (book, added)
    )
    extra = more - few
    assert set(np.unique(extra).tolist()) == {0, 1_120_000}


def test_a_million_scenarios_of_300_loans_stay_within_their_memory() -> None:
    """Traced on a tenth of the scenarios: what grows with them is seven rows of eight bytes."""
    assumed = assume()
    layout = today(a_book(villages=12, loans=25), assumed)
    tracemalloc.start()
    stress.simulate(layout, assumed, 1)
    _, once = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    stress.judge(layout, stress.simulate(layout, assumed, 100_000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    a_scenario = (peak - once) / 100_000
    assert len(PLANS) * a_scenario * 1_000_000 + once < 2**30
    assert peak < 40 * 2**20
