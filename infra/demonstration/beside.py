"""A second county played at the same time, in a process of its own.

Called by `lianhe demo` when no county is named: the pool's county plays while Wen County does, as
two counties on two computers would, and its story is told after. A supervisor of its own carries
the process, so that it ends with us however we end.
"""

import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
from rich.console import Console

from infra.postgres import DATABASE_URL
from infra.supervisor import Supervisor
from infra.temporal import ADDRESS_SETTING

_NAME, _PAUSE = "county", 0.2


class Beside:
    """Another `lianhe demo --county`: begun on entry, ended on exit, told by ``finish``."""

    def __init__(self, county: str, keep: Path | None, console: Console) -> None:
        self._keep = keep
        self._county = county
        self._console = console
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Start playing."""
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="lianhe-demo-"))
        self._summary = Path(folder) / "summary.json"
        self._supervisor = self._stack.enter_context(Supervisor(Path(folder)))
        # A database or Temporal that is given holds one county: this one brings its own.
        own = {DATABASE_URL: "", ADDRESS_SETTING: "", "TMPDIR": folder}
        kept = () if self._keep is None else ("--keep", self._keep)
        self._supervisor.start(
            _NAME,
            [sys.executable, "-m", "lianhe", "demo", "--county", self._county,
             "--summary", self._summary, *kept],
            env={"COLUMNS": str(self._console.width), **own}, grace=60.0,
        )  # fmt: skip
        self._console.log(f"同时演示 {self._county},随后讲述 played beside, told afterwards")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop what still runs and leave nothing."""
        self._stack.close()

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
