"""Closing days: once each, oldest first, proved, and never half."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
import sqlalchemy as sa

from contracts.rejections import RejectionCode
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


def test_a_day_that_neither_clock_nor_county_has_reached_is_not_closed(village: Village) -> None:
    village.opened()
    village.synchronise()
    evening = datetime(2017, 1, 4, 17, tzinfo=UTC)  # in the village the fifth has begun
    ports = msgspec.structs.replace(village.node.ports, now=lambda: evening)
    node = msgspec.structs.replace(village.node, ports=ports)
    before = seq(village)
    with pytest.raises(Rejected) as refused:
        catch_up(node, date(2071, 1, 5))
    told = refused.value.as_struct()
    assert told.code is RejectionCode.DAY_NOT_COME
    assert told.facts == {"day": "2071-01-05", "clock": "2017-01-05", "county": str(FIRST_DAY)}
    assert seq(village) == before, "a date typed wrong closes nothing"
    catch_up(node, date(2017, 1, 5))
    with pytest.raises(Rejected, match="DAY_NOT_COME"):
        close_day(node)
    assert open_day(node) == date(2017, 1, 6)


def test_a_computer_whose_clock_is_behind_closes_what_the_county_has_reached(
    village: Village,
) -> None:
    village.opened()
    village.catch_up(FIRST_DAY + timedelta(days=2))
    village.county.next_day()
    village.synchronise()
    dead_battery = msgspec.structs.replace(
        village.node.ports, now=lambda: datetime(1970, 1, 1, tzinfo=UTC)
    )
    node = msgspec.structs.replace(village.node, ports=dead_battery)
    county = village.county_day
    assert [one.closed for one in catch_up(node, county)] == [county - timedelta(days=1), county]


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
