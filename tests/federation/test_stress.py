"""The stress model against distributions that are known exactly, and against itself."""

import math
import tracemalloc
from itertools import pairwise

import numpy as np
import pytest

from contracts.money import PPM, take_in_order
from kernel import pool
from services.federation.insight import copula, stress
from services.federation.insight.copula import BLOCK, Block
from services.federation.insight.fill import PLANS, Layout, lay_out
from services.federation.insight.layers import layers, pool_due
from services.federation.insight.model import (
    PRO_RATA,
    STAKE_AND_MATCH,
    Assumptions,
    Book,
    StressPool,
)
from tests.federation.stress_book import STAKE, a_book, a_loan, assume

ALONE = {"county_share_ppm": 0, "village_share_ppm": 0, "industry_share_ppm": 0}
NOW = PLANS[:1]


def today(book: Book, assumed: Assumptions) -> Layout:
    """The book as it stands, nothing grown."""
    return lay_out(book, assumed, slots_max=10_000, plans=NOW)


def grown(book: Book, assumed: Assumptions) -> Layout:
    """The book at every leverage."""
    return lay_out(book, assumed, slots_max=10_000)


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


# --- against a small reference, to the fen


@pytest.mark.parametrize("order", ["after_stake", PRO_RATA])
@pytest.mark.parametrize("spread", [0, 200_000])
def test_every_layer_of_1000_scenarios_is_that_of_a_plain_loop(order: str, spread: int) -> None:
    """Default by default in Python integers, from the same draws (P6.5)."""
    assumed = assume(match_order=order, guarantor_spread_ppm=spread, claim_interest_ppm=43_210,
                     bank_part_ppm=333_333, pd_a_ppm=150_000, pd_b_ppm=300_000)  # fmt: skip
    book = a_book(villages=3, loans=7, principal_fen=1_234_567)
    layout = grown(book, assumed)
    scenarios = 1_000
    tally = stress.simulate(layout, assumed, scenarios)
    mix = copula.weights(assumed)
    luck = Block(assumed.seed, 0, len(layout.villages), len(layout.industries), mix)
    totals = {name: [0] * len(PLANS) for name in ("stake", "match", "left", "dry")}
    due = [[0] * scenarios for _ in PLANS]
    for village in range(3):
        hits = _defaults(layout, assumed, luck, village, scenarios)
        for row in range(len(PLANS)):
            for scenario, defaulted in enumerate(hits):
                asked = sum(
                    _asked(int(layout.principal[row, slot]), level, assumed)
                    for slot, level in defaulted
                )
                due[row][scenario] += asked
                paid, left = _taken(asked, layout.stake[village], layout.match[village], order)
                totals["stake"][row] += paid[0]
                totals["match"][row] += paid[1]
                totals["left"][row] += left
                whole = layout.stake[village] + layout.match[village]
                totals["dry"][row] += asked >= whole
    assert tally.due.tolist() == due
    assert tally.stake_paid.tolist() == totals["stake"]
    assert tally.match_paid.tolist() == totals["match"]
    assert tally.uncovered.tolist() == totals["left"]
    assert tally.dry.sum(axis=1).tolist() == totals["dry"]
    assert totals["left"][-1] > 0
    assert totals["dry"][-1] > 0


@pytest.mark.parametrize("order", ["after_stake", PRO_RATA])
def test_the_layers_are_those_of_the_rule_that_pays_claim_after_claim(order: str) -> None:
    """kernel.pool.borne, the rule of P6.5, settles every default of 300 scenarios in turn."""
    assumed = assume(match_order=order, pd_a_ppm=150_000, bank_part_ppm=333_333)
    book = a_book(villages=1, loans=7, principal_fen=1_234_567)
    layout = lay_out(book, assumed, slots_max=6_000, plans=PLANS[-1:])
    scenarios = 300
    tally = stress.simulate(layout, assumed, scenarios)
    luck = Block(assumed.seed, 0, 1, len(layout.industries), copula.weights(assumed))
    terms = pool.Terms(
        variant=pool.V2, leverage=1_000, base="stake", loan_cap=5_000_000,
        bank_part_ppm=assumed.bank_part_ppm, match_ppm=assumed.match_ppm,
        layers=("guarantors", "own_deposit", "stake", "match", "bundle_deposits"),
        match_order=order, mutual=False, stop_ppm=50_000,
    )  # fmt: skip
    stake = match = left = claims = 0
    for hits in _defaults(layout, assumed, luck, 0, scenarios):
        funds = pool.Funds(stake=layout.stake[0], match=layout.match[0])
        for slot, _ in hits:
            principal = int(layout.principal[0, slot])
            called = principal - (principal * assumed.guarantor_ppm + PPM // 2) // PPM
            loss = pool.borne(terms, funds, called, "m1")
            funds = pool.Funds(stake=funds.stake - loss.stake, match=funds.match - loss.match)
            stake, match, left = stake + loss.stake, match + loss.match, left + loss.uncovered
            claims += 1
    assert left > 0
    assert tally.uncovered.tolist() == [left]
    # Pro rata the rule rounds claim by claim, the model once: at most a fen a claim apart.
    apart = claims if order == PRO_RATA else 0
    assert abs(int(tally.stake_paid[0]) - stake) <= apart
    assert int(tally.stake_paid[0] + tally.match_paid[0]) == stake + match


def _defaults(
    layout: Layout, assumed: Assumptions, luck: Block, village: int, scenarios: int
) -> list[list[tuple[int, int]]]:
    """For each scenario the defaulted slots of a village and the level of its guarantors."""
    slots = range(layout.first[village], layout.first[village + 1])
    limits = {
        layout.kinds[slot]: copula.threshold(
            assumed.default_chance(*layout.classes[layout.kinds[slot][1]])
        )
        for slot in slots
    }
    bounds = luck.bounds(village, limits)
    own, guarantors = luck.own_luck(village), luck.guarantors(village)
    found: list[list[tuple[int, int]]] = [[] for _ in range(scenarios)]
    for slot in slots:
        draws = own.standard_normal(BLOCK, np.float32).tolist()
        bound = bounds[layout.kinds[slot]].tolist()
        levels = list(guarantors.bytes(BLOCK)) if assumed.guarantor_spread_ppm else [0] * BLOCK
        for scenario in range(scenarios):
            if draws[scenario] < bound[scenario]:
                found[scenario].append((slot, levels[scenario] % stress.LEVELS))
    return found


def _asked(principal: int, level: int, assumed: Assumptions) -> int:
    """What the pool is asked for one defaulted loan, step by step."""
    spread = assumed.guarantor_spread_ppm
    guarantor = assumed.guarantor_ppm
    if spread:
        guarantor += -spread + 2 * spread * level // (stress.LEVELS - 1)
    claim = principal + (principal * assumed.claim_interest_ppm + PPM // 2) // PPM
    called = claim - (claim * guarantor + PPM // 2) // PPM
    return called - (called * assumed.bank_part_ppm + PPM // 2) // PPM


def _taken(asked: int, stake: int, match: int, order: str) -> tuple[tuple[int, int], int]:
    if order == PRO_RATA:
        paid = min(asked, stake + match)
        by_match = (2 * paid * match + stake + match) // (2 * (stake + match))
        return (paid - by_match, by_match), asked - paid
    taken, left = take_in_order(asked, [("stake", stake), ("match", match)])
    return (taken["stake"], taken["match"]), left


def test_e1_a_default_of_20000_costs_the_pool_16000_from_the_stake_or_pro_rata() -> None:
    due = pool_due(np.array([2_000_000]), interest_ppm=0, guarantor_ppm=0, bank_ppm=200_000)
    assert due.tolist() == [1_600_000]
    parts = layers(due, 20_000_000, 6_000_000, pro_rata=False)
    assert [part.tolist() for part in parts] == [[1_600_000], [0], [0]]
    parts = layers(due, 20_000_000, 6_000_000, pro_rata=True)
    assert [part.tolist() for part in parts] == [[1_230_769], [369_231], [0]]


def test_e1c_a_short_pool_pays_what_it_holds_and_the_rest_is_the_banks() -> None:
    due = pool_due(np.array([2_000_000]), interest_ppm=0, guarantor_ppm=0, bank_ppm=200_000)
    parts = layers(due, 1_000_000, 300_000, pro_rata=False)
    assert [part.tolist() for part in parts] == [[1_000_000], [300_000], [300_000]]


@pytest.mark.parametrize(("principal", "dry"), [(25_999_999, 0), (26_000_000, 50)])
def test_a_pool_that_pays_its_last_fen_has_run_dry(principal: int, dry: int) -> None:
    book = Book(
        loans=(a_loan(1, principal_fen=principal),),
        pools=(StressPool(village="baiguo", grade="A", stake_fen=STAKE),),
    )
    assumed = assume(pd_a_ppm=PPM, bank_part_ppm=0, guarantor_ppm=0)
    tally = stress.simulate(today(book, assumed), assumed, 50)
    assert tally.dry.tolist() == [[dry]]
    assert (tally.any_dry.tolist(), tally.pooled_dry.tolist()) == ([dry], [dry])
    assert tally.uncovered.tolist() == [0]


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
