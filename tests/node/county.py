"""A county for one village, on its own SQLite file: real books and acts, no network between.

It implements delivery.Transport, so node tests send and pull as over HTTP. What the federation
proves and nets is tested there; here it takes what verifies and pays what is asked.
"""

from datetime import date, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from contracts.batch import Batch, Envelope
from contracts.codec import chain, decode, public_bytes
from contracts.envelopes import batch_of, pack, seal, signed_by, unpack
from contracts.facts import facts_of
from contracts.facts.books import PolicyFacts
from contracts.ids import COUNTY_BOOK, custody_book, node_book
from contracts.ledger import Act, Actor, Line
from contracts.persons import PersonRecord, public_key
from contracts.rejections import RejectionCode
from contracts.sync import BatchReceipt, CountyCard, KeyCard, SyncState
from journal import data, replica, store
from journal import heads as journal_heads
from journal.perform import Command, Performed, World, perform
from journal.post import Draft, Written, append, append_written
from journal.read import totals_at
from journal.registry import registry
from kernel.calendar import Calendar
from kernel.errors import Rejected
from services.cooperative_node import queries
from services.cooperative_node.delivery import Unreachable

KEY = "county-test"


class County:
    """K(x), K(0) and the replica of N(x) of one cooperative."""

    def __init__(self, engine: sa.Engine, cooperative: str, day: date) -> None:
        self.engine = engine
        self.cooperative = cooperative
        self.signing = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
        self.sealing = X25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
        self.profile = "DEFAULT"
        self.keys: dict[str, KeyCard] = {}
        self.persons: dict[str, PersonRecord] = {}
        self.cut = False
        """Whether the line is down."""
        self.lose_answers = 0
        """How many answers to sent batches are lost on their way back."""
        self.pull_limit = 2_000
        self.world = World(
            registry=registry(),
            policy=lambda _conn, _coop: data.policy(self.profile),
            calendar=Calendar(),
        )
        with engine.begin() as conn:
            for book in (custody_book(cooperative), COUNTY_BOOK, node_book(cooperative)):
                journal_heads.create(conn, book, day)
        self.act("book", f"book-{cooperative}", "open", "system:county")

    @property
    def card(self) -> CountyCard:
        """The county's public keys."""
        return CountyCard(
            key=KEY,
            signing=public_bytes(self.signing).hex(),
            sealing=public_key(self.sealing).hex(),
            address="http://county.test",
        )

    def register(self, card: KeyCard) -> None:
        """Know a node's key; it is now the only one."""
        self.keys = {card.key: card}

    def hand_over(self, card: KeyCard) -> None:
        """Give the book to a new key and epoch."""
        with self.engine.begin() as conn:
            head = journal_heads.lock(conn, [node_book(self.cooperative)])
            own = head[node_book(self.cooperative)]
            own.epoch += 1
            journal_heads.save(conn, [own])
            facts = {"key": card.key, "epoch": own.epoch, "seq": own.seq}
        self.register(card)
        self.act("book", f"book-{self.cooperative}", "hand_over", "staff@federation", facts)

    def tell_policy(self, profile: str, **facts: Any) -> None:
        """Tell the village its parameters."""
        self.profile = profile
        told = facts_of(PolicyFacts(profile=profile, **facts))
        self.act("book", f"book-{self.cooperative}", "policy", "system:county", told)

    def bank_line(self, act: str, line: str, on: date, **facts: Any) -> Performed:
        """One line of money in: share (member), repayment (loan), grant (source), unclaimed."""
        told = {"line": line, **facts}
        return self.act("receipt", f"line-{line}", act, "system:bank_line", told, on)

    def propose(self, case: str, amount: int) -> None:
        """Match this village as borrower with a neighbour that has money."""
        neighbour, day = "houba", self.state().business_date
        with self.engine.begin() as conn:
            journal_heads.create(conn, custody_book(neighbour), day)
            facts = {"line": "N1", "source": "county", "amount": 10 * amount}
            actor = Actor(role="system:bank_line", operator="bank")
            perform(conn, self.world, Command(
                id="neighbour", process="receipt", case="line-N1", act="grant", actor=actor,
                facts=facts, parties={"coop": neighbour},
            ))  # fmt: skip
            perform(conn, self.world, Command(
                id=f"{case}/match", process="intercoop", case=case, act="match",
                actor=Actor(role="staff@federation", operator="p-00000000000000ff"),
                facts={
                    "lender": neighbour, "borrower": self.cooperative, "amount": amount,
                    "rate_ppm": 3_000, "term_months": 6, "offer": "o", "ask": "a",
                    "grades": {neighbour: "A", self.cooperative: "A"},
                    "own_fund": {neighbour: 10 * amount, self.cooperative: 10 * amount},
                },
                parties={"lender": neighbour, "borrower": self.cooperative},
            ))  # fmt: skip

    def lend_on(self, amount: int, loan: str = "intercoop-1") -> None:
        """Money borrowed from another village arrives, as if signed and settled."""
        self._settle("fund", loan, {"principal": amount})

    def pay_back(self, principal: int, loan: str = "intercoop-1") -> None:
        """Borrowed money leaves (fen), as if settled."""
        self._settle("hold_repayment", loan, {"amount": principal})
        self._settle("repay", loan, {"principal": principal})

    def _settle(self, act: str, loan: str, amounts: dict[str, int]) -> None:
        book, recipe = custody_book(self.cooperative), f"intercoop.{act}"
        line = Line(
            amounts=amounts, keys={"contract": loan, "case": loan}, funding=f"intercoop:{loan}"
        )
        half = self.world.registry.recipes[recipe].half("county", "borrower", line)
        with self.engine.begin() as conn:
            heads = journal_heads.lock(conn, [book])
            known = store.load(conn, store.COUNTY_SCOPE, loan)
            draft = Draft(
                book=book, id=f"{loan}/{act}", value_date=heads[book].today, process="intercoop",
                version=1, case=loan, step=known.step + 1 if known else 1, act=act, state="active",
                actor=Actor(role="system:settlement", operator="settlement"), request="0" * 64,
                parties={"lender": "houba", "borrower": self.cooperative},
                recipe=recipe, lines=(line,), movements=half,
            )  # fmt: skip
            append(conn, heads, [draft], self.world.registry.chart)

    def pay(self, outcome: str = "pay") -> int:
        """File every queued payment and let the bank pay or bounce it; how many."""
        with self.engine.begin() as conn:
            queued = store.in_states(conn, store.COUNTY_SCOPE, "payment", ["queued"])
        for case in queued:
            self.act("payment", case.id, "file", "system:file")
            self.act("payment", case.id, outcome, "system:bank_line")
        return len(queued)

    def come_back(self) -> None:
        """The bank sends back every payout it had paid."""
        with self.engine.begin() as conn:
            paid = store.in_states(conn, store.COUNTY_SCOPE, "payment", ["paid"])
        for case in paid:
            self.act("payment", case.id, "come_back", "system:bank_line")

    def next_day(self) -> date:
        """Open the next date in every K book."""
        with self.engine.begin() as conn:
            books = (custody_book(self.cooperative), COUNTY_BOOK)
            heads = journal_heads.lock(conn, books)
            for book in books:
                journal_heads.close_day(conn, heads[book], heads[book].today + timedelta(days=1))
            return heads[books[0]].today

    def act(
        self,
        process: str,
        case: str,
        act: str,
        role: str,
        facts: dict[str, Any] | None = None,
        on: date | None = None,
    ) -> Performed:
        """Perform one act of the county, in a transaction of its own."""
        actor = Actor(role=role, operator="p-00000000000000ff")
        with self.engine.begin() as conn:
            return self._perform(conn, process, case, act, actor, facts or {}, on)

    def _perform(
        self, conn: sa.Connection, process: str, case: str, act: str, actor: Actor,
        facts: dict[str, Any], on: date | None = None,
    ) -> Performed:  # fmt: skip
        known = store.load(conn, store.COUNTY_SCOPE, case)
        return perform(
            conn,
            self.world,
            Command(
                id=f"{case}/{act}/{0 if known is None else known.step}",
                process=process,
                case=case,
                act=act,
                actor=actor,
                facts=facts,
                parties=known.parties if known else {"coop": self.cooperative},
                value_date=on,
            ),
        )

    # --- Transport

    def state(self) -> SyncState:
        """What the county holds and offers."""
        self._line()
        with self.engine.begin() as conn:
            own = journal_heads.read(conn, node_book(self.cooperative))
            custody = journal_heads.read(conn, custody_book(self.cooperative))
        return SyncState(
            cooperative=self.cooperative,
            business_date=custody.today,
            epoch=own.epoch,
            seq=own.seq,
            digest=own.digest.hex(),
            k_seq=custody.seq,
            k_digest=custody.digest.hex(),
        )

    def send(self, envelope: Envelope) -> BatchReceipt:
        """Take a batch as it travels; payouts asked for are queued."""
        self._line()
        receipt = self.take(unpack(pack(envelope)))
        if self.lose_answers:
            self.lose_answers -= 1
            raise Unreachable("the answer was lost")
        return receipt

    def pull(self, after: int) -> Envelope | None:
        """A range of K(i)."""
        return self._range(custody_book(self.cooperative), after)

    def replica(self, after: int) -> Envelope | None:
        """A range of the replica, the persons with its first part."""
        return self._range(node_book(self.cooperative), after)

    def take(self, envelope: Envelope) -> BatchReceipt:
        """Prove and append one batch."""
        card = self.keys.get(envelope.key)
        if card is None:
            raise Rejected(RejectionCode.KEY_UNKNOWN, key=envelope.key)
        if not signed_by(envelope, bytes.fromhex(card.signing)):
            raise Rejected(RejectionCode.SIGNATURE_INVALID)
        batch = batch_of(envelope)
        with self.engine.begin() as conn:
            head = journal_heads.lock(conn, [batch.book])[batch.book]
            if batch.first > head.seq + 1:
                raise Rejected(RejectionCode.BATCH_GAP, first=batch.first, expected=head.seq + 1)
            written = self._written(batch, head.seq, head.digest)
            acts = [one.act for one in written]
            append_written(conn, {batch.book: head}, written, self.world.registry.chart)
            assert head.digest.hex() == batch.closing_digest
            assert totals_at(conn, batch.book) == batch.closing
            head.cursor = max(head.cursor, batch.applied)
            journal_heads.save(conn, [head])
            self._fold(conn, batch.book, acts)
            for act in acts:
                if act.terms.get("pay"):
                    self._queue(conn, act)
            self.persons |= {record.person: record for record in batch.persons}
            custody = journal_heads.read(conn, custody_book(self.cooperative))
        return BatchReceipt(seq=head.seq, digest=head.digest.hex(), k_seq=custody.seq)

    def _written(self, batch: Batch, held: int, digest: bytes) -> list[Written]:
        written = []
        for raw in batch.acts:
            act = decode(bytes(raw), Act)
            if act.seq > held:
                digest = chain(digest, bytes(raw))
                written.append(Written(act, bytes(raw), digest))
        return written

    def _fold(self, conn: sa.Connection, scope: str, acts: list[Act]) -> None:
        table = self.world.registry.table
        before = replica.load_all(conn, scope, [act.case for act in acts])
        after = replica.fold_all(before, acts, table)
        replica.save_all(conn, scope, before, after, table)

    def _queue(self, conn: sa.Connection, act: Act) -> None:
        pay = act.terms["pay"]
        facts = {
            **pay["keys"], "for": act.case, "amount": pay["amount"], "person": pay["person"],
            "recipe": pay["recipe"], "back": pay["back"], "funding": pay["funding"],
        }  # fmt: skip
        case = f"pay-{act.book}-{act.seq}"
        actor = Actor(role="system:intake", operator="intake")
        savepoint = conn.begin_nested()
        try:
            self._perform(conn, "payment", case, "queue", actor, facts)
        except Rejected as refusal:
            savepoint.rollback()
            facts["code"] = refusal.code.value
            self._perform(conn, "payment", case, "refuse", actor, facts)
        else:
            savepoint.commit()

    def _range(self, book: str, after: int) -> Envelope | None:
        self._line()
        with self.engine.begin() as conn:
            head = journal_heads.read(conn, book)
            if after >= head.seq:
                return None
            last = min(head.seq, after + self.pull_limit)
            acts = queries.acts_between(conn, book, after + 1, last)
            own = journal_heads.read(conn, node_book(self.cooperative))
            applied, of = (
                (own.seq, own.digest)
                if book != own.book
                else (own.cursor, queries.digest_at(conn, custody_book(self.cooperative),
                                                    own.cursor) or b"")
            )  # fmt: skip
            batch = Batch(
                book=book,
                epoch=head.epoch,
                first=after + 1,
                last=last,
                opening_digest=(queries.digest_at(conn, book, after) or b"").hex(),
                closing_digest=acts[-1].digest.hex(),
                opening=totals_at(conn, book, after),
                closing=totals_at(conn, book, last),
                closes=None,
                applied=applied,
                applied_digest=of.hex(),
                acts=tuple(msgspec.Raw(one.body) for one in acts),
                persons=tuple(self.persons.values()) if book == own.book and not after else (),
            )
        return seal(batch, KEY, self.signing)

    def _line(self) -> None:
        if self.cut:
            raise Unreachable("no line")
