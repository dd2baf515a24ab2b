"""Figures at any point of a book's life agree with replaying the book by hand."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from contracts.batch import Totals
from journal import heads, read
from journal.tables import act
from kernel.errors import InvariantViolation
from tests.journal import county
from tests.journal.ledger import (
    BOOK,
    DAY,
    MEMBER,
    a_draft,
    lent,
    money,
    open_books,
    paid_in,
    posted,
)

LOAN = "loan-baiguo-0001"


def close(engine: sa.Engine, day: date) -> None:
    with engine.begin() as conn:
        heads.close_day(conn, heads.lock(conn, [BOOK])[BOOK], day)


def three_days(engine: sa.Engine) -> None:
    """Acts 1–2 on 4 January, none on the 5th, 3 on the 6th, 4 on the 7th which is open."""
    open_books(engine)
    posted(engine, a_draft(1, paid_in(900_00)), a_draft(2, lent(300_00, LOAN)))
    close(engine, DAY + timedelta(days=1))
    close(engine, DAY + timedelta(days=2))
    posted(engine, a_draft(3, money("10201", "115", 120_00, credit_key=LOAN)))
    close(engine, DAY + timedelta(days=3))
    crossed = money("10201", "191", 50_00, funding="wholesale:f1")
    posted(engine, a_draft(4, money("191", "10201", 50_00), crossed))


def test_balances_after_every_act_are_the_replayed_ones(engine: sa.Engine) -> None:
    county.live(engine)
    with engine.connect() as conn:
        for book in county.BOOKS:
            head = heads.read(conn, book)
            assert read.balances_at(conn, book, 0) == []
            assert read.balances_at(conn, book, head.seq) == read.balances_at(conn, book)
            for seq in range(1, head.seq + 1):
                assert {
                    (row.account, row.key, row.funding): row.side * row.amount
                    for row in read.balances_at(conn, book, seq)
                } == replayed(conn, book, seq)


def replayed(conn: sa.Connection, book: str, seq: int) -> dict[tuple[str, str, str], int]:
    rows = conn.execute(
        sa.text(
            "SELECT debit, debit_key, credit, credit_key, funding, amount FROM movement"
            " WHERE book = :book AND seq <= :seq"
        ),
        {"book": book, "seq": seq},
    )
    sums: dict[tuple[str, str, str], int] = {}
    for debit, debit_key, credit, credit_key, funding, amount in rows:
        for place, net in (
            ((debit, debit_key, funding), amount),
            ((credit, credit_key, funding), -amount),
        ):
            sums[place] = sums.get(place, 0) + net
    return {place: net for place, net in sums.items() if net}


def test_totals_are_by_account_and_funding(engine: sa.Engine) -> None:
    three_days(engine)
    with engine.connect() as conn:
        assert read.totals_at(conn, BOOK, 2) == (
            Totals("10201", "own", 600_00),
            Totals("115", "own", 300_00),
            Totals("30101", "own", 900_00),
        )
        assert read.totals_at(conn, BOOK) == (
            Totals("10201", "own", 670_00),
            Totals("10201", "wholesale:f1", 50_00),
            Totals("115", "own", 180_00),
            Totals("191", "own", 50_00),
            Totals("191", "wholesale:f1", -50_00),
            Totals("30101", "own", 900_00),
        )


def test_the_last_act_of_a_date_is_found_on_days_without_one_too(engine: sa.Engine) -> None:
    three_days(engine)
    with engine.connect() as conn:
        places = [read.last_on(conn, BOOK, DAY + timedelta(days=n)) for n in range(-1, 9)]
        assert places == [0, 2, 2, 3, 4, 4, 4, 4, 4, 4]


def test_a_trial_balance_of_a_past_date_is_the_one_of_that_day(engine: sa.Engine) -> None:
    three_days(engine)
    with engine.connect() as conn:
        then = read.trial_balance(conn, BOOK, DAY)
        assert [(row.account, row.debit_fen, row.credit_fen) for row in then] == [
            ("10201", 600_00, 0),
            ("115", 300_00, 0),
            ("30101", 0, 900_00),
        ]
        assert read.trial_balance(conn, BOOK, DAY - timedelta(days=1)) == []
        assert read.trial_balance(conn, BOOK, DAY + timedelta(days=99)) == read.trial_balance(
            conn, BOOK
        )


def test_trial_balance_has_two_equal_columns_per_funding(engine: sa.Engine) -> None:
    three_days(engine)
    with engine.connect() as conn:
        rows = read.trial_balance(conn, BOOK)
    for funding in ("own", "wholesale:f1"):
        mine = [row for row in rows if row.funding == funding]
        assert sum(row.debit_fen for row in mine) == sum(row.credit_fen for row in mine) > 0
    assert all(0 in {row.debit_fen, row.credit_fen} for row in rows)


def test_account_ledger_runs_to_the_balance(engine: sa.Engine) -> None:
    three_days(engine)
    with engine.connect() as conn:
        entries = list(read.account_ledger(conn, BOOK, "10201"))
        assert [(e.act.seq, e.change_fen, e.balance_fen) for e in entries] == [
            (1, 900_00, 900_00),
            (2, -300_00, 600_00),
            (3, 120_00, 720_00),
            (4, -50_00, 670_00),
            (4, 50_00, 720_00),
        ]
        assert (entries[0].other, entries[0].other_key) == ("30101", MEMBER)
        shares = list(read.account_ledger(conn, BOOK, "30101", key=MEMBER))
        assert [(e.change_fen, e.balance_fen) for e in shares] == [(900_00, 900_00)]
        assert list(read.account_ledger(conn, BOOK, "30101", key="member-9")) == []
        # The balance runs from the beginning also when only the newest rows are asked for.
        assert [e.balance_fen for e in read.account_ledger(conn, BOOK, "115", after=2)] == [180_00]


def test_account_debited_and_credited_by_one_movement_shows_both_halves(
    engine: sa.Engine,
) -> None:
    open_books(engine)
    move = money("30101", "30101", 5_00, debit_key="member-1", credit_key="member-2")
    posted(engine, a_draft(1, paid_in(5_00, "member-1")), a_draft(2, move))
    with engine.connect() as conn:
        entries = list(read.account_ledger(conn, BOOK, "30101"))
    assert [(e.key, e.change_fen, e.balance_fen) for e in entries] == [
        ("member-1", 5_00, 5_00),
        ("member-1", -5_00, 0),
        ("member-2", 5_00, 5_00),
    ]


def test_sequence_outside_the_book_is_a_bug(engine: sa.Engine) -> None:
    open_books(engine)
    with engine.connect() as conn:
        for seq in (-1, 1):
            with pytest.raises(InvariantViolation):
                read.balances_at(conn, BOOK, seq)
        assert conn.scalar(sa.select(sa.func.count()).select_from(act)) == 0
