"""What people of a village might do next: acts their screen offers them, with weights.

Every act a person can perform comes from the process table; facts and signers are made here the
way people make them: mostly right, sometimes not, and then the refusal is what is tested. Draws
from the generator's stream only.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

import msgspec

from kernel.cases import Case
from kernel.processes import Transition
from kernel.rules_intercoop import terms_digest
from simulation.village_eyes import Eyes

TOP_LEVEL = 5
"""Whoever has it may borrow above the cap, with the county's consent."""
PURPOSES = ("种植", "养殖", "林果", "农机", "特色产业")
WEIGHTS: dict[tuple[str, str], int] = {
    ("member", "admit"): 30, ("member", "object"): 2, ("member", "mark"): 2,
    ("member", "ask_leave"): 12, ("member", "stay"): 6, ("member", "expel"): 1,
    ("member", "refund"): 30, ("member", "settle"): 8, ("member", "withdraw"): 1,
    ("group", "dissolve"): 1, ("post", "vacate"): 1,
    ("loan", "sign"): 40, ("loan", "vote"): 40, ("loan", "refuse"): 6, ("loan", "notice"): 40,
    ("loan", "object"): 5, ("loan", "dismiss"): 20, ("loan", "sustain"): 6,
    ("loan", "contract"): 40, ("loan", "instruct"): 50, ("loan", "assign"): 6,
    ("loan", "set_off"): 30, ("loan", "call"): 12, ("loan", "guarantor_repaid"): 4,
    ("loan", "extend"): 4, ("loan", "extend_long"): 1, ("loan", "write_off"): 3,
    ("loan", "withdraw"): 1, ("loan", "cancel"): 2, ("suspense", "pay_again"): 20,
}  # fmt: skip
"""How often people think of an act the screen offers them, against each other."""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """One act somebody thinks of."""

    weight: int
    process: str
    case: str
    act: str
    role: str
    operator: str
    persons: tuple[str, ...] = ()
    facts: dict[str, Any] = {}
    value_date: date | None = None


Facts = dict[str, Any] | None
"""What is said with an act; None: nobody could say it now."""


def offered(eyes: Eyes, chance: Random) -> Iterator[Wish]:
    """A wish for every act the rows offer on every living case of the village."""
    for _, case in sorted(eyes.cases.items()):
        for row in eyes.offered(case):
            weight = WEIGHTS.get((case.process, row.act), 0)
            if weight and (wish := _wish(eyes, chance, case, row, weight)):
                yield wish


def _wish(eyes: Eyes, chance: Random, case: Case, row: Transition, weight: int) -> Wish | None:
    make = _FACTS.get((case.process, row.act))
    facts = make(eyes, chance, case) if make else {}
    if facts is None:
        return None
    on = facts.pop("_on", None)
    if row.signature_set:
        return _signature(eyes, chance, case, row, weight, facts)
    who = [one for one in row.who if one.endswith("@node")]
    role = chance.choice(who)
    listed = eyes.roster(role, case)
    if role == "cashier@node":
        operator, persons = (listed[0] if listed else eyes.clerk), []
    else:
        operator, persons = eyes.clerk, [chance.choice(listed)] if listed else []
    return Wish(
        weight=weight, process=case.process, case=case.id, act=row.act, role=role,
        operator=operator, persons=tuple(persons), facts=facts, value_date=on,
    )  # fmt: skip


def _signature(
    eyes: Eyes, chance: Random, case: Case, row: Transition, weight: int, facts: dict[str, Any]
) -> Wish | None:
    """Some of those who have not signed yet sign; a council votes and sometimes disagrees."""
    steps = eyes.policy.steps(row.signature_set, case.terms)
    signed = {(hand.role, hand.person) for hand in case.signed if hand.act == row.act}
    open_steps = []
    for step in steps:
        persons = eyes.roster(step.role, case)
        if not persons:
            persons = [f"p-{step.role.partition('@')[0].replace('_', '-')}-1"]
        left = [one for one in persons if (step.role, one) not in signed]
        if left and not (case.process == "loan" and row.act == "vote" and "cpo" in step.role):
            open_steps.append((step.role, left))
    if not open_steps:
        return None
    role, left = chance.choice(open_steps)
    some = chance.sample(left, chance.randint(1, len(left)))
    against = chance.random() < 0.06
    votes = {one: _vote(chance, case, one, role, against=against) for one in sorted(some)}
    return Wish(
        weight=weight, process=case.process, case=case.id, act=row.act, role=role,
        operator=eyes.clerk, persons=tuple(votes), facts={**facts, "votes": votes},
    )  # fmt: skip


def _vote(chance: Random, case: Case, person: str, role: str, *, against: bool) -> str:
    about = {str(case.terms.get("person", "")), *case.terms.get("relatives", ())}
    if person in about and role == "council@node" and chance.random() < 0.95:
        return "abstain"
    return "no" if against else chance.choices(("yes", "no", "abstain"), (92, 4, 4))[0]


def _reason(_eyes: Eyes, _chance: Random, _case: Case) -> Facts:
    return {"reason": "simulated"}


def _mark(_eyes: Eyes, chance: Random, case: Case) -> Facts:
    # Who signs later signs the same flags: they follow from the case, not from chance.
    del chance
    return {"poor": not case.terms.get("poor", False), "wealthy": False}


def _assign(eyes: Eyes, chance: Random, case: Case) -> Facts:
    if not eyes.suspense or not case.terms.get("paid_on"):
        return None
    item = chance.choice(sorted(eyes.suspense))
    amount = chance.choice((eyes.suspense[item], max(eyes.suspense[item] // 2, 1)))
    return {"item": item, "amount": amount, "_on": eyes.today}


def _extend(_eyes: Eyes, _chance: Random, case: Case) -> Facts:
    if not case.terms.get("due_on"):
        return None
    due = date.fromisoformat(str(case.terms["due_on"])) + timedelta(days=45)
    return {"due_on": due.isoformat()}


def _guarantor_repaid(_eyes: Eyes, chance: Random, case: Case) -> Facts:
    owed = {payer: amount for payer, amount in case.terms.get("paid_for", {}).items() if amount}
    if not owed:
        return None
    payer = chance.choice(sorted(owed))
    return {"payer": payer, "amount": chance.choice((owed[payer], owed[payer] + 1))}


def _leaves(eyes: Eyes, chance: Random, case: Case) -> Facts:
    """Most people who may not leave yet know it."""
    groups = [one for one in eyes.of("group", "live") if case.id in one.terms["group_member"]]
    return {"reason": "simulated"} if not groups or chance.random() < 0.05 else None


def _set_off(eyes: Eyes, _chance: Random, case: Case) -> Facts:
    member = eyes.cases.get(str(case.terms.get("member")))
    return {} if member and member.state == "expelled" else None


def _call(eyes: Eyes, _chance: Random, case: Case) -> Facts:
    due = case.terms.get("due_on")
    return {} if due and due < eyes.today.isoformat() else None


def _refuse(_eyes: Eyes, _chance: Random, case: Case) -> Facts:
    noes = [hand for hand in case.signed if hand.vote == "no"]
    return {"reason": "simulated"} if noes else None


_FACTS: dict[tuple[str, str], Callable[[Eyes, Random, Case], Facts]] = {
    ("loan", "refuse"): _refuse,
    ("loan", "set_off"): _set_off,
    ("loan", "call"): _call,
    ("member", "ask_leave"): _leaves,
    ("loan", "object"): _reason,
    ("loan", "dismiss"): _reason,
    ("loan", "sustain"): _reason,
    ("loan", "assign"): _assign,
    ("loan", "extend"): _extend,
    ("loan", "extend_long"): _extend,
    ("loan", "guarantor_repaid"): _guarantor_repaid,
    ("member", "mark"): _mark,
}


def opened(eyes: Eyes, chance: Random, serial: int) -> Iterator[Wish]:
    """Wishes that begin something: a household joins, a group forms, somebody asks for a loan."""
    yield from _loan(eyes, chance, serial)
    yield from _group(eyes, chance, serial)
    yield from _seats(eyes, chance, serial)
    yield from _items(eyes, chance, serial)
    yield from _voices(eyes, chance, serial)


def _loan(eyes: Eyes, chance: Random, serial: int) -> Iterator[Wish]:
    groups = eyes.of("group", "live")
    busy = {
        str(loan.terms.get("member"))
        for loan in eyes.of("loan")
        if eyes.registry.table["loan"].offered(loan.state)
    }
    free = [(group, one) for group in groups for one in group.terms["group_member"]]
    free = [pair for pair in free if pair[1] not in busy or chance.random() < 0.1]
    if not free:
        return
    group, name = chance.choice(free)
    member = eyes.cases.get(name)
    if member is None:
        return
    borrowed = [one for one in eyes.county.values() if one.process == "intercoop"
                and one.parties.get("borrower") == eyes.coop and one.state == "active"]  # fmt: skip
    funding = f"intercoop:{borrowed[0].id}" if borrowed and chance.random() < 0.4 else "own"
    most = 960_000 if int(member.terms.get("level", 1)) >= TOP_LEVEL else 640_000
    amount = min(chance.choice((100_000, 250_000, 300_000, 480_000, 640_000, 960_000)), most)
    facts = {
        "member": name,
        "person": str(member.terms["person"]),
        "group": group.id,
        "amount": amount + chance.choice((0, 0, 0, 1, 33)),
        "purpose": chance.choice(PURPOSES),
        "term_months": chance.choice((1, 1, 1, 2, 3, 6, 12)),
        "funding": funding,
    }
    yield Wish(
        weight=90, process="loan", case=f"loan-{eyes.coop}-{serial:04d}", act="apply",
        role="member@node", operator=eyes.clerk, persons=(facts["person"],), facts=facts,
    )  # fmt: skip


def _group(eyes: Eyes, chance: Random, serial: int) -> Iterator[Wish]:
    taken = {one for group in eyes.of("group", "live") for one in group.terms["group_member"]}
    free = [case.id for case in eyes.of("member", "active") if case.id not in taken]
    if len(free) >= 3:
        facts = {"group_member": sorted(chance.sample(free, 3)), "kind": "g3"}
        yield Wish(
            weight=20, process="group", case=f"group-{eyes.coop}-{serial:04d}", act="form",
            role="bookkeeper@node", operator=eyes.clerk, facts=facts,
        )  # fmt: skip


def _seats(eyes: Eyes, chance: Random, serial: int) -> Iterator[Wish]:
    held = [str(post.terms["post"]) for post in eyes.of("post", "held")]
    vacant = [one for one in ("chair", "deputy", "accountant", "cashier") if one not in held]
    if vacant:
        person = chance.choice([one.person for one in eyes.villagers])
        facts = {
            "post": vacant[0], "person": person, "elected_on": eyes.today.isoformat(),
            "until": "2020-12-31",
        }  # fmt: skip
        yield Wish(
            weight=60, process="post", case=f"post-{eyes.coop}-{serial:04d}", act="elect",
            role="meeting@node", operator=eyes.clerk, facts=facts,
        )  # fmt: skip


def _items(eyes: Eyes, chance: Random, serial: int) -> Iterator[Wish]:
    """Money in suspense: to be paid back, or the share of somebody."""
    members = eyes.of("member", "active")
    if not eyes.suspense or not members:
        return
    item, member = chance.choice(sorted(eyes.suspense)), chance.choice(members)
    facts = {
        "item": item,
        "amount": eyes.suspense[item],
        "member": member.id,
        "person": str(member.terms["person"]),
    }
    act, role = chance.choice((("pay_back", "cashier@node"), ("to_share", "bookkeeper@node")))
    listed = eyes.roster(role, member) if act == "pay_back" else []
    yield Wish(
        weight=8, process="suspense", case=f"suspense-{eyes.coop}-{serial:04d}", act=act,
        role=role, operator=listed[0] if listed else eyes.clerk, facts=facts,
    )  # fmt: skip


def _voices(eyes: Eyes, chance: Random, serial: int) -> Iterator[Wish]:
    """What the council says about loans between villages: sign, decline, pay back."""
    council = eyes.roster("council@node", next(iter(eyes.cases.values())))
    said = {(v.terms.get("for"), v.terms.get("act")) for v in eyes.of("voice")}
    for _, case in sorted(eyes.county.items()):
        if case.process != "intercoop" or not council or eyes.coop not in case.parties.values():
            continue
        facts: dict[str, Any] = {"for": case.id}
        if case.state == "proposed" and (case.id, "sign") not in said:
            facts["act"] = chance.choices(("sign", "decline"), (88, 12))[0]
            facts["terms"] = terms_digest(case.terms)
            facts["votes"] = dict.fromkeys(council, "yes")
        elif case.state == "active" and case.parties.get("borrower") == eyes.coop:
            part = int(case.terms.get("outstanding", 0)) // chance.choice((1, 2, 5)) + 100
            facts |= {"act": "repay", "amount": max(part, 1)}
        else:
            continue
        yield Wish(
            weight=60 if facts["act"] == "sign" else 10, process="voice",
            case=f"voice-{eyes.coop}-{serial:04d}", act="say", role="council@node",
            operator=eyes.clerk, persons=tuple(council), facts=facts,
        )  # fmt: skip
