"""Consent of the county to one outlay above the cap (R-027): asked once, granted or refused.

Asked by intake when a village's council has done its part, or when money above the cap is asked
for; answered by the poverty office through the console; the node follows the answer.
"""

from typing import Any

import sqlalchemy as sa

from contracts.ledger import Actor
from journal import store
from journal.perform import Performed
from kernel.cases import Case
from kernel.rules_custody import CONSENTED, consent_digest
from services.federation.cases.actors import INTAKE
from services.federation.cases.county_acts import act_on, unused
from services.federation.county import County

PROCESS = "consent"
GRANTED, REFUSED = "granted", "refused"


def of(conn: sa.Connection, cooperative: str, about: str) -> list[Case]:
    """The consents asked for one case of a village, oldest first."""
    found = store.DatabaseLookup(conn, store.COUNTY_SCOPE).linked(PROCESS, "for", about)
    return [one for one in found if one.parties.get("coop") == cooperative]


def ask(
    conn: sa.Connection,
    county: County,
    cooperative: str,
    about: str,
    facts: dict[str, Any],
) -> Case:
    """The consent for this case, asked now unless it was asked before.

    A refused one is asked again only for another amount: the same terms have their answer.
    """
    before = of(conn, cooperative, about)
    for one in before:
        if one.state != REFUSED or one.terms.get("amount") == facts.get("amount"):
            return one
    # A slash stands in no cooperative's id: no village can name another's consent.
    case = unused(conn, f"consent-{cooperative}/{about}", len(before))
    return act_on(
        conn, county.world, PROCESS, case, "ask", INTAKE, {**facts, "for": about},
        act_id=f"{case}/ask", parties={"coop": cooperative},
    ).case  # fmt: skip


def granted(conn: sa.Connection, cooperative: str, about: str, amount: int) -> bool:
    """Whether consent was given to an outlay of at least this amount (fen) for this case.

    What counts is what was consented to: the terms as they stood under the answer (I14).
    """
    return any(
        one.state == GRANTED
        and int(one.terms.get("amount", 0)) >= amount
        and one.terms.get(CONSENTED) == consent_digest(one.terms)
        for one in of(conn, cooperative, about)
    )


def answer(
    conn: sa.Connection,
    county: County,
    case: str,
    act: str,
    actor: Actor,
    *,
    terms: str,
    reason: str = "",
) -> Performed:
    """``grant`` or ``refuse``, by a person of the poverty office, under the terms he was shown.

    ``terms`` is their digest (``kernel.rules_custody.consent_digest``). Raises Rejected
    SIGNED_OTHER_TERMS, ROLE_NOT_ALLOWED, FOUR_POWERS, ACT_NOT_ALLOWED_NOW.
    """
    facts = {"terms": terms, **({"reason": reason} if reason else {})}
    return act_on(conn, county.world, PROCESS, case, act, actor, facts)


def waiting(conn: sa.Connection) -> list[Case]:
    """Every consent not yet answered, in id order."""
    return store.in_states(conn, store.COUNTY_SCOPE, PROCESS, ("asked",))
