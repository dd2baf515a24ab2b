"""Rules of a cooperative that joins with running books: brought in once, proven against K(i).

Registered in kernel.rules; called by journal.perform under the lock. Pure. Amounts are fen. Until
the books begin, 33201 is what all that was brought in leaves over; they begin when it is the
surplus of the statement the county checked (decision 0036).
"""

from datetime import date, timedelta

import msgspec

from contracts.facts import facts_of
from contracts.facts.opening import FundBroughtIn, LoanBroughtIn, MemberBroughtIn, Opening
from contracts.ids import opening_case
from contracts.money import show
from contracts.rejections import RejectionCode
from kernel import loans
from kernel.calendar import months_after
from kernel.cases import Case
from kernel.errors import Rejected
from kernel.facts import read
from kernel.loans import OWN, SHUANGDAO, Loan
from kernel.rules import Asked, Outcome, rule
from kernel.rules_members import one_per_household_of

BEGUN = "begun_on"


@rule()
def opening_amount(asked: Asked) -> Outcome:
    """The opening statement: its cash is in custody from the first day (design.md 3)."""
    facts = read(asked.facts, Opening)
    wrong = [name for name in ("amount", "members", "shares", "loans", "principal")
             if getattr(facts, name) < 0]  # fmt: skip
    if wrong:
        raise Rejected(RejectionCode.FACTS_INVALID, where=", ".join(wrong), problem="< 0")
    return Outcome(amounts={"amount": facts.amount})


@rule()
def member_brought_in(asked: Asked) -> Outcome:
    """A member of before, active with what he paid in (R-002).

    Raises OPENING_NOT_TOLD, OPENING_DONE, FACTS_INVALID, HOUSEHOLD_HAS_MEMBER.
    """
    _opening(asked)
    facts = read(asked.facts, MemberBroughtIn)
    if facts.level < 1 or min(facts.share, facts.shuangdao) < 0 or facts.joined_on > asked.today:
        raise Rejected(
            RejectionCode.FACTS_INVALID, where="level, share, shuangdao, joined_on", problem="-"
        )
    one_per_household_of(asked, facts.household, facts.person)
    return Outcome(
        amounts={"share": facts.share, "shuangdao": facts.shuangdao},
        terms={"level": facts.level, "level_on": asked.today.isoformat()},
        # The row through 191 is the pair by which own money stands for 双到 money.
        funding=SHUANGDAO,
    )


@rule()
def loan_brought_in(asked: Asked) -> Outcome:
    """A loan that is out: nothing is owed to ``fee_paid_to``, and from there it is as any other.

    Raises OPENING_NOT_TOLD, OPENING_DONE, FACTS_INVALID, NOT_A_MEMBER, NOT_IN_GROUP,
    CONTRACT_NUMBER_TAKEN.
    """
    _opening(asked)
    facts = read(asked.facts, LoanBroughtIn)
    due_on = facts.due_on or months_after(facts.paid_on, max(facts.term_months, 0))
    _possible(facts, due_on, asked.today)
    member = _party(asked, facts)
    policy = asked.policy
    loan = Loan(
        amount=facts.amount,
        rate_ppm=facts.rate_ppm,
        month_days=policy.count("fee.month_days"),
        stop_days=policy.days("fee.accrual_stop_days"),
        term_months=facts.term_months,
        paid_on=facts.paid_on,
        due_on=due_on,
        first_due_on=months_after(facts.paid_on, facts.term_months),
        outstanding=facts.amount - facts.repaid,
        slices=((facts.repaid, facts.fee_paid_to),) if facts.repaid else (),
    )
    loan = msgspec.structs.replace(loan, fee_paid=loan.fee(facts.fee_paid_to))
    month_before = asked.today.replace(day=1) - timedelta(days=1)
    late = bool(loan.overdue_days(asked.today))
    terms = {
        "approved_on": facts.paid_on.isoformat(),
        "contracted_on": facts.paid_on.isoformat(),
        "due_on": due_on.isoformat(),
        "first_due_on": str(loan.first_due_on),
        "funding": OWN,
        "month_days": loan.month_days,
        "stop_days": loan.stop_days,
        "extensions": int(due_on != loan.first_due_on),
        "poor": bool(member.terms.get("poor")),
        "policy": {"profile": policy.profile, "digest": policy.digest()},
        **loans.moved(loan),
    }
    own = msgspec.structs.replace(asked.case, terms={**facts_of(facts), **terms})
    number = loans.contract_number(own)
    for other in asked.lookup.linked("loan", "number", number):
        raise Rejected(RejectionCode.CONTRACT_NUMBER_TAKEN, number=number, loan=other.id)
    return Outcome(
        amounts={
            "overdue" if late else "principal": loan.outstanding,
            "fee": max(loan.fee_bookable(month_before) - loan.fee_paid, 0),
            "guaranteed": loan.amount,
        },
        terms={**terms, "number": number},
    )


@rule()
def fund_brought_in(asked: Asked) -> Outcome:
    """Funds by source, reserves and provision, as the statement has them."""
    _opening(asked)
    amounts = msgspec.structs.asdict(read(asked.facts, FundBroughtIn))
    wrong = [name for name, amount in amounts.items() if amount < 0]
    if wrong:
        raise Rejected(RejectionCode.FACTS_INVALID, where=", ".join(wrong), problem="< 0")
    return Outcome(amounts=amounts)


@rule(
    cash="10201.*", surplus="33201.*", current="115.*", overdue="116.*", share="30101.*",
    shuangdao="30102.*",
)  # fmt: skip
def opening_proven(asked: Asked) -> Outcome:
    """The books begin: everything brought in is what the county's statement says, to the fen.

    Raises OPENING_NOT_TOLD, OPENING_DONE, OPENING_DIFFERS with every difference at once.
    """
    told = msgspec.convert(_opening(asked).terms, Opening)
    cooperative = asked.case.parties["coop"]
    have = asked.balance
    out = [key for key, owed in {**asked.rows["current"], **asked.rows["overdue"]}.items() if owed]
    active = [one for one in asked.lookup.all("member", cooperative) if one.state == "active"]
    sums = {
        "amount": (have["cash"], told.amount),
        "shares": (have["share"] + have["shuangdao"], told.shares),
        "principal": (have["current"] + have["overdue"], told.principal),
        "surplus": (have["surplus"], told.surplus),
    }
    counts = {"members": (len(active), told.members), "loans": (len(set(out)), told.loans)}
    differs = [f"{name} {show(a)} ≠ {show(b)}" for name, (a, b) in sums.items() if a != b]
    differs += [f"{name} {a} ≠ {b}" for name, (a, b) in counts.items() if a != b]
    if differs:
        raise Rejected(RejectionCode.OPENING_DIFFERS, differences="; ".join(differs))
    return Outcome(terms={BEGUN: asked.today.isoformat()})


def _opening(asked: Asked) -> Case:
    """The statement the county told, while the village's books have not begun."""
    cooperative = asked.case.parties["coop"]
    told = asked.lookup.county().case(opening_case(cooperative))
    if told is None:
        raise Rejected(RejectionCode.OPENING_NOT_TOLD, cooperative=cooperative)
    village = asked.lookup.case(f"village-{cooperative}")
    if village is not None and village.terms.get(BEGUN):
        raise Rejected(RejectionCode.OPENING_DONE, on=village.terms[BEGUN])
    return told


def _possible(facts: LoanBroughtIn, due_on: date, today: date) -> None:
    """Dates and amounts that fit together; raises FACTS_INVALID naming every one that does not."""
    wrong = {
        "amount": facts.amount <= 0,
        "repaid": not 0 <= facts.repaid < facts.amount,
        "rate_ppm": facts.rate_ppm < 0,
        "term_months": facts.term_months <= 0,
        "fee_paid_to": not facts.paid_on <= facts.fee_paid_to <= today,
        "due_on": due_on <= facts.paid_on,
    }
    if any(wrong.values()):
        where = ", ".join(name for name, bad in wrong.items() if bad)
        raise Rejected(RejectionCode.FACTS_INVALID, where=where, problem="-")


def _party(asked: Asked, facts: LoanBroughtIn) -> Case:
    member = asked.lookup.case(facts.member)
    active = member is not None and (member.process, member.state) == ("member", "active")
    if member is None or not active or member.terms["person"] != facts.person:
        raise Rejected(RejectionCode.NOT_A_MEMBER, member=facts.member)
    group = asked.lookup.case(facts.group)
    if group is None or facts.member not in group.terms.get("group_member", ()):
        raise Rejected(RejectionCode.NOT_IN_GROUP, member=facts.member, group=facts.group)
    return member
