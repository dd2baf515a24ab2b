"""Activity names and types: what a workflow may ask of the county's database.

Implemented in services/federation/activities.py; names are wire names pinned by a golden list.
One struct in, one struct out; one activity type per step, because a replay does not notice two
swapped calls of one type (targets.md 2).
"""

from datetime import date
from typing import Final, Protocol

import msgspec

TASK_QUEUE: Final = "county"
CASE_WORKFLOW: Final = "case"
CLOSE_WORKFLOW: Final = "county_close"
TOLD: Final = "told"
"""Signal to a case's workflow: something was decided or is due; look again."""

CLOSE_STEPS: Final = (
    "close.cut_off",
    "close.bank_lines",
    "close.prove",
    "close.settle",
    "close.files",
    "close.open_next",
)
"""The steps of one county close, in order. Each is one transaction with a done-mark."""
QUIET_STEP: Final = "close.quiet"
"""All steps of consecutive dates on which nothing happened, one transaction a date."""
EFFECTS: Final = ("package.render", "package.send")
"""What a case's driver may be told to do outside the database, one activity type each."""


class CaseRef(msgspec.Struct, frozen=True, kw_only=True):
    """A county case, whose id is the workflow's id."""

    case: str


class CaseStep(msgspec.Struct, frozen=True, kw_only=True):
    """Where a case stands after everything due was done.

    ``effect`` names the activity by which something outside is done for it next, "" for none.
    """

    case: str
    state: str
    ended: bool
    due: date | None = None
    due_act: str = ""
    effect: str = ""


class EffectDone(msgspec.Struct, frozen=True, kw_only=True):
    """Whether an effect came about; if not, somebody at the county was told why (a finding)."""

    case: str
    done: bool


class CloseRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Close every open business date up to and with ``until``; None: the scheduled date.

    ``cut_off_seconds`` is how long to wait for late nodes before asking who is missing.
    """

    until: date | None = None
    cut_off_seconds: int = 0


class ClosePlan(msgspec.Struct, frozen=True, kw_only=True):
    """Open dates to close, oldest first; a group of several dates holds quiet dates only."""

    groups: tuple[tuple[date, ...], ...]


class CloseGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The date a step works on, or consecutive quiet dates."""

    dates: tuple[date, ...]


class StepDone(msgspec.Struct, frozen=True, kw_only=True):
    """What a step did: counts by name (acts, lines, files, findings, missing…)."""

    counts: dict[str, int] = {}


class CloseDone(msgspec.Struct, frozen=True, kw_only=True):
    """The dates this run closed and the sums of what its steps counted."""

    dates: tuple[date, ...] = ()
    counts: dict[str, int] = {}


class CasePort(Protocol):
    """``case.advance``: do what is due for one case in one transaction, say where it stands."""

    def advance(self, ref: CaseRef) -> CaseStep:
        """Perform due system acts and effects of the case; idempotent."""


class PackagePort(Protocol):
    """``package.*``: the effects by which an approved guarantee package leaves; idempotent."""

    def render(self, ref: CaseRef) -> EffectDone:
        """Say the package from the books, sign it and keep it."""

    def send(self, ref: CaseRef) -> EffectDone:
        """Hand out what was kept: package and lines stand under its manifest."""


class ClosePort(Protocol):
    """``close.*``: the county close. Every method is idempotent per business date."""

    def plan(self, request: CloseRequest) -> ClosePlan:
        """The open dates up to the requested one."""

    def cut_off(self, group: CloseGroup) -> StepDone:
        """Name the nodes that are missing."""

    def bank_lines(self, group: CloseGroup) -> StepDone:
        """Take the bank's statements and answers into K."""

    def prove(self, group: CloseGroup) -> StepDone:
        """Prove mirrors and invariants; breaks become findings."""

    def settle(self, group: CloseGroup) -> StepDone:
        """Net what is due between cooperatives and plan its legs."""

    def files(self, group: CloseGroup) -> StepDone:
        """Write the payment files."""

    def open_next(self, group: CloseGroup) -> StepDone:
        """Close the K books of the date, open the next, perform what falls due."""

    def quiet(self, group: CloseGroup) -> StepDone:
        """Every step of each quiet date, one transaction a date."""
