"""What the people of a village do about the pool: votes, bank-loan applications, pooling forms.

Pure, like ``life``: a directory's rows and the cases as the village sees them. A council or member
meeting speaks in the village's own book (process ``voice``); the county hears it at intake.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from infra.county_directory.kinds import COUNCIL_POSTS, PostKind
from infra.county_directory.model import Deposit, GuaranteeLine, Stake
from infra.demonstration.life import Village, Wish, group_case, loan_case, member_case
from kernel.cases import Case
from kernel.processes import START
from kernel.signatures import ABSTAIN, YES

_CLERK = {"approved": "notice"}


def agreement_of(stake: Stake) -> str:
    """Case id of a pool agreement."""
    return f"agreement-{stake.id.lower()}"


def package_of(name: str) -> str:
    """Case id of a guarantee package."""
    return f"package-{name.lower()}"


def application_of(line: GuaranteeLine, cooperative: str) -> str:
    """Case id of a household's application in its village."""
    return f"bank_loan-{cooperative}-{line.id.lower()}"


def pooling_of(deposit: Deposit, cooperative: str) -> str:
    """Case id of a member's pooling form; what he writes when he pays."""
    return f"pooling-{cooperative}-{deposit.id.lower()}"


def pool_wishes(village: Village) -> Iterator[Wish]:
    """Everything the village wants to do about the pool now."""
    county, own = village.directory, village.cooperative
    for stake in county.stakes:
        if stake.cooperative != own:
            continue
        agreement = village.cases.get(agreement_of(stake))
        if agreement is not None:
            yield from _agreement(village, stake, agreement)
            yield from _packages(village, agreement)
    for deposit in county.deposits:
        if county.stake[deposit.stake].cooperative == own:
            yield from _pooling(village, deposit)
    for line in county.packages:
        if county.stake[line.stake].cooperative == own and line.applied_on <= village.today:
            yield from _application(village, line)


def _agreement(village: Village, stake: Stake, agreement: Case) -> Iterator[Wish]:
    said = f"voice-{village.cooperative}-{stake.id.lower()}"
    if agreement.state == "proposed":
        for role in ("meeting", "council"):
            yield from _say(village, f"{said}-{role}", agreement, "sign", role)
    if agreement.state != "open" or stake.variant != "v2":
        return
    parts = [(stake.staked_on, stake.amount_fen)]
    parts += [(part.on, part.amount_fen or 0) for part in stake.topped_up]
    for number, (on, amount) in enumerate(parts, 1):
        yield from _on(village, on, f"{said}-stake-{number}", agreement, "stake", amount)
    for number, part in enumerate(stake.released, 1):
        name = f"{said}-release-{number}"
        yield from _on(village, part.on, name, agreement, "release", part.amount_fen or 0)


def _on(
    village: Village, on: date, name: str, agreement: Case, act: str, amount: int
) -> Iterator[Wish]:
    """What the member meeting votes on a day: money into the pool, or money asked back."""
    if on <= village.today:
        yield from _say(village, name, agreement, act, "meeting", amount=amount)


def _packages(village: Village, agreement: Case) -> Iterator[Wish]:
    for case in village.cases.values():
        drafting = case.process == "package" and case.state == "drafting"
        if drafting and case.terms["agreement"] == agreement.id:
            said = f"voice-{village.cooperative}-{case.id}"
            yield from _say(village, said, case, "sign", "council")


def _say(
    village: Village, name: str, about: Case, act: str, role: str, **told: Any
) -> Iterator[Wish]:
    if village.state(name) != START:
        return
    facts: dict[str, Any] = {"for": about.id, "process": about.process, "act": act, **told}
    if role == "meeting":
        facts["minutes"] = _minutes(village)
    council = village.holders(*COUNCIL_POSTS)
    persons = tuple(council) if role == "council" else (village.holders(PostKind.CHAIR)[0],)
    if act == "sign":
        facts["terms"] = str(about.terms["digest"])
        barred = set(about.terms.get("relatives", ()))
        if role == "council":
            facts["votes"] = {one: ABSTAIN if one in barred else YES for one in persons}
    yield Wish(
        process="voice", case=name, act="say", facts=facts, role=f"{role}@node",
        operator=village.bookkeeper, persons=persons,
    )  # fmt: skip


def _minutes(village: Village) -> str:
    """A meeting's minutes with the heads counted, as the node's page writes them."""
    members = sum(
        1 for case in village.cases.values() if case.process == "member" and case.state == "active"
    )
    agreed = members - members // 10
    return f"社员大会 {village.today.isoformat()} 实到{members}人 同意{agreed}人"


def _pooling(village: Village, deposit: Deposit) -> Iterator[Wish]:
    county = village.directory
    stake, loan = county.stake[deposit.stake], county.loan[deposit.loan]
    agreement = village.cases.get(agreement_of(stake))
    name = pooling_of(deposit, village.cooperative)
    ready = agreement is not None and agreement.state == "open" and stake.staked_on <= village.today
    if ready and village.state(name) == START and village.state(loan_case(loan)) == "active":
        person = village.persons[loan.household]
        facts = {
            "agreement": agreement_of(stake),
            "member": member_case(county.member[loan.household]),
            "person": person,
            "loan": loan_case(loan),
            "amount": loan.amount_fen,
            "mutual": True,
        }
        yield Wish(
            process="pooling", case=name, act="apply", facts=facts, role="member@node",
            operator=village.bookkeeper, persons=(person,),
        )  # fmt: skip


def _application(village: Village, line: GuaranteeLine) -> Iterator[Wish]:
    """A household's way to a guaranteed bank loan: the same papers as for the village's own."""
    county = village.directory
    case = application_of(line, village.cooperative)
    state = village.state(case)
    stake = county.stake[line.stake]
    agreement = village.cases.get(agreement_of(stake))
    if agreement is None:
        return
    group = county.guarantee_group[line.guarantee_group]
    borrower = village.persons[line.household]
    if state == START and agreement.state == "open":
        facts = {
            "agreement": agreement.id,
            "member": member_case(county.member[line.household]),
            "person": borrower,
            "group": group_case(group),
            "amount": line.amount_fen,
            "purpose": line.purpose,
            "term_months": line.term_months,
        }
        yield Wish(
            process="bank_loan", case=case, act="apply", facts=facts, role="member@node",
            operator=village.bookkeeper, persons=(borrower,),
        )  # fmt: skip
    elif state == "applied":
        others = [village.persons[h] for h in group.households if h != line.household]
        yield _voted(village, case, "sign", dict.fromkeys(others, YES), "guarantor@node")
    elif state == "endorsed":
        council = village.holders(*COUNCIL_POSTS)
        votes = {one: ABSTAIN if one == borrower else YES for one in council}
        yield _voted(village, case, "vote", votes, "council@node")
    elif state in _CLERK:
        yield Wish(
            process="bank_loan", case=case, act=_CLERK[state], facts={}, role="bookkeeper@node",
            operator=village.bookkeeper,
        )  # fmt: skip


def _voted(village: Village, case: str, act: str, votes: dict[str, str], role: str) -> Wish:
    return Wish(
        process="bank_loan", case=case, act=act, facts={"votes": votes}, role=role,
        operator=village.bookkeeper, persons=tuple(votes),
    )  # fmt: skip
