"""The stress run: how much the pool is asked for, and how often stake and match run dry.

Called by worker, search, bench and tests. Simulates block by block, village by village, so that
memory hangs on the number of scenarios and plans, not on loans; every plan is judged by the same
defaults. Chances are floats here and nowhere else; every amount stays whole fen.
"""

from collections.abc import Callable, Iterator

import msgspec
import numpy as np
import numpy.typing as npt

from contracts.money import PPM, round_half_up
from services.federation.insight import copula
from services.federation.insight.copula import BLOCK, Block
from services.federation.insight.fill import Layout
from services.federation.insight.layers import Amounts, layers, pool_due
from services.federation.insight.model import (
    PRO_RATA,
    Assumptions,
    Bar,
    Chance,
    PlanResult,
)

QUANTILES = (500_000, 900_000, 950_000, 990_000, 999_000)
SHORTFALL_PPM = 990_000
"""Expected shortfall is the mean of the losses beyond this quantile."""
BARS = 48
LEVELS = 16
"""What guarantors pay is drawn from so many even steps between its least and its most."""
Report = Callable[[int], None]
"""Told after every block how many scenarios are done."""


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """What the scenarios came to, one row a plan. ``due`` has a column a scenario.

    ``dry`` counts scenarios in which a village's pool was used up, ``any_dry`` those in which
    at least one was, ``pooled_dry`` those in which all of them together would have been.
    """

    due: Amounts
    dry: Amounts
    any_dry: Amounts
    pooled_dry: Amounts
    stake_paid: Amounts
    match_paid: Amounts
    uncovered: Amounts


def simulate(
    layout: Layout, assumed: Assumptions, scenarios: int, report: Report | None = None
) -> Tally:
    """Draw the scenarios and add up who pays.

    The first scenarios of a longer run are those of a shorter one: seeds hang on the seed of the
    assumptions and on the block, never on how many blocks there are.
    """
    plans, villages = len(layout.plans), len(layout.villages)
    per_plan = [np.zeros(plans, np.int64) for _ in range(5)]
    any_dry, pooled_dry, *paid = per_plan
    tally = Tally(
        due=np.zeros((plans, scenarios), np.int64),
        dry=np.zeros((plans, villages), np.int64),
        any_dry=any_dry,
        pooled_dry=pooled_dry,
        stake_paid=paid[0],
        match_paid=paid[1],
        uncovered=paid[2],
    )
    funds = sum(layout.stake) + sum(layout.match)
    claims = claims_of(layout, assumed)
    mix = copula.weights(assumed)
    for number, start in enumerate(range(0, scenarios, BLOCK)):
        size = min(BLOCK, scenarios - start)
        luck = Block(assumed.seed, number, villages, len(layout.industries), mix)
        total = tally.due[:, start : start + size]
        some_dry = np.zeros((plans, size), np.bool_)
        for village, due in dues(layout, assumed, luck, claims):
            _settle(layout, assumed, village, due[:size].T, tally, total, some_dry)
        tally.any_dry[:] += some_dry.sum(axis=1)
        tally.pooled_dry[:] += ((total > 0) & (total >= funds)).sum(axis=1)
        if report is not None:
            report(start + size)
    return tally


def claims_of(layout: Layout, assumed: Assumptions) -> Amounts:
    """What each slot would ask of the pool: by slot, by level of what guarantors pay, by plan."""
    low = assumed.guarantor_ppm - assumed.guarantor_spread_ppm
    wide = 2 * assumed.guarantor_spread_ppm
    steps = [low + wide * level // (LEVELS - 1) for level in range(LEVELS)] if wide else [low]
    by_level = [
        pool_due(
            layout.principal,
            interest_ppm=assumed.claim_interest_ppm,
            guarantor_ppm=min(max(step, 0), PPM),
            bank_ppm=assumed.bank_part_ppm,
        )
        for step in steps
    ]
    return np.ascontiguousarray(np.array(by_level).transpose(2, 0, 1))


def dues(
    layout: Layout, assumed: Assumptions, luck: Block, claims: Amounts
) -> Iterator[tuple[int, Amounts]]:
    """Each village of a block, and what its pool is asked for: by scenario, by plan."""
    limits = [
        copula.threshold(assumed.default_chance(grade, months)) for grade, months in layout.classes
    ]
    draw = np.empty(BLOCK, np.float32)
    for village in range(len(layout.villages)):
        slots = range(layout.first[village], layout.first[village + 1])
        kinds = {layout.kinds[slot]: limits[layout.kinds[slot][1]] for slot in slots}
        bounds = luck.bounds(village, kinds)
        own, guarantors = luck.own_luck(village), luck.guarantors(village)
        due = np.zeros((BLOCK, len(layout.plans)), np.int64)
        for slot in slots:
            own.standard_normal(out=draw, dtype=np.float32)
            hit = np.flatnonzero(draw < bounds[layout.kinds[slot]])
            if claims.shape[1] == 1:
                due[hit] += claims[slot, 0]
            else:
                level = np.frombuffer(guarantors.bytes(BLOCK), np.uint8)[hit] % LEVELS
                due[hit] += claims[slot, level]
        yield village, due


def _settle(
    layout: Layout,
    assumed: Assumptions,
    village: int,
    due: Amounts,
    tally: Tally,
    total: Amounts,
    some_dry: npt.NDArray[np.bool_],
) -> None:
    """Let one village's pool pay; its liability ends at its own balance (P6.5)."""
    stake, match = layout.stake[village], layout.match[village]
    by_stake, by_match, uncovered = layers(
        due, stake, match, pro_rata=assumed.match_order == PRO_RATA
    )
    dry = (due > 0) & (due >= stake + match)
    total += due
    some_dry |= dry
    tally.dry[:, village] += dry.sum(axis=1)
    tally.stake_paid[:] += by_stake.sum(axis=1)
    tally.match_paid[:] += by_match.sum(axis=1)
    tally.uncovered[:] += uncovered.sum(axis=1)


def judge(layout: Layout, tally: Tally) -> tuple[PlanResult, ...]:
    """The figures of every plan."""
    return tuple(_result(layout, tally, row) for row in range(len(layout.plans)))


def _result(layout: Layout, tally: Tally, row: int) -> PlanResult:
    losses = np.sort(tally.due[row])
    scenarios = len(losses)
    chances, worst = chances_of(tally, row)
    plan = layout.plans[row]
    principal = layout.principal[row]

    def mean(total: Amounts) -> int:
        return round_half_up(int(total), scenarios)

    return PlanResult(
        name=plan.name,
        leverage=plan.leverage,
        loans=int(np.count_nonzero(principal)),
        guaranteed_fen=int(principal.sum()),
        mean_fen=mean(losses.sum()),
        quantiles={str(one): quantile(losses, one) for one in QUANTILES},
        shortfall_fen=shortfall(losses, SHORTFALL_PPM),
        stake_paid_fen=mean(tally.stake_paid[row]),
        match_paid_fen=mean(tally.match_paid[row]),
        uncovered_fen=mean(tally.uncovered[row]),
        chances=chances,
        worst_village=layout.villages[worst],
        histogram=histogram(losses),
    )


def chances_of(tally: Tally, row: int) -> tuple[dict[str, Chance], int]:
    """How often pools ran dry under one plan, by measure; and the village where most often."""
    scenarios = tally.due.shape[1]
    worst = int(np.argmax(tally.dry[row]))
    counts = {
        "worst": tally.dry[row, worst],
        "any": tally.any_dry[row],
        "pooled": tally.pooled_dry[row],
    }
    return (
        {name: Chance(count=int(count), scenarios=scenarios) for name, count in counts.items()},
        worst,
    )


def quantile(losses: Amounts, ppm: int) -> int:
    """The least loss of a sorted row that at least ``ppm`` of the scenarios do not pass."""
    return int(losses[max(-(-len(losses) * ppm // PPM), 1) - 1])


def shortfall(losses: Amounts, ppm: int) -> int:
    """Mean of the losses of a sorted row beyond a quantile, in fen rounded half up."""
    tail = losses[min(len(losses) * ppm // PPM, len(losses) - 1) :]
    return round_half_up(int(tail.sum()), len(tail))


def histogram(losses: Amounts) -> tuple[Bar, ...]:
    """Bars of equal, round width over a sorted row; the last one takes everything beyond 99.9 %."""
    width = round_width(quantile(losses, QUANTILES[-1]), BARS)
    edges = np.arange(0, (BARS + 1) * width, width, dtype=np.int64)
    below = [*np.searchsorted(losses, edges[:-1], side="left").tolist(), len(losses)]
    return tuple(
        Bar(start_fen=int(edges[n]), end_fen=int(edges[n + 1]), count=below[n + 1] - below[n])
        for n in range(BARS)
    )


def round_width(reach_fen: int, parts: int) -> int:
    """The least width of 1, 2 or 5 times a power of ten (at least a yuan) that covers ``reach``."""
    need = max(-(-reach_fen // parts), 100)
    power: int = 10 ** (len(str(need)) - 1)
    return next(step * power for step in (1, 2, 5, 10) if step * power >= need)
