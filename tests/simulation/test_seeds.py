"""A hundred seeded counties, faults and all: after every night every invariant holds (T0).

`make test` plays two nights a seed and heals, `lianhe simulate` and `make soak` six and more.
"""

from collections import Counter

import pytest

from simulation.campaign import run_seeds
from simulation.founding import Snapshot

CHUNK = 10
NIGHTS = 2
INVARIANTS = [f"I{number}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 18, 19)]


@pytest.mark.parametrize("first", range(1, 101, CHUNK))
def test_every_invariant_holds_after_every_night(snapshot: Snapshot, first: int) -> None:
    checked: Counter[str] = Counter()
    for one in run_seeds(snapshot, range(first, first + CHUNK), nights=NIGHTS):
        found = one.finding
        assert found is None, (
            f"seed {one.seed}: {found.kind}: {found.what}\n{found.trace}\n"
            f"lianhe simulate --seeds 1 --from {one.seed} --nights {NIGHTS}"
        )
        checked += one.checked
    assert [name for name in (*INVARIANTS, "audit", "model") if not checked[name]] == []
