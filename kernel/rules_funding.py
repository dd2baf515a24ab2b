"""Rules of money that one funding of a village lends another, by explicit pairs through 191.

Custody knows one sum a village; N(i) knows whose money it is (design.md 3). Registered in
kernel.rules; asked by the ``village_book`` case under the head's lock. Pure. Amounts are fen.
"""

from collections.abc import Mapping

from contracts.ledger import Line
from kernel.facts import positive
from kernel.loans import OWN
from kernel.rules import Asked, Outcome, rule
from kernel.rules_members import under_way


@rule(cash="10201#")
def crossed(asked: Asked) -> Outcome:
    """Cash of other fundings stands in for one that is short, by explicit pairs through 191.

    Custody knows one sum a village and has moved it already, so the village's books must be able
    to say so whatever the money was meant for (design.md 3, 4.4). Facts: ``funding`` that is
    short, ``amount`` (fen) it lacks, ``kept`` fundings that give nothing, ``taken`` what the act
    that lacks it takes of each funding itself (fen). The own fund gives first, then the others by
    name.
    """
    needy, left = str(asked.facts["funding"]), positive(asked.facts)
    kept = {needy, *asked.facts.get("kept", ())}
    taken: Mapping[str, int] = asked.facts.get("taken", {})
    lines = []
    for giver, cash in sorted(asked.rows["cash"].items(), key=lambda row: (row[0] != OWN, row[0])):
        part = 0 if giver in kept else min(cash - taken.get(giver, 0), left)
        if part > 0:
            left -= part
            lines += [
                Line(amounts={"cross_out": part}, funding=giver),
                Line(amounts={"cross_in": part}, funding=needy),
            ]
    return Outcome(lines=tuple(lines))


@rule(cash="10201#", owed="191#")
def crossed_back(asked: Asked) -> Outcome:
    """What one funding owes another through 191 goes back as far as its idle cash reaches.

    Asked at the close of a day. What was asked for and is not paid yet is not idle. So money a
    village put in of its own, to repay a lender early, is its own again once members repay.
    """
    idle = {
        funding: max(cash - under_way(asked, funding), 0)
        for funding, cash in asked.rows["cash"].items()
    }
    lines = []
    for funding, owed in sorted(asked.rows["owed"].items()):
        giver, taker = (funding, OWN) if owed < 0 else (OWN, funding)
        part = 0 if funding == OWN else min(abs(owed), idle.get(giver, 0))
        if part:
            idle[giver] -= part
            lines += [
                Line(amounts={"cross_out": part}, funding=giver),
                Line(amounts={"cross_in": part}, funding=taker),
            ]
    return Outcome(lines=tuple(lines))
