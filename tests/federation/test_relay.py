"""The relay and the case driver on a real county and a real Temporal."""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from temporalio.client import Client
from temporalio.worker import Worker

from contracts.ledger import Actor
from infra.supervisor import Supervisor
from infra.temporal_binary import find_binary
from infra.temporal_server import PROGRAM as TEMPORAL
from infra.temporal_server import TemporalServer
from journal import heads, store
from kernel.cases import Case
from services.federation.activities import CaseActivities
from services.federation.cases import driver, settlement
from services.federation.relay import Relay
from tests.federation.lending import (
    DAY,
    a_county,
    a_village,
    county_act,
    county_world,
    free,
    propose,
    sign_all,
    signers,
)
from workflows.case import CaseDriver
from workflows.codec import CONVERTER
from workflows.ports import TOLD, CaseRef, CaseStep

FUND = 25_000_000
SMALL = 1_000_000
"""A loan (fen) of which three fit under the lender's limits."""


@pytest.fixture
def county(county_engine: sa.Engine) -> sa.Engine:
    with county_engine.begin() as conn:
        for name in ("baiguo", "xiaojiaba"):
            a_village(conn, county_world(), name, FUND)
    return county_engine


def a_case(engine: sa.Engine, amount: int = 3_000_000) -> Case:
    """A proposed loan under an id no other test uses: workflow ids are shared by the server."""
    with engine.begin() as conn:
        case = f"intercoop-{uuid.uuid4()}"
        return propose(conn, county_world(), case=case, amount=amount).case


def load(engine: sa.Engine, case: str) -> Case:
    with engine.connect() as conn:
        found = store.load(conn, "K", case)
    assert found is not None
    return found


def open_day(engine: sa.Engine, day: date) -> None:
    with engine.begin() as conn:
        books = [head.book for head in heads.read_all(conn, "K")]
        for head in heads.lock(conn, books).values():
            heads.close_day(conn, head, day)


@asynccontextmanager
async def worker(address: str, engine: sa.Engine, queue: str) -> AsyncIterator[Client]:
    client = await Client.connect(address, data_converter=CONVERTER)
    with ThreadPoolExecutor(2) as pool:
        async with Worker(
            client,
            task_queue=queue,
            workflows=[CaseDriver],
            activities=CaseActivities(engine, a_county()).all(),
            activity_executor=pool,
        ):
            yield client


def run(story: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(story(), 60))


def test_a_deadline_that_falls_due_at_a_close_is_done_by_the_cases_workflow(
    county: sa.Engine, temporal_server: str
) -> None:
    case = a_case(county)

    async def story() -> None:
        queue = f"test-{uuid.uuid4()}"
        async with worker(temporal_server, county, queue) as client:
            relay = Relay(county, client, queue)
            assert await relay.round() == [case.id]
            assert await relay.round() == []
            assert case.due is not None
            await asyncio.to_thread(open_day, county, case.due)
            assert await relay.round() == [case.id]
            told = client.get_workflow_handle(case.id, result_type=CaseStep)
            step: CaseStep = await told.result()
            assert step.state == "lapsed"

    run(story)
    assert load(county, case.id).state == "lapsed"
    with county.connect() as conn:
        assert free(conn, "baiguo") == FUND


def test_a_day_without_worker_and_relay_loses_no_decision(
    county: sa.Engine, temporal_server: str
) -> None:
    """Everything is decided while no worker runs; the relay then tells it all, once."""
    case = a_case(county)
    with county.begin() as conn:
        for actor in signers(case):
            county_act(conn, county_world(), "intercoop", case.id, "sign", actor)
    assert load(county, case.id).state == "approved"

    async def story() -> None:
        queue = f"test-{uuid.uuid4()}"
        async with worker(temporal_server, county, queue) as client:
            relay = Relay(county, client, queue)
            assert await relay.round() == [case.id]
            again = Relay(county, client, queue)
            assert await again.round() == []
            await client.get_workflow_handle(case.id).terminate()

    run(story)


def test_temporal_killed_for_a_day_loses_no_decision_and_hears_of_each_when_it_is_back(
    county: sa.Engine, temporal_server: str, tmp_path: Path
) -> None:
    """Kill -9 of the server itself; the county decides, opens the next day and knows all of it."""
    assert temporal_server, "there is a Temporal to start"
    signed, refused = a_case(county, SMALL), a_case(county, SMALL)

    def decide() -> Case:
        """What people do on the day without Temporal; gives a loan proposed on that day."""
        with county.begin() as conn:
            sign_all(conn, county_world(), signed.id)
            council = Actor(role="council@node", operator="p-baiguo", persons=("p-baiguo",))
            county_act(conn, county_world(), "intercoop", refused.id, "decline", council)
        open_day(county, DAY + timedelta(days=1))
        return a_case(county, SMALL)

    async def story(supervisor: Supervisor, address: str) -> None:
        queue = f"test-{uuid.uuid4()}"
        async with worker(address, county, queue) as client:
            assert set(await Relay(county, client, queue).round()) == {signed.id, refused.id}
            relay = asyncio.create_task(Relay(county, client, queue).run())
            await asyncio.to_thread(supervisor.kill, TEMPORAL)
            late = await asyncio.to_thread(decide)
            untold = {signed.id, refused.id, late.id}
            assert set(await asyncio.to_thread(news, county)) == untold
            await asyncio.to_thread(supervisor.restart, TEMPORAL)
            assert await ended(client, refused) == "declined"
            assert load(county, signed.id).state == "approved"
            last = max(filter(None, (load(county, one.id).due for one in (signed, late))))
            await asyncio.to_thread(open_day, county, last)
            assert [await ended(client, one) for one in (signed, late)] == ["lapsed", "lapsed"]
            relay.cancel()

    with Supervisor(tmp_path) as supervisor:
        server = TemporalServer(tmp_path / "temporal", find_binary(os.environ, print))
        server.start(supervisor)
        run(lambda: story(supervisor, server.address))
    with county.connect() as conn:
        assert free(conn, "baiguo") == FUND


def news(engine: sa.Engine) -> list[str]:
    """Cases that moved and that no workflow was told of."""
    with engine.connect() as conn:
        return driver.news(conn)[0]


async def ended(client: Client, case: Case) -> str:
    """The state in which a case's workflow ended."""
    step: CaseStep = await client.get_workflow_handle(case.id, result_type=CaseStep).result()
    return step.state


def test_a_relay_that_died_before_its_cursor_moved_tells_again_and_nothing_changes(
    county: sa.Engine, temporal_server: str
) -> None:
    case = a_case(county)

    async def story() -> None:
        queue = f"test-{uuid.uuid4()}"
        async with worker(temporal_server, county, queue) as client:
            with county.connect() as conn:
                news, _ = driver.news(conn)
            assert news == [case.id]
            for _ in range(2):
                await client.start_workflow(
                    CaseDriver.run,
                    CaseRef(case=case.id),
                    id=case.id,
                    task_queue=queue,
                    start_signal=TOLD,
                )
            relay = Relay(county, client, queue)
            assert await relay.round() == [case.id]
            await client.get_workflow_handle(case.id).terminate()

    run(story)
    assert load(county, case.id).step == case.step


def test_advance_twice_on_the_due_date_acts_once(county: sa.Engine) -> None:
    case = a_case(county)
    assert case.due is not None
    open_day(county, case.due)
    for _ in range(2):
        with county.begin() as conn:
            assert driver.advance(conn, a_county(), case.id).state == "lapsed"
    assert load(county, case.id).step == case.step + 1


def test_a_due_act_that_a_rule_refuses_stays_due(county: sa.Engine) -> None:
    case = a_case(county)
    with county.begin() as conn:
        for actor in signers(case):
            county_act(conn, county_world(), "intercoop", case.id, "sign", actor)
        settlement.plan(conn, county_world(), date(2009, 6, 1))
    due = load(county, case.id).due
    assert due is not None
    open_day(county, due)
    with county.begin() as conn:
        now = driver.advance(conn, a_county(), case.id)
    assert (now.state, now.due) == ("approved", due)
