"""Stress runs of the console: one at a time, each a process of its own, watched by a thread.

Called by the stress page. Keeps the last few runs in memory, for they can be repeated from their
seed; a run that takes too long, or whose officer stops it, is ended. Blocks no request.
"""

import os
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

import msgspec

from contracts.rejections import Rejection, RejectionCode
from kernel.errors import Rejected
from services.federation.insight.model import Assumptions, Book, StressResult
from services.federation.insight.study import Limits
from services.federation.insight.worker import Job, Told

KEPT = 12
RUNNING, DONE, REFUSED, STOPPED, LATE, FAILED = (
    "running", "done", "refused", "stopped", "late", "failed",
)  # fmt: skip
_WORKER = ("-m", "services.federation.insight.worker")
# One thread of the algebra library: it is not used, and each would reserve memory.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class Run(msgspec.Struct, kw_only=True):
    """One run as it stands. ``book`` and ``assumed`` repeat it; times are seconds."""

    id: int
    user: str
    book: Book
    assumed: Assumptions
    started: float
    state: str = RUNNING
    phase: str = "run"
    attempt: int = 1
    done: int = 0
    total: int = 0
    phase_started: float = 0
    ended: float = 0
    result: StressResult | None = None
    refusal: Rejection | None = None

    def seconds(self, now: float) -> float:
        """How long it runs, or ran."""
        return (self.ended or now) - self.started

    def a_second(self, now: float) -> int:
        """Scenarios a second in this try."""
        took = now - self.phase_started
        return int(self.done / took) if took > 0 else 0

    def left(self, now: float) -> int | None:
        """Seconds until this try ends; None while nobody can tell."""
        rate = self.a_second(now)
        return -(-(self.total - self.done) // rate) if rate else None


class Jobs:
    """The runs of one server process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._lock = threading.RLock()
        self._runs: OrderedDict[int, Run] = OrderedDict()
        self._process: subprocess.Popen[bytes] | None = None
        self._watch: threading.Thread | None = None

    def start(self, user: str, book: Book, assumed: Assumptions, limits: Limits) -> Run:
        """Begin a run. Raises Rejected STRESS_BUSY while another is under way."""
        with self._lock:
            busy = self.running()
            if busy is not None:
                raise Rejected(RejectionCode.STRESS_BUSY, user=busy.user)
            now = self.clock()
            number = next(reversed(self._runs), 0) + 1
            run = Run(
                id=number, user=user, book=book, assumed=assumed, started=now, phase_started=now
            )
            process = subprocess.Popen(
                [sys.executable, *_WORKER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, **_ENVIRONMENT},
            )
            self._runs[number] = run
            while len(self._runs) > KEPT:
                self._runs.popitem(last=False)
            job = msgspec.json.encode(Job(book=book, assumed=assumed, limits=limits))
            self._process = process
            self._watch = threading.Thread(
                target=self._follow, args=(run, process, job, limits.seconds_max), daemon=True
            )
            self._watch.start()
        return run

    def find(self, number: int) -> Run | None:
        """A run that is still remembered."""
        return self._runs.get(number)

    def latest(self) -> Run | None:
        """The last run begun."""
        return next(reversed(self._runs.values()), None)

    def running(self) -> Run | None:
        """The run under way."""
        last = self.latest()
        return last if last is not None and last.state == RUNNING else None

    def stop(self, number: int) -> None:
        """End a run that is under way; one that ended already stays as it ended."""
        with self._lock:
            run = self.running()
            if run is not None and run.id == number:
                self._end(run, STOPPED)

    def wait(self) -> None:
        """Wait until the last run has ended."""
        if self._watch is not None:
            self._watch.join()

    def _follow(self, run: Run, process: subprocess.Popen[bytes], job: bytes, seconds: int) -> None:
        """Hand the job over, note what the worker tells, and how it ends."""
        alarm = threading.Timer(seconds, self._end, (run, LATE))
        alarm.daemon = True
        alarm.start()
        try:
            with process:
                self._listen(run, process, job)
        except OSError:
            # A worker that was ended while it was spoken to: its run says why already.
            process.wait()
        finally:
            alarm.cancel()
            self._end(run, FAILED)

    def _listen(self, run: Run, process: subprocess.Popen[bytes], job: bytes) -> None:
        if process.stdin is None or process.stdout is None:
            return
        process.stdin.write(job)
        process.stdin.close()
        for line in process.stdout:
            told = msgspec.json.decode(line, type=Told)
            if told.result is not None:
                run.result = told.result
                self._end(run, DONE)
            elif told.refusal is not None:
                run.refusal = told.refusal
                self._end(run, REFUSED)
            else:
                if (told.phase, told.attempt) != (run.phase, run.attempt):
                    run.phase_started = self.clock()
                run.phase, run.attempt = told.phase, told.attempt
                run.done, run.total = told.done, told.total

    def _end(self, run: Run, state: str) -> None:
        """Note an end once, whoever is first, and make sure that nothing computes on."""
        with self._lock:
            if run.state != RUNNING:
                return
            run.state, run.ended = state, self.clock()
            if self._process is not None:
                self._process.kill()
