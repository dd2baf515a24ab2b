"""A county as its directory tells it: all records, with the look-ups that readers need.

Made by ``load`` only after every check has passed, so each reference leads somewhere. Read by the
demonstration driver, the simulation and tests; decides nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cached_property
from typing import Any, Protocol, TypeVar

import msgspec

from infra.county_calendar import county_calendar
from infra.county_directory.kinds import COUNCIL_POSTS, SUPERVISOR_POSTS, FaultKind, PostKind
from infra.county_directory.model import (
    Bank,
    Calendar,
    Cooperative,
    Deposit,
    Expected,
    Facility,
    Fault,
    Federation,
    Grant,
    Group,
    GuaranteeGroup,
    GuaranteeLine,
    IntercoopLoan,
    Loan,
    Member,
    Officer,
    Pool,
    Post,
    Repayment,
    Stake,
    Township,
)
from infra.county_directory.problems import Problem
from kernel.calendar import Calendar as WorkingDays


class _OfCooperative(Protocol):
    @property
    def cooperative(self) -> str: ...


_Record = TypeVar("_Record", bound=_OfCooperative)


class CountyDirectory(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Everything a county directory says; the order of the files is kept in each tuple."""

    id: str
    name: str
    profile: str
    calendar: Calendar
    bank: Bank
    townships: tuple[Township, ...]
    cooperatives: tuple[Cooperative, ...]
    groups: tuple[Group, ...]
    members: tuple[Member, ...]
    posts: tuple[Post, ...]
    guarantee_groups: tuple[GuaranteeGroup, ...]
    grants: tuple[Grant, ...]
    loans: tuple[Loan, ...]
    repayments: tuple[Repayment, ...]
    as_of: date
    """Day the expected figures speak of; the last day unless expected.toml names another."""
    name_en: str = ""
    invented: str = ""
    """What in this directory is invented, in its own words."""
    parameters: dict[str, Any] = {}
    """Overrides of the profile as kernel.policy.parse takes them; decimals as text."""
    intercoop: tuple[IntercoopLoan, ...] = ()
    officers: tuple[Officer, ...] = ()
    facilities: tuple[Facility, ...] = ()
    pool: Pool | None = None
    federation: Federation | None = None
    """Bank and finance bureau of the risk compensation pool, if the county has one."""
    stakes: tuple[Stake, ...] = ()
    deposits: tuple[Deposit, ...] = ()
    packages: tuple[GuaranteeLine, ...] = ()
    faults: tuple[Fault, ...] = ()
    """Includes a ``wrong_card`` for each loan marked ``bounce``, whichever file said so."""
    expected: tuple[Expected, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @cached_property
    def member(self) -> dict[str, Member]:
        """Members by household."""
        return {member.household: member for member in self.members}

    @cached_property
    def loan(self) -> dict[str, Loan]:
        """Loans by id."""
        return {loan.id: loan for loan in self.loans}

    @cached_property
    def stake(self) -> dict[str, Stake]:
        """Stakes by id."""
        return {stake.id: stake for stake in self.stakes}

    @cached_property
    def guarantee_group(self) -> dict[str, GuaranteeGroup]:
        """Guarantee groups by id."""
        return {group.id: group for group in self.guarantee_groups}

    @cached_property
    def posts_of(self) -> dict[str, tuple[Post, ...]]:
        """Posts by cooperative."""
        return by_cooperative(self.posts)

    @cached_property
    def working_days(self) -> WorkingDays:
        """The county's calendar: public holidays, make-up workdays, and its own changes."""
        return working_days(self.calendar)

    def holders(self, cooperative: str, kind: PostKind) -> tuple[Post, ...]:
        """Who holds a post in a cooperative."""
        return tuple(p for p in self.posts_of.get(cooperative, ()) if p.kind is kind)

    def voters(self, loan: Loan) -> tuple[Post, ...]:
        """The council members who may vote on a loan, one post for each person.

        Not the cashier who releases it, a supervisor, or the borrower (R-017, R-018, R-020).
        """
        return voters(self.posts_of.get(loan.cooperative, ()), self.member[loan.household])

    def event_days(self) -> tuple[date, ...]:
        """The days on which the files say that somebody does something, oldest first."""
        days = {c.opened_on for c in self.cooperatives}
        days |= {m.joined_on for m in self.members} | {g.received_on for g in self.grants}
        days |= {loan.applied_on for loan in self.loans} | {r.paid_on for r in self.repayments}
        for lent in self.intercoop:
            days |= {lent.offered_on, lent.asked_on, *(paid.on for paid in lent.repayments)}
        if self.federation is not None and self.federation.own_fund_fen:
            days.add(self.federation.arrives_on(self.calendar.first_day))
        days |= set(self._pool_days())
        for fault in self.faults:
            if fault.kind is FaultKind.UNKNOWN_BANK_LINE and fault.first_day is not None:
                days.add(fault.first_day)
        return tuple(sorted(days))

    def _pool_days(self) -> Iterator[date]:
        for stake in self.stakes:
            yield from (stake.agreed_on, stake.staked_on)
            yield from (part.on for part in (*stake.topped_up, *stake.released))
            yield from (day for day in (stake.resumed_on,) if day)
        for line in self.packages:
            yield from (line.applied_on, line.sent_on)
            yield from (part.on for part in (*line.repaid, *line.recovered))
            own = (line.paid_on, line.overdue_on, line.claimed_on)
            yield from (day for day in own if day)


def working_days(calendar: Calendar) -> WorkingDays:
    """The business days of a county's span and of the year after it."""
    known = county_calendar(calendar.first_day.year, calendar.last_day.year + 1)
    return known.edited(calendar.extra_holidays, calendar.extra_workdays)


def voters(posts: Iterable[Post], borrower: Member) -> tuple[Post, ...]:
    """Of the posts of one cooperative, those whose holders may vote on the borrower's loan."""
    posts = tuple(posts)
    barred = {p.holder for p in posts if p.kind in (PostKind.CASHIER, *SUPERVISOR_POSTS)}
    barred |= {(borrower.cooperative, borrower.household), (borrower.cooperative, borrower.person)}
    found: dict[tuple[str, str], Post] = {}
    for post in posts:
        if post.kind in COUNCIL_POSTS and post.holder not in barred:
            found.setdefault(post.holder, post)
    return tuple(found.values())


def by_cooperative(records: Iterable[_Record]) -> dict[str, tuple[_Record, ...]]:
    """Records grouped by their cooperative, order kept."""
    found: dict[str, list[_Record]] = defaultdict(list)
    for record in records:
        found[record.cooperative].append(record)
    return {cooperative: tuple(group) for cooperative, group in found.items()}
