"""Statements taken in: lost, false, told twice; and the account they reconcile with (R-028, I9)."""

from infra.bank_simulator import orders
from infra.bank_simulator.orders import FaultKind
from services.federation.cases import bank_register, reconcile
from tests.federation.life import UNALLOCATED, Life, sub_account
from tests.federation.money import (
    a_payee,
    free,
    funded,
    paying,
    proven,
)


def test_a_lost_statement_is_listed_until_it_comes(life: Life) -> None:
    funded(life)
    a_payee(life)
    life.order(orders.Fail, fault=FaultKind.LOSE_FILE, file="camt.053")
    life.order(
        orders.Credit, sub_account=sub_account(1), amount_fen=500, payer_name="某人",
        payer_account="1", text="",
    )  # fmt: skip
    assert proven(life.night())
    assert free(life) == 2_000_000
    assert proven(life.night())
    with life.engine.connect() as conn:
        told = reconcile.reconcile(conn)
    assert told is not None
    assert [(one.kind, one.amount_fen) for one in told.breaks] == [("missing_statement", 500)]
    life.order(orders.Resend)
    assert proven(life.night())
    assert free(life) == 2_000_500
    with life.engine.connect() as conn:
        told = reconcile.reconcile(conn)
    assert told is not None
    assert (told.breaks, told.difference_fen) == ((), 0)


def test_a_lost_statement_that_moved_nothing_is_listed_by_the_banks_numbers(life: Life) -> None:
    funded(life)
    life.order(orders.Fail, fault=FaultKind.LOSE_FILE, file="camt.053")
    assert proven(life.night())
    assert proven(life.night())
    with life.engine.connect() as conn:
        told = reconcile.reconcile(conn)
    assert told is not None
    assert [(one.kind, one.amount_fen) for one in told.breaks] == [("missing_statement", 0)]
    life.order(orders.Resend)
    assert proven(life.night())
    with life.engine.connect() as conn:
        told = reconcile.reconcile(conn)
    assert told is not None
    assert told.breaks == ()


def test_a_false_statement_is_refused_as_a_whole(life: Life) -> None:
    funded(life)
    life.order(orders.Fail, fault=FaultKind.FALSE_STATEMENT, amount_fen=1)
    life.order(
        orders.Credit, sub_account=sub_account(1), amount_fen=500, payer_name="某人",
        payer_account="1", text="",
    )  # fmt: skip
    done = life.night()
    assert done["bank_lines"].counts["files_refused"] == 1
    assert free(life) == 2_000_000
    (found,) = life.findings()
    assert found.startswith("bank_file_refused:")
    life.order(orders.Resend)
    assert proven(life.night())
    assert free(life) == 2_000_500


def test_a_doubled_file_changes_nothing(life: Life) -> None:
    life.order(orders.Fail, fault=FaultKind.DOUBLE_FILE, file="camt.053")
    funded(life)
    assert free(life) == 2_000_000
    assert life.findings() == []


def test_a_line_told_again_with_other_content_is_a_finding(life: Life) -> None:
    funded(life)
    with life.engine.connect() as conn:
        (known,) = bank_register.lines_of(conn, bank_register.BOOKED)
    body = b""
    with life.engine.begin() as conn:
        (file,) = bank_register.files_in(conn, bank_register.IN, bank_register.APPLIED)[:1]
        body = file.body.replace(b"20000.00", b"20000.01")
        bank_register.keep_received(conn, "again.xml", body, life.today)
    life.night()
    assert free(life) == 2_000_000
    assert life.findings() == [f"bank_line_changed:{known.line.line_id}"]


def test_no_name_and_no_card_stands_in_the_register_of_lines(life: Life) -> None:
    paying(life)
    life.night()
    with life.engine.connect() as conn:
        stored = bank_register.lines_of(conn, bank_register.BOOKED)
    assert stored
    assert all(not one.line.counterparty_name for one in stored)
    assert all(not one.line.counterparty_account for one in stored)


def test_sub_accounts_reconcile_one_by_one(life: Life) -> None:
    funded(life)
    funded(life, "700.00", "houba")
    life.order(
        orders.Credit, sub_account=UNALLOCATED, amount_fen=40, payer_name="某人",
        payer_account="1", text="",
    )  # fmt: skip
    life.night()
    with life.engine.connect() as conn:
        told = reconcile.reconcile(conn)
    assert told is not None
    assert [(one.cooperative, one.bank_fen, one.books_fen) for one in told.sub_accounts] == [
        ("baiguo", 2_000_000, 2_000_000), ("houba", 70_000, 70_000), ("", 40, 40),
    ]  # fmt: skip
