"""Multilateral netting of what cooperatives owe each other on one day (E5, I10, P4.4).

Called by settlement inside the transaction that takes the holds. Pure and deterministic: the same
items and balances give the same plan in any order of input, so anyone can run it again. It never
raises a limit and never splits an item (lessons L3, L6, L20). Amounts are fen.
"""

from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise

import msgspec

from contracts.money import Fen
from kernel.errors import ensure
from kernel.netting_search import Item, Slack, smallest_to_defer

__all__ = ["DISPUTED", "UNCOVERED", "Deferred", "Item", "Plan", "net", "settle"]

UNCOVERED, DISPUTED = "uncovered", "disputed"


class Deferred(msgspec.Struct, frozen=True, kw_only=True):
    """An item moved to the next cycle.

    ``reason`` is uncovered (somebody's money does not reach) or disputed.
    """

    id: str
    payer: str
    amount_fen: Fen
    reason: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One cycle: items settled, items deferred (both by id), the net position of every party.

    A net position above zero is received, below zero paid; they add up to zero. ``smallest``
    says that deferring fewer items is proven impossible.
    """

    settled: tuple[str, ...]
    deferred: tuple[Deferred, ...]
    net_fen: dict[str, int]
    smallest: bool

    @property
    def holds_fen(self) -> dict[str, Fen]:
        """What each net payer has to hold (80102) before the cycle goes to the bank."""
        return {name: Fen(-net) for name, net in self.net_fen.items() if net < 0}


def net(items: Iterable[Item]) -> dict[str, int]:
    """The net position of every party named, by id: received less owed (fen). Their sum is 0."""
    position: dict[str, int] = {}
    for item in items:
        position[item.payer] = position.get(item.payer, 0) - item.amount
        position[item.payee] = position.get(item.payee, 0) + item.amount
    ensure(sum(position.values()) == 0, "net_positions_sum_to_zero")
    return dict(sorted(position.items()))


def settle(
    items: Iterable[Item], free_fen: Mapping[str, int], disputed: Collection[str] = ()
) -> Plan:
    """Plan one cycle: every item is settled or deferred, and every net payer covers its net.

    ``free_fen`` is each party's free balance (80101); a party not named has none. Disputed items
    are set aside first and stop nothing else. Of the rest the smallest set is deferred that lets
    every payer pay: fewest items; then those due latest; then the least money; then by id.
    Raises InvariantViolation for a doubled id, an amount not above zero, a debt to oneself, a
    free balance below zero.
    """
    known = sorted(items, key=lambda item: item.id)
    _prove(known, free_fen)
    live = [item for item in known if item.id not in disputed]
    deferred, smallest = smallest_to_defer(Slack(live, free_fen))
    reasons = dict.fromkeys((item.id for item in deferred), UNCOVERED)
    reasons.update(dict.fromkeys(disputed, DISPUTED))
    settled = [item for item in known if item.id not in reasons]
    positions = net(settled)
    for name, position in positions.items():
        ensure(position + free_fen.get(name, 0) >= 0, "net_payer_is_covered", cooperative=name)
    return Plan(
        settled=tuple(item.id for item in settled),
        deferred=tuple(
            Deferred(
                id=item.id,
                payer=item.payer,
                amount_fen=Fen(item.amount),
                reason=reasons[item.id],
            )
            for item in known
            if item.id in reasons
        ),
        net_fen=positions,
        smallest=smallest,
    )


def _prove(items: list[Item], free_fen: Mapping[str, int]) -> None:
    for before, item in pairwise(items):
        ensure(before.id != item.id, "obligation_is_in_one_cycle_once", item=item.id)
    for item in items:
        ensure(item.amount > 0, "obligation_is_above_zero", item=item.id)
        ensure(item.payer != item.payee, "nobody_owes_himself", item=item.id)
    for name, free in free_fen.items():
        ensure(free >= 0, "free_balance_is_not_negative", cooperative=name)
