"""The pool's part of the founding (P6): agreement, stake, match, and a package at the bank.

Called by founding, in its days. Every village ends with one guaranteed loan that runs and one
line that waits for the bank. The third village's pool is of variant 1: its members' deposits.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from journal import store
from kernel.errors import ensure
from services.federation.cases.registers import Partner
from simulation import events
from simulation.desk_pool import BANK
from simulation.founders import GROUP, card_number, day, do, must, person_id
from simulation.wishes_pool import BANK_CARD, FINANCE_CARD
from simulation.world import World

PARTNERS = (
    Partner(id=BANK, name="信用联社", account=BANK_CARD),
    Partner(id="finance", name="县财政局", account=FINANCE_CARD),
)
COVENANTS: Mapping[str, Any] = {
    "variant": "v2", "leverage": 500, "base": "stake", "match_ppm": 300_000,
    "bank_part_ppm": 200_000, "wait_days": 2, "check_days": 10, "pay_days": 15,
    "layers": ["guarantors", "own_deposit", "stake", "match", "bundle_deposits"],
    "match_order": "after_stake", "mutual": True, "stop_ppm": 500_000, "loan_cap": 1_000_000,
    "term_max": 24, "grades": ["A", "B"],
}  # fmt: skip
"""The pool's agreement: a short wait, so that a default is claimed within the nights."""
BUNDLE: Mapping[str, Any] = {**COVENANTS, "variant": "v1", "match_ppm": 0, "grades": ["A"]}
"""The same as variant 1: no match, and deposits answer for each other."""
BUNDLED = 2
"""The place of the village whose agreement is of variant 1."""
POOLED = (1, 2)
"""Members whose loan is paid out by then, and who pool a part of it."""
DEPOSIT_FEN = 50_000
STAKE_FEN = 100_000
POOR, POOR_STAKE_FEN = 1, 5_980_000
"""The village that borrowed from others stakes nearly all it has: it will be late."""
GUARANTEED = (3, 6)
"""Members whose bank loan is guaranteed: the first is paid out, the second waits for the bank."""
GUARANTEED_FEN = 120_000
TOO_LARGE = 9
"""A member whose cleared application asks for more than is left of the line."""
TOO_LARGE_FEN = 300_000


def propose(world: World) -> None:
    """The federation proposes an agreement to every village."""
    for place, coop in enumerate(world.cooperatives):
        said = BUNDLE if place == BUNDLED else COVENANTS
        must(world, events.Desk(what="agreement.propose", case=f"agreement-{coop}-1", coop=coop,
                                 facts=dict(said)))  # fmt: skip


def agree(world: World) -> None:
    """Meeting and council of every village sign it in their own book."""
    for coop in world.cooperatives:
        about = f"agreement-{coop}-1"
        _speak(world, coop, about, "agreement", "meeting@node")
        _speak(world, coop, about, "agreement", "council@node")


def _stake_fen(place: int) -> int:
    return POOR_STAKE_FEN if place == POOR else STAKE_FEN


def open_pool(world: World) -> None:
    """Six more dates: bank and county sign, stakes and matches come in, a package is answered."""
    for coop in world.cooperatives:
        about = f"agreement-{coop}-1"
        for who in ("checker", "staff", "cpo", "cfb"):
            must(world, events.Desk(what="pool.sign", case=about, facts={"who": who}))
    day(world)
    for place, coop in enumerate(world.cooperatives):
        if place == BUNDLED:
            for number in POOLED:
                _pool_deposit(world, coop, number)
        else:
            about = f"agreement-{coop}-1"
            _speak(world, coop, about, "agreement", "meeting@node", _stake_fen(place))
        for number in GUARANTEED:
            _bank_loan(world, coop, number, GUARANTEED_FEN)
        _bank_loan(world, coop, TOO_LARGE, TOO_LARGE_FEN)
    for _ in range(3):
        day(world)
    for place, coop in enumerate(world.cooperatives):
        if place == BUNDLED:
            continue
        name, of = f"match-{coop}-1", {"agreement": f"agreement-{coop}-1"}
        must(world, events.Desk(what="match.claim", case=name, facts=of))
        yes = {"who": "cfb", "act": "approve"}
        must(world, events.Desk(what="pool.decide", case=name, facts=yes))
        amount = _stake_fen(place) * int(COVENANTS["match_ppm"]) // 1_000_000
        must(world, events.Money(coop=events.POOL, amount=amount, card=FINANCE_CARD, text=name))
    day(world)
    for coop in world.cooperatives:
        asked = [f"bank_loan-{coop}-{number:04d}" for number in GUARANTEED]
        facts = {"agreement": f"agreement-{coop}-1", "applications": asked}
        must(world, events.Desk(what="package.draft", case=f"package-{coop}-1", facts=facts))
    day(world)
    for coop in world.cooperatives:
        _speak(world, coop, f"package-{coop}-1", "package", "council@node")
    day(world)
    today = world.today()
    for coop in world.cooperatives:
        case, line = f"package-{coop}-1", f"guarantee-{coop}-1-0001"
        must(world, events.Desk(what="pool.sign", case=case, facts={"who": "staff"}))
        must(world, events.Desk(what="package.send", case=case))
        must(world, events.Desk(what="package.answer", case=line, facts={"act": "accept"}))
        paid = {
            "act": "paid", "report": "r1", "amount": GUARANTEED_FEN, "contract": "RCC-1",
            "paid_on": today.isoformat(), "due_on": (today + timedelta(days=60)).isoformat(),
        }  # fmt: skip
        must(world, events.Desk(what="guarantee.told", case=line, facts=paid))
    day(world)
    line = f"guarantee-{world.cooperatives[0]}-1-0001"
    late = {"act": "arrears", "report": "r2", "principal": GUARANTEED_FEN}
    late["since"] = world.today().isoformat()
    must(world, events.Desk(what="guarantee.told", case=line, facts=late))
    day(world)


def _bank_loan(world: World, coop: str, number: int, amount: int) -> None:
    """A member's application for a guaranteed bank loan, as far as its public notice."""
    case = f"bank_loan-{coop}-{number:04d}"
    clerk, borrower = person_id(coop, 10), person_id(coop, number)
    first = number - (number - 1) % GROUP
    others = tuple(person_id(coop, one) for one in range(first, first + GROUP) if one != number)
    votes = {person_id(coop, one): "yes" for one in (1, 4, 7, 10)}
    facts = {
        "agreement": f"agreement-{coop}-1", "member": f"member-{coop}-{number:03d}",
        "person": borrower, "group": f"group-{coop}-{first // GROUP + 1:02d}",
        "amount": amount, "purpose": "养殖", "term_months": 6,
    }  # fmt: skip
    do(world, coop, "bank_loan", case, "apply", "member@node", clerk, (borrower,), facts)
    do(world, coop, "bank_loan", case, "sign", "guarantor@node", clerk, others)
    said = {"votes": votes}
    do(world, coop, "bank_loan", case, "vote", "council@node", clerk, tuple(votes), said)
    do(world, coop, "bank_loan", case, "notice", "bookkeeper@node", clerk)


def _pool_deposit(world: World, coop: str, number: int) -> None:
    """A member signs the pooling form of his paid-out loan and pays the deposit from his card."""
    form, person = f"pooling-{coop}-{number:04d}", person_id(coop, number)
    facts = {
        "agreement": f"agreement-{coop}-1", "member": f"member-{coop}-{number:03d}",
        "person": person, "loan": f"loan-{coop}-{number:04d}", "amount": DEPOSIT_FEN,
        "mutual": True,
    }  # fmt: skip
    clerk = person_id(coop, 10)
    do(world, coop, "pooling", form, "apply", "member@node", clerk, (person,), facts)
    card = card_number(coop, number)
    must(world, events.Money(coop=events.POOL, amount=DEPOSIT_FEN, card=card, text=form))


def _speak(world: World, coop: str, about: str, process: str, role: str, stake: int = 0) -> None:
    """A village signs its agreement, or its meeting votes a stake, in its own book."""
    with world.reading(coop) as conn:
        case = store.load(conn, store.COUNTY_SCOPE, about)
    ensure(case is not None, "village_knows_the_agreement", coop=coop)
    act = "stake" if stake else "sign"
    facts: dict[str, Any] = {"for": about, "process": process, "act": act}
    facts["terms"] = str(case.terms["digest"] if case else "")
    persons: tuple[str, ...] = ()
    if role == "meeting@node":
        facts["minutes"] = "社员大会 2017-1 实到9人 同意8人"
    else:
        persons = tuple(person_id(coop, one) for one in (1, 4, 7))
        facts["votes"] = dict.fromkeys(persons, "yes")
    if stake:
        facts["amount"] = stake
    name = f"voice-{coop}-{process}-{act}-{role.partition('@')[0]}"
    do(world, coop, "voice", name, "say", role, person_id(coop, 10), persons, facts)
