"""One book against its own bytes: chain, columns, movements, recipes, balances, limits, head.

Called by journal.audit only. Reads two streams in the caller's transaction; writes nothing.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from contracts.codec import GENESIS, chain, decode, encode
from contracts.ids import kind_of
from contracts.ledger import Act, Movement
from contracts.money import show
from journal import heads, store
from journal.difference import Difference, Witness, differs
from journal.heads import Head
from journal.read import STREAM
from journal.registry import Registry
from journal.tables import act as act_table
from journal.tables import balance, movement
from kernel.chart import OWN
from kernel.errors import InvariantViolation
from kernel.recipes import place_of

Row = tuple[Any, ...]
Place = tuple[str, str, str]
"""Account, key, funding of a balance row."""


def audit_book(
    conn: sa.Connection,
    book: str,
    registry: Registry,
    *,
    witnesses: Iterable[Witness] = (),
    blocked: Collection[Place] = (),
    replica: bool = False,
) -> Iterator[Difference]:
    """Every difference of one book, in the order of its rows; nothing when it is sound.

    ``blocked`` names balances that may be held at floor = ceiling = balance. The rows of a
    ``replica`` carry no limits: its owner kept them, and what passed one is a finding already.
    Raises Rejected BOOK_NOT_OPEN when the book has no head.
    """
    head = heads.read(conn, book)
    told: dict[int, set[bytes]] = {}
    for one in witnesses:
        if one.book == book:
            told.setdefault(one.seq, set()).add(one.digest)
    reader = _Reader(head=head, registry=registry, told=told, replica=replica)
    moved = _grouped(_movements(conn, book))
    for row in _acts(conn, book):
        yield from reader.act(row, moved)
    yield from reader.loose(moved, None)
    yield from reader.end()
    yield from _balances(conn, book, reader, None if replica else blocked)


def audit_strays(conn: sa.Connection) -> Iterator[Difference]:
    """Rows of acts, movements and balances whose book has no head."""
    known = {head.book for head in heads.read_all(conn)}
    for table in (act_table, movement, balance):
        for book in sorted(set(conn.scalars(sa.select(table.c.book).distinct())) - known):
            yield differs(book, "book_has_a_head", table.name, "none", "rows")


class _Reader(msgspec.Struct, kw_only=True):
    """One pass over a book: what the chain, the dates and the sums are after the acts so far."""

    head: Head
    registry: Registry
    told: dict[int, set[bytes]]
    replica: bool = False
    seq: int = 0
    epoch: int = 1
    digest: bytes = GENESIS
    day: str = ""
    sums: dict[Place, int] = {}

    def act(self, row: Row, moved: "_Groups") -> Iterator[Difference]:
        """Check one stored act and the movements written for it."""
        seq, body, digest, *columns = row
        yield from self.loose(moved, seq)
        stored = moved.take(seq)
        yield from self.same("act_sequence_has_no_gap", f"act {seq}", self.seq + 1, seq)
        self.seq = seq
        chained = chain(self.digest, body)
        yield from self.same("act_is_chained", f"act {seq}", chained.hex(), digest.hex())
        # The chain goes on from what is stored: one edit is one difference, not all that follow.
        self.digest = digest
        for told in sorted(self.told.pop(seq, ())):
            yield from self.same("head_is_the_one_told", f"act {seq}", told.hex(), digest.hex())
        try:
            act = decode(body, Act)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            yield self.differs("act_reads", f"act {seq}", "act.v1", str(error))
            self.add(stored)
            return
        yield from self.same("act_bytes_are_canonical", f"act {seq}", encode(act), body)
        yield from self.columns(act, seq, columns)
        movements = [(n, *msgspec.structs.astuple(m)) for n, m in enumerate(act.movements, 1)]
        yield from self.same("movements_are_the_acts", f"act {seq}", movements, stored)
        yield from self.recipe(act)
        self.add(movements)

    def columns(self, act: Act, seq: int, found: Sequence[Any]) -> Iterator[Difference]:
        """The columns beside the bytes say what the bytes say; date and epoch never fall."""
        day = act.business_date.isoformat()
        wanted = (
            self.head.book, seq, act.id, day, act.case, act.process, act.act, act.request,
        )  # fmt: skip
        yield from self.same(
            "act_columns_are_its_bytes",
            f"act {seq}",
            wanted,
            (act.book, act.seq, *found),
        )
        if day < self.day:
            yield self.differs("business_date_never_falls", f"act {seq}", self.day, day)
        if not self.epoch <= act.epoch <= self.head.epoch:
            found_epoch = f"{self.epoch} to {self.head.epoch}"
            yield self.differs("epoch_never_falls", f"act {seq}", found_epoch, act.epoch)
        self.day, self.epoch = max(self.day, day), max(self.epoch, act.epoch)

    def recipe(self, act: Act) -> Iterator[Difference]:
        """The act's recipe filled with its lines gives its movements (I2)."""
        try:
            halves = list(self.halves(act))
        except (KeyError, InvariantViolation) as error:
            yield self.differs("recipe_gives_the_movements", f"act {act.seq}", act.recipe, error)
            return
        if act.movements not in halves:
            yield self.differs(
                "recipe_gives_the_movements", f"act {act.seq}", halves[0], act.movements
            )

    def halves(self, act: Act) -> Iterator[tuple[Movement, ...]]:
        """What the recipe posts in this book: its own parties' half, or the party it follows."""
        if not act.recipe:
            yield ()
            return
        recipe = self.registry.recipes[act.recipe]
        process = self.registry.table[act.process]
        parties_of = process.ordered(act.parties).items()
        own = [p for p, coop in parties_of if store.book_for(process.home, coop) == act.book]
        followed = act.facts.get("party")
        for parties in (own, [followed] * len(own)) if followed else (own,):
            yield tuple(
                movement
                for party in parties
                for line in act.lines
                for movement in recipe.half(place_of(act.book), str(party), line)
            )

    def add(self, movements: Iterable[Row]) -> None:
        """Sum movements as debits, whatever side their accounts have."""
        for _, debit, debit_key, credit, credit_key, funding, amount in movements:
            to, by = (debit, debit_key, funding), (credit, credit_key, funding)
            self.sums[to] = self.sums.get(to, 0) + amount
            self.sums[by] = self.sums.get(by, 0) - amount

    def loose(self, moved: "_Groups", before: int | None) -> Iterator[Difference]:
        """Movements that belong to no act."""
        for seq, rows in moved.up_to(before):
            yield self.differs("movement_has_its_act", f"act {seq}", (), rows)

    def end(self) -> Iterator[Difference]:
        """The head stands where the last act left the book; every witness was met."""
        head = self.head
        yield from self.same("head_is_the_last_act", "head", self.seq, head.seq)
        yield from self.same(
            "head_digest_is_the_chain", "head", self.digest.hex(), head.digest.hex()
        )
        if self.day > head.open_date:
            yield self.differs("open_day_is_not_behind", "head", self.day, head.open_date)
        # A replica learns of its owner's next day only from the next act.
        if head.closed_date > head.open_date or (
            head.closed_date == head.open_date and not self.replica
        ):
            yield self.differs("closed_day_is_behind", "head", head.open_date, head.closed_date)
        for seq, told in sorted(self.told.items()):
            for digest in sorted(told - ({GENESIS} if seq == 0 else set())):
                yield self.differs("head_is_the_one_told", f"act {seq}", digest.hex(), "no act")

    def same(self, what: str, where: str, expected: Any, found: Any) -> Iterator[Difference]:
        """A difference unless the two are equal."""
        if expected != found:
            yield self.differs(what, where, expected, found)

    def differs(self, what: str, where: str, expected: Any, found: Any) -> Difference:
        """One difference of this book."""
        return differs(self.head.book, what, where, expected, found)


class _Groups:
    """Rows of one stream by sequence, read forward once."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self.rows = rows
        self.next: Row | None = next(rows, None)

    def take(self, seq: int) -> list[Row]:
        """The rows of exactly this sequence, without it."""
        found = []
        while self.next is not None and self.next[0] == seq:
            found.append(tuple(self.next[1:]))
            self.next = next(self.rows, None)
        return found

    def up_to(self, seq: int | None) -> Iterator[tuple[int, list[Row]]]:
        """The groups before ``seq`` that nobody took; all that are left for None."""
        while self.next is not None and (seq is None or self.next[0] < seq):
            yield self.next[0], self.take(self.next[0])


def _grouped(rows: Iterable[Row]) -> _Groups:
    return _Groups(iter(rows))


def _acts(conn: sa.Connection, book: str) -> Iterable[Row]:
    a = act_table.c
    columns = (a.seq, a.body, a.digest, a.id, a.business_date, a.case_id, a.process, a.act)
    query = sa.select(*columns, a.request).where(a.book == book).order_by(a.seq)
    return conn.execute(query, execution_options=STREAM)


def _movements(conn: sa.Connection, book: str) -> Iterable[Row]:
    query = sa.select(*[c for c in movement.columns if c.name != "book"])
    query = query.where(movement.c.book == book).order_by(movement.c.seq, movement.c.line)
    return conn.execute(query, execution_options=STREAM)


def _balances(
    conn: sa.Connection, book: str, reader: _Reader, blocked: Collection[Place] | None
) -> Iterator[Difference]:
    """Balance rows against the sums of the acts, the chart's limits, and zero per funding.

    Rows ``blocked`` None belong to a replica and have no limits.
    """
    chart = reader.registry.chart[kind_of(book)]
    query = sa.select(*[c for c in balance.columns if c.name != "book"]).where(
        balance.c.book == book
    )
    trial: dict[str, int] = {}
    left = dict(reader.sums)
    for account, key, funding, side, amount, floor, ceiling in sorted(
        conn.execute(query), key=lambda row: row[:3]
    ):
        place = (account, key, funding)
        where = f"{account} {key} {funding}"
        if account not in chart or place not in left:
            yield reader.differs("balance_was_moved", where, "no row", show(amount))
            continue
        known = chart[account]
        net = left.pop(place)
        yield from reader.same("balance_is_its_movements", where, net * known.side, amount)
        yield from reader.same("balance_has_its_side", where, known.side, side)
        limits: tuple[int | None, int | None] = (None, None)
        if blocked is not None:
            limits = (amount, amount) if place in blocked else (known.floor, known.ceiling)
        yield from reader.same("limits_are_the_charts", where, limits, (floor, ceiling))
        if (floor is not None and amount < floor) or (ceiling is not None and amount > ceiling):
            yield reader.differs("balance_is_within_limits", where, (floor, ceiling), amount)
        if known.own and funding != OWN:
            yield reader.differs("own_account_is_own_money", where, OWN, funding)
        trial[funding] = trial.get(funding, 0) + side * amount
    for (account, key, funding), net in sorted(left.items()):
        yield reader.differs("balance_is_its_movements", f"{account} {key} {funding}", net, "none")
    for funding, amount in sorted(trial.items()):
        yield from reader.same("trial_balance_is_zero", f"funding {funding}", 0, amount)
