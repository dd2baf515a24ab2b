"""What each layer of the pool pays under stress, to the fen: a plain loop, and the rule (P6.5)."""

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
    Assumptions,
    Book,
    StressPool,
)
from tests.federation.stress_book import STAKE, a_book, a_loan, assume, grown, today


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
