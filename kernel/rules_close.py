"""Rules of the close of a day at a village: fee, overdue, provision, inter-coop fee (P14, R-060).

Registered in kernel.rules; asked by the ``village_book`` case under the head's lock. Pure and
linear: one read of balances, one read of the cases they name. Each answers a line a loan, or
nothing at all, and then the close keeps no act.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from contracts.ledger import Line
from kernel import classing
from kernel.calendar import month_end
from kernel.cases import Case
from kernel.intercoop import fee_of
from kernel.loans import ACTIVE, loan_of
from kernel.policy import Policy
from kernel.rules import Asked, Outcome, rule
from kernel.rules_loans import fee_name


@rule(current="115.*", overdue="116.*", fee="117.*")
def fees_of_day(asked: Asked) -> Outcome:
    """Month-end fee of every loan out: fee to date less what was booked before (R-060).

    Booking stops ``fee.accrual_stop_days`` overdue; a fee paid beyond that is not booked twice.
    """
    if asked.today != month_end(asked.today):
        return Outcome()
    lines = []
    for case in _out(asked, asked.rows["current"], asked.rows["overdue"]):
        loan = loan_of(case)
        booked = loan.fee_paid + asked.rows["fee"].get(case.id, 0)
        amount = loan.fee_bookable(asked.today) - booked
        if amount > 0:
            name = fee_name("fee", loan.funding)
            lines.append(Line(amounts={name: amount}, keys={"loan": case.id}))
    return Outcome(lines=tuple(lines))


@rule(current="115.*")
def newly_overdue(asked: Asked) -> Outcome:
    """Every loan past its due date moves from 115 to 116; the due day itself is 0 days (P2.6)."""
    lines = []
    for case in _out(asked, asked.rows["current"]):
        loan = loan_of(case)
        if loan.overdue_days(asked.today):
            principal = asked.rows["current"][case.id]
            lines.append(
                Line(
                    amounts={"principal": principal},
                    keys={"loan": case.id},
                    funding=loan.funding,
                )
            )
    return Outcome(lines=tuple(lines))


@rule(current="115.*", overdue="116.*", lent="11301.*", paid="11304.*", provision="118")
def provision_needed(asked: Asked) -> Outcome:
    """Month-end provision: every balance by class, a class rounded once, less what is held (P14).

    Base is principal of members' loans, of money lent to other cooperatives, and what the pool
    paid of claims, by days since it paid; fee is not provisioned. An extended loan is at least
    ``provision.extended_at_least``.
    """
    if asked.today != month_end(asked.today):
        return Outcome()
    known = classes_of(asked.policy)
    return Outcome(lines=provision_line(asked, known, _classed(asked, known)))


@rule(lent_fee="11302.*", owed_fee="21101.*")
def intercoop_fees(asked: Asked) -> Outcome:
    """Month-end fee of inter-cooperative loans on both sides, cumulative as R-060 (P4.3).

    A repayment between two month-ends takes its fee before it is booked, so the balance may be
    below zero until here; a finished loan is brought to exactly nothing. What a lender wrote off
    earns it no more: its receivable is brought to nothing once (P4.5).
    """
    if asked.today != month_end(asked.today):
        return Outcome()
    return Outcome(lines=intercoop_fee_lines(asked, asked.case.parties["coop"], asked.today))


def intercoop_fee_lines(asked: Asked, own: str, on: date) -> tuple[Line, ...]:
    """What a party (a cooperative, or the federation F) books of the fee to ``on``, a line a loan.

    Needs the reads ``lent_fee`` and ``owed_fee``, by contract.
    """
    lines = []
    for case in asked.lookup.county().all("intercoop", own):
        if not case.terms.get("funded_on"):
            continue
        lender = case.parties["lender"] == own
        name, read = ("lent", "lent_fee") if lender else ("borrowed", "owed_fee")
        balance = asked.rows[read].get(case.id, 0)
        amount = fee_of(case.terms, on) - int(case.terms["fee_paid"]) - balance
        if lender and case.terms.get("written_off_on"):
            amount = -balance
        if amount > 0:
            lines.append(Line(amounts={name: amount}, keys={"contract": case.id}))
    return tuple(lines)


def lent_classed(asked: Asked, known: classing.Classes, on: date) -> list[tuple[str, int]]:
    """(class, balance) on a date of what is lent to other cooperatives and the pool paid of claims.

    Takes the reads ``lent`` and ``paid``, as far as the rule declares them.
    """
    classed = []
    for read, since in (("lent", "due_on"), ("paid", "paid_on")):
        balances = asked.rows.get(read, {})
        county = asked.lookup.county().some(sorted(balances))
        for key, balance in balances.items():
            days = 0
            if key in county:
                day = date.fromisoformat(county[key].terms[since])
                days = classing.days_overdue(day, on)
            classed.append((classing.class_of(known, days), balance))
    return classed


def provision_line(
    asked: Asked, known: classing.Classes, classed: Iterable[tuple[str, int]]
) -> tuple[Line, ...]:
    """What 118 lacks or has too much of, as one line or none. Needs the read ``provision``."""
    needed = classing.required(known, classed).total_fen
    change = classing.provision_change(needed, asked.balance["provision"])
    name = "more" if change > 0 else "less"
    return (Line(amounts={name: abs(change)}),) if change else ()


def classes_of(policy: Policy) -> classing.Classes:
    """The county's loan classes with their days and rates (P14)."""
    return classing.classes(policy.ranges("provision.days"), policy.table("provision.rates"))


def _out(asked: Asked, *balances: Mapping[str, int]) -> Iterable[Case]:
    """The cases of every loan with principal in these balances, in id order, in one read."""
    ids = sorted({key for rows in balances for key in rows})
    found = asked.lookup.some(ids)
    return [found[key] for key in ids if key in found and found[key].state == ACTIVE]


def _classed(asked: Asked, known: classing.Classes) -> list[tuple[str, int]]:
    """(class, balance) of every member loan, inter-cooperative loan lent and claim paid."""
    current, overdue = asked.rows["current"], asked.rows["overdue"]
    extended = asked.policy.text("provision.extended_at_least")
    classed = []
    for case in _out(asked, current, overdue):
        loan = loan_of(case)
        at_least = extended if loan.extensions else ""
        name = classing.class_of(known, loan.overdue_days(asked.today), at_least)
        classed.append((name, current.get(case.id, 0) + overdue.get(case.id, 0)))
    return classed + lent_classed(asked, known, asked.today)
