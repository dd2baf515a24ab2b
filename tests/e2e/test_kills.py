"""kill -9 of every process inside a night: the night completes and the books are as undisturbed.

Compared act by act: every act of every book in its order with its facts, amounts, movements and
terms; all balances; all cases; the bank's lines. Person ids, keys and digests are minted at random
in each run, so they are replaced by what they stand for and the heads' digests themselves are not
compared between runs; that each book chains to its head is I3, demanded of both.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from infra.bank_simulator.spool import ORDERS
from infra.county_directory import find, load
from infra.demonstration.bank_door import SpoolBank
from infra.demonstration.stack import BANK, FEDERATION, NODES, WORKER
from infra.postgres import PROGRAM as POSTGRES
from infra.temporal_server import PROGRAM as TEMPORAL
from tests.e2e.killing import Kill, Patient
from tests.e2e.running import Running, running
from tests.support.session import only_one

STEPS = 6
FIRST_PROGRAMS = {1: NODES, 2: FEDERATION, 5: BANK}
"""Which program dies in which night (counted from 0): villages deliver, the bank works files."""
NIGHT_PROGRAMS = {1: WORKER, 4: TEMPORAL, 6: POSTGRES}
"""Shares come in, money is lent, money is paid out: the county's own night is cut."""


def moment_of(own: Running, program: str) -> Callable[[], bool]:
    """The middle of a night as this program lives it."""
    if program == BANK:
        orders = own.stack.settings.spool / ORDERS
        return lambda: any(orders.glob("*.json"))
    if program in (NODES, FEDERATION):
        # The county has the batch; the node may not know it yet.
        count = "SELECT coalesce(sum(seq), 0) FROM head WHERE book LIKE 'N-%'"
    else:
        count = "SELECT count(*) FROM night WHERE finished <> ''"
    before = own.rows(count)[0][0]
    return lambda: bool(own.rows(count)[0][0] > before)


def play_with(own: Running, victims: dict[int, str]) -> list[str]:
    """Play the county; returns the programs that died in their nights."""
    doors: list[Any] = [Patient(own.player.villages[name]) for name in own.villages]
    own.player.villages = dict(zip(own.villages, doors, strict=True))
    # The supervisor's check would see the dead bank before it is started again.
    own.player.bank = Patient(SpoolBank(own.stack.settings.spool, lambda: None))
    own.player.county = Patient(own.office)
    doors += [own.player.bank, own.player.county]
    died = []
    own.player.open()
    nights = own.player.play()
    number = 0
    more = True
    while more:
        program = victims.get(number)
        kill = program and Kill(own.stack.supervisor, program, moment_of(own, program))
        for door in doors:
            door.kill = kill or None
        if kill:
            kill.start()
        more = next(nights, None) is not None
        number += 1
        if kill:
            kill.over.set()
            kill.join()
            assert kill.back.is_set() or not kill.struck, f"{program} did not come back"
            died += [kill.program] * kill.struck
    return died


def undisturbed() -> dict[str, Any]:
    """The books of a run nothing happened to; played once in a test session."""
    with only_one("undisturbed-books") as done:
        if not done.exists():
            with running(load(find("two_villages"))) as own:
                own.whole()
                done.write_text(json.dumps(own.books(), ensure_ascii=False), encoding="utf-8")
        told: dict[str, Any] = json.loads(done.read_text(encoding="utf-8"))
        return told


@pytest.mark.parametrize("victims", [FIRST_PROGRAMS, NIGHT_PROGRAMS], ids=["doors", "night"])
def test_books_after_kills_inside_nights_are_those_of_an_undisturbed_run(
    victims: dict[int, str],
) -> None:
    wanted = undisturbed()
    with running(load(find("two_villages"))) as own:
        died = play_with(own, victims)
        assert died == list(victims.values())
        own.stack.supervisor.check()
        steps = own.rows("SELECT business_date, count(*) FROM night WHERE finished <> ''"
                         " GROUP BY business_date")  # fmt: skip
        assert {count for _, count in steps} == {STEPS}
        _, proofs = own.taken()
        assert [row for row in proofs.values() if row.failed] == []
        found = json.loads(json.dumps(own.books(), ensure_ascii=False))
    for part in ("balances", "lines", "cases"):
        assert found[part] == wanted[part], part
    for book, acts in wanted["acts"].items():
        assert found["acts"].get(book) == acts, book
    assert found["acts"].keys() == wanted["acts"].keys()
