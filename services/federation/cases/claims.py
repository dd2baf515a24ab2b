"""Claims under a guarantee (代偿, P6.5, P6.6): notice, check, committee, payment, recovery.

Called by the bank portal, the console, custody and the pool's sweep. Acceptance freezes the layers
and lowers line and guaranteed balance in one act; what is paid and recovered moves the claim rate,
which stops the agreement by itself (R-089). Rules decide; nothing here computes a share.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from contracts.ledger import Actor
from contracts.rejections import RejectionCode
from journal import store
from journal.perform import Command, Performed, World, perform
from kernel.cases import Case
from kernel.claims import loss_of
from kernel.errors import Rejected
from kernel.pool_agreement import claim_rate
from services.federation.bank_files.messages import StatementLine
from services.federation.cases import agreements, guarantees, packages
from services.federation.cases.actors import BANK_LINE, COUNTY
from services.federation.cases.county_acts import act_on

PROCESS = "claim"


def notice(
    conn: sa.Connection, world: World, guarantee: str, said: Mapping[str, Any], actor: Actor
) -> Performed:
    """The bank's 代偿通知书 for one line. Raises Rejected: see kernel.rules_claim.claimable."""
    line = store.load(conn, store.COUNTY_SCOPE, guarantee)
    if line is None or line.process != packages.LINE:
        raise Rejected(RejectionCode.CLAIM_NOT_COVERED, guarantee=guarantee)
    before = store.DatabaseLookup(conn, store.COUNTY_SCOPE).linked(PROCESS, "guarantee", guarantee)
    case = f"claim-{guarantee.removeprefix('guarantee-')}"
    case += f"-{len(before) + 1}" if before else ""
    facts = {**said, "guarantee": guarantee}
    return act_on(conn, world, PROCESS, case, "notice", actor, facts, parties=line.parties)


def check(
    conn: sa.Connection, world: World, claim: Case, papers: Mapping[str, bool], actor: Actor,
    remark: str = "",
) -> Performed:  # fmt: skip
    """The federation's checklist; only a complete one lets the committee accept."""
    return act_on(
        conn, world, PROCESS, claim.id, "check", actor, {"papers": dict(papers), "remark": remark},
        act_id=f"{claim.id}/check/{claim.step + 1}",
    )  # fmt: skip


def guarantors(
    conn: sa.Connection, world: World, claim: Case, bank: str, amount: int, actor: Actor
) -> Performed:
    """What the joint guarantors paid the bank lowers the claim (fen; 0: called, nothing; R-054)."""
    return act_on(
        conn, world, PROCESS, claim.id, "guarantors", actor, {"bank": bank, "amount": amount},
        act_id=f"{claim.id}/guarantors/{claim.step + 1}",
    )  # fmt: skip


def accept(
    conn: sa.Connection, world: World, claim: Case, principal: int, actor: Actor, reason: str = ""
) -> Performed:
    """One member of the committee accepts ``principal`` fen; the last signature freezes.

    Raises CLAIM_NOT_CHECKED, GUARANTORS_NOT_CALLED, CLAIM_ABOVE_COVER, ALREADY_SIGNED.
    """
    facts = {"principal": principal} | ({"reason": reason} if reason else {})
    # Another sum is another signature: whoever signed for one may sign for what they agree on.
    act_id = f"{claim.id}/accept/{principal}/{actor.operator}"
    done = act_on(conn, world, PROCESS, claim.id, "accept", actor, facts, act_id=act_id)
    if done.case.state == "accepted":
        if loss_of(done.case).pool == 0:
            done = act_on(conn, world, PROCESS, claim.id, "settle", COUNTY)
        line = store.load(conn, store.COUNTY_SCOPE, str(claim.terms["guarantee"]))
        if line is not None:
            guarantees.finish(conn, world, line)
    return done


def decide(
    conn: sa.Connection, world: World, claim: Case, act: str, actor: Actor,
    facts: Mapping[str, Any] | None = None,
) -> Performed:  # fmt: skip
    """Reject, withdraw or write off."""
    return act_on(conn, world, PROCESS, claim.id, act, actor, facts)


def recovered(
    conn: sa.Connection, world: World, claim: Case, bank: str, amount: int, actor: Actor,
    pursuit: Mapping[str, Any] | None = None,
) -> Performed:  # fmt: skip
    """The bank tells a net recovery (fen); the pool's share is what its next transfer must be.

    ``pursuit``: its ``cost``, ``method`` and the principal ``still_owed`` (L18).
    """
    facts = {"bank": bank, "amount": amount, **(pursuit or {})}
    return act_on(
        conn, world, PROCESS, claim.id, "recovered", actor, facts,
        act_id=f"{claim.id}/recovered/{claim.step + 1}",
    )  # fmt: skip


def receive(conn: sa.Connection, world: World, claim: Case, line: StatementLine) -> Performed:
    """The pool's share came in on a bank line. Raises MORE_THAN_OWED for another sum."""
    done = perform(conn, world, Command(
        id=f"{claim.id}/receive/{line.line_id}", process=PROCESS, case=claim.id, act="receive",
        actor=BANK_LINE, facts={"line": line.line_id, "amount": line.amount_fen},
        value_date=line.value_date,
    ))  # fmt: skip
    terms, loss = done.case.terms, loss_of(done.case)
    if done.case.state == "paid" and int(terms["share_in"]) == loss.pool - loss.own_deposit > 0:
        return act_on(conn, world, PROCESS, claim.id, "finish", COUNTY)
    return done


def watch(conn: sa.Connection, world: World, agreement: Case) -> Performed | None:
    """Stop an open agreement whose claim rate passed its limit (R-089); the stop, if there was one.

    Rate = pool payments net of recoveries ÷ guaranteed principal paid out, over its whole life.
    """
    if agreement.state != "open":
        return None
    rate = claim_rate(store.DatabaseLookup(conn, store.COUNTY_SCOPE), agreement)
    limit, seen = int(agreement.terms["stop_ppm"]), int(agreement.terms.get("resumed_at_ppm", 0))
    if rate <= limit < seen:
        agreements.settle(conn, world, agreement)
    if rate <= max(limit, seen):
        return None
    return agreements.stop(conn, world, agreement, "claim_rate", rate_ppm=rate)
