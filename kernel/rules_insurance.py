"""Rules of R-058: a member's accident insurance is on record before his loan is paid out.

Registered in kernel.rules; called by journal.perform under the lock, ``insured_until`` by the rule
of the payout. Pure. What an insurer pays is a repayment (kernel.rules_repayment).
"""

from contracts.facts.membership import MemberInsure
from contracts.rejections import RejectionCode
from kernel.errors import Rejected
from kernel.facts import invalid, read
from kernel.rules import Asked, Outcome, rule


@rule()
def insured(asked: Asked) -> Outcome:
    """A member's policy as shown to the council; the one recorded last counts (R-058).

    Raises FACTS_INVALID without insurer or number, for a day gone by, a premium below zero.
    """
    facts = read(asked.facts, MemberInsure)
    if not facts.insurer.strip() or not facts.number.strip():
        raise invalid("insurer, number", "?")
    if facts.until < asked.today:
        raise invalid("until", facts.until.isoformat())
    if facts.premium < 0:
        raise invalid("premium", "0…")
    return Outcome(
        terms={
            "insured_until": facts.until.isoformat(),
            "insurer": facts.insurer.strip(),
            "insurance_number": facts.number.strip(),
        }
    )


def insured_until(asked: Asked, name: str) -> str:
    """The last day of a member's insurance ("" for none), in force today where it must be.

    ``insurance.required`` is the county's (R-058). Raises NOT_INSURED.
    """
    member = asked.lookup.case(name)
    until = str(member.terms.get("insured_until", "")) if member else ""
    if asked.policy.flag("insurance.required") and until < asked.today.isoformat():
        raise Rejected(RejectionCode.NOT_INSURED, member=name, until=until or "-")
    return until
