"""Rules of an inter-cooperative loan that is not repaid in time: suspend, waive, write off (P4.5).

Registered in kernel.rules; called by journal.perform with both parties' books locked. Pure. What
a provision lacks, the lender's node adds when it follows (kernel.rules_custody): only N knows its
118; the federation's own stands in F. Amounts fen. Sources P4.5, P14, R-056, domain.md 4.1 no. 7.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from contracts.codec import digest, encode
from contracts.ids import FEDERATION_BOOK
from contracts.money import show
from contracts.rejections import RejectionCode
from kernel.cases import Case
from kernel.errors import Rejected
from kernel.facts import invalid
from kernel.intercoop import SIGNED, fee_of, overdue_fen, owed_on, terms_digest
from kernel.rules import Asked, Outcome, rule
from kernel.rules_intercoop import contract_keys, funding_of

MAY_BE_GIVEN_UP = ("suspended", "written_off")
"""States in which a debt may be given up: what is signed then is the debt, not the contract."""
DEBT = (*SIGNED, "outstanding", "fee_paid")
"""What a signature that gives a debt up stands for; one fen repaid is another debt (I14)."""


@rule()
def may_suspend(asked: Asked) -> Outcome:
    """A borrower that is late is stopped, by the federation; by its lender where it is F itself.

    Facts: reason. Which council may say so, the county's door asks (cases/intercoop.said).
    Raises FACTS_INVALID without a reason, NOT_OVERDUE.
    """
    reason = str(asked.facts.get("reason", "")).strip()
    if not reason:
        raise invalid("reason", "不能为空 must not be empty")
    late = overdue_fen(asked.case.terms, asked.today)
    if not late:
        raise Rejected(
            RejectionCode.NOT_OVERDUE,
            case=asked.case.id,
            due_on=asked.case.terms["due_on"],
        )
    return Outcome(terms={"suspended_for": reason})


@rule()
def arrears_covered(asked: Asked) -> Outcome:
    """Back to running when all that was owed is held for the next cycle. Raises STILL_OWED."""
    late = overdue_fen(asked.case.terms, asked.today)
    if late:
        raise Rejected(RejectionCode.STILL_OWED, owed=show(late))
    return Outcome(terms={"suspended_for": ""})


@rule("terms", provision="lender:118")
def given_up(asked: Asked) -> Outcome:
    """A signed waiver: what is owed is gone from both books, what lay held for it is free again.

    Raises SIGNED_OTHER_TERMS, REPAYMENT_UNDER_WAY while the bank moves a repayment.
    """
    _signs_this_debt(asked)
    terms, case = asked.case.terms, asked.case.id
    for cycle in asked.lookup.linked("settlement", "loans", case):
        if cycle.state != "final":
            moving = sum(int(one["amount"]) for one in cycle.terms["items"] if one["case"] == case)
            raise Rejected(RejectionCode.REPAYMENT_UNDER_WAY, case=case, amount=show(moving))
    principal, fee = owed_on(terms, asked.value_date)
    return Outcome(
        amounts={**_loss(asked, principal, fee), "fee": fee, "aside": int(terms["aside"])},
        terms={
            "waived_on": asked.value_date.isoformat(),
            "waived": principal,
            "fee_waived": fee,
            "aside": 0,
            "outstanding": 0,
            # The fee stands still from here; month-end books what of it was not booked yet.
            "fee_paid": int(terms["fee_paid"]) + fee,
            "slices": [*terms["slices"], [principal, asked.value_date.isoformat()]],
        },
        keys=contract_keys(asked),
        funding=funding_of(asked),
    )


@rule("terms", provision="lender:118")
def lost_loan(asked: Asked) -> Outcome:
    """Given up in the lender's books, never in fact: it stays in memo 902 and is still owed.

    Fee receivable is taken back from this year's income, earlier years' from losses (as P12.3).
    Raises SIGNED_OTHER_TERMS.
    """
    _signs_this_debt(asked)
    principal, fee = owed_on(asked.case.terms, asked.value_date)
    return Outcome(
        amounts=_loss(asked, principal, fee),
        terms={
            "written_off_on": asked.value_date.isoformat(),
            "written_off": principal,
            "fee_written_off": fee,
        },
        keys=contract_keys(asked),
        funding=funding_of(asked),
    )


def debt_digest(terms: Mapping[str, Any]) -> str:
    """Hex digest of the debt as it stands, which every signature that gives it up quotes."""
    return digest(
        "debt.intercoop", encode({name: terms[name] for name in DEBT if name in terms})
    ).hex()


def signed_digest(loan: Case) -> str:
    """Hex digest of what a signature stands for now: the contract, or the debt once it is late."""
    given_up = loan.state in MAY_BE_GIVEN_UP
    return debt_digest(loan.terms) if given_up else terms_digest(loan.terms)


def _signs_this_debt(asked: Asked) -> None:
    if asked.facts.get("terms") != debt_digest(asked.case.terms):
        raise Rejected(RejectionCode.SIGNED_OTHER_TERMS)


def _loss(asked: Asked, principal: int, fee: int) -> dict[str, int]:
    """Principal, and the fee by the year it was income; payments cleared the oldest fee first."""
    terms = asked.case.terms
    last_year = date(asked.value_date.year - 1, 12, 31)
    earlier = min(max(fee_of(terms, last_year) - int(terms["fee_paid"]), 0), fee)
    lost = {"principal": principal, "fee_now": fee - earlier, "fee_earlier": earlier}
    if asked.case.parties["lender"] == FEDERATION_BOOK:
        lost["shortfall"] = max(principal - asked.balance["provision"], 0)
    return lost
