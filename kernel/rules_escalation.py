"""The rule of every escalation: who is named when a clock has run out, and since when it is late.

Registered in kernel.rules; called by journal.perform for the act ``escalate`` of every process
that has one. Pure; moves no money. Sources R-027, R-089, ``escalation.offices``.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from kernel.cases import Case
from kernel.rules import Asked, Outcome, rule

ESCALATION = "escalation"
"""The term: ``state`` it is about, ``times`` called, ``office`` named last, ``since`` (ISO day)."""


@rule()
def next_office(asked: Asked) -> Outcome:
    """Name the office after the one named before; the last one stays named.

    The count begins anew in every state: another clock, and mostly another desk. A case that
    names an ``owner`` (a finding) begins after him.
    """
    ladder = asked.policy.list("escalation.offices")
    before = called(asked.case)
    named = before.get("office") or asked.case.terms.get("owner", "")
    place = ladder.index(named) + 1 if named in ladder else 0
    since = asked.case.due or asked.today
    told = {
        "state": asked.case.state,
        "times": int(before.get("times", 0)) + 1,
        "office": ladder[min(place, len(ladder) - 1)],
        "since": before.get("since") or since.isoformat(),
    }
    return Outcome(terms={ESCALATION: told})


def called(case: Case) -> Mapping[str, Any]:
    """The escalation of the state a case is in now; empty while its clock runs."""
    told: Mapping[str, Any] = case.terms.get(ESCALATION) or {}
    return told if told.get("state") == case.state else {}


def late_days(case: Case, today: date) -> int:
    """Days (calendar) since the first deadline of this state was missed; 0 while none was."""
    since = str(called(case).get("since", "")) or (case.due.isoformat() if case.due else "")
    return max((today - date.fromisoformat(since)).days, 0) if since else 0
