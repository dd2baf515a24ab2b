"""Settlement between cooperatives: one cycle nets what is due, collects, posts gross, pays out.

Mode "held": every item's money is already held in its payer's 80102, and what the federation pays
itself is held in its own book when its leg is planned, so a planned cycle always covers itself. A
step of the county close; it never raises a limit (L3), and one item that is refused stays for the
next cycle. Sources P4.2–P4.4, E5, I10, design.md 5.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa

from contracts.ids import FEDERATION_BOOK
from journal import store
from journal.perform import World
from kernel.cases import Case
from kernel.intercoop import OWED, PAIR, owed_on
from kernel.netting import Item, net
from services.federation.cases import service_fees
from services.federation.cases.actors import CLOSER, SETTLEMENT
from services.federation.cases.county_acts import act_on

OPEN_CYCLES = ("held", "collecting", "posted")
LOAN = "intercoop"


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """One obligation of a cycle: ``act`` of a loan or of a service fee, fen from payer to payee.

    A party is a cooperative, or the federation itself (F).
    """

    process: str = LOAN
    case: str
    act: str
    payer: str
    payee: str
    amount: int


def plan(conn: sa.Connection, world: World, on: date) -> Case | None:
    """Open the cycle of one business date from everything approved or set aside.

    Σ net = 0 and every obligation is in exactly one cycle: a case in an open cycle waits for it.
    """
    items = due(conn)
    if not items:
        return None
    nets = net(
        Item(id=item.case, payer=item.payer, payee=item.payee, amount=item.amount) for item in items
    )
    name = f"cycle-{on.isoformat()}"
    cycle = _act(conn, world, "settlement", name, "plan", {"county": ""}, {
        "items": [msgspec.structs.asdict(item) for item in items],
        "nets": nets,
        "loans": [item.case for item in items],
    })  # fmt: skip
    for cooperative, position in nets.items():
        if position:
            facts: dict[str, object] = {
                "cycle": name,
                "cooperative": cooperative,
                "direction": "in" if position < 0 else "out",
                "amount": abs(position),
            }
            leg = f"leg-{on.isoformat()}-{cooperative}"
            _act(conn, world, "leg", leg, "plan", {"coop": cooperative, "county": ""}, facts)
    return cycle


def progress(conn: sa.Connection, world: World) -> list[Case]:
    """Move every open cycle as far as the bank's lines allow; returns the cycles that moved.

    All payers in → the gross acts post in every K(i), final; all payees out → the cycle is final.
    """
    moved = []
    for cycle in store.in_states(conn, store.COUNTY_SCOPE, "settlement", OPEN_CYCLES):
        legs = _legs(conn, cycle)
        now = cycle
        if now.state == "held":
            now = _act(conn, world, "settlement", now.id, "file")
        if now.state == "collecting" and _all_settled(legs, "in"):
            for item in sorted(now.terms["items"], key=_federation_first):
                _post(conn, world, now.id, item)
            now = _act(conn, world, "settlement", now.id, "collected")
        if now.state == "posted" and _all_settled(legs, "out"):
            now = _act(conn, world, "settlement", now.id, "final")
        if now.state != cycle.state:
            moved.append(now)
    return moved


def fileable(conn: sa.Connection) -> list[Case]:
    """Legs whose turn at the bank has come: payers at once, payees after the gross posting."""
    open_cycles = {
        cycle.id: cycle.state
        for cycle in store.in_states(conn, store.COUNTY_SCOPE, "settlement", OPEN_CYCLES)
    }
    return [
        leg
        for leg in store.in_states(conn, store.COUNTY_SCOPE, "leg", ("planned",))
        if leg.terms["direction"] == "in" or open_cycles.get(str(leg.terms["cycle"])) == "posted"
    ]


def _federation_first(item: Mapping[str, Any]) -> bool:
    """What the federation receives is posted before what it pays: its 10202 never falls below 0."""
    return bool(item["payee"] != FEDERATION_BOOK)


def _post(conn: sa.Connection, world: World, cycle: str, item: Mapping[str, Any]) -> None:
    """The gross act of one item; a loan that is funded is charged the federation's service fee."""
    # What the legs moved, whatever was set aside or owed since the cycle was planned.
    moves: dict[str, object] = {"amount": int(item["amount"])}
    # An item planned before there were service fees names no process.
    process = item.get("process", LOAN)
    done = _act(conn, world, process, item["case"], item["act"], facts=moves, name=cycle)
    if done.process == LOAN and item["act"] == "fund":
        service_fees.charge(conn, world, done)


def in_cycles(conn: sa.Connection) -> set[str]:
    """The cases whose obligation is in a cycle that is not final yet."""
    return {
        item["case"]
        for cycle in store.in_states(conn, store.COUNTY_SCOPE, "settlement", OPEN_CYCLES)
        for item in cycle.terms["items"]
    }


def due(conn: sa.Connection) -> list[Due]:
    """Everything approved or set aside that is in no open cycle.

    A contract with the federation is funded together with its pair, or not at all.
    """
    taken = in_cycles(conn)
    states = ("approved", *OWED)
    loans = store.in_states(conn, store.COUNTY_SCOPE, LOAN, states)
    approved = {loan.id for loan in loans if loan.state == "approved"}
    items = [
        Due(
            process=service_fees.PROCESS, case=fee.id, act="pay", payer=fee.parties["coop"],
            payee=fee.parties["federation"], amount=int(fee.terms["amount"]),
        )
        for fee in store.in_states(
            conn, store.COUNTY_SCOPE, service_fees.PROCESS, (service_fees.HELD,)
        )
    ]  # fmt: skip
    for loan in loans:
        lender, borrower = loan.parties["lender"], loan.parties["borrower"]
        if loan.state == "approved":
            if loan.terms.get(PAIR, loan.id) not in approved:
                continue
            amount = int(loan.terms["amount"])
            items.append(Due(case=loan.id, act="fund", payer=lender, payee=borrower, amount=amount))
        elif loan.terms["aside"]:
            amount = int(loan.terms["aside"])
            items.append(
                Due(case=loan.id, act="repay", payer=borrower, payee=lender, amount=amount)
            )
    return [item for item in items if item.case not in taken]


def finished(conn: sa.Connection, world: World, on: date) -> list[str]:
    """End the loans on which nothing is owed any more (system:close)."""
    ended = []
    for loan in store.in_states(conn, store.COUNTY_SCOPE, LOAN, OWED):
        if sum(owed_on(loan.terms, on)) == 0 and not loan.terms["aside"]:
            act_on(conn, world, LOAN, loan.id, "finish", CLOSER, act_id=f"{loan.id}/finish")
            ended.append(loan.id)
    return ended


def _legs(conn: sa.Connection, cycle: Case) -> Sequence[Case]:
    return store.DatabaseLookup(conn, store.COUNTY_SCOPE).linked("leg", "cycle", cycle.id)


def _all_settled(legs: Sequence[Case], direction: str) -> bool:
    return all(leg.state == "settled" for leg in legs if leg.terms["direction"] == direction)


def _act(
    conn: sa.Connection,
    world: World,
    process: str,
    case: str,
    act: str,
    parties: dict[str, str] | None = None,
    facts: dict[str, object] | None = None,
    name: str = "",
) -> Case:
    act_id = "/".join(filter(None, (case, act, name)))
    return act_on(
        conn, world, process, case, act, SETTLEMENT, facts, act_id=act_id, parties=parties
    ).case
