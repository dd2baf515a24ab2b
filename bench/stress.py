"""The race of the stress model: a scenario of 300 loans, against the bare drawing of its normals.

Called by `python -m bench`; an "act" of its table is one scenario. `measure` is the acceptance run
of issue 4, one million scenarios of 300 loans: ``python -m bench.stress``.
"""

import contextlib
import resource
import time
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
from rich.console import Console

from bench.harness import Contestant
from bench.races import Race
from services.federation.insight import stress
from services.federation.insight.book import example_book
from services.federation.insight.copula import BLOCK
from services.federation.insight.fill import PLANS, Layout, lay_out
from services.federation.insight.model import Assumptions

SCENARIOS = 2 * BLOCK
MILLION = 1_000_000
LOANS = 300
ASSUMED = Assumptions(
    pd_a_ppm=20_000, pd_b_ppm=50_000, pd_other_ppm=80_000, county_share_ppm=50_000,
    village_share_ppm=100_000, industry_share_ppm=80_000, claim_interest_ppm=0,
    guarantor_ppm=300_000, guarantor_spread_ppm=200_000, bank_part_ppm=200_000,
    match_ppm=300_000, leverage_base="stake", match_order="after_stake",
    loan_cap_fen=5_000_000, growth="more_borrowers", horizon_months=12, tolerance_ppm=10_000,
    measure="worst", scenarios=MILLION, seed=20_170_101,
)  # fmt: skip
"""The defaults of assumptions.toml and policy, written out so that figures stay comparable."""


def scaled(growth: str) -> Layout:
    """The example's 300 borrowers at every leverage, none added."""
    assumed = msgspec.structs.replace(ASSUMED, growth=growth)
    return lay_out(example_book(), assumed, slots_max=LOANS)


def draw(rng: np.random.Generator, buffer: np.ndarray[tuple[int], np.dtype[np.float32]]) -> int:
    """The least any such model must do: one normal a loan a scenario."""
    for _ in range(LOANS * SCENARIOS // BLOCK):
        rng.standard_normal(out=buffer, dtype=np.float32)
    return SCENARIOS


@contextlib.contextmanager
def scenarios() -> Iterator[Sequence[Contestant]]:
    """300 loans, as they stand and at every leverage at once."""
    rng = np.random.Generator(np.random.PCG64(1))
    buffer = np.empty(BLOCK, np.float32)
    today = lay_out(example_book(), ASSUMED, slots_max=LOANS, plans=PLANS[:1])
    every = scaled("larger_loans")

    def run(layout: Layout) -> int:
        stress.judge(layout, stress.simulate(layout, ASSUMED, SCENARIOS))
        return SCENARIOS

    yield [
        Contestant(name="bare normals", run=lambda: draw(rng, buffer)),
        Contestant(name="stress, one book", run=lambda: run(today)),
        Contestant(name="stress, seven books", run=lambda: run(every)),
    ]


def races() -> dict[str, tuple[str, Race, str]]:
    """The race by its title."""
    return {"a stress scenario of 300 loans": ("pool", scenarios(), "")}


def measure(count: int = MILLION) -> str:
    """One million scenarios of 300 loans at seven leverages: seconds and peak memory, told."""
    layout = scaled("larger_loans")
    wall, cpu = time.perf_counter(), time.process_time()
    plans = stress.judge(layout, stress.simulate(layout, ASSUMED, count))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    ten = plans[-1].chances["worst"]
    return (
        f"{count:,} scenarios × {layout.slots} loans × {len(plans)} books: "
        f"{wall:.1f} s ({cpu:.1f} s CPU), peak {peak} MiB; "
        f"worst pool dry at 10: {100 * ten.share:.2f} % ± {100 * ten.error:.2f}"
    )


if __name__ == "__main__":
    Console().print(measure())
