"""The county closes its evenings by itself: the worker's own schedule, on a Temporal of its own."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from temporalio.client import Client, ScheduleBackfill
from temporalio.service import RPCError

from infra.supervisor import Supervisor
from infra.temporal_binary import find_binary
from infra.temporal_server import TemporalServer
from services.federation import worker
from services.federation.close_schedule import SCHEDULE, ZONE
from tests.federation.life import Life

EVENING = time(20, 30)


@asynccontextmanager
async def working(life: Life, address: str, folder: Path, at: time | None) -> AsyncIterator[Client]:
    """The county's worker as `lianhe federation worker` runs it, until the block ends."""
    ready = asyncio.Event()
    task = asyncio.create_task(
        worker.serve(life.engine, life.county, address, folder, folder / "keys", ready.set, at)
    )
    said = asyncio.create_task(ready.wait())
    await asyncio.wait((task, said), return_when=asyncio.FIRST_COMPLETED)
    assert ready.is_set(), task
    yield await worker.connect(address)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def test_the_worker_has_evenings_closed_by_itself_and_those_it_missed_in_order(
    life: Life, tmp_path: Path, temporal_server: str
) -> None:
    assert temporal_server, "there is a Temporal to start"
    missed = [life.today, life.county.world.calendar.next_business_day(life.today)]
    evenings = [datetime.combine(day, EVENING, ZoneInfo(ZONE)) for day in missed]

    async def story(address: str) -> None:
        async with working(life, address, tmp_path, None) as client:
            # People start the close where no time is set.
            with pytest.raises(RPCError, match="not found"):
                await client.get_schedule_handle(SCHEDULE).describe()
        async with working(life, address, tmp_path, EVENING) as client:
            evening = client.get_schedule_handle(SCHEDULE)
            told = await evening.describe()
            first = told.info.next_action_times[0].astimezone(ZoneInfo(ZONE))
            assert first.time() == EVENING
            await evening.backfill(
                ScheduleBackfill(
                    start_at=evenings[0] - timedelta(minutes=1),
                    end_at=evenings[1] + timedelta(minutes=1),
                )
            )
            while await asyncio.to_thread(lambda: life.today) <= missed[1]:
                await evening.describe()

    with Supervisor(tmp_path) as supervisor:
        server = TemporalServer(tmp_path / "temporal", find_binary(os.environ, print))
        server.start(supervisor)
        asyncio.run(asyncio.wait_for(story(server.address), 60))
    following = life.county.world.calendar.next_business_day(missed[1])
    assert life.today == following, "and no evening that has not come"
