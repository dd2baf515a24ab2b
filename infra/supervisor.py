"""The supervisor: starts named programs, waits until each is ready, stops them all.

Used by `lianhe demo`, `lianhe federation serve`, `lianhe export` and the tests. The programs are
children of a warden process (infra/warden.py), so they end with their owner on a normal exit,
Ctrl-C, SIGTERM, a crash and kill -9, and nothing is left: no process and no lock file (the data
directory itself is locked, which the kernel undoes). It restarts a program only when asked, and
never ends a process that it did not start.
"""

import atexit
import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from infra.program import DataDirectoryInUse, Program, ProgramFailed, SupervisorError

_WARDEN = Path(__file__).with_name("warden.py")
_TAIL_LINES = 20
_START_ORDER_SECONDS = 30.0
_RETRY_PAUSE_SECONDS = 0.3
# Longer than any single grace: the warden stops one program after the other.
_END_SECONDS = 120.0


class Supervisor:
    """Programs of one data directory. A context manager; ``stop`` may be called more than once."""

    def __init__(self, datadir: Path) -> None:
        self.datadir = datadir
        self.logs = datadir / "log"
        self._programs: dict[str, Program] = {}
        self._pids: dict[str, int] = {}
        self._codes: dict[str, int] = {}
        self._errors: dict[str, str] = {}
        self._news = threading.Condition()
        self._one_order = threading.Lock()
        self._lost = False
        self._lock_fd = -1
        self._warden: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._old_sigterm: Any = None

    def __enter__(self) -> Self:
        """Lock the data directory and start the warden. Raises DataDirectoryInUse."""
        self.logs.mkdir(parents=True, exist_ok=True)
        self._lock_fd = os.open(self.datadir, os.O_RDONLY)
        try:
            fcntl.flock(self._lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock_fd)
            raise DataDirectoryInUse(f"{self.datadir} is in use by another process") from None
        ours, theirs = socket.socketpair()
        with theirs, (self.logs / "warden.log").open("ab") as log:
            self._warden = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_WARDEN), str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._control = ours
        threading.Thread(target=self._hear, args=(ours,), daemon=True, name="supervisor").start()
        atexit.register(self.stop)
        self._turn_sigterm_into_exit()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop everything, however the block was left."""
        self.stop()

    def start(
        self,
        name: str,
        argv: Sequence[str | Path],
        *,
        ready: Callable[[], bool] | None = None,
        env: Mapping[str, str] | None = None,
        **wishes: Any,
    ) -> int:
        """Start ``argv`` as ``name`` and return its process id once ``ready`` says yes.

        ``env`` is added to our own environment; ``wishes`` are further fields of Program. Output
        goes to ``datadir/log/<name>.log``. Raises ProgramFailed with the end of that log.
        """
        program = Program(
            name=name, argv=tuple(map(str, argv)), ready=ready, env=dict(env or {}), **wishes
        )
        if self.alive(name):
            raise SupervisorError(f"{name} is running already")
        self._programs[name] = program
        return self._bring_up(program)

    def restart(self, name: str) -> int:
        """Start a program again as it was started, after stopping it when it still runs."""
        program = self._program(name)
        if self.alive(name):
            self.stop_one(name)
        return self._bring_up(program)

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Signal the program and its group; a kill returns when the program is gone."""
        self._program(name)
        self._order(op="signal", name=name, signal=int(number))
        if number == signal.SIGKILL:
            self._await_end(name, _START_ORDER_SECONDS)

    def stop_one(self, name: str) -> int:
        """Stop one program gracefully, kill it after its grace; return its exit code."""
        program = self._program(name)
        self._order(op="stop", name=name)
        return self._await_end(name, program.grace + _START_ORDER_SECONDS)

    def alive(self, name: str) -> bool:
        """Whether the program was started and has not ended."""
        with self._news:
            return name in self._pids and name not in self._codes and not self._lost

    def pid(self, name: str) -> int:
        """The process id of the program's last start. Raises KeyError when never started."""
        return self._pids[name]

    def log(self, name: str) -> Path:
        """The file that holds the program's output."""
        return self.logs / f"{name}.log"

    def check(self) -> None:
        """Raise ProgramFailed when a program that should be running has ended by itself."""
        for name in self._programs:
            if not self.alive(name):
                raise ProgramFailed(self._story(name, "ended by itself"))

    def stop(self) -> None:
        """Stop every program in reverse order of start, then the warden; wait for all of it."""
        warden, self._warden = self._warden, None
        if warden is None or self._control is None:
            return
        self._programs.clear()
        with contextlib.suppress(SupervisorError):
            self._order(op="end")
        try:
            warden.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            warden.kill()
            warden.wait()
        # Wakes the listening thread, which then ends.
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        self._control.close()
        os.close(self._lock_fd)
        atexit.unregister(self.stop)
        if self._old_sigterm is not None:
            signal.signal(signal.SIGTERM, self._old_sigterm)
            self._old_sigterm = None

    def _bring_up(self, program: Program) -> int:
        for last in reversed(range(program.attempts)):
            if program.before is not None:
                program.before()
            pid = self._launch(program)
            if self._becomes_ready(program):
                return pid
            if not last or self.alive(program.name):
                break
            # It ended early: another start often succeeds once the old one's remains are gone.
            time.sleep(_RETRY_PAUSE_SECONDS)
        waited = "did not become ready" if self.alive(program.name) else "ended before it was ready"
        story = self._story(program.name, waited)
        if self.alive(program.name):
            self.kill(program.name)
        del self._programs[program.name]
        raise ProgramFailed(story)

    def _launch(self, program: Program) -> int:
        name = program.name
        with self._news:
            for table in (self._pids, self._codes, self._errors):
                table.pop(name, None)
        self._order(
            op="start",
            name=name,
            argv=program.argv,
            env={**os.environ, **program.env},
            cwd=str(program.cwd or self.datadir),
            log=str(self.log(name)),
            stop_signal=int(program.stop_signal),
            orphan_signal=int(program.orphan_signal),
            grace=program.grace,
        )
        with self._news:
            self._news.wait_for(
                lambda: name in self._pids or name in self._errors or self._lost,
                _START_ORDER_SECONDS,
            )
            if name in self._pids:
                return self._pids[name]
        raise ProgramFailed(f"{name} cannot be started: {self._errors.get(name, 'no warden')}")

    def _becomes_ready(self, program: Program) -> bool:
        pause, until = 0.01, time.monotonic() + program.patience
        while self.alive(program.name):
            if program.ready is None or program.ready():
                return True
            if time.monotonic() > until:
                return False
            time.sleep(pause)
            pause = min(pause * 1.5, 0.25)
        return False

    def _await_end(self, name: str, seconds: float) -> int:
        with self._news:
            if not self._news.wait_for(lambda: name in self._codes or self._lost, seconds):
                raise SupervisorError(f"{name} does not end")
            return self._codes.get(name, -signal.SIGKILL)

    def _program(self, name: str) -> Program:
        if name not in self._programs:
            raise SupervisorError(f"no program named {name} was started here")
        return self._programs[name]

    def _order(self, **order: object) -> None:
        if self._control is None or self._lost:
            raise SupervisorError("this supervisor is not running")
        try:
            # Programs may be started side by side; an order is one whole line.
            with self._one_order:
                self._control.sendall(json.dumps(order).encode() + b"\n")
        except OSError as error:
            raise SupervisorError("the warden is gone; see log/warden.log") from error

    def _hear(self, control: socket.socket) -> None:
        """Take in what the warden reports, until its end of the socket closes."""
        with contextlib.suppress(OSError), control.makefile("rb") as lines:
            for line in lines:
                event = json.loads(line)
                name = event["name"]
                with self._news:
                    if event["event"] == "started":
                        self._pids[name] = event["pid"]
                    elif event["event"] == "exited":
                        self._codes[name] = event["code"]
                    else:
                        self._errors[name] = event["error"]
                    self._news.notify_all()
        with self._news:
            self._lost = True
            self._news.notify_all()

    def _story(self, name: str, what: str) -> str:
        code = self._codes.get(name)
        ended = "" if code is None else f" (exit code {code})"
        return f"{name} {what}{ended}; the end of {self.log(name)}:\n{self._tail(name)}"

    def _tail(self, name: str) -> str:
        with contextlib.suppress(OSError):
            lines = self.log(name).read_text(encoding="utf-8", errors="replace").splitlines()
            return "\n".join(lines[-_TAIL_LINES:])
        return "(no log)"

    def _turn_sigterm_into_exit(self) -> None:
        """Let `with` blocks unwind on SIGTERM, as they do on Ctrl-C."""
        main = threading.current_thread() is threading.main_thread()
        if main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            self._old_sigterm = signal.signal(signal.SIGTERM, _exit_on_sigterm)


def _exit_on_sigterm(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
