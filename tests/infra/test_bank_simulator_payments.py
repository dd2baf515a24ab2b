"""The bank pays once and bounces what is wrong: instructions, files, references, days."""

import datetime as dt

import pytest

from infra.bank_simulator.orders import (
    OpenAccount,
)
from services.federation.bank_files.messages import (
    AnswerStatus,
    Direction,
    PaymentLine,
)
from services.federation.bank_files.payment_file import write_pain001
from tests.infra.bank_world import (
    ACCOUNT,
    BAIGUO,
    CLOSED,
    DAY,
    SHUIHAO,
    START_FEN,
    ZHANG,
    World,
    a_file,
    a_line,
    a_repayment,
    day,
    reports,
)


def test_a_payment_reaches_the_card_and_the_statement() -> None:
    world = World()
    report = world.pay(a_line())
    assert (report.file_id, report.status) == ("F1", AnswerStatus.ACCEPTED)
    assert (world.free(), world.card().paid_in) == (START_FEN - 10_000, 10_000)
    line = world.close(0).lines[-1]
    assert (line.sub_account, line.direction, line.amount_fen) == (BAIGUO, Direction.OUT, 10_000)
    assert (line.reference, line.counterparty_account) == ("pay_1", ZHANG)
    assert (line.counterparty_name, line.text) == ("张三", "借款 pay_1")


def test_a_transfer_between_sub_accounts_is_a_line_in_each_and_moves_no_total() -> None:
    world = World()
    world.pay(a_line(name="水蒿坪村", card=SHUIHAO))
    statement = world.close(0)
    assert [
        (line.sub_account, line.signed_fen, line.reference, line.counterparty_account)
        for line in statement.lines[-2:]
    ] == [(BAIGUO, -10_000, "pay_1", SHUIHAO), (SHUIHAO, 10_000, "pay_1", BAIGUO)]
    assert statement.closing_fen == 2 * START_FEN


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (a_line(card="6228480000000008"), "AC01"),
        (a_line(card="not-a-card"), "AC01"),
        (a_line(card="6228480000000031"), "AC03"),
        (a_line(card=CLOSED, name="王五"), "AC07"),
        (a_line(name="张四"), "BE01"),
        (a_line(sub_account="62001-77"), "AC02"),
        (a_line(card=BAIGUO), "AC03"),
        (a_line(fen=START_FEN + 1), "AM04"),
    ],
)
def test_a_wrong_instruction_bounces_and_moves_nothing(line: PaymentLine, reason: str) -> None:
    world = World()
    before = world.bank.books()
    report = world.pay(line, a_line("pay_2", fen=1))
    assert report.status is AnswerStatus.PARTLY
    assert [(a.status, a.reason) for a in report.answers] == [
        (AnswerStatus.REJECTED, reason),
        (AnswerStatus.ACCEPTED, ""),
    ]
    assert world.bank.books().accounts[ACCOUNT] == before.accounts[ACCOUNT] - 1


def test_the_last_fen_of_a_sub_account_can_be_paid_and_no_more() -> None:
    world = World()
    report = world.pay(a_line("pay_1", START_FEN), a_line("pay_2", 1))
    assert [answer.reason for answer in report.answers] == ["", "AM04"]
    assert world.free() == 0


def test_one_village_never_pays_from_another_account() -> None:
    world = World()
    world.bank.order(
        OpenAccount(id="other", account="62002", name="风险补偿金专户", unallocated="62002-00")
    )
    report = world.pay(a_line(), debtor_account="62002")
    assert report.answers[0].reason == "AC02"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"<CtrlSum>100.00", b"<CtrlSum>100.01", "AM10"),
        (b"<NbOfTxs>1<", b"<NbOfTxs>2<", "AM18"),
        (b'Ccy="CNY">100.00', b'Ccy="USD">100.00', "AM03"),
        (b'Ccy="CNY">100.00', b'Ccy="CNY">100.001', "AM12"),
        (b'Ccy="CNY">100.00', b'Ccy="CNY">999999999999999.00', "AM12"),
        (b"</CstmrCdtTrfInitn>", b"", "FF01"),
        (b"pain.001.001.09", b"pain.001.001.03", "FF01"),
        (b"<Dt>2010-01-04</Dt>", b"<Dt>12010-01-04</Dt>", "FF01"),
        (b"<CreDtTm>2010", b"<CreDtTm>2012", "DT01"),
    ],
)
def test_a_wrong_file_is_refused_as_a_whole(old: bytes, new: bytes, reason: str) -> None:
    world = World()
    before = world.bank.books()
    (report,) = world.send(write_pain001(a_file()).replace(old, new))
    assert (report.status, report.reason) == (AnswerStatus.REJECTED, reason)
    assert world.bank.books() == before


def test_a_reference_twice_in_one_file_refuses_the_file() -> None:
    world = World()
    body = write_pain001(a_file(a_line("pay_1"), a_line("pay_2")))
    (report,) = world.send(body.replace(b"pay_2", b"pay_1"))
    assert report.reason == "AM05"
    assert world.free() == START_FEN


def test_the_same_file_again_gets_the_same_answer_and_pays_nothing() -> None:
    world = World()
    body = write_pain001(a_file(a_line(), a_line("pay_2", name="张四")))
    first = world.bank.receive(body)
    before = world.bank.books()
    assert world.bank.receive(body) == first
    assert world.bank.books() == before


def test_an_unreadable_file_again_gets_the_same_answer() -> None:
    world = World()
    assert world.bank.receive(b"<what/>") == world.bank.receive(b"<what/>")


def test_the_same_file_id_with_other_content_is_refused() -> None:
    world = World()
    world.pay(a_line())
    report = world.pay(a_line("pay_2"))
    assert (report.status, report.reason) == (AnswerStatus.REJECTED, "DU01")
    assert world.card().paid_in == 10_000


def test_the_same_reference_in_another_file_never_pays_twice() -> None:
    world = World()
    world.pay(a_line())
    again = world.pay(a_line(), file_id="F2", created_on=day(1))
    assert again.answers[0].status is AnswerStatus.ACCEPTED
    assert world.card().paid_in == 10_000
    other = world.pay(a_line(fen=10_001), file_id="F3")
    assert other.answers[0].reason == "AM05"
    assert world.card().paid_in == 10_000


def test_a_bounced_reference_stays_bounced() -> None:
    """Paying again is a new payment with a reference of its own (domain.md P2.3)."""
    world = World()
    world.pay(a_line(fen=START_FEN + 1))
    world.bank.order(a_repayment(fen=START_FEN))
    again = world.pay(a_line(fen=START_FEN + 1), file_id="F2")
    assert again.answers[0].reason == "AM04"


def test_a_payment_asked_for_later_waits_for_its_day() -> None:
    world = World()
    report = world.pay(a_line(), execute_on=day(2))
    assert report.answers[0].status is AnswerStatus.ACCEPTED
    assert world.card().paid_in == 0
    assert [line.reference for line in world.close(1).lines] == [None, None]
    assert [line.reference for line in world.close(2).lines] == ["pay_1"]


def test_a_payment_whose_cover_is_gone_on_its_day_bounces_then() -> None:
    world = World()
    world.pay(a_line(), execute_on=day(2))
    world.pay(a_line("pay_2", fen=START_FEN), file_id="F2")
    out = world.bank.close_day(day(2))
    assert [file.kind for file in out] == ["pain.002", "camt.053"]
    (report,) = reports(*[file.body for file in out])
    assert report.file_id == "F1"
    assert [(a.reference, a.status, a.reason) for a in report.answers] == [
        ("pay_1", AnswerStatus.REJECTED, "AM04")
    ]


def test_a_payment_asked_for_years_ahead_is_refused() -> None:
    report = World().pay(a_line(), execute_on=DAY + dt.timedelta(days=367))
    assert report.answers[0].reason == "DT01"
