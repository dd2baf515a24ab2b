"""Loan classes and the provision they require (P14): by days overdue and judgement.

Called by the month-end close of a node and by reports. Pure: classes and rates are parameters
(``provision.days``, ``provision.rates``), handed in. Amounts are fen, rates ppm of the balance.
"""

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from contracts.money import PPM, Fen, round_half_up
from kernel.errors import ensure
from kernel.policy_kinds import Span


class Classes(msgspec.Struct, frozen=True, kw_only=True):
    """The classes from best to worst, with their days overdue and rates; made by ``classes``."""

    names: tuple[str, ...]
    spans: tuple[Span, ...]
    rates: tuple[int, ...]


class Required(msgspec.Struct, frozen=True, kw_only=True):
    """Balance and provision by class (every class, best first), and the provision in all."""

    balance_fen: dict[str, Fen]
    provision_fen: dict[str, Fen]
    total_fen: Fen


def classes(ranges: Mapping[str, Span], rates: Mapping[str, int]) -> Classes:
    """Prove that every day belongs to exactly one class and every class has a rate.

    Raises InvariantViolation (a policy was proven when loaded; this is the second proof).
    """
    fault = coverage_fault(ranges)
    ensure(fault is None, "class_ranges_cover_each_day_once", fault=fault)
    ensure(sorted(ranges) == sorted(rates), "every_class_has_a_rate", classes=list(ranges))
    names = sorted(ranges, key=lambda name: ranges[name][0])
    return Classes(
        names=tuple(names),
        spans=tuple(ranges[name] for name in names),
        rates=tuple(rates[name] for name in names),
    )


def coverage_fault(ranges: Mapping[str, Span]) -> tuple[str, str] | None:
    """What is wrong with ranges of days overdue, in Chinese and English; None when nothing is.

    They must start at day 0 and follow one another without a gap or a double day, the last
    without end: an age outside every range would silently drop a loan from the provision.
    """
    expected: int | None = 0
    for first, last in sorted(ranges.values(), key=lambda span: span[0]):
        if expected is None or first < expected:
            return (f"第 {first} 天重复", f"day {first} is in two classes")
        if first > expected:
            return (f"第 {expected} 天没有分类", f"day {expected} is in no class")
        if last is not None and last < first:
            return (
                f"范围 {first}..{last} 颠倒",
                f"the range {first}..{last} ends before it starts",
            )
        expected = None if last is None else last + 1
    if expected is not None:
        return (f"第 {expected} 天起没有分类", f"no class from day {expected} on")
    return None


def days_overdue(oldest_unpaid_due: date | None, on: date) -> int:
    """Days past the oldest unpaid due date; the due day itself is 0."""
    return 0 if oldest_unpaid_due is None else max((on - oldest_unpaid_due).days, 0)


def class_of(known: Classes, overdue_days: int, *at_least: str) -> str:
    """The class by days overdue, or the worst of the names in ``at_least`` if worse.

    ``at_least`` holds judgements (a class somebody set with reason), and the class an extended
    loan may not be better than (``provision.extended_at_least``); empty names are ignored.
    Judgement only ever makes a class worse (PD).
    """
    ensure(overdue_days >= 0, "days_overdue_are_not_negative", days=overdue_days)
    by_age = next(
        place
        for place, (first, last) in enumerate(known.spans)
        if first <= overdue_days and (last is None or overdue_days <= last)
    )
    places = [by_age]
    for name in at_least:
        ensure(not name or name in known.names, "class_is_known", name=name)
        if name:
            places.append(known.names.index(name))
    return known.names[max(places)]


def required(known: Classes, balances: Iterable[tuple[str, int]]) -> Required:
    """Provision required on the (class, balance in fen) of every loan.

    Σ balance × rate of a class is rounded once, then the classes are added up. A balance is
    principal only; fee (117) is not provisioned.
    """
    by_class = dict.fromkeys(known.names, 0)
    for name, balance in balances:
        ensure(name in by_class, "class_is_known", name=name)
        ensure(balance >= 0, "classed_balance_is_not_negative", balance=balance)
        by_class[name] += balance
    provision = {
        name: Fen(round_half_up(by_class[name] * rate, PPM))
        for name, rate in zip(known.names, known.rates, strict=True)
    }
    return Required(
        balance_fen={name: Fen(balance) for name, balance in by_class.items()},
        provision_fen=provision,
        total_fen=Fen(sum(provision.values())),
    )


def provision_change(required_fen: int, held_fen: int) -> int:
    """What is to be booked: above zero Dr 523 / Cr 118, below zero the reverse (P14)."""
    return required_fen - held_fen
