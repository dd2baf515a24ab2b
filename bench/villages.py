"""Villages in mid-life and the signed batches their nodes would deliver, for races of the county.

Called by the races. A village is laid out in the county's replica as if its loans had been running
for a while; from then on everything it delivers goes through the county's own door.
"""

import hashlib
import itertools
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench import acts
from contracts.batch import Batch, Totals
from contracts.codec import chain, encode, public_bytes
from contracts.envelopes import pack, seal
from contracts.ids import custody_book, node_book
from contracts.ledger import Act
from contracts.sync import KeyCard
from journal import heads, read, replica
from journal.post import Draft
from kernel.cases import Case
from kernel.processes import NODE
from services.federation import setup
from services.federation.cases import hand_over
from services.federation.cases.registers import BankAccount
from services.federation.county import County, load_county
from services.federation.identity import CountyKeys, make_keys
from services.federation.ports import Ports
from services.federation.queries import county_row
from services.federation.tables import replica as replica_table

PLAN = setup.CountyPlan(
    name="bench",
    profile="DEFAULT",
    open_date=acts.DAY,
    account=BankAccount(account="1", name="bench", unallocated="1-0", settlement="1-9"),
    cooperatives=(),
)


class Village:
    """One cooperative: its key, where its book stands, and the acts it writes next.

    ``writes`` makes them: repayments of the loans it has given, whose money the county has never
    seen in custody; or, where a close has to find nothing wrong, households that join.
    """

    def __init__(
        self,
        engine: sa.Engine,
        county: County,
        name: str,
        writes: Callable[[str, int, int], list[Draft]] = acts.repayments,
    ) -> None:
        self.name, self.book, self.writes = name, node_book(name), writes
        self.key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())
        self.number = acts.LOANS
        with engine.begin() as conn:
            entry = setup.CooperativePlan(id=name, name=name, sub_account=f"1-{name}")
            setup.add_cooperative(conn, county, PLAN, entry)
            if writes is acts.repayments:
                acts.open_book(conn, self.book)
                _lend(conn, county, self.book)
            hand_over.register_node(
                conn,
                KeyCard(
                    cooperative=name,
                    key=f"{name}-key",
                    signing=public_bytes(self.key).hex(),
                    sealing="00" * 32,
                ),
            )
            own, custody = heads.read(conn, self.book), heads.read(conn, custody_book(name))
            totals = read.totals_at(conn, self.book, own.seq)
            closing = encode(totals).decode()
            conn.execute(replica_table.insert().values(book=self.book, closing=closing, reason=""))
        self.seq, self.digest = own.seq, own.digest
        self.applied, self.applied_digest = custody.seq, custody.digest.hex()
        self.totals = Counter({(one.account, one.funding): one.amount for one in totals})

    def batch(self, size: int) -> bytes:
        """The next ``size`` acts, packed as they travel."""
        first, opening, opened = self.seq + 1, self._totals(), self.digest
        bodies = [self._write(draft) for draft in self.writes(self.book, self.number, size)]
        self.number += size
        batch = Batch(
            book=self.book,
            epoch=1,
            first=first,
            last=self.seq,
            opening_digest=opened.hex(),
            closing_digest=self.digest.hex(),
            opening=opening,
            closing=self._totals(),
            closes=None,
            applied=self.applied,
            applied_digest=self.applied_digest,
            acts=tuple(map(msgspec.Raw, bodies)),
        )
        return pack(seal(batch, f"{self.name}-key", self.key))

    def _write(self, draft: Draft) -> bytes:
        self.seq += 1
        body = encode(numbered(draft, self.seq))
        self.digest = chain(self.digest, body)
        for m in draft.movements:
            self.totals[m.debit, m.funding] += m.amount
            self.totals[m.credit, m.funding] -= m.amount
        return body

    def _totals(self) -> tuple[Totals, ...]:
        return tuple(Totals(*key, amount) for key, amount in sorted(self.totals.items()) if amount)


def numbered(draft: Draft, seq: int) -> Act:
    """The act a book makes of a draft."""
    fields = {name: getattr(draft, name) for name in Draft.__struct_fields__}
    return Act(seq=seq, epoch=1, business_date=acts.DAY, **fields)


def county_of(engine: sa.Engine) -> County:
    """The benchmark's county in this database, set up by whoever comes first."""
    keys, ports = _keys(), Ports(now=lambda: datetime(2010, 1, 4, tzinfo=UTC), random=bytes)
    with engine.begin() as conn:
        if county_row(conn) is None:
            return setup.set_up(conn, keys, ports, PLAN)
        return load_county(conn, keys, ports)


def _keys() -> CountyKeys:
    numbers = itertools.count(1)
    return make_keys(lambda size: bytes([next(numbers)]) * size)


def _lend(conn: sa.Connection, county: County, book: str) -> None:
    """The village's loans, each repaid on seven times: the next act of it is its eighth."""
    parties = {"coop": book[2:]}
    lent = {
        acts.loan(book, number): Case(
            id=acts.loan(book, number),
            process="loan",
            version=1,
            home=NODE,
            state="active",
            step=acts.STEPS_BEFORE,
            parties=parties,
            terms={
                "member": f"member-{number:03d}", "person": f"p-{number:016x}",
                "group": f"group-{number // 5:02d}", "amount": 2_000_000, "purpose": "pigs",
                "term_months": 12, "poor": False, "funding": "own", "rate_ppm": 84_000,
                "paid_on": "2009-12-01", "due_on": "2010-12-01",
            },
            opened=acts.DAY,
            since=acts.DAY,
        )
        for number in range(acts.LOANS)
    }  # fmt: skip
    replica.save_all(conn, book, {}, lent, county.world.registry.table)
