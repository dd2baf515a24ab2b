"""A second county played at the same time, in a process of its own.

Called by `lianhe demo` when no county is named: the pool's county plays while Wen County does, as
two counties on two computers would, and its story is told after. A supervisor of its own carries
the process, so that it ends with us however we end.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console

from infra.postgres import DATABASE_URL
from infra.supervisor import Supervisor
from infra.temporal import ADDRESS_SETTING

_NAME, _PAUSE = "county", 0.2


class Beside:
    """Another `lianhe demo --county` that runs, told by ``finish``."""

    def __init__(self, supervisor: Supervisor, summary: Path, console: Console) -> None:
        self._supervisor = supervisor
        self._summary = summary
        self._console = console

    def finish(self) -> tuple[int, dict[str, Any]]:
        """Tell its story, as it goes on, to its end: its exit code and its summary."""
        with self._supervisor.log(_NAME).open(encoding="utf-8", errors="replace") as story:
            while self._supervisor.alive(_NAME):
                self._tell(story.read())
                time.sleep(_PAUSE)
            self._tell(story.read())
        found = self._summary.read_bytes() if self._summary.exists() else b"{}"
        return self._supervisor.stop_one(_NAME), msgspec.json.decode(found, type=dict[str, Any])

    def _tell(self, words: str) -> None:
        self._console.out(words, end="", highlight=False)


@contextmanager
def beside(county: str, keep: Path | None, console: Console) -> Iterator[Beside]:
    """Start playing ``county``; at the end stop what still runs and leave nothing."""
    with (
        tempfile.TemporaryDirectory(prefix="lianhe-demo-") as folder,
        Supervisor(Path(folder)) as supervisor,
    ):
        summary = Path(folder) / "summary.json"
        # A database or Temporal that is given holds one county: this one brings its own.
        own = {DATABASE_URL: "", ADDRESS_SETTING: "", "TMPDIR": folder}
        kept = () if keep is None else ("--keep", keep)
        supervisor.start(
            _NAME,
            [sys.executable, "-m", "lianhe", "demo", "--county", county,
             "--summary", summary, *kept],
            env={"COLUMNS": str(console.width), **own}, grace=60.0,
        )  # fmt: skip
        console.log(f"同时演示 {county},随后讲述 played beside, told afterwards")
        yield Beside(supervisor, summary, console)
