"""The workflows' ports, implemented: open a transaction, call a case, return its struct.

Registered by worker.py under the wire names of workflows.ports. Sync, in threads (one colour).
A bug travels as InvariantViolation, which the workflows' retry policy does not try again.
"""

from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from temporalio import activity

from journal.engine import reading
from kernel.errors import ensure
from services.federation import spool
from services.federation.cases import driver, night, packages
from services.federation.county import County
from services.federation.packages import publish
from workflows.ports import (
    CasePort,
    CaseRef,
    CaseStep,
    CloseGroup,
    ClosePlan,
    ClosePort,
    CloseRequest,
    EffectDone,
    PackagePort,
    StepDone,
)


class CaseActivities(CasePort):
    """``case.advance`` on one county's database."""

    def __init__(self, engine: sa.Engine, county: County) -> None:
        self.engine = engine
        self.county = county

    @activity.defn(name="case.advance")
    def advance(self, ref: CaseRef) -> CaseStep:
        """Do what is due for one case; say where it stands."""
        with self.engine.begin() as conn:
            case = driver.advance(conn, self.county, ref.case)
            effect = packages.effect(conn, case)
        process = self.county.world.registry.table[case.process]
        return CaseStep(
            case=case.id,
            state=case.state,
            ended=process.ended(case.state),
            due=case.due,
            due_act=case.due_act,
            effect=effect,
        )

    def all(self) -> list[Callable[..., Any]]:
        """Every activity of this port."""
        return [self.advance]


class PackageActivities(PackagePort):
    """``package.*`` on one county's database.

    ``keys`` is the folder of the county's document keys. Threads have no running event loop,
    which the signing of PDFs asks for.
    """

    def __init__(self, engine: sa.Engine, county: County, keys: Path) -> None:
        self.engine = engine
        self.county = county
        self.keys = keys

    @activity.defn(name=packages.RENDER)
    def render(self, ref: CaseRef) -> EffectDone:
        """Say the package from the books, sign it and keep it."""
        done = publish.render(self.engine, self.county, self.keys, ref.case)
        return EffectDone(case=ref.case, done=done)

    @activity.defn(name=packages.SEND)
    def send(self, ref: CaseRef) -> EffectDone:
        """Hand out what was kept; false when a night closed meanwhile, and it is made anew."""
        publish.send(self.engine, self.county, ref.case)
        return EffectDone(case=ref.case, done=True)

    def all(self) -> list[Callable[..., Any]]:
        """Every activity of this port."""
        return [self.render, self.send]


class CloseActivities(ClosePort):
    """``close.*`` on one county's database and bank folder.

    Files are fetched before a transaction and put out after it, never inside: both moves are
    repeatable, so a kill between them only repeats a move.
    """

    def __init__(self, engine: sa.Engine, county: County, folder: Path) -> None:
        self.engine = engine
        self.county = county
        self.folder = folder

    @activity.defn(name="close.plan")
    def plan(self, request: CloseRequest) -> ClosePlan:
        """The open dates up to the one asked for, after everything the bank sent is in."""
        ensure(request.until is not None, "close_names_its_date")
        spool.collect(self.engine, self.folder)
        with reading(self.engine).connect() as conn:
            return ClosePlan(groups=night.plan(conn, self.county, request.until or date.min))

    @activity.defn(name="close.cut_off")
    def cut_off(self, group: CloseGroup) -> StepDone:
        """Name the nodes that are missing."""
        return self._step(group, night.CUT_OFF)

    @activity.defn(name="close.bank_lines")
    def bank_lines(self, group: CloseGroup) -> StepDone:
        """Take the bank's statements and answers into K."""
        spool.collect(self.engine, self.folder)
        return self._step(group, night.BANK_LINES)

    @activity.defn(name="close.prove")
    def prove(self, group: CloseGroup) -> StepDone:
        """Prove mirrors and invariants; breaks become findings."""
        return self._step(group, night.PROVE)

    @activity.defn(name="close.settle")
    def settle(self, group: CloseGroup) -> StepDone:
        """Net what is due between cooperatives and plan its legs."""
        return self._step(group, night.SETTLE)

    @activity.defn(name="close.files")
    def files(self, group: CloseGroup) -> StepDone:
        """Write the payment files, then put them where the bank finds them."""
        done = self._step(group, night.FILES)
        spool.send(self.engine, self.folder)
        return done

    @activity.defn(name="close.open_next")
    def open_next(self, group: CloseGroup) -> StepDone:
        """Close the K books of the date, open the next, perform what falls due."""
        return self._step(group, night.OPEN_NEXT)

    @activity.defn(name="close.quiet")
    def quiet(self, group: CloseGroup) -> StepDone:
        """Every step of each quiet date, one transaction a date."""
        counts: Counter[str] = Counter()
        for on in group.dates:
            with self.engine.begin() as conn:
                for result in night.close_date(conn, self.county, on):
                    counts.update(_named(result))
        spool.send(self.engine, self.folder)
        return StepDone(counts=dict(counts))

    def all(self) -> list[Callable[..., Any]]:
        """Every activity of this port."""
        return [
            self.plan,
            self.cut_off,
            self.bank_lines,
            self.prove,
            self.settle,
            self.files,
            self.open_next,
            self.quiet,
        ]

    def _step(self, group: CloseGroup, step: str) -> StepDone:
        [on] = group.dates
        with self.engine.begin() as conn:
            return StepDone(counts=_named(night.run_step(conn, self.county, on, step)))


def _named(result: night.StepResult) -> dict[str, int]:
    """Counts under their step's name, so that sums over a night keep them apart."""
    return {f"{result.step}.{name}": count for name, count in result.counts.items()}
