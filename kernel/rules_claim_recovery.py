"""Rules of what comes back after a claim: the pool's share, in reverse layer order (P6.6).

Registered in kernel.rules; called by journal.perform with K(i) and K(0) locked. Pure. Amounts fen.
Sources P6.6, R-089, E1c, targets.md I13.
"""

from collections.abc import Mapping

from contracts.facts.pool import Recovered
from contracts.money import show, split
from contracts.rejections import RejectionCode
from kernel import pool
from kernel.claims import READS, by_member, claim_keys, loss_of
from kernel.errors import Rejected
from kernel.facts import positive, read
from kernel.pool_agreement import funds, in_force, line, terms_from
from kernel.pool_lines import Lines, line_keys
from kernel.rules import Asked, Outcome, rule
from kernel.rules_guarantee import own_bank


@rule()
def recovery_told(asked: Asked) -> Outcome:
    """The bank tells a net recovery; the pool's share is computed on all told so far (P6.6).

    Raises NOT_YOUR_BANK, RECOVERY_ABOVE_LOSS: nobody recovers more than was lost.
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
    return Outcome(terms={"recovered": total, "share_due": pool.pool_share(loss, total)})


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
