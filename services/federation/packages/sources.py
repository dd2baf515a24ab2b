"""One package's sources: its cases, its acts with their digests, the people of its village.

Called by the assembling modules beside it. Reads in the caller's transaction, which must see one
moment (REPEATABLE READ), and opens a person's record for this one purpose only.
"""

import hashlib
from datetime import date
from functools import cached_property

import msgspec
import sqlalchemy as sa

from contracts.codec import encode
from contracts.ids import COUNTY_BOOK, custody_book, node_book
from contracts.ledger import Act
from contracts.persons import Person
from contracts.rejections import RejectionCode
from journal import heads, store
from kernel.cases import HANDS, Case, Hand
from kernel.errors import Rejected
from kernel.organs import Organs, organs_of
from kernel.policy import Policy
from services.federation.cases import packages, person_register, registers
from services.federation.county import County
from services.federation.packages import queries


class Sources:
    """Everything a package is said from. ``opened`` are the persons whose record was opened."""

    def __init__(self, conn: sa.Connection, county: County, package: Case) -> None:
        self.conn = conn
        self.county = county
        self.package = package
        self.cooperative = package.parties["coop"]
        self.custody, self.node = custody_book(self.cooperative), node_book(self.cooperative)
        self.cases = store.DatabaseLookup(conn, store.COUNTY_SCOPE)
        self.village = store.DatabaseLookup(conn, self.node)
        self.lines = packages.lines_of(conn, package.id)
        self.opened: dict[str, Person | None] = {}

    @cached_property
    def agreement(self) -> Case:
        """The agreement the package was approved under.

        Raises AGREEMENT_NOT_OPEN, SIGNED_OTHER_TERMS when its version or a line is another now.
        """
        name = str(self.package.terms["agreement"])
        found = self.cases.case(name)
        if found is None or found.state != "open":
            state = found.state if found else "-"
            raise Rejected(RejectionCode.AGREEMENT_NOT_OPEN, agreement=name, state=state)
        stands = packages.lines_digest(found, self.lines)
        whole = all(line.state == "reserved" for line in self.lines)
        if stands != self.package.terms["digest"] or not whole:
            raise Rejected(RejectionCode.SIGNED_OTHER_TERMS)
        return found

    @cached_property
    def today(self) -> date:
        """The open date of the cooperative's custody book: the letter's day."""
        return heads.read(self.conn, self.custody).today

    @cached_property
    def policy(self) -> Policy:
        """The cooperative's parameters as of today."""
        return self.county.world.policy(self.conn, self.cooperative)

    @cached_property
    def organs(self) -> Organs:
        """What the cooperative calls itself, its council and its supervisors."""
        return organs_of(self.policy)

    @cached_property
    def registered(self) -> registers.Cooperative:
        """The cooperative as the county registers it."""
        return registers.find_cooperative(self.conn, self.cooperative)

    @cached_property
    def amount(self) -> int:
        """The principal of every line together (fen)."""
        return sum(int(line.terms["amount"]) for line in self.lines)

    def acts(self, book: str, *cases: str) -> dict[str, list[Act]]:
        """Case → its acts in a book, oldest first."""
        return queries.acts_of(self.conn, book, cases)

    def person(self, person: str) -> Person | None:
        """A person as the village delivered it; each record is opened once."""
        if person not in self.opened:
            self.opened[person] = person_register.open_person(
                self.conn, self.county.keys, person, self.cooperative
            )
        return self.opened[person]

    def head(self, book: str) -> tuple[str, int, str]:
        """A book, its last sequence and the digest of its chain there."""
        found = heads.read(self.conn, book)
        return book, found.seq, found.digest.hex()

    def heads(self) -> list[tuple[str, int, str]]:
        """The heads a package rests on: custody, the county's own book, the village's replica."""
        return [self.head(book) for book in (self.custody, COUNTY_BOOK, self.node)]


def own_digest(act: Act) -> str:
    """SHA-256 of an act's exact bytes, the ones its book chains and its owner signs."""
    return hashlib.sha256(encode(act)).hexdigest()


def place(act: Act) -> str:
    """Where an act stands: its book and sequence."""
    return f"{act.book}/{act.seq}"


def hands(act: Act) -> tuple[Hand, ...]:
    """The signatures an act added."""
    return msgspec.convert(act.terms.get(HANDS, ()), tuple[Hand, ...])
