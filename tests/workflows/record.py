"""Record workflow histories for the replay tests: ``python -m tests.workflows.record ADDRESS``.

Run when a workflow changes on purpose; the files in ``histories/`` are then reviewed as a diff.
"""

import asyncio
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from temporalio.client import Client, WorkflowHandle
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from tests.workflows.fakes import D1, D2, D3, ScriptedCounty, case_step
from tests.workflows.listening import HEARD, Listening
from workflows.case import CaseDriver
from workflows.codec import CONVERTER
from workflows.county_close import CountyClose
from workflows.ports import TASK_QUEUE, TOLD, CaseRef, CaseStep, CloseDone, CloseRequest

HISTORIES = Path(__file__).parent / "histories"


async def record(address: str) -> None:
    """Play one case and one close on a real server and store what happened."""
    client = await Client.connect(address, data_converter=CONVERTER)
    script = ScriptedCounty(
        [case_step("proposed"), case_step("approved"), case_step("repaid", ended=True)],
        groups=((D1,), (D2, D3)),
    )
    with ThreadPoolExecutor(2) as pool:
        async with Worker(
            client,
            task_queue=TASK_QUEUE,
            workflows=[CaseDriver, CountyClose],
            activities=script.activities(),
            activity_executor=pool,
            interceptors=[Listening()],
            workflow_runner=UnsandboxedWorkflowRunner(),
        ):
            case = await client.start_workflow(
                CaseDriver.run, CaseRef(case="intercoop-1"), id="intercoop-1", task_queue=TASK_QUEUE
            )
            for asked in (1, 2):
                while len(script.calls) < asked:
                    await case.describe()
                await case.signal(TOLD)
            await case.result()
            await _keep(case, "case")
            await _package(client, script)
            close = await client.start_workflow(
                CountyClose.run,
                CloseRequest(until=D3),
                id="county-close-2009-04-01",
                task_queue=TASK_QUEUE,
            )
            await close.result()
            await _keep(close, "county_close")


async def _package(client: Client, script: ScriptedCounty) -> None:
    """A package is approved, leaves by its two effects, and is answered."""
    script.steps.clear()
    script.steps.extend(
        [
            case_step("drafting", case="package-1"),
            case_step("approved", case="package-1", effect="package.render"),
            case_step("approved", case="package-1", effect="package.send"),
            case_step("sent", case="package-1"),
            case_step("answered", case="package-1", ended=True),
        ]
    )
    before = len(script.calls)
    case = await client.start_workflow(
        CaseDriver.run, CaseRef(case="package-1"), id="package-1", task_queue=TASK_QUEUE
    )
    for asked in (1, 6):
        while len(script.calls) < before + asked:
            await case.describe()
        await case.signal(TOLD)
    await case.result()
    await _keep(case, "case_package")


async def _keep(
    handle: WorkflowHandle[CaseDriver, CaseStep] | WorkflowHandle[CountyClose, CloseDone],
    name: str,
) -> None:
    history = (await handle.fetch_history()).to_json_dict()
    story = {"workflow": handle.id, "asked": list(HEARD), "history": history}
    _forget_machine(story)
    text = json.dumps(story, indent=1, ensure_ascii=False, sort_keys=True)
    (HISTORIES / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def _forget_machine(value: object) -> None:
    """Histories name the recording worker's host and process; a stored one names nobody."""
    if isinstance(value, dict):
        if "identity" in value:
            value["identity"] = "recorder"
        for inner in value.values():
            _forget_machine(inner)
    elif isinstance(value, list):
        for inner in value:
            _forget_machine(inner)


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1]))
