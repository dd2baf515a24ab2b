"""Rules of the federation's own book F: its service fee, its own money, its month-end (P4.2, P4.3).

Registered in kernel.rules; called by journal.perform with the book locked. Pure. Amounts are fen.
"""

from contracts.facts.federation import OwnMoneyNamed
from contracts.ids import FEDERATION_BOOK
from contracts.money import PPM, round_half_up
from kernel.calendar import month_end
from kernel.errors import ensure
from kernel.facts import invalid, positive, read
from kernel.rules import Asked, Outcome, rule
from kernel.rules_close import classes_of, intercoop_fee_lines, lent_classed, provision_line

COUNTY_FUND = "county"
"""Source tag of money the budget gives the federation: its account 311."""


@rule()
def service_charge(asked: Asked) -> Outcome:
    """The fee of a loan that was just funded: its rate of the principal, rounded half up, once.

    Facts: loan. The rate is the one that was signed (I14).
    """
    loan = asked.lookup.case(str(asked.facts["loan"]))
    ensure(loan is not None, "service_fee_has_its_loan", loan=asked.facts["loan"])
    terms = loan.terms if loan else {}
    amount = round_half_up(int(terms["amount"]) * int(terms["service_ppm"]), PPM)
    ensure(amount > 0, "service_fee_is_above_zero", loan=asked.facts["loan"])
    return Outcome(terms={"amount": amount})


@rule()
def service_amount(asked: Asked) -> Outcome:
    """The fee, held whole at the borrower and paid whole through settlement."""
    return Outcome(amounts={"amount": int(asked.case.terms["amount"])})


@rule()
def let_go(asked: Asked) -> Outcome:
    """The federation lets a fee go that was not paid. Facts: reason. Raises FACTS_INVALID."""
    reason = str(asked.facts.get("reason", "")).strip()
    if not reason:
        raise invalid("reason", "不能为空 must not be empty")
    return Outcome(terms={"waived_for": reason})


@rule()
def own_held(asked: Asked) -> Outcome:
    """A leg the federation pays into is held in its own book; a village's items are held already.

    Facts: amount, direction. Raises BALANCE_TOO_LOW through the floor of F 10201.
    """
    pays = asked.facts["direction"] == "in"
    return Outcome(amounts={"own": positive(asked.facts)} if pays else {})


@rule()
def own_receipt(asked: Asked) -> Outcome:
    """Money on the federation's own account: announced county fund, or not yet named (21109).

    What is not named is held apart from its own (10204), where no lender is paid from.
    Facts: amount, line.
    """
    keys = {"item": str(asked.facts["line"])}
    return Outcome(amounts={"amount": positive(asked.facts)}, keys=keys)


@rule()
def own_named(asked: Asked) -> Outcome:
    """Staff says what an unnamed receipt is, by which paper; from here on it may be spent.

    Raises FACTS_INVALID.
    """
    facts = read(asked.facts, OwnMoneyNamed)
    if not facts.evidence.strip():
        raise invalid("evidence", "不能为空 must not be empty")
    terms = asked.case.terms
    return Outcome(
        amounts={"amount": int(terms["amount"])},
        keys={"item": str(terms["line"])},
        terms={"evidence": facts.evidence},
    )


@rule(lent_fee="11305.*", owed_fee="21101.*", lent="11301.*", provision="118")
def federation_month_end(asked: Asked) -> Outcome:
    """Fee to the month's last day on what the federation lent and borrowed, and its provision.

    As a village's (P4.3, P14); asked on the last business day of the month, so that every day of
    it is booked in it, and a loan is as late as on its last day.
    """
    on = month_end(asked.today)
    known = classes_of(asked.policy)
    fees = intercoop_fee_lines(asked, FEDERATION_BOOK, on)
    return Outcome(lines=(*fees, *provision_line(asked, known, lent_classed(asked, known, on))))
