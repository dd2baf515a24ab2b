"""What the triangles are made of, read from the county's guarantees, claims and their acts.

Called by the console inside its reading transaction. Amounts fen, dates as the bank told them.
"""

from datetime import date

import msgspec
import sqlalchemy as sa

from contracts.codec import decode
from contracts.ledger import Act
from journal import store
from journal.registry import registry
from kernel.cases import Case
from kernel.claims import loss_of
from services.federation.insight.triangles import Base, Event

PAID = ("paid", "recovered", "written_off")
"""States of a claim the pool has paid."""
RECEIVE = "receive"


class Cohorts(msgspec.Struct, frozen=True, kw_only=True):
    """Principal paid out and claims paid on it; pool money paid and what came back of it.

    A claim counts with everything that left the pool account (R-089); what may come back is that
    without the defaulter's own deposit (P6.6).
    """

    loans: tuple[Base, ...]
    claims: tuple[Event, ...]
    paid: tuple[Base, ...]
    recoveries: tuple[Event, ...]


def cohorts(conn: sa.Connection) -> Cohorts:
    """Everything the county ever guaranteed and paid for."""
    states = registry().table["guarantee"].states()
    began: dict[str, date] = {}
    loans = []
    for case in store.in_states(conn, store.COUNTY_SCOPE, "guarantee", list(states)):
        if case.terms.get("paid_on"):
            began[case.id] = _day(case, "paid_on")
            loans.append(Base(began[case.id], int(case.terms["drawn"])))
    claims, paid, recoveries = [], [], []
    for case in store.in_states(conn, store.COUNTY_SCOPE, "claim", PAID):
        loss, on = loss_of(case), _day(case, "paid_on")
        claims.append(Event(began[str(case.terms["guarantee"])], on, loss.pool))
        paid.append(Base(on, loss.pool - loss.own_deposit))
        recoveries += [Event(on, day, amount) for day, amount in _received(conn, case)]
    return Cohorts(
        loans=tuple(loans),
        claims=tuple(claims),
        paid=tuple(paid),
        recoveries=tuple(recoveries),
    )


def _received(conn: sa.Connection, claim: Case) -> list[tuple[date, int]]:
    """Value date and amount of every recovery that came in."""
    acts = [decode(body, Act) for _, _, body in store.history(conn, claim)]
    # An act of several parties stands in each one's book: once is enough.
    own = {act.id: act for act in acts if act.act == RECEIVE}
    return [(act.value_date, int(act.facts["amount"])) for act in own.values()]


def _day(case: Case, term: str) -> date:
    return date.fromisoformat(str(case.terms[term]))
