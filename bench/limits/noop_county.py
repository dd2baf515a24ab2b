"""The limit of a workflow: the county's close with every step answered at once, no database asked.

What it costs is Temporal's own: its server, the worker's replay and the messages between them.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from temporalio import activity

from workflows.ports import CLOSE_STEPS, CloseGroup, ClosePlan, CloseRequest, StepDone


class NoopCounty:
    """Every step of one date, done as soon as it is asked for."""

    def activities(self) -> list[Callable[..., Any]]:
        """Under the names the workflow calls."""
        return [self.plan, *map(self._step, CLOSE_STEPS)]

    @activity.defn(name="close.plan")
    def plan(self, request: CloseRequest) -> ClosePlan:
        """One date."""
        return ClosePlan(groups=((request.until or date.min,),))

    def _step(self, name: str) -> Callable[[CloseGroup], StepDone]:
        @activity.defn(name=name)
        def step(_group: CloseGroup) -> StepDone:
            return StepDone()

        return step
