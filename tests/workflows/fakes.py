"""A county that answers from a script: the ports a workflow may call, with no database.

Used by the workflow tests and to record histories; the real ports are tested with the real
database in tests/federation.
"""

from collections import deque
from collections.abc import Callable
from datetime import date
from typing import Any

from temporalio import activity

from workflows.ports import (
    CLOSE_STEPS,
    EFFECTS,
    QUIET_STEP,
    CaseRef,
    CaseStep,
    CloseGroup,
    ClosePlan,
    CloseRequest,
    EffectDone,
    StepDone,
)

D1, D2, D3 = date(2009, 3, 30), date(2009, 3, 31), date(2009, 4, 1)


class ScriptedCounty:
    """Plays case steps in order and records every call with its argument."""

    def __init__(self, steps: list[CaseStep], groups: tuple[tuple[date, ...], ...] = ()) -> None:
        self.steps = deque(steps)
        self.groups = groups
        self.calls: list[tuple[str, Any]] = []
        self.failures: dict[str, int] = {}
        self.undone: set[str] = set()

    def activities(self) -> list[Callable[..., Any]]:
        """Every activity of the ports, under its wire name."""
        return [
            self._advance,
            self._plan,
            *(self._step(name) for name in (*CLOSE_STEPS, QUIET_STEP)),
            *(self._effect(name) for name in EFFECTS),
        ]

    @activity.defn(name="case.advance")
    def _advance(self, ref: CaseRef) -> CaseStep:
        self.calls.append(("case.advance", ref))
        return self.steps.popleft() if len(self.steps) > 1 else self.steps[0]

    @activity.defn(name="close.plan")
    def _plan(self, request: CloseRequest) -> ClosePlan:
        self.calls.append(("close.plan", request))
        return ClosePlan(groups=self.groups)

    def _step(self, name: str) -> Callable[[CloseGroup], StepDone]:
        @activity.defn(name=name)
        def step(group: CloseGroup) -> StepDone:
            self.calls.append((name, group))
            if self.failures.get(name):
                self.failures[name] -= 1
                raise ConnectionError(name)
            return StepDone(counts={name: len(group.dates)})

        return step

    def _effect(self, name: str) -> Callable[[CaseRef], EffectDone]:
        @activity.defn(name=name)
        def effect(ref: CaseRef) -> EffectDone:
            self.calls.append((name, ref))
            if self.failures.get(name):
                self.failures[name] -= 1
                raise ConnectionError(name)
            return EffectDone(case=ref.case, done=name not in self.undone)

        return effect


def case_step(
    state: str, *, ended: bool = False, effect: str = "", case: str = "intercoop-1"
) -> CaseStep:
    """Where a case stands."""
    return CaseStep(case=case, state=state, ended=ended, effect=effect)
