"""Each check finds what it is there for: a county is falsified by hand and must be told apart.

Rows are changed behind the back of the code, the bank's own books are changed where the bank is
the witness. A check that finds nothing is broken.
"""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from contracts.codec import GENESIS
from journal.tables import act, balance, cases, head, movement
from services.federation.tables import bank_line, batch, node_key
from simulation import invariants_books, invariants_lending
from simulation.bank_orders import Truth
from simulation.checks import Checks
from simulation.founding import Snapshot
from simulation.invariants_cases import steps
from simulation.invariants_money import terms_of
from simulation.queries import Row
from simulation.tally import Tally
from simulation.world import COUNTY, Found, World

Falsify = Callable[[World], None]
LOAN = "intercoop:intercoop-1"
"""The funding of the 5,000.00 that Houba borrowed at the founding."""


@pytest.fixture
def world(snapshot: Snapshot, tmp_path: Path) -> Iterator[World]:
    county = snapshot.restore(tmp_path, "checks")
    yield county
    county.stop()


def rows(machine: str, *statements: sa.UpdateBase | sa.TextClause) -> Falsify:
    """Change rows of one computer's file, its triggers taken away first."""

    def change(world: World) -> None:
        with world.machines[machine].engine.begin() as conn:
            triggers = sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for name in conn.scalars(triggers).all():
                conn.execute(sa.text(f'DROP TRIGGER "{name}"'))
            for statement in statements:
                assert conn.execute(statement).rowcount > 0

    return change


def paid_twice(world: World) -> None:
    paid = next(one for one in world.bank.bookings if one.truth is Truth.PAID)
    world.bank.bookings.append(paid)


def paid_less(world: World) -> None:
    number = next(n for n, one in enumerate(world.bank.bookings) if one.truth is Truth.PAID)
    one = world.bank.bookings[number]
    line = msgspec.structs.replace(one.line, amount_fen=one.line.amount_fen - 1)
    world.bank.bookings[number] = msgspec.structs.replace(one, line=line)


def never_came(world: World) -> None:
    world.bank.bookings = [one for one in world.bank.bookings if one.truth is not Truth.CAME_IN]


ONE_FEN = {"amount": balance.c.amount + 1}
TAMPERED: list[tuple[str, Falsify]] = [
    ("I1", rows("baiguo", balance.update().where(balance.c.account == "10201").values(ONE_FEN))),
    ("I2", rows(COUNTY, movement.delete().where(movement.c.book == "K-houba",
                                               movement.c.credit == "80101"))),
    ("I2", rows("houba", movement.update().values(amount=movement.c.amount + 1))),
    ("I3", rows("houba", head.update().where(head.c.book == "N-houba").values(digest=GENESIS))),
    ("I3", rows(COUNTY, act.update().where(act.c.book == "K-0", act.c.seq == 1)
                .values(digest=GENESIS))),
    ("I3", rows(COUNTY, act.delete().where(act.c.book == "K-baiguo", act.c.seq == 3))),
    ("I5", rows(COUNTY, head.update().where(head.c.book == "N-houba").values(cursor=3))),
    ("I8", paid_twice),
    ("I8", paid_less),
    ("I9", never_came),
    ("I9", rows(COUNTY, bank_line.update().where(bank_line.c.state == "booked")
                .values(state="open"))),
    ("I15", rows(COUNTY, cases.update().where(cases.c.id == "intercoop-1", cases.c.scope == "K")
                 .values(body=sa.func.replace(cases.c.body, '"active"', '"repaid"')))),
    ("I15", rows("baiguo", cases.delete().where(cases.c.id == "loan-baiguo-0001"))),
    ("I18", rows(COUNTY, node_key.update().values(valid_from="2017-03-09"))),
    ("I18", rows(COUNTY, batch.delete().where(batch.c.book == "N-xiaojiaba"))),
]  # fmt: skip


def test_the_founded_county_is_sound(world: World) -> None:
    checks = Checks()
    checks.night(world)
    checks.night(world)
    assert checks.tally.checked.total() > 5_000


@pytest.mark.parametrize(("invariant", "falsify"), TAMPERED)
def test_what_was_falsified_is_found(world: World, invariant: str, falsify: Falsify) -> None:
    falsify(world)
    with pytest.raises(Found) as found:
        Checks().night(world)
    assert found.value.invariant == invariant


def test_a_prefix_that_changed_since_it_was_seen_is_found(world: World) -> None:
    checks = Checks()
    checks.night(world)
    checks._witnesses["county-1"]["K-0"] = (1, GENESIS)
    with pytest.raises(Found, match="prefix"):
        checks.night(world)


def test_a_copy_that_differs_from_its_owner_is_found(world: World) -> None:
    checks = Checks()
    own = checks._files(world, "baiguo")
    other = msgspec.structs.replace(own, acts={"N-baiguo": own.acts["N-baiguo"][:-1]})
    with pytest.raises(Found, match="ahead"):
        invariants_books.copies_agree(checks.tally, other, own, "N-baiguo")


def test_a_debt_that_is_not_the_lenders_due_is_found(world: World) -> None:
    checks = Checks()
    county = checks._files(world, COUNTY)
    invariants_lending.what_is_owed_is_due(checks.tally, county)
    place = next(one for one in county.balances if one[:3] == ("N-houba", "20102", "intercoop-1"))
    false = {**county.balances, place: county.balances[place] + 1}
    with pytest.raises(Found, match="due-from is due-to"):
        invariants_lending.what_is_owed_is_due(
            checks.tally, msgspec.structs.replace(county, balances=false)
        )


def test_the_model_notices_one_fen(world: World) -> None:
    checks = Checks()
    own = checks._files(world, "houba")
    place = next(place for place in own.balances if place[:2] == ("N-houba", "115"))
    false = {**own.balances, place: own.balances[place] + 1}
    with pytest.raises(Found) as found:
        checks._model(msgspec.structs.replace(own, balances=false), "houba")
    assert found.value.invariant == "model"


@pytest.mark.parametrize(
    ("movements", "pay", "said"),
    [
        ([["115", "L", "10201", "", LOAN, 500_001]], 0, "on-lent is drawn"),
        ([["115", "L", "10201", "", LOAN, 1], ["20102", "i", "10201", "", LOAN, 500_000]], 0,
         "on-lent is drawn"),
        # Its own put in covers what it had staked of the borrowed money, and what it repays.
        ([["115", "L", "10201", "", LOAN, 1], ["10201", "", "191", "", LOAN, 1_000_000],
          ["20102", "i", "10201", "", LOAN, 500_000]], 0, ""),
        ([], 500_001, "a new loan lies within the borrowing"),
        ([], 500_000, ""),
    ],
)  # fmt: skip
def test_borrowed_money_lent_beyond_the_borrowing_is_found_act_by_act(
    world: World, movements: list[list[str | int]], pay: int, said: str
) -> None:
    own = Checks()._files(world, "houba")
    told = {"process": "loan", "case": "L", "state": "instructed", "movements": movements,
            "terms": {"pay": {"funding": LOAN, "amount": pay}} if pay else {}}  # fmt: skip
    rows = [*own.acts["N-houba"], Row(0, "", "", b"", b"", told)]
    files = msgspec.structs.replace(own, acts={"N-houba": rows})
    with pytest.raises(Found, match=said) if said else nullcontext():
        invariants_lending.borrowed_money_is_lent_once(Tally(), files, "N-houba")


def test_lending_in_a_ring_is_found(world: World) -> None:
    county = Checks()._files(world, COUNTY)
    lending = next(row for row in county.acts["K-houba"] if row.told["act"] == "match")
    back = {**lending.told, "case": "intercoop-2",
            "parties": {"lender": "houba", "borrower": "baiguo"}}  # fmt: skip
    rows = [*county.acts["K-houba"], msgspec.structs.replace(lending, told=back)]
    files = msgspec.structs.replace(county, acts={**county.acts, "K-houba": rows})
    invariants_lending.lending_is_bounded(Tally(), county)
    with pytest.raises(Found, match="ring"):
        invariants_lending.lending_is_bounded(Tally(), files)


@pytest.mark.parametrize("over", [0, 1])
def test_lending_is_judged_by_the_fund_at_the_last_match(world: World, over: int) -> None:
    """A fund that grew since an older loan lends more; of 61,000 it is 18,300 (30 %)."""
    county = Checks()._files(world, COUNTY)
    book = next(name for name in county.acts if name[0] == "F")
    lending = next(row for row in county.acts["K-houba"] if row.told["act"] == "match")
    out = sum(
        terms_of(acts)["outstanding"] for scope, _, acts in steps(county)
        if scope == "K" and acts[0]["process"] == "intercoop"
        and acts[0]["parties"]["lender"] == "baiguo"
        and acts[-1]["state"] in ("active", "suspended")
    )  # fmt: skip
    later = {
        **lending.told,
        "case": "intercoop-0",
        "business_date": "2017-05-03",
        "facts": {**lending.told["facts"], "own_fund": {"baiguo": 61_000_00}},
        "terms": {**lending.told["terms"], "outstanding": 18_300_00 - out + over},
    }
    rows = [msgspec.structs.replace(lending, told=later), *county.acts[book]]
    files = msgspec.structs.replace(county, acts={**county.acts, book: rows})
    with pytest.raises(Found, match="own fund") if over else nullcontext():
        invariants_lending.lending_is_bounded(Tally(), files)
