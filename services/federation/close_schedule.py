"""The county close as a Temporal schedule: every evening by itself, missed evenings caught up.

Called by worker at its start, where a time is set. The demonstration and tests that move time by
running closes set none. It decides nothing: a close shuts what is open up to its own date, once.
"""

from datetime import time, timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
)
from temporalio.client import ScheduleOverlapPolicy as Overlap

from workflows.county_close import CountyClose
from workflows.ports import TASK_QUEUE, CloseRequest

SCHEDULE = "county-close"
ZONE = "Asia/Shanghai"
"""County time: all of China keeps one. From 08:00 on an evening is its own date's, before that
(the hours after midnight) it is the date's before, because a run's date is told in UTC."""
CATCH_UP = timedelta(days=365)
"""How long Temporal may have been away for an evening still to be run when it is back."""


async def keep(
    client: Client, at: time, *, schedule: str = SCHEDULE, task_queue: str = TASK_QUEUE
) -> None:
    """Have the county close started every day at ``at``; one that stands is changed to that."""
    wanted = Schedule(
        action=ScheduleActionStartWorkflow(
            CountyClose.run, CloseRequest(), id=schedule, task_queue=task_queue
        ),
        spec=ScheduleSpec(
            calendars=[
                ScheduleCalendarSpec(
                    hour=(ScheduleRange(at.hour),), minute=(ScheduleRange(at.minute),)
                )
            ],
            time_zone_name=ZONE,
        ),
        # A run that was skipped would leave its date open until the next evening.
        policy=SchedulePolicy(overlap=Overlap.BUFFER_ALL, catchup_window=CATCH_UP),
    )
    try:
        await client.create_schedule(schedule, wanted)
    except ScheduleAlreadyRunningError:
        standing = client.get_schedule_handle(schedule)
        await standing.update(lambda _: ScheduleUpdate(schedule=wanted))
