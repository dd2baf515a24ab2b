"""A small county life through the engine: five books, every kind of act, on any database.

Used by the tests of audit, invariants, reading and export. Node and county share the tables here;
only who performs differs.
"""

from datetime import date
from typing import Any

import sqlalchemy as sa

from contracts.ids import COUNTY_BOOK, follow_id
from contracts.ledger import Act, Actor, Line
from journal import data, heads
from journal.perform import Command, Performed, World, perform
from journal.registry import registry
from kernel.calendar import Calendar

DAY = date(2010, 1, 4)
VILLAGES = ("baiguo", "lijia")
BOOKS = tuple(f"{kind}-{village}" for village in VILLAGES for kind in "NK")
BANK = Actor(role="system:bank_line", operator="bank")
INTAKE = Actor(role="system:intake", operator="intake")
FILER = Actor(role="system:file", operator="files")
FOLLOWER = Actor(role="system:follow", operator="node")
STAFF = Actor(role="staff@federation", operator="p-0000000000000099", persons=("p-staff",))
KEEPER = Actor(role="bookkeeper@node", operator="p-0000000000000001", persons=("p-keeper",))
_POLICY = data.policy("WENXIAN")


def world() -> World:
    """The engine's surroundings, the county's and a node's alike: Wen County's policy."""
    return World(
        registry=registry(),
        policy=lambda _conn, _cooperative: _POLICY,
        calendar=Calendar(),
    )


def do(
    conn: sa.Connection,
    name: str,
    case: str,
    actor: Actor,
    *,
    parties: dict[str, str] | None = None,
    **facts: Any,
) -> Performed:
    """Perform ``process.act`` on a case; its id is the case and the act, as callers mint it."""
    process, act = name.split(".")
    number = facts.pop("again", "")
    command = Command(
        id=f"{case}:{act}{number}",
        process=process,
        case=case,
        act=act,
        actor=actor,
        facts=facts,
        parties=parties or {},
    )
    return perform(conn, world(), command)


def begin(engine: sa.Engine) -> None:
    """Open the books and the villages' own cases."""
    with engine.begin() as conn:
        for book in (*BOOKS, COUNTY_BOOK):
            heads.create(conn, book, DAY)
        for village in VILLAGES:
            do(conn, "village_book.open", f"village-{village}", KEEPER,
               parties={"coop": village})  # fmt: skip
            do(conn, "book.open", f"book-{village}", Actor(role="system:county",
               operator="county"), parties={"coop": village})  # fmt: skip


def member(conn: sa.Connection, village: str, number: int) -> Performed:
    """A household asks to join."""
    return do(
        conn, "member.apply", f"member-{village}-{number:03d}", KEEPER,
        parties={"coop": village}, person=f"p-{village}-{number:03d}",
        household=f"h-{village}-{number:03d}", card=f"card-{village}-{number:03d}",
    )  # fmt: skip


def received(conn: sa.Connection, village: str, line: str, amount: int, source: str = "") -> Act:
    """A bank line for a village, as a grant of ``source`` or unclaimed; its K(i) act."""
    facts = {"amount": amount, "line": line} | ({"source": source} if source else {})
    done = do(
        conn, "receipt.grant" if source else "receipt.unclaimed", f"line-{line}", BANK,
        parties={"coop": village, "county": ""}, **facts,
    )  # fmt: skip
    return next(act for act in done.acts if act.book == f"K-{village}")


def followed(conn: sa.Connection, act: Act) -> Performed:
    """The village's half of a K(i) act."""
    village = act.book.removeprefix("K-")
    command = Command(
        id=follow_id(act.book, act.seq),
        process="village_book",
        case=f"village-{village}",
        act="follow",
        actor=FOLLOWER,
        facts={"recipe": act.recipe, "party": "coop", "lines": _plain(act.lines)},
        value_date=act.value_date,
    )
    return perform(conn, world(), command)


def paid_out(conn: sa.Connection, village: str, number: int, amount: int, *, bounce: bool) -> Act:
    """A payment of running costs: held, filed, then paid or bounced; the last K(i) act."""
    case = f"pay-N-{village}-{number}"
    do(
        conn, "payment.queue", case, INTAKE, parties={"coop": village}, amount=amount,
        person="p-payee", recipe="payment.cost", back="payment.cost_back", **{"for": "costs"},
    )  # fmt: skip
    do(conn, "payment.file", case, FILER)
    return do(conn, "payment.bounce" if bounce else "payment.pay", case, BANK).acts[0]


def live(engine: sa.Engine) -> None:
    """Some sixty acts: members, grants, lines nobody knows, identifications, payments, follows."""
    begin(engine)
    for number in range(1, 4):
        for village in VILLAGES:
            with engine.begin() as conn:
                member(conn, village, number)
                followed(conn, received(conn, village, f"{village}-{number}", 90_000_00 + number))
                followed(
                    conn, received(conn, village, f"g-{village}-{number}", 150_000_00, "provincial")
                )
                act = paid_out(conn, village, number, 1_234_56 * number, bounce=number == 2)
                if number != 2:
                    followed(conn, act)
    with engine.begin() as conn:
        do(conn, "receipt.unknown", "line-lost", BANK,
           parties={"county": ""}, amount=77_00, line="lost")  # fmt: skip
        do(conn, "identification.name", "ident-line-lost", STAFF, receipt="line-lost",
           evidence="slip 12", parties={"coop": "lijia", "county": ""})  # fmt: skip
        do(conn, "identification.file", "ident-line-lost", FILER)
        found = do(conn, "identification.arrive", "ident-line-lost", BANK)
        followed(conn, next(act for act in found.acts if act.book == "K-lijia"))


def _plain(lines: tuple[Line, ...]) -> list[dict[str, Any]]:
    return [{"amounts": line.amounts, "keys": line.keys, "funding": line.funding} for line in lines]
