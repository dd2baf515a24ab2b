"""Facts of a cooperative that joins with running books: what it had on the day it went live (L23).

The county tells the opening statement in K(i), as it was checked; the node's import types what it
is made of, and the books begin when both agree. Amounts are fen, rates ppm a month.
"""

from datetime import date

from contracts.facts import Facts


class Opening(Facts, frozen=True):
    """``receipt.opening``: the opening statement as the county checked it.

    ``amount`` is what lies in the sub-account; ``shares`` count both kinds of membership money;
    ``surplus`` is what is left undistributed, below zero for a loss. ``paper`` names the statement.
    """

    amount: int
    members: int
    shares: int
    loans: int
    principal: int
    surplus: int = 0
    paper: str = ""


class MemberBroughtIn(Facts, frozen=True):
    """``member.bring_in``: a member of before, with what he paid in."""

    person: str
    household: str
    joined_on: date
    share: int
    shuangdao: int = 0
    poor: bool = False
    wealthy: bool = False
    share_group: str = ""
    level: int = 1


class LoanBroughtIn(Facts, frozen=True):
    """``loan.bring_in``: a loan of the own fund that is out.

    ``repaid`` is principal that came back by ``fee_paid_to``, the day through which its fee is
    paid. ``due_on`` is given where the loan was extended.
    """

    member: str
    person: str
    group: str
    amount: int
    purpose: str
    term_months: int
    rate_ppm: int
    paid_on: date
    fee_paid_to: date
    repaid: int = 0
    due_on: date | None = None
    number: str = ""
    project: str = ""


class FundBroughtIn(Facts, frozen=True):
    """``village_book.bring_in``: the funds by source, reserves, and the provision for losses."""

    central: int = 0
    provincial: int = 0
    municipal: int = 0
    county: int = 0
    donation: int = 0
    undp: int = 0
    enterprise: int = 0
    helper: int = 0
    merged: int = 0
    reserve: int = 0
    welfare: int = 0
    risk: int = 0
    provision: int = 0
