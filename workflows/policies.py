"""Timeouts, retries and workflow ids, each named and explained. Called by workflows and relay."""

from datetime import date, timedelta

from temporalio.common import RetryPolicy

STEP_TIMEOUT = timedelta(seconds=60)
"""One close step of one group of dates: set-based, well under a second for a county."""

ADVANCE_TIMEOUT = timedelta(seconds=20)
"""One case, one transaction."""

EFFECT_TIMEOUT = timedelta(minutes=10)
"""One effect outside the database; a package of 10,000 lines is typeset and signed in it."""

BACKSTOP = timedelta(hours=20)
"""A case looks again once a day even if the relay's signal was lost; closes are the real clock."""

STORY_LENGTH = 200
"""Signals after which a case's workflow continues as new, so its history stays short."""

STEP_RETRY = RetryPolicy(
    initial_interval=timedelta(milliseconds=200),
    maximum_interval=timedelta(seconds=10),
    non_retryable_error_types=["InvariantViolation"],
)
"""A step is idempotent and is tried until it succeeds; a bug stops the close and raises alarm."""


def close_id(until: date) -> str:
    """Workflow id of a close asked for up to one date: asking twice starts it once."""
    return f"county-close-{until.isoformat()}"
