"""The race of the close: what Temporal costs a cooperative beside taking in its night.

Called by `python -m bench`. Everything is real: the dev server in a process of its own, the
worker as the county runs it, the workflow of the close and its steps on the county's database.
"""

import asyncio
import contextlib
import itertools
import os
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from temporalio.client import Client
from temporalio.worker import Worker

from bench import acts
from bench.cluster import Cluster, own_database
from bench.harness import Contestant
from bench.intake import deliver
from bench.limits.noop_county import NoopCounty
from bench.races import Race
from bench.villages import Village, county_of
from infra.supervisor import Supervisor
from infra.temporal_binary import find_binary
from infra.temporal_server import PROGRAM, TemporalServer
from services.federation.activities import CloseActivities
from services.federation.cases import night
from services.federation.county import County
from services.federation.worker import connect, sandbox
from workflows.county_close import CountyClose
from workflows.ports import CloseRequest

_REAL, _NOOP = "bench-real", "bench-noop"


class Closer:
    """Closes the county's open date, through Temporal or without it."""

    def __init__(self, engine: sa.Engine, county: County) -> None:
        self.engine, self.county = engine, county
        self.numbers = itertools.count()

    def by_hand(self) -> None:
        """The same steps, each its own transaction, one after another."""
        with self.engine.connect() as conn:
            on = night.open_date(conn)
        for step in night.STEPS:
            with self.engine.begin() as conn:
                night.run_step(conn, self.county, on, step)

    async def by_temporal(self, client: Client, queue: str) -> None:
        """One run of the workflow on the open date."""
        with self.engine.connect() as conn:
            on = night.open_date(conn)
        await client.execute_workflow(
            CountyClose.run,
            CloseRequest(until=on),
            id=f"{queue}-{next(self.numbers)}",
            task_queue=queue,
        )


@contextlib.contextmanager
def close(cluster: Cluster, villages: int, size: int) -> Iterator[Sequence[Contestant]]:
    """A night of ``villages``: its posting, its close by hand, and by Temporal; cost a village."""
    with contextlib.ExitStack() as programs, asyncio.Runner() as runner:
        engine = cluster.engine
        county = county_of(engine)
        cast = [
            Village(engine, county, f"close{number}", acts.joining) for number in range(villages)
        ]
        closer = Closer(engine, county)
        mail: list[bytes] = []

        def prepare() -> None:
            mail[:] = [village.batch(size) for village in cast]

        def posting() -> int:
            for village, data in zip(cast, mail, strict=True):
                deliver(engine, county, village.name, data)
            return villages

        def by_hand() -> int:
            closer.by_hand()
            return villages

        folder = Path(programs.enter_context(tempfile.TemporaryDirectory(prefix="lianhe-bench-")))
        address, temporal = _temporal(programs)
        stack = contextlib.AsyncExitStack()
        workers = _workers(address, engine, county, folder)
        client = runner.run(stack.enter_async_context(workers))

        def through(queue: str) -> int:
            runner.run(closer.by_temporal(client, queue))
            return villages

        beside = (temporal,)
        try:
            yield [
                Contestant(name="posting the night", run=posting, prepare=prepare),
                Contestant(name="no-op workflow", run=lambda: through(_NOOP), beside=beside),
                Contestant(name="close by hand", run=by_hand),
                Contestant(name="close by Temporal", run=lambda: through(_REAL), beside=beside),
            ]
        finally:
            # A worker that is only cancelled waits for work that never comes.
            runner.run(stack.aclose())


def _temporal(programs: contextlib.ExitStack) -> tuple[str, int]:
    """The address and the process of a dev server of the benchmark's own."""
    folder = Path(programs.enter_context(tempfile.TemporaryDirectory(prefix="lianhe-bench-")))
    supervisor = programs.enter_context(Supervisor(folder))
    server = TemporalServer(folder / "temporal", find_binary(os.environ, print))
    server.start(supervisor)
    return server.address, supervisor.pid(PROGRAM)


@contextlib.asynccontextmanager
async def _workers(
    address: str, engine: sa.Engine, county: County, folder: Path
) -> AsyncIterator[Client]:
    client = await connect(address)
    steps: dict[str, list[Any]] = {
        _REAL: CloseActivities(engine, county, folder).all(),
        _NOOP: NoopCounty().activities(),
    }
    async with contextlib.AsyncExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(2))
        for queue, activities in steps.items():
            await stack.enter_async_context(Worker(
                client, task_queue=queue, workflows=[CountyClose], activities=activities,
                activity_executor=pool, workflow_runner=sandbox(),
            ))  # fmt: skip
        yield client


def races(server: Cluster) -> dict[str, tuple[str, Race, str]]:
    """The race by its title: the aim it answers, the race, the aim's ratio."""
    return {"a close, by the cooperative": ("G9", _apart(server), "1.25")}


@contextlib.contextmanager
def _apart(server: Cluster) -> Iterator[Sequence[Contestant]]:
    """The race on books of its own: what other races left does not stand in its proofs."""
    with own_database(server, "close") as own, close(own, 24, 100) as contestants:
        yield contestants
