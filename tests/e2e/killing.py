"""A process killed at a moment of our choosing, and people who ask again once it is back.

Used by test_kills. Nothing here repairs a book: what was half done is for the services to finish.
"""

import threading
from collections.abc import Callable
from typing import Any

import httpx
import sqlalchemy as sa
from temporalio.client import WorkflowFailureError
from temporalio.service import RPCError

from infra.demonstration.bank_door import OrderNotTaken
from infra.demonstration.village_door import NoAnswer
from infra.program import SupervisorError
from infra.supervisor import Supervisor

_NO_ANSWER = (
    httpx.HTTPStatusError,
    httpx.TransportError,
    NoAnswer,
    OrderNotTaken,
    RPCError,
    SupervisorError,
    WorkflowFailureError,
    sa.exc.OperationalError,
)
_PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.001


class Kill(threading.Thread):
    """kill -9 for ``name`` as soon as ``moment`` is true, then its restart by the supervisor."""

    def __init__(self, supervisor: Supervisor, name: str, moment: Callable[[], bool]) -> None:
        super().__init__(daemon=True)
        self.supervisor = supervisor
        self.program = name
        self.moment = moment
        self.struck = False
        self.back = threading.Event()
        self.over = threading.Event()

    def run(self) -> None:
        """Wait for the moment, strike, start it again."""
        while not self.moment():
            if self.over.wait(_LOOK_SECONDS):
                return
        self.struck = True
        self.supervisor.kill(self.program)
        self.supervisor.restart(self.program)
        self.back.set()


class Patient:
    """A door whose caller asks once more when a kill took the answer: people and cron do."""

    def __init__(self, door: Any) -> None:
        self.door = door
        self.kill: Kill | None = None
        self.asked_again: list[str] = []

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.door, name)
        if not callable(found):
            return found

        def asked(*args: Any, **named: Any) -> Any:
            try:
                return found(*args, **named)
            except _NO_ANSWER:
                if self.kill is None or not self.kill.struck:
                    raise
                if not self.kill.back.wait(_PATIENCE_SECONDS):
                    raise
                self.asked_again.append(name)
                return found(*args, **named)

        return asked
