"""What the workflows promise: they wait, retry and wake; they decide nothing."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from temporalio.client import Client, ScheduleBackfill, ScheduleOverlapPolicy, WorkflowHandle
from temporalio.worker import Worker

from services.federation import close_schedule
from tests.workflows.fakes import D1, D2, D3, ScriptedCounty, case_step
from workflows.case import CaseDriver
from workflows.codec import CONVERTER
from workflows.county_close import CountyClose
from workflows.policies import close_id
from workflows.ports import CLOSE_STEPS, QUIET_STEP, TOLD, CaseRef, CloseDone, CloseRequest


@asynccontextmanager
async def county(address: str, script: ScriptedCounty) -> AsyncIterator[tuple[Client, str]]:
    client = await Client.connect(address, data_converter=CONVERTER)
    queue = f"test-{uuid.uuid4()}"
    with ThreadPoolExecutor(2) as pool:
        async with Worker(
            client,
            task_queue=queue,
            workflows=[CaseDriver, CountyClose],
            activities=script.activities(),
            activity_executor=pool,
        ):
            yield client, queue


def run(story: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(story(), 60))


async def _until(condition: Callable[[], bool], handle: WorkflowHandle[Any, Any]) -> None:
    """Wait for a fact by asking the server, which takes time of its own; no blind sleep."""
    while not condition():
        await handle.describe()


def test_a_case_ends_its_workflow_when_it_ends(temporal_server: str) -> None:
    async def story() -> None:
        script = ScriptedCounty([case_step("lapsed", ended=True)])
        async with county(temporal_server, script) as (client, queue):
            case = f"intercoop-{uuid.uuid4()}"
            step = await client.execute_workflow(
                CaseDriver.run, CaseRef(case=case), id=case, task_queue=queue
            )
            assert step.state == "lapsed"
            assert script.calls == [("case.advance", CaseRef(case=case))]

    run(story)


def test_a_decision_wakes_the_case_and_a_doubled_signal_changes_nothing(
    temporal_server: str,
) -> None:
    async def story() -> None:
        script = ScriptedCounty(
            [case_step("proposed"), case_step("approved"), case_step("active", ended=True)]
        )
        async with county(temporal_server, script) as (client, queue):
            case = f"intercoop-{uuid.uuid4()}"
            handle = await client.start_workflow(
                CaseDriver.run, CaseRef(case=case), id=case, task_queue=queue
            )
            await _until(lambda: len(script.calls) == 1, handle)
            await handle.signal(TOLD)
            await _until(lambda: len(script.calls) >= 2, handle)
            await handle.signal(TOLD)
            assert (await handle.result()).ended

    run(story)


def test_effects_are_done_one_after_the_other_and_the_case_is_looked_at_after_each(
    temporal_server: str,
) -> None:
    async def story() -> None:
        script = ScriptedCounty(
            [
                case_step("approved", effect="package.render"),
                case_step("approved", effect="package.send"),
                case_step("sent", ended=True),
            ]
        )
        script.failures["package.render"] = 1
        async with county(temporal_server, script) as (client, queue):
            case = f"package-{uuid.uuid4()}"
            await client.execute_workflow(
                CaseDriver.run, CaseRef(case=case), id=case, task_queue=queue
            )
        assert [name for name, _ in script.calls] == [
            "case.advance", "package.render", "package.render",
            "case.advance", "package.send", "case.advance",
        ]  # fmt: skip

    run(story)


def test_an_effect_that_did_not_come_about_waits_for_news_and_is_tried_again(
    temporal_server: str,
) -> None:
    async def story() -> None:
        script = ScriptedCounty([case_step("approved", effect="package.render")])
        script.undone = {"package.render"}
        async with county(temporal_server, script) as (client, queue):
            case = f"package-{uuid.uuid4()}"
            handle = await client.start_workflow(
                CaseDriver.run, CaseRef(case=case), id=case, task_queue=queue
            )
            await _until(lambda: len(script.calls) == 2, handle)
            script.steps[0] = case_step("withdrawn", ended=True)
            assert len(script.calls) == 2
            await handle.signal(TOLD)
            assert (await handle.result()).state == "withdrawn"
        assert [name for name, _ in script.calls] == [
            "case.advance", "package.render", "case.advance",
        ]  # fmt: skip

    run(story)


def test_signal_with_start_tells_a_case_whether_or_not_it_runs(temporal_server: str) -> None:
    async def story() -> None:
        script = ScriptedCounty([case_step("active", ended=True)])
        async with county(temporal_server, script) as (client, queue):
            case = f"intercoop-{uuid.uuid4()}"
            handle = await client.start_workflow(
                CaseDriver.run,
                CaseRef(case=case),
                id=case,
                task_queue=queue,
                start_signal=TOLD,
            )
            assert (await handle.result()).case == "intercoop-1"

    run(story)


def test_a_close_runs_its_steps_in_order_for_each_date(temporal_server: str) -> None:
    async def story() -> None:
        script = ScriptedCounty([], groups=((D1,), (D2, D3)))
        async with county(temporal_server, script) as (client, queue):
            done: CloseDone = await client.execute_workflow(
                CountyClose.run,
                CloseRequest(until=D3),
                id=f"{close_id(D3)}-{uuid.uuid4()}",
                task_queue=queue,
            )
            assert done.dates == (D1, D2, D3)
            assert [name for name, _ in script.calls] == ["close.plan", *CLOSE_STEPS, QUIET_STEP]
            assert [call[1].dates for call in script.calls[1:]] == [(D1,)] * 6 + [(D2, D3)]

    run(story)


def test_a_step_that_fails_is_tried_again_and_earlier_steps_are_not(temporal_server: str) -> None:
    async def story() -> None:
        script = ScriptedCounty([], groups=((D1,),))
        script.failures["close.prove"] = 2
        async with county(temporal_server, script) as (client, queue):
            await client.execute_workflow(
                CountyClose.run,
                CloseRequest(until=D1),
                id=f"{close_id(D1)}-{uuid.uuid4()}",
                task_queue=queue,
            )
        names = [name for name, _ in script.calls]
        assert names.count("close.prove") == 3
        assert all(names.count(step) == 1 for step in CLOSE_STEPS if step != "close.prove")

    run(story)


def test_an_empty_close_runs_and_closes_nothing(temporal_server: str) -> None:
    async def story() -> None:
        script = ScriptedCounty([])
        async with county(temporal_server, script) as (client, queue):
            done = await client.execute_workflow(
                CountyClose.run,
                CloseRequest(until=D1),
                id=f"{close_id(D1)}-{uuid.uuid4()}",
                task_queue=queue,
            )
            assert done == CloseDone()

    run(story)


def test_the_schedule_backfills_missed_nights_each_for_its_own_date(temporal_server: str) -> None:
    """The schedule the county's worker keeps; Temporal was away for two evenings."""

    async def story() -> None:
        script = ScriptedCounty([])
        name = f"close-{uuid.uuid4()}"
        async with county(temporal_server, script) as (client, queue):
            await close_schedule.keep(client, time(22, 30), schedule=name, task_queue=queue)
            handle = client.get_schedule_handle(name)
            start = _evening(D1)
            await handle.backfill(
                ScheduleBackfill(
                    start_at=start - timedelta(hours=1),
                    end_at=start + timedelta(days=1, hours=1),
                )
            )
            while len(script.calls) < 2:
                await handle.describe()
            assert [request.until for _, request in script.calls] == [D1, D2]
            await handle.delete()

    run(story)


def test_the_schedule_stands_once_and_follows_a_changed_time(temporal_server: str) -> None:
    async def story() -> None:
        name = f"close-{uuid.uuid4()}"
        client = await Client.connect(temporal_server, data_converter=CONVERTER)
        for hour, minute in ((22, 30), (20, 5)):
            at = time(hour, minute)
            await close_schedule.keep(client, at, schedule=name, task_queue="nobody")
        told = await client.get_schedule_handle(name).describe()
        first = told.info.next_action_times[0].astimezone(ZoneInfo(close_schedule.ZONE))
        assert (first.hour, first.minute) == (20, 5)
        assert told.schedule.policy.overlap == ScheduleOverlapPolicy.BUFFER_ALL
        assert told.schedule.policy.catchup_window == close_schedule.CATCH_UP
        await client.get_schedule_handle(name).delete()

    run(story)


def _evening(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 22, 30, tzinfo=ZoneInfo(close_schedule.ZONE))
