"""The races of the journal: bulk append, one act at a time, the node's act, a hot account.

Called by `python -m bench`. Each race is a limit and the product beside it; every run works on
acts prepared before it, and counts only acts that were committed.
"""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import sqlalchemy as sa

from bench import acts
from bench.cluster import Cluster
from bench.harness import Contestant
from bench.limits import bare_copy, by_hand
from bench.limits.bare_sqlite import Bare
from contracts.codec import GENESIS, chain, encode
from contracts.ledger import Act
from infra.migrate import NODE, upgrade
from journal import heads, post
from journal.engine import open_engine, sqlite_url
from journal.post import Draft, Written

Race = contextlib.AbstractContextManager[Sequence[Contestant]]
THREADS = 16


class Feed:
    """Fresh acts of one book for every run: ``prepare`` lays out the next, ``take`` gives them."""

    def __init__(self, book: str, size: int, batches: int = 1) -> None:
        self.book, self.size, self.batches = book, size, batches
        self.number = 1
        self.ready: list[list[Draft]] = []

    def prepare(self) -> None:
        """Lay out the acts of the next run."""
        self.ready = []
        for _ in range(self.batches):
            self.ready.append(acts.repayments(self.book, self.number, self.size))
            self.number += self.size


def open_book(engine: sa.Engine, book: str) -> None:
    """A book with money and loans, committed."""
    with engine.begin() as conn:
        acts.open_book(conn, book)


def append(engine: sa.Engine, drafts: Sequence[Draft]) -> None:
    """The product: lock, append, commit."""
    with engine.begin() as conn:
        book = drafts[0].book
        post.append(conn, heads.lock(conn, [book]), drafts, acts.CHART)


@contextlib.contextmanager
def bulk(cluster: Cluster, size: int, batches: int) -> Iterator[Sequence[Contestant]]:
    """Batches of ``size`` acts into one book, against bare COPY of the same rows."""
    book, replica = f"N-bulk{size}", f"N-replica{size}"
    open_book(cluster.engine, book)
    with cluster.connect() as bare:
        bare_copy.create(bare, f"bare{size}")
        copy, binary = (
            bare_copy.Feed(f"bare{size}", name, size, batches) for name in (book, replica)
        )
        feed, written = Feed(book, size, batches), Replica(cluster.engine, replica, size, batches)

        def run() -> int:
            for drafts in feed.ready:
                append(cluster.engine, drafts)
            return size * batches

        yield [
            Contestant(name="bare COPY", run=lambda: copy.run(bare), prepare=copy.prepare),
            Contestant(
                name="bare COPY, binary",
                run=lambda: binary.run(bare, binary=True),
                prepare=binary.prepare,
            ),
            Contestant(name="append", run=run, prepare=feed.prepare),
            Contestant(name="append_written", run=written.run, prepare=written.prepare),
        ]


class Replica:
    """A county's replica fed with acts that carry their bytes and digests already."""

    def __init__(self, engine: sa.Engine, book: str, size: int, batches: int) -> None:
        open_book(engine, book)
        self.engine, self.feed = engine, Feed(book, size, batches)
        with engine.connect() as conn:
            head = heads.read(conn, book)
        self.seq, self.digest = head.seq, head.digest
        self.ready: list[list[Written]] = []

    def prepare(self) -> None:
        """Chain the acts of the next run, as their owner did."""
        self.feed.prepare()
        self.ready = [[self._written(draft) for draft in batch] for batch in self.feed.ready]

    def run(self) -> int:
        """Write them."""
        for batch in self.ready:
            with self.engine.begin() as conn:
                locked = heads.lock(conn, [self.feed.book])
                post.append_written(conn, locked, batch, acts.CHART, limits=False)
        return self.feed.size * self.feed.batches

    def _written(self, draft: Draft) -> Written:
        self.seq += 1
        fields = {name: getattr(draft, name) for name in Draft.__struct_fields__}
        act = Act(seq=self.seq, epoch=1, business_date=acts.DAY, **fields)
        body = encode(act)
        self.digest = chain(self.digest or GENESIS, body)
        return Written(act, body, self.digest)


@contextlib.contextmanager
def single(
    cluster: Cluster, *, clients: int, books: int, each: int
) -> Iterator[Sequence[Contestant]]:
    """One act a transaction by ``clients`` at once, against the transaction written by hand."""
    names = [f"N-c{clients}b{books}-{number}" for number in range(books)]
    with contextlib.ExitStack() as stack:
        bare = [stack.enter_context(cluster.connect()) for _ in range(clients)]
        pool = stack.enter_context(ThreadPoolExecutor(clients))
        by_hand.create(bare[0])
        for name in names:
            open_book(cluster.engine, name)
            by_hand.open_book(bare[0], name)
        bare[0].execute("ANALYZE")
        bare[0].commit()
        hand, product = (_feeds(names, clients, each) for _ in range(2))

        def repay(number: int) -> None:
            for draft in hand[number].ready[0]:
                by_hand.repay(bare[number], draft)

        def post_one(number: int) -> None:
            for draft in product[number].ready[0]:
                append(cluster.engine, [draft])

        def all_clients(work: Callable[[int], None]) -> int:
            list(pool.map(work, range(clients)))
            return clients * each

        yield [
            Contestant(
                name="by hand", run=lambda: all_clients(repay), prepare=lambda: _prepare(hand)
            ),
            Contestant(
                name="append",
                run=lambda: all_clients(post_one),
                prepare=lambda: _prepare(product),
            ),
        ]


def _feeds(names: Sequence[str], clients: int, each: int) -> list[Feed]:
    feeds = [Feed(names[number % len(names)], each) for number in range(clients)]
    for number, feed in enumerate(feeds):
        feed.number += number * 10_000_000  # clients of one book never use the same id
    return feeds


def _prepare(feeds: Sequence[Feed]) -> None:
    for feed in feeds:
        feed.prepare()


@contextlib.contextmanager
def node(each: int) -> Iterator[Sequence[Contestant]]:
    """One act a transaction in a node's file, against bare SQLite with the same durability."""
    with tempfile.TemporaryDirectory(prefix="lianhe-bench-") as folder:
        file, copy = Path(folder) / "node.sqlite", Path(folder) / "bare.sqlite"
        engine = open_engine(sqlite_url(file))
        upgrade(engine, NODE)
        open_book(engine, "N-x")
        engine.dispose()
        shutil.copyfile(file, copy)
        engine, bare = open_engine(sqlite_url(file)), Bare(copy, "N-x")
        hand, product = Feed("N-x", each), Feed("N-x", each)

        def by_hand_() -> int:
            for draft in hand.ready[0]:
                bare.repay(draft)
            return each

        def run() -> int:
            for draft in product.ready[0]:
                append(engine, [draft])
            return each

        yield [
            Contestant(name="bare SQLite", run=by_hand_, prepare=hand.prepare),
            Contestant(name="append", run=run, prepare=product.prepare),
        ]
        bare.close()
        engine.dispose()


@contextlib.contextmanager
def hot(cluster: Cluster, size: int, batches: int) -> Iterator[Sequence[Contestant]]:
    """Every act on one loan, against the same acts spread over two hundred."""
    open_book(cluster.engine, "N-spread")
    open_book(cluster.engine, "N-hot")
    spread, narrow = Feed("N-spread", size, batches), Feed("N-hot", size, batches)

    def one_loan() -> None:
        narrow.prepare()
        loan = acts.loan("N-hot", 0)
        narrow.ready = [[acts.on_loan(draft, loan) for draft in batch] for batch in narrow.ready]

    def run(feed: Feed) -> int:
        for drafts in feed.ready:
            append(cluster.engine, drafts)
        return size * batches

    yield [
        Contestant(name="200 loans", run=lambda: run(spread), prepare=spread.prepare),
        Contestant(name="one loan", run=lambda: run(narrow), prepare=one_loan),
    ]


def journal(cluster: Cluster) -> dict[str, tuple[str, Race, str]]:
    """Every race by its title: the aim it answers, the race, the aim's ratio."""
    return {
        "1,000 acts a batch": ("G1", bulk(cluster, 1_000, 10), "0.70"),
        "10,000 acts a batch": ("G1", bulk(cluster, 10_000, 1), "0.80"),
        "one act, 1 client": ("G4", single(cluster, clients=1, books=1, each=150), "0.35"),
        "one act, 16 clients on 16 books": (
            "G4", single(cluster, clients=THREADS, books=THREADS, each=20), "0.35"
        ),
        "one act, 16 clients on one book": (
            "G4", single(cluster, clients=THREADS, books=1, each=20), "0.35"
        ),
        "hot account": ("G5", hot(cluster, 1_000, 10), "0.80"),
        "one act at a node": ("G8", node(200), "0.75"),
    }  # fmt: skip
