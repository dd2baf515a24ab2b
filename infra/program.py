"""What a supervisor is asked to run, and the ways in which that can fail.

Used by infra/supervisor.py, the adapters and the commands that start programs. Starts nothing.
"""

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


class SupervisorError(Exception):
    """A program or its data directory is not as it must be; the text says which and why."""


class DataDirectoryInUse(SupervisorError):
    """Another running supervisor owns this data directory."""


class ProgramFailed(SupervisorError):
    """A program could not be started, did not become ready or ended by itself."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """What is to run, and how to know that it is ready and how to stop it.

    Seconds: ``patience`` until ready, ``grace`` between ``stop_signal`` and the kill. ``before``
    runs ahead of every start (also a restart) and may raise; ``attempts`` starts are made when
    the program ends before it is ready. ``orphan_signal`` is what it gets should the warden die.
    """

    name: str
    argv: tuple[str, ...]
    ready: Callable[[], bool] | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    before: Callable[[], None] | None = None
    stop_signal: int = signal.SIGTERM
    orphan_signal: int = signal.SIGKILL
    grace: float = 10.0
    patience: float = 60.0
    attempts: int = 1
