"""Who may borrow, how much and for how long: every check of an application (P2.1).

Called by the rules of loans and, through ``eligibility``, by pages that show every reason at
once. Pure. The order of checks is fixed: identity, state, limits, money. R-005, R-029, R-030,
R-034, R-038…R-045, R-052, R-054, R-068.
"""

from collections.abc import Iterator, Sequence
from datetime import date

import msgspec

from contracts.facts.credit import LoanApply
from contracts.money import PPM, show
from contracts.rejections import Rejection, RejectionCode
from kernel import levels, recovery
from kernel.cases import Case
from kernel.errors import Rejected
from kernel.intercoop import OWN_FUND
from kernel.loans import OPEN, SHUANGDAO, clean, instalments, loan_of
from kernel.policy import Policy
from kernel.rules import Asked
from kernel.rules_groups import LIVE, size_fault

FUNDINGS = {
    "own": False,
    SHUANGDAO: False,
    "enterprise": False,
    "wholesale": True,
    "intercoop": True,
}
"""Whose money may be lent on, and whether the tag names the loan or facility it came by."""
CALLED = ("accepted", "in_file", "paid", "written_off")
"""States of a claim whose money has not come back."""
READS = {f"fund_{account}": f"{account}.*" for account in OWN_FUND} | {"claims": "907.*"}
"""What a rule that calls ``failed`` declares: the own fund and the guarantors' receivables."""


def eligibility(asked: Asked, application: LoanApply) -> tuple[Rejection, ...]:
    """Every check this application fails, in the fixed order; empty when it may be granted."""
    return tuple(refusal.as_struct() for refusal in failed(asked, application))


def failed(asked: Asked, application: LoanApply) -> Iterator[Rejected]:
    """The refusals of one application, most basic first; the caller raises the first one.

    Facts of each name what is wrong and what would be allowed. Needs READS.
    """
    yield from _shape(asked, application)
    member = active_member(asked, application.member, application.person)
    if member is None:
        yield Rejected(RejectionCode.NOT_A_MEMBER, member=application.member)
        return
    policy = asked.policy
    if policy.flag("borrower.exclude_wealthy") and member.terms.get("wealthy"):
        yield Rejected(RejectionCode.WEALTHY_MAY_NOT_BORROW, member=member.id)
    if application.funding == SHUANGDAO and not member.terms.get("poor"):
        yield Rejected(RejectionCode.SHUANGDAO_FOR_POOR, member=member.id)
    own = asked.lookup.linked("loan", "member", member.id)
    yield from group_faults(asked, application.member, application.group)
    yield from _open_loans(asked, own)
    longest = longest_term(policy, long_cycle=application.long_cycle)
    if application.term_months > longest:
        yield Rejected(RejectionCode.TERM_TOO_LONG, asked=application.term_months, longest=longest)
    yield from _recovery(asked, own)
    yield from _amount(asked, application, member, own)


def active_member(asked: Asked, name: str, person: str) -> Case | None:
    """The active member of this name who is this person (R-029, R-038); None when there is none."""
    member = asked.lookup.case(name)
    if member is None or (member.process, member.state) != ("member", "active"):
        return None
    return member if member.terms["person"] == person else None


def own_fund(asked: Asked) -> int:
    """Own fund of the cooperative in fen: 301, 311, 321, 322 and 33201, a loss deducted."""
    return sum(asked.balance[f"fund_{account}"] for account in OWN_FUND)


def longest_term(policy: Policy, *, long_cycle: bool) -> int:
    """Longest term in months; a long-cycle product where the county has switched it on (R-044)."""
    if long_cycle and policy.flag("loan.long_cycle"):
        return policy.months("loan.long_cycle_max")
    return policy.months("loan.term_max")


def credit_level(member: Case, loans: Sequence[Case], on: date, policy: Policy) -> int:
    """The member's credit level: his starting level, reviewed at each year-end since (R-045).

    A year counts once it is over: up after a clean year with a loan, down after a year with
    principal overdue on any day. Derived from the loans, never stored, so it cannot drift.
    """
    level = int(member.terms.get("level", 1))
    start = date.fromisoformat(member.terms["level_on"])
    own = [loan_of(case) for case in loans if case.terms.get("paid_on")]
    for year in range(start.year, on.year):
        span = (date(year, 1, 1), date(year, 12, 31))
        level = levels.after_year(
            policy,
            level,
            borrowed=any(loan.out_in(*span) for loan in own),
            overdue=any(loan.late_in(*span) for loan in own),
        )
    return level


def application_of(case: Case) -> LoanApply:
    """The application a loan case was opened with, read back from its terms."""
    names = LoanApply.__struct_fields__
    return msgspec.convert({k: v for k, v in case.terms.items() if k in names}, LoanApply)


def _shape(asked: Asked, application: LoanApply) -> Iterator[Rejected]:
    if application.amount <= 0:
        yield Rejected(RejectionCode.AMOUNT_NOT_POSITIVE, what="amount")
    if application.term_months <= 0:
        yield Rejected(RejectionCode.AMOUNT_NOT_POSITIVE, what="term_months")
    kind, _, source = application.funding.partition(":")
    if kind not in FUNDINGS or bool(source) != FUNDINGS[kind]:
        wanted = ", ".join(f"{name}:…" if named else name for name, named in FUNDINGS.items())
        yield Rejected(
            RejectionCode.FACTS_INVALID,
            where="funding",
            problem=f"{application.funding} ∉ {wanted}",
        )
    allowed = asked.policy.list("purpose.list")
    if application.purpose not in allowed:
        yield Rejected(
            RejectionCode.PURPOSE_NOT_LISTED,
            purpose=application.purpose,
            allowed="、".join(allowed),
        )


def group_faults(asked: Asked, own: str, joint: str) -> Iterator[Rejected]:
    """The member's group is live, of the right size now, and owes nothing (R-041, R-054)."""
    group = asked.lookup.case(joint)
    if (
        group is None
        or group.process != "group"
        or group.state != LIVE
        or own not in group.terms["group_member"]
    ):
        yield Rejected(RejectionCode.NOT_IN_GROUP, member=own, group=joint)
        return
    names = group.terms["group_member"]
    members = asked.lookup.some(names)
    fault = size_fault(asked.policy, names, group.terms.get("leaders", ()), members)
    if fault:
        yield Rejected(RejectionCode.GROUP_SIZE, group=group.id, have=fault[0], needed=fault[1])
    for name in names:
        for loan in asked.lookup.linked("loan", "member", name):
            overdue = loan.terms.get("paid_on") and loan_of(loan).overdue_days(asked.today)
            if overdue or loan.state == "written_off" or asked.rows["claims"].get(loan.id):
                yield Rejected(RejectionCode.GROUP_NOT_CLEAN, member=name, loan=loan.id)
        yield from _guaranteed(asked, name)


def _guaranteed(asked: Asked, name: str) -> Iterator[Rejected]:
    """A bank loan the pool guarantees: in arrears, or called and not recovered (R-054)."""
    county = asked.lookup.county()
    for guarantee in county.linked("guarantee", "member", name):
        arrears = guarantee.terms.get("arrears") or {}
        late = guarantee.state == "running" and arrears.get("since")
        claims = county.linked("claim", "guarantee", guarantee.id)
        if late or any(claim.state in CALLED for claim in claims):
            yield Rejected(RejectionCode.GROUP_NOT_CLEAN, member=name, loan=guarantee.id)


def _open_loans(asked: Asked, own: Sequence[Case]) -> Iterator[Rejected]:
    still = [loan for loan in own if loan.state in OPEN and loan.id != asked.case.id]
    if len(still) >= asked.policy.count("loan.live_max"):
        yield Rejected(RejectionCode.LOAN_STILL_OPEN, loan=still[0].id)


def _recovery(asked: Asked, own: Sequence[Case]) -> Iterator[Rejected]:
    """Below the floor of due recovery only members with a clean record may borrow (R-052)."""
    loans = asked.lookup.all("loan", asked.case.parties["coop"] if asked.case.parties else "")
    rate = recovery.due_recovery(instalments(loans, asked.today), asked.today)
    floor = asked.policy.ppm("recovery.min")
    if rate.reaches(floor) is False and not clean(own, asked.today):
        yield Rejected(
            RejectionCode.RECOVERY_TOO_LOW,
            rate=f"{rate.percent} %",
            floor=f"{recovery.percent(floor, PPM)} %",
        )


def _amount(
    asked: Asked, application: LoanApply, member: Case, own: Sequence[Case]
) -> Iterator[Rejected]:
    """Cap, level and concentration: what one household may hold (R-042, R-045, R-034)."""
    try:
        levels.needs_consent(
            asked.policy,
            application.amount,
            credit_level(member, own, asked.today, asked.policy),
            shuangdao=application.funding == SHUANGDAO,
        )
    except Rejected as refusal:
        yield refusal
    held = sum(
        loan_of(loan).outstanding if loan.terms.get("paid_on") else int(loan.terms["amount"])
        for loan in own
        if loan.state in OPEN and loan.id != asked.case.id
    )
    most = own_fund(asked) * asked.policy.ppm("conc.max_household_pct") // PPM
    if held + application.amount > most:
        yield Rejected(
            RejectionCode.CONCENTRATION,
            asked=show(held + application.amount),
            limit=show(max(most, 0)),
        )
