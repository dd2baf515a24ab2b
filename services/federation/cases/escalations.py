"""A clock that ran out is seen: a finding names the next office, until the case moves on.

Called by the driver after every act ``escalate``, and by the close for what moved meanwhile. One
finding for each call, with its own owner and clock; the next call replaces it. Decides nothing:
who is named is the rule's (kernel.rules_escalation).
"""

from collections.abc import Iterable

import sqlalchemy as sa

from journal import store
from kernel.cases import Case
from kernel.processes import SYSTEM
from kernel.rules_escalation import called
from services.federation.cases import findings
from services.federation.county import County

ESCALATE = "escalate"
KIND = "escalated"


def call(conn: sa.Connection, county: County, case: Case) -> Case:
    """Open the finding of an escalation just performed; the one of the call before is replaced."""
    told = called(case)
    findings.settled(conn, county, KIND, case.id, {"replaced_by": told["office"]})
    return findings.open_once(
        conn, county, KIND, case.id, cooperative=case.parties.get("coop", ""),
        facts={
            "case": case.id,
            "owner": told["office"],
            "in_state": case.state,
            "times": told["times"],
            "since": told["since"],
            "waits_for": list(_desks(conn, county, case)),
        },
    )  # fmt: skip


def moved_on(conn: sa.Connection, county: County, case: Case) -> list[Case]:
    """Settle the finding of a case that has left the state it was called for in."""
    live = findings.live(conn, KIND, case.id)
    if live is None or live.terms["in_state"] == case.state:
        return []
    return findings.settled(conn, county, KIND, case.id, {"moved_to": case.state})


def all_moved_on(conn: sa.Connection, county: County) -> int:
    """``moved_on`` of every case that was called for; how many findings were settled."""
    live = store.in_states(conn, store.COUNTY_SCOPE, findings.PROCESS, findings.LIVE)
    about = (str(one.terms["case"]) for one in live if one.terms.get("kind") == KIND)
    cases = (store.load(conn, store.COUNTY_SCOPE, name) for name in about)
    return sum(len(moved_on(conn, county, case)) for case in cases if case is not None)


def _desks(conn: sa.Connection, county: County, case: Case) -> Iterable[str]:
    """The roles that can move the case: those of its rows, and the steps of its signature sets."""
    world = county.world
    policy = world.policy(conn, next(iter(case.parties.values())))
    found: dict[str, None] = {}
    for row in world.registry.table[case.process].offered(case.state):
        roles = [role for role in row.who if not role.startswith(SYSTEM)]
        if row.signature_set:
            roles += [step.role for step in policy.steps(row.signature_set, case.terms)]
        found.update(dict.fromkeys(roles))
    return found
