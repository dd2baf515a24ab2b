"""Facts of members, joint-liability groups and posts (P1, R-002…R-011, R-038…R-041).

Called by the node's page and API. Persons are ids (``p-…``), members and groups are case ids;
names, cards and ID numbers travel sealed, apart from the books.
"""

from datetime import date

import msgspec

from contracts.facts import Facts, Nothing, Reason, Votes


class MemberApply(Facts, frozen=True):
    """A household asks to join (P1.1). ``household`` is its id in the village register (R-002).

    ``card`` is a token of the bank card, never its number. ``share_group`` is the mutual-aid
    group (互助小组). ``wealthy`` bars borrowing, not joining (R-005). ``level`` is the credit
    level at the start, 1 the lowest; from then on it follows from the loans (R-045).
    """

    person: str
    household: str
    poor: bool = False
    wealthy: bool = False
    card: str = ""
    share_group: str = ""
    level: int = 1


class MemberMark(Facts, frozen=True):
    """The poor and wealthy flags as decided (R-004, R-005), with the votes.

    ``level`` is set only when the council corrects the credit level itself.
    """

    poor: bool = False
    wealthy: bool = False
    level: int | None = None
    votes: dict[str, str] = msgspec.field(default_factory=dict)
    vote: str = "yes"
    minutes: str = ""


class MemberInsure(Facts, frozen=True):
    """The member's accident insurance (意外伤害综合保险, R-058), paid by the household itself.

    ``number`` is that of the policy, ``until`` its last day, ``premium`` what it cost (fen).
    """

    insurer: str
    number: str
    until: date
    premium: int = 0


class GroupForm(Facts, frozen=True):
    """A joint-liability group: ``group_member`` are member case ids, ``kind`` g3, g5 or leader.

    ``leaders`` are those among them who lead (R-040).
    """

    group_member: tuple[str, ...]
    kind: str
    leaders: tuple[str, ...] = ()


class PostElect(Facts, frozen=True):
    """A person is elected to a post (R-010). ``until`` is the last day of the term."""

    post: str
    person: str
    elected_on: date
    until: date
    minutes: str = ""


class BookOpen(Facts, frozen=True):
    """The books of the cooperative are opened at this computer (P0)."""

    minutes: str = ""


FACTS: dict[tuple[str, str], type[Facts]] = {
    ("member", "apply"): MemberApply,
    ("member", "admit"): Votes,
    ("member", "object"): Reason,
    ("member", "mark"): MemberMark,
    ("member", "insure"): MemberInsure,
    ("member", "ask_leave"): Reason,
    ("member", "stay"): Nothing,
    ("member", "refund"): Nothing,
    ("member", "settle"): Nothing,
    ("member", "expel"): Votes,
    ("member", "withdraw"): Reason,
    ("group", "form"): GroupForm,
    ("group", "dissolve"): Reason,
    ("post", "elect"): PostElect,
    ("post", "vacate"): Reason,
    ("village_book", "open"): BookOpen,
}
