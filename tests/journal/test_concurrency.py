"""Many writers at once on real PostgreSQL: no deadlock, no overshoot, no gap, no double effect."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
import sqlalchemy as sa

from contracts.ids import lock_order
from contracts.rejections import RejectionCode
from journal import heads as journal_heads
from journal.audit import audit_book
from journal.perform import Command, perform
from journal.registry import registry
from journal.tables import act
from kernel.errors import Rejected
from tests.journal import county
from tests.journal.county import BANK, world
from tests.journal.ledger import a_draft, balance_of, money, open_books, posted

THREADS = 16
T = TypeVar("T")
COUNTIES = [f"K-{name}" for name in ("a", "b", "c", "d")] + ["K-0"]


def all_at_once(work: Callable[[int], T]) -> list[T]:
    """Run ``work`` with 0…15 in sixteen threads that start together; raise what one raises."""
    start = threading.Barrier(THREADS)

    def run(number: int) -> T:
        start.wait()
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def test_sixteen_writers_over_the_same_books_never_deadlock(county_engine: sa.Engine) -> None:
    open_books(county_engine, *COUNTIES)
    rounds = 12

    def work(number: int) -> None:
        rng = random.Random(number)
        for turn in range(rounds):
            one, other = rng.sample(COUNTIES, 2)
            drafts = [
                a_draft(number * 100 + turn, money("701", "709", 7), book=one),
                a_draft(number * 100 + turn, money("709", "701", 7), book=other),
            ]
            posted(county_engine, *drafts)

    all_at_once(work)
    with county_engine.connect() as conn:
        assert sum(balance_of(conn, "709", book=book) for book in COUNTIES) == 0
        assert conn.scalar(sa.select(sa.func.count()).select_from(act)) == THREADS * rounds * 2
        for book in COUNTIES:
            found = [d for d in audit_book(conn, book, registry())
                     if d.what != "recipe_gives_the_movements"]  # fmt: skip
            assert found == []


def test_locks_of_many_books_are_taken_in_one_order(county_engine: sa.Engine) -> None:
    books = [*(f"{kind}-{number}" for number in range(1, 13) for kind in "KN"), "K-0", "F"]
    open_books(county_engine, *books)

    def work(number: int) -> None:
        rng = random.Random(number)
        for _ in range(10):
            some = rng.sample(books, rng.randrange(1, len(books)))
            with county_engine.begin() as conn:
                heads = journal_heads.lock(conn, some)
                assert list(heads) == sorted(some, key=lock_order)
                for head in heads.values():
                    head.cursor += 1
                journal_heads.save(conn, heads.values())
            counts.extend([1] * len(some))

    counts: list[int] = []
    all_at_once(work)
    with county_engine.connect() as conn:
        assert sum(head.cursor for head in journal_heads.read_all(conn)) == len(counts)


def test_a_floor_lets_exactly_as_many_through_as_there_is_money(county_engine: sa.Engine) -> None:
    book = "K-a"
    open_books(county_engine, book)
    posted(county_engine, a_draft(0, money("701", "80101", 21_00), book=book))
    codes: set[RejectionCode] = set()

    def work(number: int) -> int:
        passed = 0
        for turn in range(3):
            hold = money("80101", "80102", 1_00, credit_key=f"pay-{number}-{turn}")
            try:
                posted(county_engine, a_draft(number * 10 + turn + 1, hold, book=book))
                passed += 1
            except Rejected as refused:
                codes.add(refused.code)
        return passed

    assert sum(all_at_once(work)) == 21
    assert codes == {RejectionCode.BALANCE_TOO_LOW}
    with county_engine.connect() as conn:
        assert balance_of(conn, "80101", book=book) == 0


def test_a_reader_with_a_cursor_never_skips_an_act(county_engine: sa.Engine) -> None:
    book, each = "K-a", 10
    open_books(county_engine, book)
    seen: list[int] = []

    def read() -> None:
        while len(seen) < (THREADS - 1) * each:
            with county_engine.connect() as conn:
                after = seen[-1] if seen else 0
                query = sa.select(act.c.seq).where(act.c.book == book, act.c.seq > after)
                seen.extend(conn.scalars(query.order_by(act.c.seq)))

    def work(number: int) -> None:
        if number == 0:
            read()
            return
        for turn in range(each):
            posted(county_engine, a_draft(number * 100 + turn, book=book))

    all_at_once(work)
    assert seen == list(range(1, (THREADS - 1) * each + 1))


def test_one_request_sent_sixteen_times_at_once_is_performed_once(
    county_engine: sa.Engine,
) -> None:
    county.begin(county_engine)
    command = Command(
        id="line-1", process="receipt", case="line-1", act="unclaimed", actor=BANK,
        facts={"amount": 500_00, "line": "1"}, parties={"coop": "baiguo", "county": ""},
    )  # fmt: skip

    def work(_number: int) -> tuple[bool, int]:
        with county_engine.begin() as conn:
            done = perform(conn, world(), command)
        return done.fresh, done.acts[0].seq

    answers = all_at_once(work)
    assert sorted(answers, key=str) == [(False, 2)] * 15 + [(True, 2)]
    with county_engine.connect() as conn:
        assert balance_of(conn, "80101", book="K-baiguo") == 500_00


@pytest.mark.parametrize("writers", [2, 6])
def test_a_node_file_takes_several_writers_one_after_another(
    node_engine: sa.Engine, writers: int
) -> None:
    open_books(node_engine, "N-baiguo")

    def work(number: int) -> None:
        for turn in range(10):
            posted(node_engine, a_draft(number * 100 + turn))

    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(work, range(writers)))
    with node_engine.connect() as conn:
        sequences = list(conn.scalars(sa.select(act.c.seq).order_by(act.c.seq)))
    assert sequences == list(range(1, writers * 10 + 1))
