"""The line holds under any schedule: 64 officers at once, and random orders of everything (I6)."""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from contracts.ledger import Actor
from journal.perform import Command, perform
from kernel.errors import Rejected
from tests.support.pool import AGREEMENT, BANK, COVENANTS_SAID, PARTIES, PoolVillage
from tests.support.village import fen, policy_of

OFFICERS = 64
ROOM = 23
"""How many loans the line has room for."""
PART = 250
"""Schedules of one test: ten thousand in one are more than a test's time on any database."""


def test_r086_64_officers_at_once_guarantee_the_last_fen_and_not_one_more(
    county_engine: sa.Engine,
) -> None:
    with county_engine.begin() as conn:
        village = PoolVillage(conn, policy_of(guarantee__mode="g3")).founded(3)
        village.fund("10_000.00")
        village.agree(loan_cap=fen("10_000.00"))
        village.stake("4_600.00")
        names = [village.seeded(number, "1_000.00") for number in range(OFFICERS)]
        world = village.county
    start = threading.Barrier(OFFICERS)

    def reserve(number: int) -> str:
        command = Command(
            id=f"officer-{number}", process="guarantee", case=f"guarantee-{number}", act="reserve",
            actor=Actor(role="staff@federation", operator=f"f{number}", persons=(f"f{number}",)),
            facts={"agreement": AGREEMENT, "application": names[number], "package": "package-1",
                   "line": number + 1, "grade": "A"},
            parties=PARTIES,
        )  # fmt: skip
        start.wait()
        try:
            with county_engine.begin() as conn:
                perform(conn, world, command)
        except Rejected as refused:
            return refused.code.value
        return "reserved"

    with ThreadPoolExecutor(OFFICERS) as officers:
        answers = list(officers.map(reserve, range(OFFICERS)))
    assert answers.count("reserved") == ROOM
    assert answers.count("LINE_USED_UP") == OFFICERS - ROOM
    with county_engine.connect() as conn:
        village.conn = conn
        village.prove_lines()
        assert (village.held("903"), village.held("9041")) == (0, fen("23_000.00"))


def _schedule(village: PoolVillage, chance: random.Random, names: list[str]) -> None:
    """A random order of what people at county and bank may try; what is refused changes nothing."""
    guarantees: list[str] = []
    for turn in range(chance.randint(4, 9)):
        attempt = chance.choice(_TRIES)
        savepoint = village.conn.begin_nested()
        try:
            attempt(village, chance, names, guarantees, turn)
        except Rejected:
            savepoint.rollback()
            village.prove_lines()
        else:
            savepoint.commit()


Try = Callable[[PoolVillage, random.Random, list[str], list[str], int], None]


def _reserve(
    village: PoolVillage, chance: random.Random, names: list[str], made: list[str], turn: int
) -> None:
    name = f"guarantee-{turn}"
    village.act("guarantee.reserve", name, "staff@federation",
                {"agreement": AGREEMENT, "application": chance.choice(names),
                 "package": "package-1", "line": turn + 1, "grade": "A"})  # fmt: skip
    made.append(name)


def _pay(
    village: PoolVillage, chance: random.Random, _names: list[str], made: list[str], _turn: int
) -> None:
    if made:
        name = chance.choice(made)
        village.act("guarantee.send", name, "system:package", {"manifest": "a" * 64})
        village.act("guarantee.accept", name, "checker@bank", {"bank": BANK})
        part = chance.choice(("500.00", "1_000.00"))
        village.act("guarantee.paid", name, "maker@bank", village.payout(part))


def _repay(
    village: PoolVillage, chance: random.Random, _names: list[str], made: list[str], _turn: int
) -> None:
    if made:
        village.act("guarantee.repaid", chance.choice(made), "maker@bank", {
            "bank": BANK, "amount": chance.randint(1, 100_000),
            "repaid_on": village.today.isoformat(),
        })  # fmt: skip


def _give_up(
    village: PoolVillage, chance: random.Random, _names: list[str], made: list[str], _turn: int
) -> None:
    if made:
        village.act("guarantee.release", chance.choice(made), "staff@federation", {"reason": "x"})


def _ask_back(
    village: PoolVillage, chance: random.Random, _names: list[str], _made: list[str], turn: int
) -> None:
    village.act("transfer.ask", f"release-{turn}", "staff@federation", {
        "agreement": AGREEMENT, "kind": "stake", "amount": chance.randint(1, fen("4_600.00")),
    })  # fmt: skip


def _top_up(
    village: PoolVillage, chance: random.Random, _names: list[str], _made: list[str], turn: int
) -> None:
    village.stake(f"{chance.randint(1, 900)}.00", f"transfer-more-{turn}")


def _stop(
    village: PoolVillage, _chance: random.Random, _names: list[str], _made: list[str], _turn: int
) -> None:
    village.act("agreement.suspend", AGREEMENT, "staff@federation", {"reason": "breach"})


def _amend(
    village: PoolVillage, chance: random.Random, _names: list[str], _made: list[str], _turn: int
) -> None:
    new = {**COVENANTS_SAID, "leverage": chance.choice((500, 750, 1000)),
           "loan_cap": fen("10_000.00")}  # fmt: skip
    offer = village.act("agreement.offer", AGREEMENT, "staff@federation", new).case.terms["offer"]
    signers = (("council@coop", "c1"), ("council@coop", "c2"), ("checker@bank", "b2"),
               ("cpo@federation", "o1"))  # fmt: skip
    village.signed("agreement.amend", AGREEMENT, signers, terms=offer["digest"])


def _default(
    village: PoolVillage, chance: random.Random, _names: list[str], made: list[str], _turn: int
) -> None:
    if made:
        guarantee = chance.choice(made)
        running = village.held("904", guarantee)
        village.forward(village.today + timedelta(days=2))
        amount = f"{running // 100}.{running % 100:02d}"
        claim = village.defaulted(guarantee, amount)
        village.accept(claim, amount)


_TRIES: tuple[Try, ...] = (
    _reserve, _reserve, _reserve, _pay, _pay, _repay, _give_up, _ask_back, _top_up, _stop, _amend,
    _default,
)  # fmt: skip


@pytest.fixture
def world(engine: sa.Engine) -> Iterator[tuple[PoolVillage, list[str]]]:
    with engine.connect() as conn, conn.begin():
        village = PoolVillage(conn).founded(3)
        village.fund("10_000.00")
        village.agree(loan_cap=fen("10_000.00"))
        village.stake("600.00")
        yield village, [village.seeded(number, "1_000.00") for number in range(6)]


def _play(world: tuple[PoolVillage, list[str]], seeds: range) -> None:
    village, names = world
    for seed in seeds:
        savepoint = village.conn.begin_nested()
        _schedule(village, random.Random(f"pool/{seed}"), names)
        savepoint.rollback()


def test_i6_no_random_schedule_passes_the_line(
    world: tuple[PoolVillage, list[str]],
) -> None:
    _play(world, range(60))


@pytest.mark.soak
@pytest.mark.parametrize("first", range(0, 10_000, PART))
def test_i6_ten_thousand_random_schedules_pass_no_line(
    world: tuple[PoolVillage, list[str]], first: int
) -> None:
    _play(world, range(first, first + PART))
