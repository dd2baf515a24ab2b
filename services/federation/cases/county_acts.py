"""One act of a county case: the command most of the cases beside this file are asked for.

Called by the cases whose callers name an act and who does it. Decides nothing: the row, the
signatures and the rule do, in ``journal.perform``, in the caller's transaction.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from contracts.ledger import Actor
from journal import store
from journal.perform import Command, Performed, World, perform


def act_on(
    conn: sa.Connection, world: World, process: str, case: str, act: str, actor: Actor,
    facts: Mapping[str, Any] | None = None, *, act_id: str = "",
    parties: Mapping[str, str] | None = None,
) -> Performed:  # fmt: skip
    """Perform one act of a case. Without ``act_id`` its id is the operator's: once for each hand.

    ``parties`` (party → cooperative) are given by an act that opens its case. Raises Rejected:
    what ``journal.perform`` and the act's own rule raise.
    """
    return perform(conn, world, Command(
        id=act_id or f"{case}/{act}/{actor.operator}", process=process, case=case, act=act,
        actor=actor, facts=dict(facts or {}), parties=dict(parties or {}),
    ))  # fmt: skip


def unused(conn: sa.Connection, name: str, before: int) -> str:
    """The id of a case that comes again about one thing: ``name``, then ``name-2`` and so on.

    ``before`` is how many there were. A number another thing's own id ends in is passed over:
    the second about ``claim-1`` would else be the first about ``claim-1-2``.
    """
    number = before + 1
    found = name if number == 1 else f"{name}-{number}"
    while store.load(conn, store.COUNTY_SCOPE, found) is not None:
        number += 1
        found = f"{name}-{number}"
    return found
