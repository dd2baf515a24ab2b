"""The shortest story that still finds the same: events are left out, greedily, in ever finer parts.

Called by `lianhe simulate` for a seed that found something, and by tests. Every try is a whole
run; the number of tries is bounded, so the answer is short rather than provably shortest.
"""

from collections.abc import Callable, Sequence

from simulation import events
from simulation.founding import Snapshot
from simulation.run import Finding, run_story

TRIES = 250
"""Runs a shrink may take."""


def shrink(
    snapshot: Snapshot,
    seed: int,
    story: Sequence[events.AnyEvent],
    finding: Finding,
    *,
    tries: int = TRIES,
    tell: Callable[[int, int], None] = lambda _left, _length: None,
) -> tuple[tuple[events.AnyEvent, ...], Finding]:
    """A shorter story with a finding of the same kind, and that finding.

    ``tell`` hears after each try how many are left and how long the story is.
    """
    best, size = list(story), max(len(story) // 2, 1)
    while tries > 0:
        shorter = False
        at = 0
        while at < len(best) and tries > 0:
            tried = best[:at] + best[at + size :]
            tries -= 1
            again = run_story(snapshot, seed, tried).finding
            if again is not None and alike(again, finding):
                best, finding, shorter = tried, again, True
            else:
                at += size
            tell(tries, len(best))
        if size == 1 and not shorter:
            break
        size = max(size // 2, 1)
    return tuple(best), finding


def alike(one: Finding, other: Finding) -> bool:
    """Whether two findings are of one kind and say the same of it, whatever the figures."""
    return (one.kind, _sentence(one)) == (other.kind, _sentence(other))


def _sentence(finding: Finding) -> str:
    return finding.what.partition(":")[0]
