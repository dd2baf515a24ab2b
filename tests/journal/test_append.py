"""The one write path: what it writes, what it refuses, and that size makes no difference."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from contracts.codec import GENESIS, chain, decode, encode
from contracts.ledger import Act
from contracts.rejections import RejectionCode
from journal import heads as journal_heads
from journal.post import Draft, Written, append_written, find
from kernel.errors import InvariantViolation, Rejected
from tests.journal.ledger import (
    BOOK,
    CHART,
    CUSTODY,
    DAY,
    a_draft,
    balance_of,
    contents,
    lent,
    money,
    open_books,
    paid_in,
    post,
    posted,
)


def a_hundred_drafts() -> list[Draft]:
    shares = [a_draft(n, paid_in(1_000_00 + n, f"member-{n % 7}")) for n in range(1, 51)]
    loans = [a_draft(n, lent(300_00 + n, f"loan-{n % 5}")) for n in range(51, 100)]
    return [*shares, *loans, a_draft(100)]


def test_one_act_at_a_time_and_all_at_once_leave_the_same_rows(engine: sa.Engine) -> None:
    open_books(engine)
    drafts = a_hundred_drafts()
    with engine.connect() as conn:
        with conn.begin() as transaction:
            one_by_one = [act for draft in drafts for act in post(conn, [draft])]
            slowly = contents(conn)
            transaction.rollback()
        with conn.begin():
            at_once = post(conn, drafts)
            assert contents(conn) == slowly
    assert list(at_once) == one_by_one


def test_both_databases_hold_the_same_rows(
    node_engine: sa.Engine, county_engine: sa.Engine
) -> None:
    held = []
    for engine in (node_engine, county_engine):
        open_books(engine)
        posted(engine, *a_hundred_drafts())
        with engine.connect() as conn:
            held.append(contents(conn))
    assert held[0] == held[1]
    assert len(held[0]["movement"]) == 99


def test_stored_bytes_are_the_chained_bytes(engine: sa.Engine) -> None:
    open_books(engine)
    acts = posted(engine, *a_hundred_drafts())
    digest = GENESIS
    with engine.connect() as conn:
        rows = contents(conn, ["act", "head"])
    for act, row in zip(acts, rows["act"], strict=True):
        body, stored = row[-2:]
        assert decode(body, Act) == act
        assert encode(act) == body
        digest = chain(digest, body)
        assert stored == digest
    assert rows["head"][0][3:5] == (100, digest)


def test_empty_append_writes_nothing(engine: sa.Engine) -> None:
    open_books(engine)
    with engine.begin() as conn:
        before = contents(conn)
        assert post(conn, []) == ()
        assert contents(conn) == before


def test_act_between_two_books_is_written_in_both_or_in_none(county_engine: sa.Engine) -> None:
    open_books(county_engine, "K-baiguo", "K-lijia")
    posted(county_engine, a_draft(1, money("701", "80101", 50_00), book="K-baiguo"))
    move = [
        a_draft(2, money("80101", "709", 60_00), book="K-baiguo"),
        a_draft(2, money("709", "80101", 60_00), book="K-lijia"),
    ]
    with county_engine.connect() as conn:
        before = contents(conn)
    for drafts in (move, move[::-1]):
        with pytest.raises(Rejected) as refused, county_engine.begin() as conn:
            post(conn, drafts)
        assert refused.value.code is RejectionCode.BALANCE_TOO_LOW
        with county_engine.connect() as conn:
            assert contents(conn) == before


def test_batch_whose_middle_act_passes_a_floor_is_refused_and_writes_nothing(
    engine: sa.Engine,
) -> None:
    open_books(engine)
    drafts = [a_draft(1, paid_in(100_00)), a_draft(2, lent(150_00)), a_draft(3, paid_in(100_00))]
    with engine.begin() as conn:
        before = contents(conn)
        with pytest.raises(Rejected) as refused:
            post(conn, drafts)
        # Nothing reached the database: the caller's transaction is whole and may go on.
        assert contents(conn) == before
    assert refused.value.code is RejectionCode.BALANCE_TOO_LOW
    assert refused.value.facts == {
        "book": BOOK,
        "account": "10201",
        "key": "",
        "funding": "own",
        "balance": "100.00",
        "asked": "150.00",
        "floor": "0.00",
        "ceiling": "0.00",
    }


def test_floor_is_tested_on_the_net_change_of_an_act(engine: sa.Engine) -> None:
    open_books(engine)
    # The loan stands before the share in the act; together they leave 50.00 in the account.
    posted(engine, a_draft(1, lent(150_00), paid_in(200_00)))
    with engine.connect() as conn:
        assert balance_of(conn, "10201") == 50_00


def test_ceiling_refuses_money_on_a_blocked_account(engine: sa.Engine) -> None:
    open_books(engine)
    with pytest.raises(Rejected) as refused, engine.begin() as conn:
        post(conn, [a_draft(1, money("101", "30101", 1, credit_key="member-1"))])
    assert refused.value.code is RejectionCode.BALANCE_TOO_HIGH


def test_hold_cannot_be_released_twice(engine: sa.Engine) -> None:
    open_books(engine, CUSTODY)
    hold = money("80101", "80102", 40_00, credit_key="pay-1")
    release = money("80102", "80101", 40_00, debit_key="pay-1")
    posted(
        engine,
        a_draft(1, money("701", "80101", 100_00), book=CUSTODY),
        a_draft(2, hold, book=CUSTODY),
        a_draft(3, hold, book=CUSTODY),
        a_draft(4, release, book=CUSTODY),
        a_draft(5, release, book=CUSTODY),
    )
    with pytest.raises(Rejected) as refused:
        posted(engine, a_draft(6, release, book=CUSTODY))
    assert refused.value.code is RejectionCode.BALANCE_TOO_LOW
    # Another case's hold is not touched by this one's release.
    posted(engine, a_draft(7, money("80101", "80102", 40_00, credit_key="pay-2"), book=CUSTODY))
    with pytest.raises(Rejected):
        posted(engine, a_draft(8, release, book=CUSTODY))


@pytest.mark.parametrize("mode", [journal_heads.WAITING, journal_heads.CLOSED])
def test_book_that_waits_or_is_closed_takes_no_act(engine: sa.Engine, mode: str) -> None:
    open_books(engine)
    with engine.begin() as conn:
        heads = journal_heads.lock(conn, [BOOK])
        heads[BOOK].mode = mode
        journal_heads.save(conn, heads.values())
    with pytest.raises(Rejected) as refused:
        posted(engine, a_draft(1, paid_in(1)))
    assert refused.value.code is RejectionCode.BOOK_WAITS


def test_book_that_does_not_exist_is_refused(engine: sa.Engine) -> None:
    with pytest.raises(Rejected) as refused:
        posted(engine, a_draft(1, paid_in(1)))
    assert refused.value.code is RejectionCode.BOOK_NOT_OPEN


def test_acts_take_the_open_day_of_their_book(engine: sa.Engine) -> None:
    open_books(engine)
    posted(engine, a_draft(1, paid_in(1)))
    with engine.begin() as conn:
        heads = journal_heads.lock(conn, [BOOK])
        journal_heads.close_day(conn, heads[BOOK], DAY + timedelta(days=1))
    acts = posted(engine, a_draft(2, paid_in(1), value_date=date(2009, 12, 31)))
    assert acts[0].business_date == DAY + timedelta(days=1)
    assert acts[0].value_date == date(2009, 12, 31)


def test_day_is_closed_forward_only(engine: sa.Engine) -> None:
    open_books(engine)
    with engine.begin() as conn:
        head = journal_heads.lock(conn, [BOOK])[BOOK]
        with pytest.raises(InvariantViolation):
            journal_heads.close_day(conn, head, DAY)


def test_replica_holds_the_same_rows_as_its_origin(
    node_engine: sa.Engine, county_engine: sa.Engine
) -> None:
    open_books(node_engine)
    open_books(county_engine)
    posted(node_engine, *a_hundred_drafts())
    with node_engine.connect() as conn:
        origin = contents(conn)
    written = [Written(decode(row[-2], Act), row[-2], row[-1]) for row in origin["act"]]
    with county_engine.begin() as conn:
        for part in (written[:1], written[1:]):
            append_written(conn, journal_heads.lock(conn, [BOOK]), part, CHART)
        assert contents(conn) == origin


def test_replica_with_a_gap_is_a_bug(engine: sa.Engine) -> None:
    open_books(engine)
    act = posted(engine, a_draft(1, paid_in(1)))[0]
    with engine.begin() as conn:
        heads = journal_heads.lock(conn, [BOOK])
        with pytest.raises(InvariantViolation):
            append_written(conn, heads, [Written(act, encode(act), GENESIS)], CHART)


def test_stored_act_is_found_by_its_id(engine: sa.Engine) -> None:
    open_books(engine)
    acts = posted(engine, a_draft(1, paid_in(1)), a_draft(2, paid_in(2)))
    with engine.connect() as conn:
        assert find(conn, BOOK, "act-00002") == acts[1]
        assert find(conn, BOOK, "act-00003") is None
