"""What still binds a member to the village: everything a leave has to wait for (R-003).

Called by the rules of membership under the lock. Pure. Looks at the village's own loans and at
the pool's guarantees and claims at the county (at a node: its copy of K(i)).
"""

from collections.abc import Iterator

from contracts.money import show
from kernel import pool
from kernel.cases import Case
from kernel.loans import OPEN
from kernel.rules import Asked

CLAIM_OPEN = ("noticed", "accepted", "in_file", "paid")
"""States in which the pool may still pay for a borrower, or waits to get back what it paid."""


def open_items(asked: Asked) -> list[str]:
    """What keeps the member of this case from leaving, by case id or account; empty when free.

    Own loans, loans and bank loans he answers for in his group, applications for a bank loan, own
    guaranteed loans and claims, 907 as payer or debtor, a pooled deposit or the form of one. Needs
    the reads ``claims="907.*"`` and ``deposit="21102"``.
    """
    member = asked.case
    found = [case.id for case in own_loans(asked) if case.state in OPEN]
    groups = asked.lookup.linked("group", "group_member", member.id)
    for group in groups:
        guaranteed = asked.lookup.linked("loan", "group", group.id)
        found += [
            loan.id
            for loan in guaranteed
            if loan.terms["member"] != member.id and loan.state in OPEN
        ]
    found += _bank_loans(asked, groups)
    found += _paid_for(asked, {group.id for group in groups})
    found += [
        form.id
        for form in asked.lookup.linked("pooling", "member", member.id)
        if form.state == "applied"
    ]
    if asked.balance["deposit"]:
        found.append(f"21102 {show(asked.balance['deposit'])}")
    return list(dict.fromkeys(found))


def own_loans(asked: Asked) -> tuple[Case, ...]:
    """The member's loans from the cooperative, in any state."""
    return asked.lookup.linked("loan", "member", asked.case.id)


def _bank_loans(asked: Asked, groups: tuple[Case, ...]) -> Iterator[str]:
    """Applications for guaranteed bank loans, own or in the group, and what came of them."""
    member, county = asked.case.id, asked.lookup.county()
    mine = asked.lookup.linked("bank_loan", "member", member)
    joint = [one for group in groups for one in asked.lookup.linked("bank_loan", "group", group.id)]
    applications = {one.id: one for one in (*mine, *joint)}
    answered = {one: county.linked("guarantee", "application", one) for one in applications}
    guarantees = {one.id: one for one in county.linked("guarantee", "member", member)}
    guarantees |= {one.id: one for found in answered.values() for one in found}
    for one in applications.values():
        # An application stays cleared for good; a guarantee that ended has used it up. One the
        # bank refused may be sent again until the member withdraws it.
        spent = any(line.state == "ended" for line in answered[one.id])
        if one.state in pool.UNDER_WAY and not spent:
            yield one.id
    for line in guarantees.values():
        if line.state in pool.LIVE:
            yield line.id
        for claim in county.linked("claim", "guarantee", line.id):
            if claim.state in CLAIM_OPEN and line.terms["member"] == member:
                yield claim.id


def _paid_for(asked: Asked, groups: set[str]) -> Iterator[str]:
    """907: what guarantors paid for a borrower, whichever of the two the member is (R-054).

    Of a village loan the key is the loan; of a bank loan it is the guarantee where the joint
    guarantors paid the bank, and the claim where others' pooled deposits paid.
    """
    member = asked.case.id
    owed = [key for key, amount in asked.rows["claims"].items() if amount]
    for loan in asked.lookup.some(owed).values():
        if member == loan.terms["member"] or loan.terms.get("paid_for", {}).get(member):
            yield f"907 {loan.id}"
    for case in asked.lookup.county().some(owed).values():
        payers = case.terms.get("others", {})
        joint = case.process == "guarantee" and case.terms["group"] in groups
        if member == case.terms["member"] or member in payers or joint:
            yield f"907 {case.id}"
