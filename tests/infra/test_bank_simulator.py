"""The bank states what it booked: statements, notifications, and what it is ordered to do."""

import msgspec
import pytest

from infra.bank_simulator.bank import Bank
from infra.bank_simulator.orders import (
    CloseDay,
    Correct,
    Credit,
    Holder,
    IssueCards,
    OpenAccount,
    OpenSubAccounts,
    OrderRefused,
    Repay,
    decode_order,
    encode_order,
)
from infra.bank_simulator.payments import is_card_number
from services.federation.bank_files.messages import (
    Notification,
)
from tests.infra.bank_world import (
    BAIGUO,
    CLOSED,
    DAY,
    LI,
    SHUIHAO,
    START_FEN,
    UNALLOCATED,
    ZHANG,
    World,
    a_line,
    a_repayment,
    continues,
    day,
    founding,
    messages,
)


def test_statements_follow_one_another_over_quiet_days() -> None:
    world = World()
    first = world.close(0)
    world.pay(a_line(), created_on=day(3))
    second = world.close(5)
    third = world.close(6)
    assert (first.opening_fen, first.sequence) == (0, 1)
    assert continues(first, second)
    assert continues(second, third)
    assert (second.lines[0].value_date, third.lines) == (day(3), ())
    assert {balance.sub_account for balance in third.sub_accounts} == {
        BAIGUO,
        SHUIHAO,
        UNALLOCATED,
    }


def test_what_comes_after_the_close_of_a_day_is_booked_on_the_next() -> None:
    world = World()
    world.close(0)
    world.pay(a_line())
    assert world.close(1).lines[0].value_date == day(1)


def test_a_day_closed_again_gives_the_same_statement() -> None:
    world = World()
    first = world.bank.close_day(DAY)
    world.pay(a_line())
    assert world.bank.close_day(DAY) == first
    with pytest.raises(OrderRefused, match="closed already"):
        world.bank.order(CloseDay(id="again", on=DAY))


def test_money_booked_for_tomorrow_is_not_in_the_statement_of_today() -> None:
    world = World()
    world.pay(a_line(), created_on=day(1))
    assert [line.reference for line in world.close(0).lines] == [None, None]
    assert [line.reference for line in world.close(1).lines] == ["pay_1"]


def test_a_repayment_carries_card_and_text() -> None:
    world = World()
    world.bank.order(a_repayment())
    line = world.close(0).lines[-1]
    assert (line.sub_account, line.signed_fen, line.text) == (BAIGUO, 500, "还款 loan_1")
    assert (line.counterparty_account, line.counterparty_name) == (ZHANG, "张三")
    assert (line.reference, world.card().paid_out) == (None, 500)


def test_money_for_nobody_known_waits_in_the_unallocated_sub_account() -> None:
    world = World()
    world.bank.order(a_repayment(sub_account="62001-99"))
    assert world.close(0).lines[-1].sub_account == UNALLOCATED
    assert world.free(UNALLOCATED) == 500


def test_money_booked_late_keeps_its_day() -> None:
    world = World()
    world.bank.order(a_repayment(late_days=2))
    assert world.free() == START_FEN
    world.close(0)
    line = world.close(2).lines[0]
    assert (line.value_date, line.amount_fen) == (DAY, 500)


def test_a_notification_tells_the_line_that_the_statement_tells_again() -> None:
    world = World()
    (out,) = world.bank.order(a_repayment(notify=True))
    (notification,) = messages(out.body)
    assert isinstance(notification, Notification)
    assert notification.lines[0] == world.close(0).lines[-1]


def test_an_order_given_twice_happens_once() -> None:
    world = World()
    world.bank.order(a_repayment())
    assert world.bank.order(a_repayment()) == ()
    assert world.free() == START_FEN + 500
    with pytest.raises(OrderRefused, match="used for another"):
        world.bank.order(a_repayment(fen=501))


@pytest.mark.parametrize(
    ("order", "why"),
    [
        (a_repayment(card="6228480000000031"), "no open card"),
        (a_repayment(card=CLOSED), "no open card"),
        (IssueCards(id="x", cards=(Holder(number=ZHANG, name="张三"),)), "is taken"),
        (IssueCards(id="x", cards=(Holder(number="1", name="a"),) * 2), "twice"),
        (OpenSubAccounts(id="x", account="62009", sub_accounts=()), "no special account"),
        (Correct(id="x", line_id="L0000000099"), "no line"),
        (Correct(id="x", line_id="nonsense"), "no line"),
    ],
)
def test_an_order_that_cannot_happen_changes_nothing(order: Repay, why: str) -> None:
    world = World()
    before = world.bank.books()
    with pytest.raises(OrderRefused, match=why):
        world.bank.order(order)
    assert world.bank.books() == before


def test_a_bank_that_was_told_no_date_asks_for_one() -> None:
    with pytest.raises(OrderRefused, match="date"):
        Bank().order(IssueCards(id="x", cards=()))


def test_stray_money_with_several_accounts_must_say_which() -> None:
    world = World()
    world.bank.order(OpenAccount(id="o", account="62002", name="专户", unallocated="62002-00"))
    stray = Credit(
        id="s", sub_account="?", amount_fen=7, payer_name="某人", payer_account="1", text="?"
    )
    with pytest.raises(OrderRefused, match="not one account"):
        world.bank.order(stray)
    world.bank.order(msgspec.structs.replace(stray, account="62002"))
    assert world.free("62002-00") == 7


def test_each_special_account_has_a_statement_of_its_own() -> None:
    world = World()
    world.bank.order(
        OpenAccount(
            id="o",
            account="62002",
            name="风险补偿金专户",
            unallocated="62002-00",
            sub_accounts=(Holder(number="62002-01", name="白果村"),),
        )
    )
    world.pay(a_line(name="白果村", card="62002-01"))
    first, second = messages(*[out.body for out in world.bank.close_day(DAY)])
    assert [getattr(one, "closing_fen", None) for one in (first, second)] == [
        2 * START_FEN - 10_000,
        10_000,
    ]


def test_orders_survive_their_json() -> None:
    for order in [*founding(), a_repayment(), CloseDay(id="c", on=DAY)]:
        assert decode_order(encode_order(order)) == order


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b'{"type":"rob"}',
        b'{"type":"close_card","id":"a","number":"1","more":1}',
        b'{"type":"close_card","id":"../a","number":"1"}',
        b'{"type":"close_card","id":"a","number":"a\\u0000"}',
        b'{"type":"repay","id":"a","card":"1","sub_account":"1","amount_fen":0}',
        b'{"type":"repay","id":"a","card":"1","sub_account":"1","amount_fen":1.5}',
    ],
)
def test_an_order_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(OrderRefused):
        decode_order(body)


def test_check_digits_tell_card_numbers_from_slips() -> None:
    assert is_card_number(ZHANG)
    assert is_card_number(LI)
    assert not is_card_number("6228480000000070")  # last digits turned round
    assert not is_card_number("")
    assert not is_card_number("６２２８")
