"""How a simulated county begins: set up, villages founded, money in, a few loans on their way.

Played once by the same doors as everything after it, without faults, and kept as a snapshot:
every seed begins with a copy. Called by simulation.seeds; draws no chance.
"""

import copy
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from contracts.ids import FEDERATION_BOOK
from kernel.errors import ensure
from services.cooperative_node import set_up
from services.federation import setup
from services.federation.bank_files.exchange import FROM_BANK, TO_BANK, waiting
from services.federation.cases import hand_over
from services.federation.cases.registers import BankAccount, ExpectedReceipt
from services.federation.identity import make_keys
from services.federation.ports import Ports
from simulation import events, founding_lending, founding_pool
from simulation.bank import Bank
from simulation.founders import GROUP, card_number, day, do, member_of, must, person_id
from simulation.parameters import PARAMETERS, PROFILE
from simulation.world import COUNTY, Outside, Villager, World

FIRST_DAY = date(2017, 3, 1)
NAMES = ("baiguo", "houba", "xiaojiaba", "shuihaoping")
ACCOUNT = BankAccount(
    account="620100000000000", name="模拟县专户", unallocated="620100000000008",
    settlement="620100000000009", pool="620100000000007", federation="620100000000006",
)  # fmt: skip
HOLDERS = (
    ("chair", 1), ("deputy", 4), ("accountant", 10), ("council", 7), ("cashier", 11),
    ("supervisor_head", 12), ("supervisor", 13),
)  # fmt: skip
"""Who holds which post; three of the council are members who may borrow themselves."""
UNKNOWN_CARDS = (8,)
"""Persons whose card number was written down wrong: a payment to them bounces."""
BLANK = "blank.sqlite"
SETTLED, BEFORE_THE_POOL = 3, 20
"""Dates until what villages lend each other has moved; then quiet days before the pool."""
MEMBERS = 10
"""The last of them is in no group, so that he is free to leave."""
PEOPLE = 13
GRANT_FEN = 3_500_000
SHARE_FEN = 200_000
OWN_FEN, OWN_REFERENCE = 400_000, "FEDERATION-FUND"
"""The federation's own money: less than one default, so that it may fall short."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A county at one moment: its files by name, and what is outside of its computers."""

    files: dict[str, bytes]
    outside: Any

    def restore(self, folder: Path, seed: str) -> World:
        """A world of its own in an empty folder, drawing from the streams of ``seed``."""
        for name, body in self.files.items():
            (folder / name).write_bytes(body)
        keys = self.outside.keys
        outside: Outside = copy.deepcopy(self.outside, {id(keys): keys})
        outside.seed(seed)
        return World(folder, outside)


class Templates(msgspec.Struct, frozen=True, kw_only=True):
    """Files as migrations leave them; handed in, since migrations belong to another room."""

    node: bytes
    county: bytes


def found(folder: Path, templates: Templates, count: int) -> Snapshot:
    """A county of ``count`` cooperatives, founded and at work, in an empty folder."""
    (folder / BLANK).write_bytes(templates.node)
    (folder / f"{COUNTY}-1.sqlite").write_bytes(templates.county)
    names = cooperative_names(count)
    numbers = {name: f"6201000000000{place:02d}" for place, name in enumerate(names, 11)}
    for name in names:
        (folder / f"{name}-1.sqlite").write_bytes(templates.node)
    keys = make_keys(Random("county keys").randbytes)
    outside = Outside("founding", FIRST_DAY, Bank(ACCOUNT, numbers.values(), FIRST_DAY), keys)
    outside.cooperatives = numbers
    world = World(folder, outside)
    try:
        _set_up(world)
        _play(world)
        world.outside.forget()
        return _snapshot(world)
    finally:
        world.stop()


def cooperative_names(count: int) -> tuple[str, ...]:
    """Ids of so many cooperatives."""
    more = [f"village{number:02d}" for number in range(len(NAMES) + 1, count + 1)]
    return (*NAMES, *more)[:count]


def _snapshot(world: World) -> Snapshot:
    on_the_way = waiting(world.spool / TO_BANK) or waiting(world.spool / FROM_BANK)
    ensure(not on_the_way, "founding_ends_with_nothing_on_its_way", files=len(on_the_way))
    files = {machine.path.name: machine.fold() for machine in world.machines.values()}
    files[BLANK] = (world.folder / BLANK).read_bytes()
    return Snapshot(files=files, outside=world.outside)


def _set_up(world: World) -> None:
    """The county's row, books and parameters; every village's file, key and card."""
    outside = world.outside
    plan = setup.CountyPlan(
        name="simulated",
        profile=PROFILE,
        open_date=FIRST_DAY,
        account=ACCOUNT,
        county=PARAMETERS,
        cooperatives=tuple(
            setup.CooperativePlan(id=name, name=name, sub_account=number, grade="A")
            for name, number in outside.cooperatives.items()
        ),
        expected=_announced(outside),
        partners=founding_pool.PARTNERS,
    )  # fmt: skip
    world.bank.know_cards({one.account: one.name for one in founding_pool.PARTNERS})
    with world.machines[COUNTY].engine.begin() as conn:
        ports = Ports(now=lambda: outside.clock.now, random=outside.stream(COUNTY).randbytes)
        setup.set_up(conn, outside.keys, ports, plan)
    for name in world.cooperatives:
        node = world.node(name)
        with node.engine.begin() as conn:
            card = set_up.create(
                conn, node, name=name, county=outside.keys.card(), open_date=FIRST_DAY,
                profile=PROFILE,
            )  # fmt: skip
            set_up.open_books(conn, node, "p-clerk")
        with world.machines[COUNTY].engine.begin() as conn:
            hand_over.register_node(conn, card)


def _announced(outside: Outside) -> tuple[ExpectedReceipt, ...]:
    """A grant for each village, and the federation's own fund."""
    told = [(name, "provincial", GRANT_FEN, f"GRANT-{name}") for name in outside.cooperatives]
    told.append((FEDERATION_BOOK, "county", OWN_FEN, OWN_REFERENCE))
    return tuple(
        ExpectedReceipt(
            id=f"grant-{owner}", cooperative=owner, source=source, amount=amount,
            reference=reference, expected_on=FIRST_DAY.isoformat(),
        )
        for owner, source, amount, reference in told
    )  # fmt: skip


def _play(world: World) -> None:
    """Six dates: people, shares and a grant, groups, loans, a loan between two villages."""
    for coop in world.cooperatives:
        must(world, events.Sync(coop=coop))  # the county's parameters come first
        _people(world, coop)
    day(world)
    must(world, events.Money(
        coop=events.FEDERATION, amount=OWN_FEN, card="1", text="", reference=OWN_REFERENCE
    ))  # fmt: skip
    for coop in world.cooperatives:
        for villager in _members(world, coop):
            _pay(world, villager, SHARE_FEN, f"股金 {member_of(villager)}")
        told = f"GRANT-{coop}"
        must(world, events.Money(coop=coop, amount=GRANT_FEN, card="1", text="", reference=told))
    day(world)
    for coop in world.cooperatives:
        _groups(world, coop)
        for number in (1, 2, 4, 5):
            _loan(world, coop, number, "apply", "sign", "vote", "notice")
    day(world)
    founding_pool.propose(world)
    founding_lending.propose(world)
    day(world)
    founding_lending.agree(world)
    founding_pool.agree(world)
    for coop in world.cooperatives:
        for number in (1, 2, 4):
            _loan(world, coop, number, "contract")
        for number in (1, 2):
            _loan(world, coop, number, "instruct")
        _loan(world, coop, 7, "apply", "sign")
    day(world)
    for _ in range(SETTLED):
        day(world)
    # The short loan between villages falls due before the first night of a story.
    must(world, events.Quiet(days=BEFORE_THE_POOL))
    founding_pool.open_pool(world)
    founding_lending.give_up(world)


def _people(world: World, coop: str) -> None:
    """Ten households join; among thirteen people the posts are held."""
    for number in range(1, PEOPLE + 1):
        must(
            world,
            events.Enrol(
                coop=coop, person=person_id(coop, number), name=f"村民{coop}{number:02d}",
                household=f"h-{coop}-{number:03d}", card=card_number(coop, number),
                known=number not in UNKNOWN_CARDS,
            ),
        )  # fmt: skip
    for post, number in HOLDERS:
        facts = {
            "post": post, "person": person_id(coop, number), "elected_on": FIRST_DAY.isoformat(),
            "until": "2019-12-31",
        }  # fmt: skip
        case = f"post-{coop}-{post.replace('_', '-')}"
        do(world, coop, "post", case, "elect", "meeting@node", person_id(coop, 10), facts=facts)
    for number in range(1, MEMBERS + 1):
        join(world, coop, number)


def join(world: World, coop: str, number: int) -> None:
    """A household applies and the council admits it."""
    villager = world.outside.villagers[person_id(coop, number)]
    facts = {
        "person": villager.person, "household": villager.household, "poor": number % 2 == 0,
        "wealthy": False, "card": f"card-{number}", "level": 5 - number % 4,
    }  # fmt: skip
    case = member_of(villager)
    clerk = person_id(coop, 10)
    do(world, coop, "member", case, "apply", "bookkeeper@node", clerk, facts=facts)
    votes = {person_id(coop, one): "yes" for one in (1, 4, 7, 10) if one != number}
    do(
        world, coop, "member", case, "admit", "council@node", clerk, tuple(votes),
        {"votes": votes},
    )  # fmt: skip


def _groups(world: World, coop: str) -> None:
    for first in range(1, MEMBERS, GROUP):
        members = [f"member-{coop}-{number:03d}" for number in range(first, first + GROUP)]
        case = f"group-{coop}-{first // GROUP + 1:02d}"
        do(
            world, coop, "group", case, "form", "bookkeeper@node", person_id(coop, 10),
            facts={"group_member": members, "kind": "g3"},
        )  # fmt: skip


def _loan(world: World, coop: str, number: int, *acts: str) -> None:
    case = f"loan-{coop}-{number:04d}"
    clerk, borrower = person_id(coop, 10), person_id(coop, number)
    first = number - (number - 1) % GROUP
    others = [one for one in range(first, first + GROUP) if one != number]
    for act in acts:
        persons: tuple[str, ...] = ()
        facts: dict[str, Any] = {}
        role, operator = "bookkeeper@node", clerk
        match act:
            case "apply":
                role, persons = "member@node", (borrower,)
                facts = {
                    "member": f"member-{coop}-{number:03d}", "person": borrower,
                    "group": f"group-{coop}-{first // GROUP + 1:02d}", "purpose": "养殖",
                    "amount": 300_000 + 1_000 * number, "term_months": (2, 1, 3)[number % 3],
                }  # fmt: skip
            case "sign":
                role, persons = "guarantor@node", tuple(person_id(coop, one) for one in others)
            case "vote":
                votes = {person_id(coop, one): "yes" for one in (1, 4, 7, 10)}
                votes |= {borrower: "abstain"} if borrower in votes else {}
                role, persons, facts = "council@node", tuple(votes), {"votes": votes}
            case "instruct":
                role, operator = "cashier@node", person_id(coop, 11)
        do(world, coop, "loan", case, act, role, operator, persons, facts)


def _pay(world: World, villager: Villager, amount: int, text: str) -> None:
    must(world, events.Money(coop=villager.coop, amount=amount, card=villager.card, text=text))


def _members(world: World, coop: str) -> list[Villager]:
    return [world.outside.villagers[person_id(coop, number)] for number in range(1, MEMBERS + 1)]
