"""Multilateral netting of what cooperatives owe each other on one day (E5, I10, P4.4).

Called by settlement for a cycle whose every item is held money already, so it always covers itself
(decision 0031). Pure and deterministic: the same items give the same positions in any order of
input, so anyone can run it again. Amounts are fen.
"""

from collections.abc import Iterable
from itertools import pairwise

import msgspec

from kernel.errors import ensure


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One obligation of a cycle: ``payer`` owes ``payee`` ``amount`` (fen)."""

    id: str
    payer: str
    payee: str
    amount: int


def net(items: Iterable[Item]) -> dict[str, int]:
    """The net position of every party named, by id: received less owed (fen). Their sum is 0.

    Raises InvariantViolation for a doubled id, an amount not above zero, a debt to oneself.
    """
    position: dict[str, int] = {}
    for item in _proven(items):
        position[item.payer] = position.get(item.payer, 0) - item.amount
        position[item.payee] = position.get(item.payee, 0) + item.amount
    ensure(sum(position.values()) == 0, "net_positions_sum_to_zero")
    return dict(sorted(position.items()))


def _proven(items: Iterable[Item]) -> list[Item]:
    known = sorted(items, key=lambda item: item.id)
    for before, item in pairwise(known):
        ensure(before.id != item.id, "obligation_is_in_one_cycle_once", item=item.id)
    for item in known:
        ensure(item.amount > 0, "obligation_is_above_zero", item=item.id)
        ensure(item.payer != item.payee, "nobody_owes_himself", item=item.id)
    return known
