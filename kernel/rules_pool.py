"""Rules of the risk pool's agreement and money: who may agree, stake, match, release (P6.1–P6.2).

Registered in kernel.rules; called by journal.perform with K(i) and K(0) locked. Pure. Amounts fen.
The line is memo balances of K(i); the bank's and the county's lines are the same rows of K(0), so
one act moves all three. Sources R-081…R-090, targets.md I6.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from contracts.codec import digest, encode
from contracts.facts import facts_of
from contracts.facts.pool import (
    Amend,
    Covenants,
    OfAgreement,
    PoolApply,
    Propose,
    ReleaseAsked,
    StakeAsked,
    Stop,
)
from contracts.money import show, split
from contracts.rejections import RejectionCode
from kernel import pool
from kernel.cases import Case
from kernel.errors import Rejected
from kernel.facts import positive, read
from kernel.pool_lines import LINE_READS, Lines, line_keys
from kernel.rules import Asked, Lookup, Outcome, rule

OPEN, SUSPENDED = "open", "suspended"
LIVE = ("proposed", OPEN, SUSPENDED)
COVENANTS = Covenants.__struct_fields__
FUND_READS = {"stake": "802", "match": "803", "deposits": "805.*"}
READS = {**LINE_READS, **FUND_READS}
RECIPES = {"stake": "pool.release", "match": "pool.match_back", "deposit": "pool.deposit_back"}
"""By which recipe each kind of money goes back."""


@rule()
def may_agree(asked: Asked) -> Outcome:
    """Every limit on an agreement; raises the first fault (see ``faults``), else version 1."""
    facts = read(asked.facts, Propose)
    for refusal in faults(asked, facts):
        raise refusal
    return Outcome(terms={"version": 1, "digest": covenants_digest(asked.facts), "past": []})


def faults(asked: Asked, facts: Propose) -> Iterator[Rejected]:
    """Everything wrong with a proposal, most basic first; pages show all of it at once.

    Codes: FACTS_INVALID, GRADE_NOT_ALLOWED, AGREEMENT_LIVE, LEVERAGE_OUT_OF_RANGE,
    MATCH_OUT_OF_RANGE, OVER_LOAN_CAP, TERM_TOO_LONG.
    """
    if facts.variant not in (pool.V1, pool.V2):
        yield _invalid("variant", facts.variant)
        return
    own = asked.case.parties["coop"]
    allowed = asked.policy.list(f"pool.{facts.variant}_grades")
    if facts.grade not in allowed:
        yield _grade(own, facts.grade, allowed)
    for other in asked.lookup.all("agreement", own):
        if other.state in LIVE and other.id != asked.case.id:
            yield Rejected(RejectionCode.AGREEMENT_LIVE, cooperative=own, agreement=other.id)
    if stray := sorted(set(facts.grades) - set(allowed)):
        yield _invalid("grades", "/".join(stray))
    yield from _covenants(asked, facts, facts.variant)


def _covenants(asked: Asked, facts: Covenants, variant: str) -> Iterator[Rejected]:
    """What a version may not say, whoever signs it (R-083, R-085)."""
    policy = asked.policy
    least = policy.count("pool.leverage_least") * pool.HUNDREDTHS
    most = policy.count("pool.leverage_most") * pool.HUNDREDTHS
    if not least <= facts.leverage <= most:
        yield Rejected(
            RejectionCode.LEVERAGE_OUT_OF_RANGE,
            asked=_times(facts.leverage),
            least=_times(least),
            most=_times(most),
        )
    matched = variant == pool.V2 or policy.flag("pool.v1_match")
    low, high = policy.ppm("pool.match_least"), policy.ppm("pool.match_most")
    if matched and not low <= facts.match_ppm <= high:
        yield Rejected(
            RejectionCode.MATCH_OUT_OF_RANGE,
            asked=_percent(facts.match_ppm),
            least=_percent(low),
            most=_percent(high),
        )
    if not matched and facts.match_ppm:
        yield Rejected(
            RejectionCode.MATCH_OUT_OF_RANGE, asked=_percent(facts.match_ppm), least="0", most="0"
        )
    if facts.base not in (pool.STAKE, pool.STAKE_AND_MATCH):
        yield _invalid("base", facts.base)
    if facts.match_order not in ("after_stake", pool.PRO_RATA):
        yield _invalid("match_order", facts.match_order)
    known = set(policy.list("claim.order"))
    if len(set(facts.layers)) != len(facts.layers) or not set(facts.layers) <= known:
        yield _invalid("layers", " → ".join(facts.layers))
    if not 0 <= facts.bank_part_ppm <= 1_000_000 or not 0 <= facts.stop_ppm <= 1_000_000:
        yield _invalid("bank_part_ppm, stop_ppm", f"{facts.bank_part_ppm}, {facts.stop_ppm}")
    if facts.wait_days < 0 or facts.check_days <= 0 or facts.pay_days <= 0:
        yield _invalid("wait_days, check_days, pay_days", "≤ 0")
    cap = policy.fen("pool.loan_cap")
    if not 0 < facts.loan_cap <= cap:
        yield Rejected(RejectionCode.OVER_GUARANTEE_CAP, asked=show(facts.loan_cap), cap=show(cap))
    longest = policy.months("pool.term_max")
    if not 0 < facts.term_max <= longest:
        yield Rejected(RejectionCode.TERM_TOO_LONG, asked=facts.term_max, longest=longest)


@rule()
def offered(asked: Asked) -> Outcome:
    """A new version is on offer: within the rules, and what its signers will sign."""
    facts = read(asked.facts, Covenants)
    for refusal in _covenants(asked, facts, str(asked.case.terms["variant"])):
        raise refusal
    offer = {name: value for name, value in facts_of(facts).items() if name in COVENANTS}
    told = covenants_digest({**asked.case.terms, **offer})
    return Outcome(terms={"offer": {**offer, "digest": told}})


@rule("terms", **READS)
def amended(asked: Asked) -> Outcome:
    """A new version moves the line at once; guarantees keep the version they were written under.

    Raises SIGNED_OTHER_TERMS when another version than the one on offer was signed.
    """
    facts = read(asked.facts, Amend)
    terms = asked.case.terms
    offer = terms.get("offer") or {}
    if facts.terms != offer.get("digest"):
        raise Rejected(RejectionCode.SIGNED_OTHER_TERMS)
    new = {name: offer[name] for name in COVENANTS}
    after = msgspec.structs.replace(asked.case, terms={**terms, **new})
    lines = Lines(asked, asked.case)
    amounts = lines.move(line(after, funds(asked)) - line(asked.case, funds(asked)))
    past = {"version": terms["version"], "digest": terms["digest"], "to": asked.today.isoformat()}
    return Outcome(
        amounts=amounts,
        terms={
            **new,
            "version": int(terms["version"]) + 1,
            "digest": facts.terms,
            "offer": {},
            "past": [*terms["past"], past],
        },
        keys=line_keys(asked.case),
    )


@rule(**READS)
def line_stopped(asked: Asked) -> Outcome:
    """No new guarantees: the cooperative's own line falls to nothing, what runs runs off (R-087).

    The bank's and the county's lines stay: one cooperative's trouble is not another's.
    """
    stop = read(asked.facts, Stop)
    lines = Lines(asked, asked.case)
    return Outcome(
        amounts=lines.move_own(-asked.balance["line"]),
        terms={"stopped": stop.reason, "stopped_on": asked.today.isoformat()},
        keys=line_keys(asked.case),
    )


@rule(**READS)
def line_restored(asked: Asked) -> Outcome:
    """Bank and county agree that lending goes on: the line stands again as its base says.

    The claim rate they saw is kept: only a higher one stops the agreement again.
    """
    lines = Lines(asked, asked.case)
    return Outcome(
        amounts=lines.move_own(line(asked.case, funds(asked)) - asked.balance["line"]),
        terms={
            "stopped": "",
            "resumed_on": asked.today.isoformat(),
            "resumed_at_ppm": claim_rate(asked.lookup, asked.case),
        },
        keys=line_keys(asked.case),
    )


@rule(frozen="8021.*", matched="8031.*", called="8051.*", running="904.*", reserved="9041.*",
      **FUND_READS)  # fmt: skip
def nothing_in_pool(asked: Asked) -> Outcome:
    """An agreement ends when its pool is empty and nothing runs; raises POOL_NOT_EMPTY."""
    left = {
        name: asked.balance[name]
        for name in ("stake", "match", "deposits", "frozen", "matched", "called", "running",
                     "reserved")
        if asked.balance[name]
    }  # fmt: skip
    if left:
        told = "; ".join(f"{name} {show(amount)}" for name, amount in left.items())
        raise Rejected(RejectionCode.POOL_NOT_EMPTY, left=told)
    return Outcome()


@rule(**FUND_READS)
def match_claimed(asked: Asked) -> Outcome:
    """The match a stake calls for, less what came and what is under way (R-085).

    Raises AGREEMENT_NOT_OPEN, MATCH_NOT_DUE.
    """
    agreement = agreed(asked, read(asked.facts, OfAgreement).agreement)
    under_way = sum(
        int(case.terms["amount"])
        for case in asked.lookup.linked("match", "agreement", agreement.id)
        if case.state in ("claimed", "approved")
    )
    due = pool.match_due(terms_of(agreement), asked.balance["stake"])
    amount = due - asked.balance["match"] - under_way
    if amount <= 0:
        raise Rejected(
            RejectionCode.MATCH_NOT_DUE,
            due=show(due),
            have=show(asked.balance["match"] + under_way),
        )
    return Outcome(terms={"amount": amount, "stake": asked.balance["stake"]})


@rule(**READS)
def match_booked(asked: Asked) -> Outcome:
    """The finance bureau's money is in the pool; the line moves where the match is in its base."""
    return _added(asked, str(asked.case.terms["agreement"]), "match", positive(asked.case.terms))


@rule(free_money="80101")
def stake_asked(asked: Asked) -> Outcome:
    """Part or all of the fund into the pool (variant 2): held in the sub-account at once.

    Raises AGREEMENT_NOT_OPEN, AMOUNT_NOT_POSITIVE, STAKE_ABOVE_FUND.
    """
    facts = read(asked.facts, StakeAsked)
    agreement = agreed(asked, facts.agreement)
    if agreement.terms["variant"] != pool.V2:
        raise _invalid("agreement", "v1")
    amount = positive(asked.facts)
    if amount > asked.balance["free_money"]:
        raise Rejected(
            RejectionCode.STAKE_ABOVE_FUND,
            asked=show(amount),
            fund=show(asked.balance["free_money"]),
        )
    return Outcome(amounts={"stake": amount}, terms={"kind": "in", "bank": agreement.terms["bank"]})


@rule(**READS)
def stake_moved(asked: Asked) -> Outcome:
    """The stake has reached the pool account: frozen, still the cooperative's, and the line up."""
    return _added(asked, str(asked.case.terms["agreement"]), "stake", positive(asked.case.terms))


@rule()
def stake_undone(asked: Asked) -> Outcome:
    """A queued stake is taken back; money asked out of the pool is dropped before it is queued."""
    if asked.case.terms["kind"] != "in":
        raise Rejected(
            RejectionCode.ACT_NOT_ALLOWED_NOW, state=asked.case.state, act=asked.act, allowed="file"
        )
    return Outcome(amounts={"stake": positive(asked.case.terms)})


@rule(running="904.*", reserved="9041.*", **READS)
def release_asked(asked: Asked) -> Outcome:
    """Money asked back is held and the line falls at once; never what a guarantee needs (R-090).

    Raises AMOUNT_NOT_POSITIVE, RELEASE_TOO_LARGE with what is free.
    """
    facts = read(asked.facts, ReleaseAsked)
    agreement = agreed(asked, facts.agreement, OPEN, SUSPENDED)
    if facts.kind not in RECIPES:
        raise _invalid("kind", facts.kind)
    amount = positive(asked.facts)
    have = funds(asked)
    used = asked.balance["running"] + asked.balance["reserved"]
    free = _free_to_go(asked, agreement, facts, have, used)
    if amount > free:
        raise Rejected(
            RejectionCode.RELEASE_TOO_LARGE,
            asked=show(amount),
            free=show(free),
            guaranteed=show(used),
        )
    lines = Lines(asked, agreement)
    fall = line(agreement, less(have, facts.kind, amount, facts.member)) - line(agreement, have)
    return Outcome(
        amounts={facts.kind: amount, **lines.move(fall)},
        terms={
            "kind": facts.kind,
            "recipe": RECIPES[facts.kind],
            "bank": agreement.terms["bank"],
            "stake_before": have.stake,
            "match_before": have.match,
        },
        keys=line_keys(agreement),
    )


def _free_to_go(
    asked: Asked, agreement: Case, facts: ReleaseAsked, have: pool.Funds, used: int
) -> int:
    """How much of one kind may go back now (fen)."""
    terms = terms_of(agreement)
    claims = pool_part_open(asked, agreement)
    if facts.kind == "stake":
        return pool.releasable(terms, have, guaranteed=used, claims=claims)
    if facts.kind == "match":
        first = asked.lookup.case(facts.of)
        if first is None or first.process != "transfer" or first.terms.get("kind") != "stake":
            raise Rejected(RejectionCode.UNKNOWN_CASE, case=facts.of)
        before = pool.Funds(
            stake=int(first.terms["stake_before"]), match=int(first.terms["match_before"])
        )
        return min(pool.match_back(terms, before, int(first.terms["amount"])), have.match)
    own = have.deposits.get(facts.member, 0)
    if claims or not own:
        return 0
    # The largest part of the deposit that leaves the line at or above what is guaranteed.
    rest = line(agreement, less(have, "deposit", own, facts.member))
    if rest >= used:
        return own
    spare = (line(agreement, have) - used) * pool.HUNDREDTHS // terms.leverage
    return max(min(spare, own - 1), 0)


@rule(**READS)
def release_undone(asked: Asked) -> Outcome:
    """Nobody signed in time, or it was refused: the money is free in the pool again."""
    terms = asked.case.terms
    agreement = the_agreement(asked, str(terms["agreement"]))
    kind, member = str(terms["kind"]), str(terms.get("member", ""))
    amount, have = positive(terms), funds(asked)
    rise = line(agreement, less(have, kind, -amount, member)) - line(agreement, have)
    return Outcome(
        amounts={kind: amount, **Lines(asked, agreement).move(rise)}, keys=line_keys(agreement)
    )


@rule()
def release_moved(asked: Asked) -> Outcome:
    """The bank has paid it out of the pool account."""
    terms = asked.case.terms
    return Outcome(amounts={str(terms["kind"]): positive(terms)})


@rule(**READS)
def deposit_in(asked: Asked) -> Outcome:
    """A member's pooled deposit came in from his card (variant 1): his, frozen, the line up."""
    facts = asked.facts
    return _added(
        asked, str(facts["agreement"]), "deposit", positive(facts), member=str(facts["member"])
    )


@rule(**READS)
def interest_in(asked: Asked) -> Outcome:
    """Bank interest on the pool stays in it, by the balances of stake and match (P17, PD)."""
    amount = positive(asked.facts)
    agreement = the_agreement(asked, str(asked.facts["agreement"]))
    have = funds(asked)
    whole = have.stake + have.match
    parts = (
        split(amount, {"stake": have.stake, "match": have.match}) if whole else {"stake": amount}
    )
    after = pool.Funds(
        stake=have.stake + parts.get("stake", 0),
        match=have.match + parts.get("match", 0),
        deposits=have.deposits,
    )
    rise = line(agreement, after) - line(agreement, have)
    return Outcome(
        amounts={**{k: int(v) for k, v in parts.items()}, **Lines(asked, agreement).move(rise)},
        keys=line_keys(agreement),
    )


@rule()
def may_pool(asked: Asked) -> Outcome:
    """Variant 1, at the node: the loan was paid out first, and the form is the member's own.

    Raises AGREEMENT_NOT_OPEN, GRADE_NOT_ALLOWED, LOAN_NOT_PAID_OUT, MORE_THAN_OWED.
    """
    facts = read(asked.facts, PoolApply)
    agreement = asked.lookup.county().case(facts.agreement)
    if agreement is None or agreement.state != OPEN or agreement.terms["variant"] != pool.V1:
        raise Rejected(
            RejectionCode.AGREEMENT_NOT_OPEN,
            agreement=facts.agreement,
            state=agreement.state if agreement else "-",
        )
    loan = asked.lookup.case(facts.loan)
    if (
        loan is None
        or loan.process != "loan"
        or loan.state != "active"
        or loan.terms.get("member") != facts.member
    ):
        raise Rejected(RejectionCode.LOAN_NOT_PAID_OUT, loan=facts.loan)
    amount = positive(asked.facts)
    if amount > int(loan.terms["amount"]):
        raise Rejected(
            RejectionCode.MORE_THAN_OWED, asked=show(amount), owed=show(int(loan.terms["amount"]))
        )
    return Outcome()


def terms_of(agreement: Case) -> pool.Terms:
    """What of an agreement's terms (or of those pinned to a guarantee) the arithmetic needs."""
    return terms_from(agreement.terms)


def terms_from(terms: Mapping[str, Any]) -> pool.Terms:
    """The same from bare terms."""
    return msgspec.convert({name: terms[name] for name in pool.Terms.__struct_fields__}, pool.Terms)


def line(agreement: Case, have: pool.Funds) -> int:
    """The line these funds carry under this agreement, were it not suspended (fen)."""
    return pool.line_of(terms_of(agreement), have)


def funds(asked: Asked) -> pool.Funds:
    """The free pool money of the cooperative, as it stands under the lock (needs FUND_READS)."""
    return pool.Funds(
        stake=asked.balance["stake"],
        match=asked.balance["match"],
        deposits=asked.rows["deposits"],
    )


def less(have: pool.Funds, kind: str, amount: int, member: str = "") -> pool.Funds:
    """The funds after ``amount`` of one kind has gone (negative: has come back)."""
    deposits = dict(have.deposits)
    if kind == "deposit":
        deposits[member] = deposits.get(member, 0) - amount
    return pool.Funds(
        stake=have.stake - (amount if kind == "stake" else 0),
        match=have.match - (amount if kind == "match" else 0),
        deposits=deposits,
    )


def the_agreement(asked: Asked, name: str) -> Case:
    """An agreement of this cooperative in any state; raises UNKNOWN_CASE."""
    found = asked.lookup.case(name)
    if found is None or found.process != "agreement" or found.parties != asked.case.parties:
        raise Rejected(RejectionCode.UNKNOWN_CASE, case=name)
    return found


def agreed(asked: Asked, name: str, *states: str) -> Case:
    """The same in one of these states (``open`` when none is said); raises AGREEMENT_NOT_OPEN."""
    found = the_agreement(asked, name)
    if found.state not in (states or (OPEN,)):
        raise Rejected(RejectionCode.AGREEMENT_NOT_OPEN, agreement=name, state=found.state)
    return found


def pool_part_open(asked: Asked, agreement: Case) -> int:
    """The pool's part of claims noticed and not yet decided (fen); accepted ones are frozen."""
    total = 0
    for claim in asked.lookup.linked("claim", "agreement", agreement.id):
        if claim.state == "noticed":
            amount = int(claim.terms["amount"])
            pinned = terms_from(claim.terms["pinned"])
            total += amount - amount * pinned.bank_part_ppm // 1_000_000
    return total


def claim_rate(lookup: Lookup, agreement: Case) -> int:
    """Pool payments net of recoveries over guaranteed principal paid out, in ppm (R-089)."""
    claims = [
        case.terms
        for case in lookup.linked("claim", "agreement", agreement.id)
        if case.terms.get("paid_on")
    ]
    lines = lookup.linked("guarantee", "agreement", agreement.id)
    return pool.claim_rate_ppm(
        paid=sum(
            sum(int(terms[name]) for name in ("own_deposit", "stake", "match"))
            + sum(int(part) for part in terms["others"].values())
            for terms in claims
        ),
        recovered=sum(int(terms["share_in"]) for terms in claims),
        drawn=sum(int(line.terms["drawn"]) for line in lines),
    )


def covenants_digest(terms: Mapping[str, Any]) -> str:
    """Hex digest of a version: what signers sign and a guarantee is pinned to (I14)."""
    said = {name: terms[name] for name in ("variant", "bank", *COVENANTS)}
    return digest("terms.agreement", encode(said)).hex()


def _added(asked: Asked, name: str, kind: str, amount: int, member: str = "") -> Outcome:
    """Money of one kind has come into the pool; the line rises with its base."""
    agreement = the_agreement(asked, name)
    have = funds(asked)
    rise = line(agreement, less(have, kind, -amount, member)) - line(agreement, have)
    own = "amount" if kind == "deposit" else kind
    return Outcome(
        amounts={own: amount, **Lines(asked, agreement).move(rise)}, keys=line_keys(agreement)
    )


def _grade(cooperative: str, grade: str, allowed: tuple[str, ...]) -> Rejected:
    return Rejected(
        RejectionCode.GRADE_NOT_ALLOWED,
        cooperative=cooperative,
        grade=grade or "-",
        needed="/".join(allowed),
    )


def _invalid(where: str, problem: str) -> Rejected:
    return Rejected(RejectionCode.FACTS_INVALID, where=where, problem=problem)


def _times(hundredths: int) -> str:
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def _percent(ppm: int) -> str:
    return f"{ppm // 10_000}.{ppm % 10_000:04d}".rstrip("0").rstrip(".")
