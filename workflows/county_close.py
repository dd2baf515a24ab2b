"""The nightly close of the county: every open date up to the one asked for, oldest first.

Started by a Temporal schedule (backfill catches up missed nights) or by command. Steps are local
activities with done-marks in the database (design.md 2), so a close that was killed anywhere is
run again and changes nothing twice.
"""

from collections import Counter
from datetime import date, timedelta

import msgspec
from temporalio import workflow
from temporalio.common import SearchAttributeKey

with workflow.unsafe.imports_passed_through():
    from workflows import policies
    from workflows.ports import (
        CLOSE_STEPS,
        CLOSE_WORKFLOW,
        QUIET_STEP,
        CloseDone,
        CloseGroup,
        ClosePlan,
        CloseRequest,
        StepDone,
    )

_SCHEDULED = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")


@workflow.defn(name=CLOSE_WORKFLOW)
class CountyClose:
    """The story of one night, or of the nights since the last.

    1. Sleep to the cut-off, so that late nodes may still deliver.
    2. Plan: the open business dates, oldest first, quiet ones in a row as one group.
    3. For each date: name the missing, take in the bank, prove, settle, write files, open next.
       A group of quiet dates is one step, one transaction a date.
    """

    @workflow.run
    async def run(self, request: CloseRequest) -> CloseDone:
        """Close what is open; returns the dates and the counts of all steps."""
        if request.cut_off_seconds:
            await workflow.sleep(timedelta(seconds=request.cut_off_seconds))
        plan = await workflow.execute_local_activity(
            "close.plan",
            msgspec.structs.replace(request, until=request.until or _scheduled_date()),
            result_type=ClosePlan,
            start_to_close_timeout=policies.STEP_TIMEOUT,
            retry_policy=policies.STEP_RETRY,
        )
        counts: Counter[str] = Counter()
        for dates in plan.groups:
            for step in CLOSE_STEPS if len(dates) == 1 else (QUIET_STEP,):
                done = await workflow.execute_local_activity(
                    step,
                    CloseGroup(dates=dates),
                    result_type=StepDone,
                    start_to_close_timeout=policies.STEP_TIMEOUT,
                    retry_policy=policies.STEP_RETRY,
                )
                counts.update(done.counts)
        closed = tuple(date for dates in plan.groups for date in dates)
        return CloseDone(dates=closed, counts=dict(counts))


def _scheduled_date() -> date:
    """The business date a scheduled (or backfilled) run stands for, not the day it runs on."""
    scheduled = workflow.info().typed_search_attributes.get(_SCHEDULED)
    return (scheduled or workflow.now()).date()
