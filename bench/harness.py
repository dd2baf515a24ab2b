"""Paired benchmarks: contestants run interleaved in one process, judged by ratios of CPU time.

Called by `python -m bench` (make bench). CPU counts this process and, through /proc, every
process of the PostgreSQL cluster, so work cannot hide in the server. Two noisy cores make wall
time advice only; the median over rounds of paired ratios is the figure.
"""

import gc
import math
import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

DRIFT_FROM = 16
"""Rounds from which on the last quarter is set beside the first."""
Work = Callable[[], int]
"""One run of a contestant; returns how many acts it committed."""


class Cost(msgspec.Struct, frozen=True):
    """What one run used (nanoseconds) for how many acts."""

    acts: int
    cpu_ns: int
    wall_ns: int


class Contestant(msgspec.Struct, frozen=True, kw_only=True):
    """A name and its run. ``prepare`` runs before each run, outside the measurement.

    ``beside`` are processes that work for it besides the database's.
    """

    name: str
    run: Work
    prepare: Callable[[], None] = lambda: None
    beside: tuple[int, ...] = ()


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """Medians of one contestant: CPU and wall per act (microseconds), and the paired ratios.

    ``cpu_ratio`` is the limit's CPU per act over ours: 1.00 is as cheap as the limit. ``drift``
    is that of the last quarter of the rounds over that of the first: below 1.00 it got dearer.
    """

    name: str
    cpu_us: int
    wall_us: int
    cpu_ratio: str
    wall_ratio: str
    drift: str
    rounds: int


class Race:
    """A limit and the products measured against it, on one cluster or none."""

    def __init__(self, *, postmaster: int = 0) -> None:
        self.postmaster = postmaster

    def run(
        self,
        contestants: Sequence[Contestant],
        rounds: int,
        *,
        least: int = 3,
        seconds: float = math.inf,
    ) -> list[Result]:
        """Run every contestant once a round, in turning order; the first is the limit.

        After ``seconds`` no further round is begun, once ``least`` were run.
        """
        until = time.monotonic() + seconds
        costs: dict[str, list[Cost]] = {one.name: [] for one in contestants}
        for one in contestants:  # caches, plans and pages are warm before anything counts
            one.prepare()
            one.run()
        for number in range(rounds):
            shift = number % len(contestants)
            for one in (*contestants[shift:], *contestants[:shift]):
                one.prepare()
                costs[one.name].append(self.measure(one.run, one.beside))
            if number + 1 >= least and time.monotonic() > until:
                break
        limit = costs[contestants[0].name]
        return [_result(name, mine, limit) for name, mine in costs.items()]

    def measure(self, run: Work, beside: Sequence[int] = ()) -> Cost:
        """CPU of this process, the cluster and those beside, and wall time, of one run."""
        gc.collect()
        wall, own, before = time.perf_counter_ns(), time.process_time_ns(), self.others_ns(beside)
        acts = run()
        used, after = time.process_time_ns() - own, self.others_ns(beside)
        # Process by process: one that ended meanwhile must not count as time given back.
        used += sum(spent - before.get(pid, 0) for pid, spent in after.items())
        return Cost(acts, used, time.perf_counter_ns() - wall)

    def others_ns(self, beside: Sequence[int] = ()) -> dict[int, int]:
        """CPU time of every living process of the cluster, and of those beside (nanoseconds)."""
        pids = [*beside]
        if self.postmaster:
            pids += [self.postmaster, *_children(self.postmaster)]
        return {pid: _on_cpu(pid) for pid in pids}


def _result(name: str, mine: Sequence[Cost], limit: Sequence[Cost]) -> Result:
    pairs = list(zip(mine, limit, strict=True))
    ratios = [(b.cpu_ns * a.acts) / (a.cpu_ns * b.acts) for a, b in pairs]
    quarter = max(len(ratios) // 4, 1)
    drift = statistics.median(ratios[-quarter:]) / statistics.median(ratios[:quarter])
    wall = statistics.median((b.wall_ns * a.acts) / (a.wall_ns * b.acts) for a, b in pairs)
    return Result(
        name=name,
        cpu_us=round(statistics.median(one.cpu_ns / one.acts for one in mine) / 1000),
        wall_us=round(statistics.median(one.wall_ns / one.acts for one in mine) / 1000),
        cpu_ratio=f"{statistics.median(ratios):.2f}",
        wall_ratio=f"{wall:.2f}",
        drift=f"{drift:.2f}" if len(ratios) >= DRIFT_FROM else "",
        rounds=len(ratios),
    )


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in found.split()]


def _on_cpu(pid: int) -> int:
    """Time on the CPU from the scheduler's own count, else from the coarser clock ticks."""
    folder = Path(f"/proc/{pid}")
    try:
        if (folder / "schedstat").exists():
            threads = (folder / "task").glob("*/schedstat")
            return sum(int(one.read_text(encoding="ascii").split()[0]) for one in threads)
        user, system = (
            (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[11:13]
        )
        return (int(user) + int(system)) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")
    except (FileNotFoundError, ProcessLookupError):
        return 0
