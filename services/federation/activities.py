"""The workflows' ports, implemented: open a transaction, call a case, return its struct.

Registered by worker.py under the wire names of workflows.ports. Sync, in threads (one colour).
A bug travels as InvariantViolation, which the workflows' retry policy does not try again.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from temporalio import activity

from journal.perform import World
from services.federation.cases import driver
from workflows.ports import CaseRef, CaseStep


class CaseActivities:
    """``case.advance`` on one county's database (workflows.ports.CasePort)."""

    def __init__(self, engine: sa.Engine, world: World) -> None:
        self.engine = engine
        self.world = world

    @activity.defn(name="case.advance")
    def advance(self, ref: CaseRef) -> CaseStep:
        """Do what is due for one case; say where it stands."""
        with self.engine.begin() as conn:
            case = driver.advance(conn, self.world, ref.case)
        process = self.world.registry.table[case.process]
        return CaseStep(
            case=case.id,
            state=case.state,
            ended=process.ended(case.state),
            due=case.due,
            due_act=case.due_act,
        )

    def all(self) -> list[Callable[..., Any]]:
        """Every activity of this port."""
        return [self.advance]
