"""Planted bugs are found by a seed: checks that find nothing are broken.

The same seeds find nothing in the code as it is (test_seeds.py plays them with more nights).
"""

import sys
from types import ModuleType

import pytest

from simulation.campaign import run_seeds
from simulation.founding import Snapshot
from tests.planted import (
    claim_out_of_order,
    early_money,
    early_payout,
    headroom_read_then_written,
    lender_repays,
    lost_movement,
    no_idempotency,
    passed_on_elsewhere,
    passed_on_unbounded,
    release_ignores_guarantees,
)

SEEDS = range(1, 13)
"""Within so many seeds each must be found."""
NIGHTS = 3
PLANTED = (no_idempotency, lost_movement, early_money, early_payout, lender_repays)
POOL = (claim_out_of_order, release_ignores_guarantees, headroom_read_then_written)
"""Told with more nights: a default is claimed days after it."""
POOL_NIGHTS = 6
RECOVERY = (passed_on_unbounded, passed_on_elsewhere)
"""Told with still more: who defaulted pays after the pool has paid for him."""
RECOVERY_NIGHTS, RECOVERY_SEEDS = 8, range(1, 25)


@pytest.mark.parametrize(
    "bug", [*PLANTED, *POOL, *RECOVERY], ids=lambda bug: bug.__name__.rpartition(".")[2]
)
def test_a_planted_bug_is_found_by_a_seed(
    snapshot: Snapshot,
    bug: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bug.plant(monkeypatch)
    nights = POOL_NIGHTS if bug in POOL else RECOVERY_NIGHTS if bug in RECOVERY else NIGHTS
    seeds = RECOVERY_SEEDS if bug in RECOVERY else SEEDS
    found = next((one for one in run_seeds(snapshot, seeds, nights=nights) if one.finding), None)
    assert found is not None, f"{bug.NAME}: no seed of {seeds} finds it"
    assert found.finding is not None
    said = f"{found.finding.kind}: {found.finding.what[:200]}"
    sys.stdout.write(f"{bug.NAME}: seed {found.seed} finds {said}\n")


def test_the_same_seeds_find_nothing_without_a_bug(snapshot: Snapshot) -> None:
    last = max(SEEDS)
    for one in run_seeds(snapshot, (last - 1, last), nights=NIGHTS):
        assert one.finding is None, one.finding
