"""Rules of what comes back after a claim: the pool's share, in reverse layer order (P6.6).

Registered in kernel.rules; called by journal.perform with K(i) and K(0) locked. Pure. Amounts fen.
Sources P6.6, R-089, E1c, targets.md I13.
"""

from collections.abc import Mapping
from typing import Any

from contracts.facts.guarantees import RECOVERY_METHODS, Recovered
from contracts.money import show, split
from contracts.rejections import RejectionCode
from kernel import pool
from kernel.claims import READS, by_member, claim_keys, loss_of
from kernel.errors import Rejected, ensure
from kernel.facts import invalid, positive, read
from kernel.pool_agreement import funds, in_force, line, terms_from
from kernel.pool_lines import Lines, line_keys
from kernel.rules import Asked, Outcome, rule
from kernel.rules_guarantee import own_bank


@rule()
def recovery_told(asked: Asked) -> Outcome:
    """The bank tells a net recovery; the pool's share is computed on all told so far (P6.6).

    Raises NOT_YOUR_BANK, RECOVERY_ABOVE_LOSS: nobody recovers more than was lost; FACTS_INVALID
    for an unknown method or a negative balance; MORE_THAN_OWED for a balance above the one before.
    """
    facts = read(asked.facts, Recovered)
    own_bank(asked)
    terms, loss = asked.case.terms, loss_of(asked.case)
    total = int(terms["recovered"]) + positive(asked.facts)
    lost = loss.called - loss.own_deposit
    if total > lost:
        raise Rejected(
            RejectionCode.RECOVERY_ABOVE_LOSS,
            asked=show(facts.amount),
            left=show(lost - int(terms["recovered"])),
        )
    pursued = [*terms.get("pursuit", ()), _pursued(asked, facts)]
    return Outcome(
        terms={
            "recovered": total, "share_due": pool.pool_share(loss, total), "pursuit": pursued,
        }
    )  # fmt: skip


def _pursued(asked: Asked, facts: Recovered) -> dict[str, Any]:
    """One entry of the record of pursuit (L18): when, how, what came, its cost, what is left."""
    if facts.method and facts.method not in RECOVERY_METHODS:
        raise invalid("method", ", ".join(RECOVERY_METHODS))
    if facts.cost < 0 or (facts.still_owed or 0) < 0:
        raise invalid("cost" if facts.cost < 0 else "still_owed", "below 0")
    guarantee = asked.lookup.case(str(asked.case.terms["guarantee"]))
    ensure(guarantee is not None, "a_claim_has_its_guarantee", claim=asked.case.id)
    before = [int(guarantee.terms["drawn"])] if guarantee else []
    before += [one["still_owed"] for one in asked.case.terms.get("pursuit", ())
               if one["still_owed"] is not None]  # fmt: skip
    if facts.still_owed is not None and facts.still_owed > before[-1]:
        raise Rejected(
            RejectionCode.MORE_THAN_OWED, asked=show(facts.still_owed), owed=show(before[-1])
        )
    return {
        "on": asked.today.isoformat(), "method": facts.method, "amount": facts.amount,
        "cost": facts.cost, "still_owed": facts.still_owed,
    }  # fmt: skip


@rule(**READS)
def recovery_layers(asked: Asked) -> Outcome:
    """The pool's share came in: back in reverse layer order, and the line rises (P6.6).

    Raises MORE_THAN_OWED when the line is not the share still to come.
    """
    terms, loss = asked.case.terms, loss_of(asked.case)
    amount = positive(asked.facts)
    waiting = int(terms["share_due"]) - int(terms["share_in"])
    if amount > waiting:
        raise Rejected(RejectionCode.MORE_THAN_OWED, asked=show(amount), owed=show(waiting))
    before: Mapping[str, int] = terms["got_back"]
    agreement = in_force(asked, str(terms["agreement"]))
    pinned = terms_from(terms["pinned"])
    back = pool.repaid_layers(pinned, loss, before, amount)
    returned: Mapping[str, int] = terms.get("others_back", {})
    # By what each still lacks: by what each paid, small receipts would all round to the first.
    owed = {name: part - returned.get(name, 0) for name, part in loss.others.items()}
    others = split(back[pool.BUNDLE], owed) if back[pool.BUNDLE] else {}
    have = funds(asked)
    deposits = {**have.deposits}
    for name, part in others.items():
        deposits[name] = deposits.get(name, 0) + part
    after = pool.Funds(
        stake=have.stake + back[pool.STAKE], match=have.match + back[pool.MATCH], deposits=deposits
    )
    moved = Lines(asked, agreement).move(line(agreement, after) - line(agreement, have))
    # A stake written off at the node comes back as income; its custody is the same.
    stake = "written_off" if asked.case.state == "written_off" else "stake"
    amounts = {stake: back[pool.STAKE], "match": back[pool.MATCH], **moved}
    now = {name: before.get(name, 0) + part for name, part in back.items()}
    return Outcome(
        lines=by_member(
            asked, others, amounts, {**line_keys(agreement), **claim_keys(asked)}, "others"
        ),
        terms={
            "share_in": int(terms["share_in"]) + amount,
            "got_back": now,
            "others_back": {
                name: returned.get(name, 0) + others.get(name, 0) for name in loss.others
            },
        },
    )


@rule()
def lost_stake(asked: Asked) -> Outcome:
    """What of the stake will not come back is written off at the node (P6.6); the right stays."""
    terms, loss = asked.case.terms, loss_of(asked.case)
    left = loss.stake - int(terms["got_back"].get(pool.STAKE, 0))
    return Outcome(amounts={"stake": left}, keys=claim_keys(asked))


@rule()
def nothing_lost(asked: Asked) -> Outcome:
    """A claim ends when the pool has everything back it paid; raises STILL_OWED."""
    terms, loss = asked.case.terms, loss_of(asked.case)
    left = loss.pool - loss.own_deposit - int(terms["share_in"])
    if left:
        raise Rejected(RejectionCode.STILL_OWED, owed=show(left))
    return Outcome()
