"""Temporal's dev server as a program of a supervisor.

Called by infra/temporal.py and the tests. It keeps its histories in one SQLite file, so that it may
be killed and started again. The books are the record of truth: losing this file delays timers and
loses no decision.
"""

import subprocess
from pathlib import Path

from infra.ports import LOOPBACK, kept_port
from infra.supervisor import Supervisor

DEFAULT_NAMESPACE = "default"
PROGRAM = "temporal"


class TemporalServer:
    """A dev server with its data in ``home``; ``namespaces`` are made at its first start."""

    def __init__(
        self, home: Path, binary: Path, *, namespaces: tuple[str, ...] = (DEFAULT_NAMESPACE,)
    ) -> None:
        self.home = home
        self.binary = binary
        self.namespaces = namespaces
        self.port = 0

    @property
    def address(self) -> str:
        """``host:port`` for Client.connect; the same after every restart."""
        return f"{LOOPBACK}:{self.port}"

    def start(self, supervisor: Supervisor, name: str = PROGRAM) -> None:
        """Start the server and wait until every namespace is there. Raises ProgramFailed."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.port = kept_port(self.home / "port")
        namespaces = [part for name_ in self.namespaces for part in ("--namespace", name_)]
        supervisor.start(
            name,
            [
                *(self.binary, "server", "start-dev", "--headless"),
                *("--ip", LOOPBACK, "--port", str(self.port)),
                *("--db-filename", self.home / "temporal.db"),
                *("--log-level", "error", "--log-format", "json"),
                # No setting of the user's own Temporal may change ours.
                *("--disable-config-file", "--disable-config-env"),
                *namespaces,
            ],
            ready=self._answers,
            # Its inner services take whatever ports are free, and may lose one to a stranger.
            attempts=3,
        )

    def _answers(self) -> bool:
        return all(
            subprocess.run(
                [
                    *(self.binary, "operator", "namespace", "describe", "--namespace", namespace),
                    *("--address", self.address, "--command-timeout", "3s"),
                    *("--disable-config-file", "--disable-config-env"),
                ],
                capture_output=True,
                check=False,
            ).returncode
            == 0
            for namespace in self.namespaces
        )
