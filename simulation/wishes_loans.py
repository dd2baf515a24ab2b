"""Wishes about loans, and about money in suspense: P2 from the application to the last fen."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from kernel.cases import Case
from simulation.village_eyes import Eyes
from simulation.wishing import Area, Facts, Wish, because

TOP_LEVEL = 5
"""Whoever has it may borrow above the cap, with the county's consent."""
PURPOSES = ("种植", "养殖", "林果", "农机", "特色产业")


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


def _set_off(eyes: Eyes, _chance: Random, case: Case) -> Facts:
    member = eyes.cases.get(str(case.terms.get("member")))
    return {} if member and member.state == "expelled" else None


def _call(eyes: Eyes, _chance: Random, case: Case) -> Facts:
    due = case.terms.get("due_on")
    return {} if due and due < eyes.today.isoformat() else None


def _dun(eyes: Eyes, chance: Random, case: Case) -> Facts:
    if _call(eyes, chance, case) is None:
        return None
    how = "notice" if not case.terms.get("dunned_on") else chance.choice(("visit", "telephone"))
    return {"how": how, "note": "simulated"}


def _refuse(_eyes: Eyes, _chance: Random, case: Case) -> Facts:
    noes = [hand for hand in case.signed if hand.vote == "no"]
    return {"reason": "simulated"} if noes else None


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
    funding = f"intercoop:{borrowed[0].id}" if borrowed and chance.random() < 0.6 else "own"
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


AREA = Area(
    weights={
        ("loan", "sign"): 40, ("loan", "vote"): 40, ("loan", "refuse"): 6, ("loan", "notice"): 40,
        ("loan", "object"): 5, ("loan", "dismiss"): 20, ("loan", "sustain"): 6,
        ("loan", "contract"): 40, ("loan", "instruct"): 50, ("loan", "assign"): 6,
        ("loan", "set_off"): 60, ("loan", "call"): 40, ("loan", "guarantor_repaid"): 30,
        ("loan", "dun"): 8, ("loan", "extend"): 4, ("loan", "extend_long"): 1,
        ("loan", "write_off"): 3, ("loan", "withdraw"): 1, ("loan", "cancel"): 2,
        ("suspense", "pay_again"): 60,
    },
    facts={
        ("loan", "refuse"): _refuse,
        ("loan", "set_off"): _set_off,
        ("loan", "call"): _call,
        ("loan", "dun"): _dun,
        ("loan", "object"): because,
        ("loan", "dismiss"): because,
        ("loan", "sustain"): because,
        ("loan", "assign"): _assign,
        ("loan", "extend"): _extend,
        ("loan", "extend_long"): _extend,
        ("loan", "guarantor_repaid"): _guarantor_repaid,
    },
    opened=(_loan, _items),
)  # fmt: skip
