"""The county's Temporal worker: workflows, their activities, and the relay beside them.

Run as a process of its own (`lianhe federation worker`). Killed anywhere, it starts again and goes
on: workflows replay, steps carry done-marks, the relay has its cursor.
"""

import asyncio
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import time
from pathlib import Path

import sqlalchemy as sa
from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from contracts.codec import learn_types
from journal.engine import WRITER, open_engine
from services.federation import close_schedule
from services.federation.activities import CaseActivities, CloseActivities, PackageActivities
from services.federation.county import County, load_county
from services.federation.identity import load_keys
from services.federation.ports import real_ports
from services.federation.relay import Relay
from services.federation.settings import read_settings
from workflows.case import CaseDriver
from workflows.codec import CONVERTER
from workflows.county_close import CountyClose
from workflows.ports import TASK_QUEUE

DATABASE_URL = "LIANHE_DATABASE_URL"
READY = "the worker takes work"
"""Said once, when workflows and activities of this county are being taken."""
THREADS = 4
"""Activities at once: a county's close is serial, its cases are few and short."""
_PASSED = ("msgspec", "contracts", "kernel", "workflows")
"""Modules the sandbox need not load anew: values and rows, no clock and no IO in any."""


async def connect(address: str) -> Client:
    """A client that speaks our contracts."""
    return await Client.connect(address, data_converter=CONVERTER)


def sandbox() -> SandboxedWorkflowRunner:
    """How workflows are run: cut off from clock, randomness and IO."""
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(*_PASSED)
    )


async def serve(
    engine: sa.Engine,
    county: County,
    address: str,
    folder: Path,
    keys: Path,
    ready: Callable[[], None] | None = None,
    close_at: time | None = None,
) -> None:
    """Work until cancelled. ``folder`` is the bank's, ``keys`` the one of the document keys.

    ``ready`` is called once work is taken. With ``close_at`` the county close runs every evening.
    """
    client = await connect(address)
    if close_at is not None:
        await close_schedule.keep(client, close_at)
    learn_types()
    with ThreadPoolExecutor(THREADS) as pool:
        worker = Worker(
            client,
            task_queue=TASK_QUEUE,
            workflows=[CaseDriver, CountyClose],
            activities=[
                *CaseActivities(engine, county).all(),
                *PackageActivities(engine, county, keys).all(),
                *CloseActivities(engine, county, folder).all(),
            ],
            activity_executor=pool,
            workflow_runner=sandbox(),
        )
        async with worker:
            relay = asyncio.create_task(Relay(engine, client).run())
            if ready is not None:
                ready()
            try:
                await relay
            finally:
                relay.cancel()
                with suppress(asyncio.CancelledError):
                    await relay


def run(environ: Mapping[str, str], address: str, told: Callable[[str], None]) -> None:
    """Run the worker of the county in ``environ``'s settings until it is stopped by a signal."""
    settings = read_settings(environ)
    engine = open_engine(environ[DATABASE_URL], role=WRITER)
    keys = load_keys(settings.keys)
    with engine.connect() as conn:
        county = load_county(conn, keys, real_ports())
    try:
        asyncio.run(
            serve(
                engine,
                county,
                address,
                settings.spool,
                settings.keys,
                lambda: told(READY),
                settings.close_at,
            )
        )
    finally:
        engine.dispose()


if __name__ == "__main__":
    run(os.environ, os.environ["TEMPORAL_ADDRESS"], lambda text: print(text, flush=True))  # noqa: T201
