"""A study in a process of its own: reads one job from standard input, tells its progress.

Started by jobs as ``python -m services.federation.insight.worker``. Apart from the server it can
neither stop its pages nor use more memory than it was given: the limit is the operating system's.
Writes one JSON line now and then, the last with the result or the refusal.
"""

import os
import resource
import sys
import time

import msgspec

from contracts.rejections import Rejection
from kernel.errors import Rejected
from services.federation.insight.model import Assumptions, Book, StressResult
from services.federation.insight.study import Limits, study

EVERY_NS = 200_000_000
NICE = 10
"""The pages and the night come first."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What the worker is asked."""

    book: Book
    assumed: Assumptions
    limits: Limits


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the worker: progress, or the end."""

    phase: str = ""
    attempt: int = 0
    done: int = 0
    total: int = 0
    result: StressResult | None = None
    refusal: Rejection | None = None


def main() -> None:
    """Do the one job."""
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    os.nice(NICE)
    most = job.limits.memory_mib * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    last = 0

    def tell(phase: str, attempt: int, done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic_ns()
        if done == total or now - last >= EVERY_NS:
            last = now
            _say(Told(phase=phase, attempt=attempt, done=done, total=total))

    try:
        _say(Told(result=study(job.book, job.assumed, job.limits, tell)))
    except Rejected as refused:
        _say(Told(refusal=refused.as_struct()))


def _say(told: Told) -> None:
    # Whoever started us and went away has closed the pipe: then this ends the process too.
    sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
