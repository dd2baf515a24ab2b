"""Stored histories replay on today's code, arguments included, and wire names stay."""

import asyncio
import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from tests.workflows.listening import HEARD, Listening
from workflows import ports
from workflows.case import CaseDriver
from workflows.codec import CONVERTER
from workflows.county_close import CountyClose

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json"))


def replay(story: dict[str, Any]) -> list[list[Any]]:
    replayer = Replayer(
        workflows=[CaseDriver, CountyClose],
        data_converter=CONVERTER,
        interceptors=[Listening()],
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    history = WorkflowHistory.from_json(story["workflow"], story["history"])
    asyncio.run(replayer.replay_workflow(history))
    return list(HEARD)


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_stored_history_replays_with_the_same_arguments(path: Path) -> None:
    story = json.loads(path.read_text("utf-8"))
    assert replay(story) == story["asked"]


def test_a_step_of_another_kind_in_its_place_is_refused() -> None:
    story = json.loads((Path(__file__).parent / "histories" / "county_close.json").read_text())
    with pytest.raises(workflow.NondeterminismError):
        replay(_with_payload(story, "close.cut_off", "close.prove"))


def test_a_changed_argument_is_seen_where_a_bare_replay_is_silent() -> None:
    story = json.loads((Path(__file__).parent / "histories" / "county_close.json").read_text())
    assert replay(_with_payload(story, "2009-03-30", "2009-03-29")) != story["asked"]


def _with_payload(story: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    """The story with a text replaced inside every base64 payload of its history."""

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: swap(v) if k == "data" else walk(v) for k, v in value.items()}
        return [walk(inner) for inner in value] if isinstance(value, list) else value

    def swap(value: Any) -> Any:
        if not isinstance(value, str):
            return walk(value)
        return b64encode(b64decode(value).replace(old.encode(), new.encode())).decode()

    return {**story, "history": walk(story["history"])}


def test_every_workflow_has_a_stored_history() -> None:
    told = {path.stem for path in HISTORIES}
    assert told == {ports.CASE_WORKFLOW, ports.CLOSE_WORKFLOW, "case_package"}


def test_two_swapped_effects_are_refused() -> None:
    story = json.loads((HISTORIES[0].parent / "case_package.json").read_text("utf-8"))
    text = json.dumps(story["history"])
    swapped = text.replace("package.render", "package.x").replace("package.send", "package.render")
    with pytest.raises(workflow.NondeterminismError):
        replay({**story, "history": json.loads(swapped.replace("package.x", "package.send"))})


def test_wire_names_are_pinned() -> None:
    assert ports.CLOSE_STEPS == (
        "close.cut_off",
        "close.bank_lines",
        "close.prove",
        "close.settle",
        "close.files",
        "close.open_next",
    )
    assert (ports.QUIET_STEP, ports.TOLD, ports.TASK_QUEUE) == ("close.quiet", "told", "county")
    assert (ports.CASE_WORKFLOW, ports.CLOSE_WORKFLOW) == ("case", "county_close")
    assert ports.EFFECTS == ("package.render", "package.send")
