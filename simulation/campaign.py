"""Many seeds: told one after another on every core, counted together, shrunk where one found.

Called by `lianhe simulate` and by tests. Prints nothing: progress goes to a callback. A worker is
a process of its own that begins with the snapshot made once in its parent.
"""

import gc
import multiprocessing
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from simulation.founding import Snapshot, Templates, found
from simulation.run import Finding, Outcome, memory_folder, run_seed


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What one seed tells the campaign: its finding, and counts."""

    seed: int
    finding: Finding | None
    events: int
    nights: int
    checked: Counter[str]
    reached: Counter[tuple[str, str, str]]
    refusals: Counter[str]
    faults: Counter[str]


class Total:
    """The sum over all seeds so far."""

    def __init__(self) -> None:
        self.seeds = self.events = self.nights = 0
        self.checked: Counter[str] = Counter()
        self.reached: Counter[tuple[str, str, str]] = Counter()
        self.refusals: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.findings: dict[int, Finding] = {}

    def add(self, one: Counted) -> None:
        """Count one more seed."""
        self.seeds += 1
        self.events += one.events
        self.nights += one.nights
        self.checked += one.checked
        self.reached += one.reached
        self.refusals += one.refusals
        self.faults += one.faults
        if one.finding is not None:
            self.findings[one.seed] = one.finding


def snapshot_of(templates: Templates, cooperatives: int) -> Snapshot:
    """The founded county every seed begins with."""
    folder = Path(tempfile.mkdtemp(prefix="lianhe-founding-", dir=memory_folder()))
    try:
        return found(folder, templates, cooperatives)
    finally:
        shutil.rmtree(folder)


def run_seeds(
    snapshot: Snapshot, seeds: Iterable[int], *, nights: int, jobs: int = 1
) -> Iterator[Counted]:
    """Every seed's counts, as they come; ``jobs`` processes at once."""
    if jobs == 1:
        _begin(snapshot, nights)
        try:
            yield from map(_one, seeds)
        finally:
            gc.unfreeze()
            gc.enable()
        return
    context = multiprocessing.get_context("fork")
    with context.Pool(jobs, _begin, (snapshot, nights)) as pool:
        yield from pool.imap_unordered(_one, seeds)


def counted(outcome: Outcome) -> Counted:
    """What the campaign keeps of an outcome; its story can be told again from the seed."""
    return Counted(
        seed=outcome.seed,
        finding=outcome.finding,
        events=len(outcome.story),
        nights=outcome.nights,
        checked=outcome.checked,
        reached=outcome.reached,
        refusals=outcome.refusals,
        faults=outcome.faults,
    )


_given: list[tuple[Snapshot, int]] = []
"""What a worker process was given when it began."""


def _begin(snapshot: Snapshot, nights: int) -> None:
    # Nothing of a seed outlives it, so collecting once a seed is enough; what was there before is
    # not looked at again.
    gc.disable()
    gc.collect()
    gc.freeze()
    _given[:] = [(snapshot, nights)]


def _one(seed: int) -> Counted:
    snapshot, nights = _given[0]
    done = counted(run_seed(snapshot, seed, nights))
    gc.collect()
    return done
