"""Closing days: once each, oldest first, proved, and never half."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from journal import heads
from journal.engine import reading
from journal.tables import balance
from kernel.errors import InvariantViolation, Rejected
from services.cooperative_node.close_day import catch_up, close, close_day, open_day
from tests.node.village import FIRST_DAY, Village, power_cut


def seq(village: Village) -> int:
    with reading(village.node.engine).connect() as conn:
        return heads.read(conn, village.node.book).seq


def test_a_closed_day_stays_closed_and_catch_up_to_it_changes_nothing(village: Village) -> None:
    village.opened()
    village.synchronise()
    report = close_day(village.node)
    assert (report.closed, report.opened) == (FIRST_DAY, FIRST_DAY + timedelta(days=1))
    before = seq(village)
    assert catch_up(village.node, FIRST_DAY) == []
    assert seq(village) == before


def test_missed_days_close_one_by_one_oldest_first(village: Village) -> None:
    village.opened()
    village.synchronise()
    reports = catch_up(village.node, date(2017, 3, 1))
    days = [report.closed for report in reports]
    assert days == [FIRST_DAY + timedelta(days=n) for n in range(len(days))]
    assert open_day(village.node) == date(2017, 3, 2)


def test_a_quiet_day_leaves_one_act(village: Village) -> None:
    village.opened()
    village.synchronise()
    before = seq(village)
    catch_up(village.node, FIRST_DAY + timedelta(days=9))
    assert seq(village) == before + 10


def test_a_months_end_books_the_fee_and_provides(village: Village) -> None:
    village.founded()
    loan = village.paid_loan()
    paid_on = date.fromisoformat(village.case(loan).terms["paid_on"])
    village.catch_up(date(2017, 1, 31))
    days = (date(2017, 1, 31) - paid_on).days
    fee = (5_000_00 * 7_000 * days + 15_000_000) // 30_000_000
    assert village.balances("117", "50101") == {"117": fee, "50101": fee}
    assert village.balances("118") == {"118": 50_00}


def test_a_loan_past_its_due_date_is_overdue_the_day_after(village: Village) -> None:
    village.founded()
    loan = village.paid_loan()
    due = date.fromisoformat(village.case(loan).terms["due_on"])
    village.catch_up(due)
    assert village.balances("115", "116") == {"115": 5_000_00, "116": 0}
    village.catch_up(due + timedelta(days=1))
    assert village.balances("115", "116") == {"115": 0, "116": 5_000_00}


def test_a_loan_paid_off_is_closed_by_the_night(village: Village) -> None:
    village.founded()
    loan = village.paid_loan()
    village.next_day()
    fee = 5_000_00 * 7 // 1000 // 30 + 1
    village.county.bank_line(
        "repayment", "R1", village.county_day, loan=loan, amount=5_000_00 + fee
    )
    village.synchronise()
    assert village.case(loan).state == "active"
    village.next_day()
    assert village.case(loan).state == "closed"
    assert village.balances("115", "117", "901") == {"115": 0, "117": 0, "901": 0}


def test_a_crash_in_a_close_leaves_the_day_open_and_the_same_close_runs_again(
    village: Village,
) -> None:
    village.founded()
    village.paid_loan()
    village.catch_up(date(2017, 1, 30))
    before = seq(village)
    power_cut(village.node.engine, lambda conn: close(conn, village.node))
    assert (open_day(village.node), seq(village)) == (date(2017, 1, 31), before)
    assert close_day(village.node).acts == {"fee": 1, "provision": 1}


def spoil_the_mirror(village: Village) -> None:
    """One fen more in the copy of K(i), on both of its sides."""
    with village.node.engine.begin() as conn:
        conn.execute(
            sa.update(balance)
            .where(balance.c.book == village.node.custody, balance.c.account.in_(("80101", "701")))
            .values(amount=balance.c.amount + 1)
        )


def test_missed_days_close_up_to_the_day_that_stops_them(village: Village) -> None:
    village.founded()
    village.paid_loan()
    village.catch_up(date(2017, 1, 25))
    spoil_the_mirror(village)
    with pytest.raises(InvariantViolation, match="mirror_at_cursor"):
        catch_up(village.node, date(2017, 2, 3))
    assert open_day(village.node) == date(2017, 1, 31)


def test_a_mirror_that_does_not_hold_stops_the_close(village: Village) -> None:
    village.founded()
    spoil_the_mirror(village)
    with pytest.raises(InvariantViolation, match="mirror_at_cursor"):
        close_day(village.node)


def test_nothing_is_posted_into_a_closed_day(village: Village) -> None:
    village.founded()
    with pytest.raises(Rejected):
        village.do("loan", "loan-baiguo-0404", "notice", "bookkeeper")
    closed = open_day(village.node)
    close_day(village.node)
    loan = village.loan(state="applied")
    assert village.case(loan).opened == closed + timedelta(days=1)
