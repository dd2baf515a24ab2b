"""The relay: tells Temporal what the books say, by cursor, at least once.

It signals the workflow of every driven case that moved in a K book (signal-with-start, workflow
id = case id) and of every case due on the date the county opens. A signal lost or doubled changes
nothing: the workflow only looks again. Runs inside the worker process.
"""

import asyncio
from datetime import date

import sqlalchemy as sa
from temporalio.client import Client
from temporalio.service import RPCError

from contracts.ids import COUNTY_BOOK
from journal import heads
from journal.engine import reading
from services.federation.cases import driver
from workflows.case import CaseDriver
from workflows.ports import TASK_QUEUE, TOLD, CaseRef

PAUSE_SECONDS = 0.1
RETRY_SECONDS = 1.0


class Relay:
    """One county's relay."""

    def __init__(self, engine: sa.Engine, client: Client, task_queue: str = TASK_QUEUE) -> None:
        self.engine = engine
        self.client = client
        self.task_queue = task_queue
        self._due_told: date | None = None

    async def run(self) -> None:
        """Relay until cancelled. Temporal or database away: wait and go on where it stood."""
        while True:
            try:
                told = await self.round()
            except (RPCError, sa.exc.OperationalError):
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if not told:
                await asyncio.sleep(PAUSE_SECONDS)

    async def round(self) -> list[str]:
        """Tell what is new and what is due; only then move the cursors. Returns the cases told."""
        today, cases, cursors = await asyncio.to_thread(self._look)
        for case in cases:
            await self.client.start_workflow(
                CaseDriver.run,
                CaseRef(case=case),
                id=case,
                task_queue=self.task_queue,
                start_signal=TOLD,
            )
        if cursors:
            await asyncio.to_thread(self._move, cursors)
        self._due_told = today
        return cases

    def _look(self) -> tuple[date, list[str], dict[str, int]]:
        with reading(self.engine).begin() as conn:
            today = heads.read(conn, COUNTY_BOOK).today
            moved, cursors = driver.news(conn)
            due = driver.due(conn, today) if today != self._due_told else []
            return today, list(dict.fromkeys([*moved, *due])), cursors

    def _move(self, cursors: dict[str, int]) -> None:
        with self.engine.begin() as conn:
            driver.told(conn, cursors)
