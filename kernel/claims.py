"""A claim as other rules read it: its papers, its loss by layers, its keys and lines (P6.5).

Called by the rules of claims and of what comes back, and by pages, messages and proofs. Pure;
registers no rule. Amounts fen.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from contracts.ledger import Line
from contracts.money import show
from contracts.rejections import RejectionCode
from kernel import pool
from kernel.cases import Case
from kernel.errors import Rejected
from kernel.pool_agreement import FUND_READS
from kernel.pool_lines import LINE_READS
from kernel.rules import Asked, Lookup

PAPERS = ("contract", "payout", "dunning", "balance")
"""What a notice must carry: contract, payout proof, dunning record, balance statement (P6.5)."""
DEAD = ("rejected", "withdrawn")
MET = ("paid", "written_off", "recovered")
"""States of a claim the pool has met: what its borrower pays from then on is a recovery (P6.6)."""
READS = {**LINE_READS, **FUND_READS}


def told(loss: pool.Loss) -> dict[str, Any]:
    """A loss as terms of its claim."""
    return {
        name: dict(value) if isinstance(value, Mapping) else value
        for name, value in msgspec.structs.asdict(loss).items()
    }


def loss_of(claim: Case) -> pool.Loss:
    """The loss a claim's terms say, once it is accepted."""
    names = pool.Loss.__struct_fields__
    return msgspec.convert({name: claim.terms[name] for name in names}, pool.Loss)


def claim_keys(asked: Asked) -> dict[str, str]:
    """Keys of the node's half: the receivable by claim, memo 902 and 907 by claim too."""
    return {"contract": asked.case.id, "loan": asked.case.id}


def by_member(
    asked: Asked,
    parts: Mapping[str, int],
    amounts: Mapping[str, int],
    keys: Mapping[str, str],
    name: str,
) -> tuple[Line, ...]:
    """One line for the claim itself, and one for each other member's deposit."""
    own = {**{k: v for k, v in asked.case.terms.items() if isinstance(v, str)}, **keys}
    own |= {"case": asked.case.id, "claim": asked.case.id}
    first = Line(amounts={k: int(v) for k, v in amounts.items() if v}, keys=own)
    rest = tuple(
        Line(amounts={name: int(part)}, keys={**own, "member": member})
        for member, part in sorted(parts.items())
        if part
    )
    return (first, *rest) if first.amounts or not rest else rest


def met_claim(county: Lookup, name: str, cooperative: str) -> Case:
    """The claim a village's money is passed on for; ``county`` looks at the county's cases.

    Raises NOT_A_CLAIMED_LOAN for what is no claim, another village's, or not met by the pool.
    """
    found = county.case(name)
    mine = (
        found is not None
        and found.process == "claim"
        and found.parties["coop"] == cooperative
        and found.state in MET
    )
    if found is None or not mine:
        raise Rejected(RejectionCode.NOT_A_CLAIMED_LOAN, claim=name)
    return found


def owed_to_bank(claim: Case, passed: int) -> int:
    """What the borrower of a met claim may still owe its bank, as far as the county knows (fen).

    Principal and interest of the notice, without what guarantors and the defaulter's own deposit
    paid, less what came back since: what the bank told (``recovered``) or the village passed on
    (``passed``), whichever is more, for a bank tells what it was passed.
    """
    terms = claim.terms
    owed = int(terms["amount"]) + int(terms.get("interest", 0)) - int(terms["own_deposit"])
    return max(owed - max(int(terms["recovered"]), passed), 0)


def must_be_owed(claim: Case, passed: int, amount: int) -> None:
    """Nobody passes on more than the bank is owed; raises MORE_THAN_OWED."""
    owed = owed_to_bank(claim, passed)
    if amount > owed:
        raise Rejected(RejectionCode.MORE_THAN_OWED, asked=show(amount), owed=show(owed))
