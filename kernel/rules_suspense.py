"""Rules of an item in suspense (21105) that is no repayment: to a member, his share, the bank.

Registered in kernel.rules; called by journal.perform under the lock. Pure. Amounts are fen. Nobody
is paid here: what is asked for becomes a payment of the county, which takes the payee of a claimed
loan's money from the claim itself. Sources P1.1, P2.6, P6.6, decision 0062.
"""

from typing import Any

from contracts.facts.credit import SuspenseItem, SuspensePassOn
from contracts.money import show
from contracts.rejections import RejectionCode
from kernel.claims import met_claim, must_be_owed
from kernel.errors import Rejected
from kernel.facts import positive, read
from kernel.loans import OWN
from kernel.rules import Asked, Outcome, rule
from kernel.rules_members import ACTIVE, courtesy

_GOING = ("asked", "paid")
"""States of an item that was passed on: the bank has it, or it is on its way."""


@rule(items="21105.*", bank="10201#")
def suspense_payable(asked: Asked) -> Outcome:
    """Money in suspense goes back to the member it came from, as one payment (P2.6).

    Raises FACTS_INVALID, MORE_THAN_OWED for more than the item holds, BALANCE_TOO_LOW.
    """
    return _to_member(asked, read(asked.facts, SuspenseItem))


@rule(items="21105.*", bank="10201#")
def suspense_for_bank(asked: Asked) -> Outcome:
    """What a claimed loan's borrower paid the village goes on to the bank that lent it (P6.6).

    Raises FACTS_INVALID, NOT_A_CLAIMED_LOAN, MORE_THAN_OWED for more than the item holds or the
    bank is still owed, BALANCE_TOO_LOW. The county tries the claim once more.
    """
    return _to_bank(asked, read(asked.facts, SuspensePassOn))


@rule(items="21105.*", bank="10201#")
def suspense_again(asked: Asked) -> Outcome:
    """What came back is paid once more, to whom it was to go; every limit is tried anew."""
    terms = asked.case.terms
    if terms.get("claim"):
        return _to_bank(asked, read(_told(terms, SuspensePassOn), SuspensePassOn))
    return _to_member(asked, read(_told(terms, SuspenseItem), SuspenseItem))


@rule(items="21105.*")
def suspense_share(asked: Asked) -> Outcome:
    """Money in suspense was an active member's share (P1.1); raises NOT_A_MEMBER too."""
    facts = read(asked.facts, SuspenseItem)
    item_free(asked, facts.item, facts.amount)
    member = asked.lookup.case(facts.member)
    if member is None or member.process != "member" or member.state != ACTIVE:
        raise Rejected(RejectionCode.NOT_A_MEMBER, member=facts.member)
    return Outcome(amounts={"amount": facts.amount}, funding=OWN)


def item_free(asked: Asked, item: str, amount: int) -> None:
    """An item in suspense holds an amount that is not on its way out of the village already.

    Needs the read ``items="21105.*"``. Raises AMOUNT_NOT_POSITIVE, MORE_THAN_OWED: what is asked
    of the bank cannot be taken back, so money that was promised is used for nothing else.
    """
    positive({"amount": amount})
    promised = sum(
        int(other.terms["pay"]["amount"])
        for other in asked.lookup.linked("suspense", "item", item)
        if other.state == "asked" and other.id != asked.case.id
    )
    held = asked.rows["items"].get(item, 0) - promised
    if amount > held:
        raise Rejected(RejectionCode.MORE_THAN_OWED, asked=show(amount), owed=show(max(held, 0)))


def _to_member(asked: Asked, facts: SuspenseItem) -> Outcome:
    item_free(asked, facts.item, facts.amount)
    return _pay(asked, facts.item, facts.amount, {
        "person": facts.person,
        "recipe": "payment.excess",
        "back": "payment.excess_back",
    })  # fmt: skip


def _to_bank(asked: Asked, facts: SuspensePassOn) -> Outcome:
    claim = met_claim(asked.lookup.county(), facts.claim, asked.case.parties["coop"])
    item_free(asked, facts.item, facts.amount)
    passed = sum(
        int(other.terms["pay"]["amount"])
        for other in asked.lookup.linked("suspense", "claim", claim.id)
        if other.state in _GOING and other.id != asked.case.id
    )
    must_be_owed(claim, passed, facts.amount)
    return _pay(asked, facts.item, facts.amount, {
        "person": "",
        "claim": claim.id,
        "recipe": "payment.pass_on",
        "back": "payment.pass_on_back",
    })  # fmt: skip


def _pay(asked: Asked, item: str, amount: int, told: dict[str, Any]) -> Outcome:
    courtesy(asked, amount, OWN)
    pay = {
        "amount": amount,
        "keys": {"suspense": asked.case.id, "item": item},
        "funding": OWN,
        **told,
    }
    return Outcome(terms={"pay": pay})


def _told(terms: dict[str, Any], kind: type[SuspenseItem] | type[SuspensePassOn]) -> dict[str, Any]:
    """The facts as first said, from the case's terms."""
    return {name: terms.get(name) for name in kind.__struct_fields__}
