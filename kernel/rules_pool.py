"""Rules of the risk pool's agreement: who may agree, versions, stop and resumption (P6.1).

Registered in kernel.rules; called by journal.perform with K(i) and K(0) locked. Pure. Amounts fen.
The line is memo balances of K(i); the bank's and the county's lines are the same rows of K(0), so
one act moves all three. Sources R-081…R-090, targets.md I6.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from contracts.codec import digest, encode
from contracts.facts import facts_of
from contracts.facts.pool import Amend, Covenants, Propose, Stop
from contracts.money import PPM, scaled, show
from contracts.rejections import RejectionCode
from kernel import pool
from kernel.cases import Case
from kernel.errors import Rejected, ensure
from kernel.facts import invalid, read
from kernel.pool_agreement import (
    COVENANTS,
    FUND_READS,
    LIVE,
    READS,
    UNDER_WAY,
    claim_rate,
    funds,
    line,
)
from kernel.pool_lines import Lines, line_keys
from kernel.rules import Asked, Outcome, rule


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
        yield invalid("variant", facts.variant)
        return
    own = asked.case.parties["coop"]
    allowed = asked.policy.list(f"pool.{facts.variant}_grades")
    if facts.grade not in allowed:
        yield _grade(own, facts.grade, allowed)
    for other in asked.lookup.all("agreement", own):
        if other.state in LIVE and other.id != asked.case.id:
            yield Rejected(RejectionCode.AGREEMENT_LIVE, cooperative=own, agreement=other.id)
    if not facts.grades or (stray := sorted(set(facts.grades) - set(allowed))):
        yield invalid("grades", "/".join(stray) if facts.grades else "-")
    yield from _covenants(asked, facts, facts.variant)


def _covenants(asked: Asked, facts: Covenants, variant: str) -> Iterator[Rejected]:
    """What a version may not say, whoever signs it (R-083, R-085)."""
    policy = asked.policy
    least = policy.count("pool.leverage_least") * pool.HUNDREDTHS
    most = policy.count("pool.leverage_most") * pool.HUNDREDTHS
    if not least <= facts.leverage <= most:
        yield Rejected(
            RejectionCode.LEVERAGE_OUT_OF_RANGE,
            asked=scaled(facts.leverage, 2),
            least=scaled(least, 2),
            most=scaled(most, 2),
        )
    matched = variant == pool.V2 or policy.flag("pool.v1_match")
    low, high = policy.ppm("pool.match_least"), policy.ppm("pool.match_most")
    if matched and not low <= facts.match_ppm <= high:
        yield Rejected(
            RejectionCode.MATCH_OUT_OF_RANGE,
            asked=scaled(facts.match_ppm, 4),
            least=scaled(low, 4),
            most=scaled(high, 4),
        )
    if not matched and facts.match_ppm:
        yield Rejected(
            RejectionCode.MATCH_OUT_OF_RANGE, asked=scaled(facts.match_ppm, 4), least="0", most="0"
        )
    if facts.base not in (pool.STAKE, pool.STAKE_AND_MATCH):
        yield invalid("base", facts.base)
    if facts.match_order not in ("after_stake", pool.PRO_RATA):
        yield invalid("match_order", facts.match_order)
    known = set(policy.list("claim.order"))
    first = pool.STAKE if variant == pool.V2 else pool.OWN_DEPOSIT
    layers = set(facts.layers)
    # Whatever else the parties agree on, the money that carries the line answers for it (P6.5).
    if len(layers) != len(facts.layers) or not {first} <= layers <= known:
        yield invalid("layers", " → ".join(facts.layers))
    if not 0 <= facts.bank_part_ppm <= PPM or not 0 <= facts.stop_ppm <= PPM:
        yield invalid("bank_part_ppm, stop_ppm", f"{facts.bank_part_ppm}, {facts.stop_ppm}")
    if facts.wait_days < 0 or facts.check_days <= 0 or facts.pay_days <= 0:
        yield invalid("wait_days, check_days, pay_days", "≤ 0")
    cap = policy.fen("pool.loan_cap")
    if not 0 < facts.loan_cap <= cap:
        yield Rejected(RejectionCode.OVER_GUARANTEE_CAP, asked=show(facts.loan_cap), cap=show(cap))
    longest = policy.months("pool.term_max")
    if not 0 < facts.term_max <= longest:
        yield Rejected(RejectionCode.TERM_TOO_LONG, asked=facts.term_max, longest=longest)


@rule(**READS)
def line_opened(asked: Asked) -> Outcome:
    """Everyone signed; what came back after an earlier agreement ended carries a line again."""
    lines = Lines(asked, asked.case)
    return Outcome(amounts=lines.move(line(asked.case, funds(asked))), keys=line_keys(asked.case))


@rule(**FUND_READS)
def offered(asked: Asked) -> Outcome:
    """A new version is on offer: within the rules, and what its signers will sign."""
    facts = read(asked.facts, Covenants)
    for refusal in _covenants(asked, facts, str(asked.case.terms["variant"])):
        raise refusal
    _as_forms_say(asked, mutual=facts.mutual)
    offer = {name: value for name, value in facts_of(facts).items() if name in COVENANTS}
    told = covenants_digest({**asked.case.terms, **offer})
    return Outcome(terms={"offer": {**offer, "digest": told}})


def _as_forms_say(asked: Asked, *, mutual: bool) -> None:
    """Members pooled under forms that say whether they answer for each other (P6.5)."""
    if mutual != asked.case.terms["mutual"] and asked.balance["deposits"]:
        raise invalid("mutual", str(mutual).lower())


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
    _as_forms_say(asked, mutual=bool(new["mutual"]))
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

    The claim rate they saw is kept: until it is within its limit again, only a higher one stops
    the agreement.
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


@rule()
def rate_is_back(asked: Asked) -> Outcome:
    """The claim rate came down to its limit, which counts alone again (R-089)."""
    rate, limit = claim_rate(asked.lookup, asked.case), int(asked.case.terms["stop_ppm"])
    ensure(rate <= limit, "claim_rate_is_within_its_limit", case=asked.case.id, rate=rate)
    return Outcome(terms={"resumed_at_ppm": 0})


@rule(frozen="8021.*", matched="8031.*", called="8051.*", running="904.*", reserved="9041.*",
      **FUND_READS)  # fmt: skip
def nothing_in_pool(asked: Asked) -> Outcome:
    """An agreement ends when its pool is empty and nothing runs or is still to come.

    Raises POOL_NOT_EMPTY.
    """
    left = {
        name: asked.balance[name]
        for name in ("stake", "match", "deposits", "frozen", "matched", "called", "running",
                     "reserved")
        if asked.balance[name]
    }  # fmt: skip
    told = [f"{name} {show(amount)}" for name, amount in left.items()]
    told += [f"{case.id} {case.state}" for case in _under_way(asked)]
    if told:
        raise Rejected(RejectionCode.POOL_NOT_EMPTY, left="; ".join(told))
    return Outcome()


def _under_way(asked: Asked) -> Iterator[Case]:
    """Cases of the agreement by which money may still come into its pool, or be called from it."""
    for process, states in UNDER_WAY.items():
        for case in asked.lookup.linked(process, "agreement", asked.case.id):
            to_come = int(case.terms.get("share_due", 0)) > int(case.terms.get("share_in", 0))
            if case.state in states or to_come:
                yield case


def covenants_digest(terms: Mapping[str, Any]) -> str:
    """Hex digest of a version: what signers sign and a guarantee is pinned to (I14)."""
    said = {name: terms[name] for name in ("variant", "bank", *COVENANTS)}
    return digest("terms.agreement", encode(said)).hex()


def _grade(cooperative: str, grade: str, allowed: tuple[str, ...]) -> Rejected:
    return Rejected(
        RejectionCode.GRADE_NOT_ALLOWED,
        cooperative=cooperative,
        grade=grade or "-",
        needed="/".join(allowed),
    )
