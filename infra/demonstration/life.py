"""What the people of one village do on a day: a directory's rows and the cases as they stand.

Pure. The driver asks again and again until nobody wants anything more that day, so a bounced
card, a late statement or a notice that runs over a holiday needs no timetable. People act on what
they see; whether they may is the node's answer.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import msgspec

from contracts.ids import FEDERATION_BOOK
from infra.county_directory import CountyDirectory
from infra.county_directory.kinds import COUNCIL_POSTS, Funding, PostKind
from infra.county_directory.model import GuaranteeGroup, IntercoopLoan, Loan, Member, Post
from kernel.calendar import months_after
from kernel.cases import Case
from kernel.processes import START
from kernel.signatures import ABSTAIN, YES

FIRST_LEVEL = 1
INSURED_MONTHS = 12


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """One act somebody wants to do; ``persons`` decided, ``operator`` types it in."""

    process: str
    case: str
    act: str
    facts: dict[str, Any]
    role: str
    operator: str
    persons: tuple[str, ...] = ()


class Village(msgspec.Struct, frozen=True, kw_only=True):
    """A cooperative as its driver sees it.

    ``persons`` maps household (or name, for one who is of no household) → person id; ``insures``:
    the county asks for accident insurance before a payout (R-058).
    """

    directory: CountyDirectory
    cooperative: str
    persons: Mapping[str, str]
    today: date
    cases: Mapping[str, Case]
    group_kind: str
    insures: bool = False

    def state(self, case: str) -> str:
        """The state of a case, or the start."""
        found = self.cases.get(case)
        return START if found is None else found.state

    def holders(self, *kinds: PostKind) -> list[str]:
        """Persons elected to these posts by today, in the directory's order."""
        found = (
            self.person(post)
            for post in self.directory.posts_of.get(self.cooperative, ())
            if post.kind in kinds and post.elected_on <= self.today
        )
        return list(dict.fromkeys(found))

    def person(self, post: Post) -> str:
        """The person id of a post's holder."""
        return self.persons[post.household or post.person]

    @property
    def bookkeeper(self) -> str:
        """The accountant, who types what others decided."""
        return self.holders(PostKind.ACCOUNTANT)[0]


def member_case(member: Member) -> str:
    """Case id of a member, the number on the passbook."""
    return f"member-{member.cooperative}-{member.household.lower()}"


def loan_case(loan: Loan) -> str:
    """Case id of a loan, the number on the contract."""
    return f"loan-{loan.cooperative}-{loan.id.lower()}"


def group_case(group: GuaranteeGroup) -> str:
    """Case id of a joint-liability group."""
    return f"group-{group.cooperative}-{group.id.lower()}"


def wishes(village: Village) -> Iterator[Wish]:
    """Everything the people of the village want to do now, posts first."""
    yield from _elections(village)
    if not village.holders(PostKind.ACCOUNTANT):
        return
    county, own = village.directory, village.cooperative
    for member in county.members:
        if member.cooperative == own and member.joined_on <= village.today:
            yield from _membership(village, member)
    for group in county.guarantee_groups:
        if group.cooperative == own:
            yield from _group(village, group)
    for loan in county.loans:
        if loan.cooperative == own and loan.applied_on <= village.today:
            yield from _loan(village, loan)


def _elections(village: Village) -> Iterator[Wish]:
    for number, post in enumerate(village.directory.posts_of.get(village.cooperative, ()), 1):
        case = f"post-{village.cooperative}-{number:02d}"
        if post.elected_on <= village.today and village.state(case) == START:
            until = months_after(post.elected_on, post.term_months) - timedelta(days=1)
            facts = {
                "post": post.kind.value,
                "person": village.person(post),
                "elected_on": post.elected_on.isoformat(),
                "until": until.isoformat(),
            }
            clerk = village.person(post)
            yield Wish(
                process="post", case=case, act="elect", facts=facts, role="meeting@node",
                operator=clerk, persons=(clerk,),
            )  # fmt: skip


def _membership(village: Village, member: Member) -> Iterator[Wish]:
    case = member_case(member)
    state = village.state(case)
    person = village.persons[member.household]
    if state == START:
        facts: dict[str, Any] = {
            "person": person,
            "household": member.household,
            "poor": member.poor,
            "wealthy": member.wealthy,
            "card": member.household,
            "share_group": member.group,
        }
        if member.credit_level != FIRST_LEVEL:
            facts["level"] = member.credit_level
        yield Wish(
            process="member", case=case, act="apply", facts=facts, role="bookkeeper@node",
            operator=village.bookkeeper,
        )  # fmt: skip
    elif state == "applied":
        votes = dict.fromkeys(village.holders(*COUNCIL_POSTS), YES)
        votes.pop(person, None)
        yield _voted(village, "member", case, "admit", votes, "council@node")


def _group(village: Village, group: GuaranteeGroup) -> Iterator[Wish]:
    case = group_case(group)
    known = village.directory.member
    members = {household: member_case(known[household]) for household in group.households}
    ready = all(village.state(one) == "active" for one in members.values())
    if group.formed_on <= village.today and village.state(case) == START and ready:
        facts: dict[str, Any] = {
            "group_member": list(members.values()),
            "kind": village.group_kind,
        }
        if group.leaders:
            facts["leaders"] = [members[h] for h in group.leaders]
        yield Wish(
            process="group", case=case, act="form", facts=facts, role="bookkeeper@node",
            operator=village.bookkeeper,
        )  # fmt: skip


def _loan(village: Village, loan: Loan) -> Iterator[Wish]:
    case = loan_case(loan)
    state = village.state(case)
    borrower = village.persons[loan.household]
    group = village.directory.guarantee_group[loan.guarantee_group]
    ready = village.state(group_case(group)) == "live" and bool(_funding(village, loan))
    if state == START and ready:
        yield Wish(
            process="loan", case=case, act="apply", facts=_application(village, loan),
            role="member@node", operator=village.bookkeeper, persons=(borrower,),
        )  # fmt: skip
    elif state == "applied":
        others = [village.persons[h] for h in group.households if h != loan.household]
        yield _voted(village, "loan", case, "sign", dict.fromkeys(others, YES), "guarantor@node")
    elif state == "endorsed":
        yield _voted(village, "loan", case, "vote", _council_votes(village, loan), "council@node")
    elif state in _CLERK:
        yield Wish(
            process="loan", case=case, act=_CLERK[state], facts={}, role="bookkeeper@node",
            operator=village.bookkeeper,
        )  # fmt: skip
    elif state == "contracted" and village.insures and not _insured(village, loan):
        # A county directory says nothing of policies: each is shown on the day it is needed.
        until = months_after(village.today, INSURED_MONTHS)
        facts = {"insurer": "县保险公司", "number": f"invented-{loan.household.lower()}",
                 "until": until.isoformat()}  # fmt: skip
        yield Wish(
            process="member", case=member_case(village.directory.member[loan.household]),
            act="insure", facts=facts, role="bookkeeper@node", operator=village.bookkeeper,
        )  # fmt: skip
    elif state == "contracted":
        cashier = village.holders(PostKind.CASHIER)[0]
        yield Wish(
            process="loan", case=case, act="instruct", facts={}, role="cashier@node",
            operator=cashier, persons=(cashier,),
        )  # fmt: skip


def _insured(village: Village, loan: Loan) -> bool:
    member = village.cases.get(member_case(village.directory.member[loan.household]))
    until = str(member.terms.get("insured_until", "")) if member else ""
    return until >= village.today.isoformat()


_CLERK = {"approved": "notice", "cleared": "contract"}
"""State → the act the bookkeeper then does."""


def _application(village: Village, loan: Loan) -> dict[str, Any]:
    member = village.directory.member[loan.household]
    facts: dict[str, Any] = {
        "member": member_case(member),
        "person": village.persons[loan.household],
        "group": group_case(village.directory.guarantee_group[loan.guarantee_group]),
        "amount": loan.amount_fen,
        "purpose": loan.purpose,
        "term_months": loan.term_months,
        "poor": member.poor,
        "funding": _funding(village, loan),
    }
    if loan.project:
        facts["project"] = loan.project
    return {name: value for name, value in facts.items() if value not in (False, "own")}


def _funding(village: Village, loan: Loan) -> str:
    """The tag of the money lent on, "" while the loan it comes from is not there yet."""
    if loan.funding is Funding.INTERCOOP:
        row = next(one for one in village.directory.intercoop if one.id == loan.funding_id)
        found = case_of(row, village.cases.values())
        return f"intercoop:{found.id}" if found else ""
    return f"{loan.funding}:{loan.funding_id.lower()}" if loan.funding_id else loan.funding.value


def case_of(lent: IntercoopLoan, cases: Iterable[Case]) -> Case | None:
    """The contract of a directory's row among a village's cases, known by what it is about.

    Where the federation is the party, a village sees its own side of it alone.
    """
    terms = (lent.amount_fen, lent.monthly_ppm, lent.term_months)
    sides = ((lent.lender, lent.borrower), (lent.lender, FEDERATION_BOOK),
             (FEDERATION_BOOK, lent.borrower))  # fmt: skip
    about = [(*side, *terms) for side in sides]
    return next((case for case in cases if _about(case) in about), None)


def _about(case: Case) -> tuple[object, ...]:
    if case.process != "intercoop":
        return ()
    terms = case.terms
    return (
        case.parties["lender"], case.parties["borrower"], terms["amount"], terms["rate_ppm"],
        terms["term_months"],
    )  # fmt: skip


def _council_votes(village: Village, loan: Loan) -> dict[str, str]:
    """The votes as written down; else everyone who may vote says yes, a borrower abstains."""
    posts = village.directory.posts_of.get(village.cooperative, ())
    if loan.votes:
        by_name = {post.person: village.person(post) for post in posts}
        return {by_name[vote.person]: vote.answer for vote in loan.votes}
    votes = {village.person(post): YES for post in village.directory.voters(loan)}
    borrower = village.persons[loan.household]
    if borrower in village.holders(*COUNCIL_POSTS):
        votes[borrower] = ABSTAIN
    return votes


def _voted(
    village: Village, process: str, case: str, act: str, votes: dict[str, str], role: str
) -> Wish:
    return Wish(
        process=process, case=case, act=act, facts={"votes": votes}, role=role,
        operator=village.bookkeeper, persons=tuple(votes),
    )  # fmt: skip
