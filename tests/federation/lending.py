"""Builders of the inter-cooperative tests: villages with own fund and custody, acts by name."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from contracts.ids import COUNTY_BOOK, FEDERATION_BOOK, custody_book, node_book
from contracts.ledger import Actor, Movement
from journal import data, heads, post, store
from journal.perform import Command, Performed, World, perform
from journal.registry import registry
from kernel.calendar import Calendar
from kernel.cases import Case
from services.federation.cases import registers
from services.federation.cases.actors import BANK_LINE, FILER
from services.federation.cases.intercoop import Match, match
from services.federation.county import County
from services.federation.identity import make_keys
from services.federation.ports import Ports
from tests.support.steady import a_moment, seeded

DAY = date(2009, 6, 1)
STAFF = Actor(role="staff@federation", operator="p-staff", persons=("p-staff",))
POVERTY_OFFICE = Actor(role="cpo@federation", operator="p-cpo", persons=("p-cpo",))
GRADES = {"baiguo": "A", "houba": "A", "xiaojiaba": "B", "shuihaoping": "C"}


def county_world(profile: str = "WENXIAN", changes: Mapping[str, object] | None = None) -> World:
    """The county's world under one built-in profile, with the county's own changes."""
    policy = data.policy(profile, changes)
    return World(
        registry=registry(),
        policy=lambda _conn, _cooperative: policy,
        calendar=Calendar(),
    )


def a_county() -> County:
    """The county of this house with keys of its own, for what asks for more than a world."""
    return County(
        name="文县联合社",
        world=county_world(),
        keys=make_keys(seeded("lending")),
        ports=Ports(now=a_moment, random=seeded("lending ports")),
    )


def a_village(conn: sa.Connection, world: World, name: str, fund: int) -> None:
    """A cooperative whose whole own fund (fen) is shares, all of it free in custody."""
    for book in (COUNTY_BOOK, node_book(name), custody_book(name)):
        heads.create(conn, book, DAY)
    locked = heads.lock(conn, [node_book(name)])
    shares = Movement("10201", "", "30101", f"member-{name}-001", "own", fund)
    draft = post.Draft(
        book=node_book(name),
        id="opening",
        value_date=DAY,
        process="village_book",
        version=1,
        case=f"village-{name}",
        step=1,
        act="open",
        state="open",
        actor=BANK_LINE,
        request="0" * 64,
        parties={"coop": name},
        movements=(shares,),
    )
    post.append(conn, locked, [draft], world.registry.chart)
    chair = Case(
        id=f"post-{name}-chair",
        process="post",
        version=1,
        home="node",
        state="held",
        step=1,
        parties={"coop": name},
        terms={"person": f"p-{name}", "post": "chair"},
    )
    store.save(conn, node_book(name), chair, world.registry.table["post"])
    county_act(
        conn, world, "receipt", f"line-{name}", "unclaimed", BANK_LINE,
        parties={"coop": name, "county": ""}, facts={"amount": fund, "line": f"line-{name}"},
    )  # fmt: skip


def enter_federation(conn: sa.Connection, world: World, own: int) -> None:
    """The federation's book and its account at the bank, with own money (fen) on it."""
    heads.create(conn, FEDERATION_BOOK, DAY)
    registers.enter_bank_account(conn, registers.BankAccount(
        account="955001", name="专户", unallocated="955001-0", settlement="955001-9",
        federation="955001-6",
    ))  # fmt: skip
    county_act(
        conn, world, "own_money", "own-1", "receive", BANK_LINE,
        parties={"federation": FEDERATION_BOOK}, facts={"amount": own, "line": "line-own"},
    )  # fmt: skip


def next_day(conn: sa.Connection, day: date) -> None:
    """Every book of the county opens another day."""
    books = [one.book for one in heads.read_all(conn) if not one.book.startswith("N-")]
    for head in heads.lock(conn, books).values():
        heads.close_day(conn, head, day)


def county_act(
    conn: sa.Connection,
    world: World,
    process: str,
    case: str,
    act: str,
    actor: Actor,
    *,
    parties: dict[str, str] | None = None,
    facts: dict[str, Any] | None = None,
) -> Performed:
    """Perform one county act under an id made of its names."""
    command = Command(
        id=f"{case}/{act}/{actor.operator}",
        process=process,
        case=case,
        act=act,
        actor=actor,
        parties=parties or {},
        facts=facts or {},
    )
    return perform(conn, world, command)


def a_match(**changes: Any) -> Match:
    """30,000 yuan from Baiguo to Xiaojiaba at 3 ‰ a month for a year."""
    values: dict[str, Any] = {
        "case": "intercoop-1",
        "lender": "baiguo",
        "borrower": "xiaojiaba",
        "amount": 3_000_000,
        "rate_ppm": 3000,
        "term_months": 12,
    }
    return Match(**{**values, **changes})


def propose(conn: sa.Connection, world: World, **changes: Any) -> Performed:
    """Match under the test's grades."""
    return match(conn, world, a_match(**changes), STAFF, GRADES)


def sign_all(conn: sa.Connection, world: World, case: str = "intercoop-1") -> Performed:
    """Both councils, the federation and the poverty office sign the present terms."""
    found = store.load(conn, "K", case)
    assert found is not None
    for actor in signers(found):
        done = county_act(conn, world, "intercoop", case, "sign", actor)
        if done.case.state != "proposed":
            return done
    raise AssertionError(case)


def signers(case: Case) -> list[Actor]:
    """Everyone who signs, the poverty office last."""
    councils = [
        Actor(role=f"council@{side}", operator=f"p-{case.parties[side]}")
        for side in ("lender", "borrower")
    ]
    return [*councils, STAFF, POVERTY_OFFICE]


def bank_moves_legs(conn: sa.Connection, world: World, legs: list[Any], tag: str = "") -> None:
    """The legs go to the bank and come back as lines of the right amount."""
    for leg in legs:
        county_act(conn, world, "leg", leg.id, "file", FILER)
        act = "paid_in" if leg.terms["direction"] == "in" else "paid_out"
        county_act(
            conn, world, "leg", leg.id, act, BANK_LINE, facts={"line": f"line-{leg.id}{tag}"}
        )


def free(conn: sa.Connection, cooperative: str) -> int:
    """80101 of a cooperative (fen)."""
    return store.totals(conn, custody_book(cooperative), ["80101"])["80101"]


def in_transit(conn: sa.Connection, *cooperatives: str) -> list[int]:
    """709 of each book named and of K-0 (fen, debit)."""
    books = [*(custody_book(name) for name in cooperatives), COUNTY_BOOK]
    return [store.totals(conn, book, ["709"])["709"] for book in books]
