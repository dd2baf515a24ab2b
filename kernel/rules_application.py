"""Rules of a member's application for a guaranteed bank loan, in his village (P6.3).

Registered in kernel.rules; called by journal.perform under the lock of N(i), by the county where
it reserves head-room, and by the page that shows every fault at once. Pure. Amounts fen. Sources
R-017, R-054, P6.3.
"""

from collections.abc import Iterator

from contracts.facts.credit import GuarantorRepaid
from contracts.facts.guarantees import BankLoanApply
from contracts.money import show
from contracts.rejections import RejectionCode
from kernel import eligibility
from kernel.cases import Case
from kernel.errors import Rejected
from kernel.facts import positive, read
from kernel.pool import LIVE, UNDER_WAY
from kernel.pool_agreement import OPEN
from kernel.rules import Asked, Lookup, Outcome, rule
from kernel.rules_loans import council_has_lost


@rule(claims="907.*")
def may_be_guaranteed(asked: Asked) -> Outcome:
    """An application that may go on in the village; raises the first check that fails."""
    application = read(asked.facts, BankLoanApply)
    for refusal in application_faults(asked, application):
        raise refusal
    return Outcome()


@rule(claims="907.*")
def may_be_guaranteed_still(asked: Asked) -> Outcome:
    """The council has voted: the application still stands."""
    for refusal in application_faults(asked, application_of(asked.case)):
        raise refusal
    return Outcome(terms={"approved_on": asked.today.isoformat()})


@rule()
def council_lost(asked: Asked) -> Outcome:
    """The chair records a refusal only when the vote can no longer be won (R-017)."""
    council_has_lost(asked, "guarantee.council", "vote")
    return Outcome()


@rule(claims="907.*")
def bank_guarantor_repaid(asked: Asked) -> Outcome:
    """The borrower paid back a guarantor who had paid the bank: memo 907 comes down (R-054).

    The bank tells one sum for the group, so what is owed is owed to the group; ``payer`` is one
    of it. Raises NOT_IN_GROUP, MORE_THAN_OWED.
    """
    facts = read(asked.facts, GuarantorRepaid)
    amount, terms = positive(asked.facts), asked.case.terms
    group = asked.lookup.case(str(terms["group"]))
    others = group.terms["group_member"] if group else ()
    if facts.payer not in others or facts.payer == terms["member"]:
        raise Rejected(RejectionCode.NOT_IN_GROUP, member=facts.payer, group=terms["group"])
    lines = asked.lookup.county().linked("guarantee", "application", asked.case.id)
    owed = {line.id: asked.rows["claims"].get(line.id, 0) for line in lines}
    name = max(owed, key=lambda one: owed[one], default="")
    if amount > owed.get(name, 0):
        raise Rejected(
            RejectionCode.MORE_THAN_OWED, asked=show(amount), owed=show(owed.get(name, 0))
        )
    return Outcome(amounts={"paid_for": amount}, keys={"loan": name})


def application_faults(asked: Asked, application: BankLoanApply) -> Iterator[Rejected]:
    """Every check an application fails in its village, most basic first (P6.3)."""
    agreement = asked.lookup.county().case(application.agreement)
    if agreement is None or agreement.process != "agreement" or agreement.state != OPEN:
        yield Rejected(
            RejectionCode.AGREEMENT_NOT_OPEN,
            agreement=application.agreement,
            state=agreement.state if agreement else "-",
        )
        return
    yield from size_faults(application.amount, application.term_months, agreement)
    if application.purpose not in (allowed := asked.policy.list("purpose.list")):
        yield Rejected(
            RejectionCode.PURPOSE_NOT_LISTED,
            purpose=application.purpose,
            allowed="、".join(allowed),
        )
    member = eligibility.active_member(asked, application.member, application.person)
    if member is None:
        yield Rejected(RejectionCode.NOT_A_MEMBER, member=application.member)
        return
    if asked.policy.flag("borrower.exclude_wealthy") and member.terms.get("wealthy"):
        yield Rejected(RejectionCode.WEALTHY_MAY_NOT_BORROW, member=member.id)
    yield from eligibility.group_faults(asked, application.member, application.group)
    others = asked.lookup.linked("bank_loan", "person", application.person)
    taken = live_guarantees(asked.lookup.county(), application.person)
    used = {str(case.terms["application"]) for case in taken}
    waiting = [
        case
        for case in others
        if case.state in UNDER_WAY and case.id != asked.case.id and case.id not in used
    ]
    ended = {
        str(case.terms["application"])
        for case in asked.lookup.county().linked("guarantee", "person", application.person)
    } - used
    for other in (*taken, *(one for one in waiting if one.id not in ended)):
        if other.terms.get("application") != asked.case.id:
            yield Rejected(RejectionCode.BORROWER_TWICE, person=application.person, case=other.id)


def application_of(case: Case) -> BankLoanApply:
    """The application a case was opened with, read back from its terms."""
    names = BankLoanApply.__struct_fields__
    return read({k: v for k, v in case.terms.items() if k in names}, BankLoanApply)


def size_faults(amount: int, months: int, agreement: Case) -> Iterator[Rejected]:
    """What is wrong with an amount (fen) and a term (months) under the agreement."""
    if amount <= 0 or months <= 0:
        what = "amount" if amount <= 0 else "term_months"
        yield Rejected(RejectionCode.AMOUNT_NOT_POSITIVE, what=what)
    cap, longest = int(agreement.terms["loan_cap"]), int(agreement.terms["term_max"])
    if amount > cap:
        yield Rejected(RejectionCode.OVER_GUARANTEE_CAP, asked=show(amount), cap=show(cap))
    if months > longest:
        yield Rejected(RejectionCode.TERM_TOO_LONG, asked=months, longest=longest)


def live_guarantees(lookup: Lookup, person: str) -> list[Case]:
    """Guarantees of a borrower that use the line, among the county's cases."""
    return [one for one in lookup.linked("guarantee", "person", person) if one.state in LIVE]
