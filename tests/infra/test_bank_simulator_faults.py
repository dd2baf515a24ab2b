"""What goes wrong when it is told to, each once, and that no fault ever makes money."""

import random

import pytest

from infra.bank_simulator.bank import Bank
from infra.bank_simulator.orders import (
    Correct,
    Credit,
    Fail,
    FaultKind,
    OrderRefused,
    Repay,
    Resend,
)
from services.federation.bank_files.faults import BankFileRefused, FaultCode
from services.federation.bank_files.messages import AnswerStatus, Statement
from services.federation.bank_files.payment_file import write_pain001
from tests.infra.bank_world import (
    ACCOUNT,
    BAIGUO,
    LI,
    SHUIHAO,
    START_FEN,
    ZHANG,
    World,
    a_file,
    a_line,
    continues,
    day,
    messages,
    reports,
    statements,
)


def test_a_payment_can_be_rejected_for_any_reason() -> None:
    world = World()
    world.fail(FaultKind.REJECT, "pay_1", reason="AC06")
    assert world.pay(a_line()).answers[0].reason == "AC06"
    assert world.free() == START_FEN


def test_a_delayed_payment_is_paid_days_later() -> None:
    world = World()
    world.fail(FaultKind.DELAY, "pay_1", days=2)
    assert world.pay(a_line()).answers[0].status is AnswerStatus.ACCEPTED
    assert world.card().paid_in == 0
    world.close(0)
    assert world.close(1).lines == ()
    assert [line.reference for line in world.close(2).lines] == ["pay_1"]
    assert world.card().paid_in == 10_000


def test_a_wrong_amount_shows_in_the_line_not_in_the_answer() -> None:
    world = World()
    world.fail(FaultKind.WRONG_AMOUNT, "pay_1", amount_fen=9_999)
    assert world.pay(a_line()).answers[0].status is AnswerStatus.ACCEPTED
    assert world.close(0).lines[-1].amount_fen == 9_999
    assert world.card().paid_in == 9_999


def test_a_doubled_line_is_money_gone_twice_under_two_ids() -> None:
    world = World()
    world.fail(FaultKind.DOUBLE_LINE, "pay_1")
    world.pay(a_line())
    *_, first, second = world.close(0).lines
    assert (first.reference, second.reference) == ("pay_1", "pay_1")
    assert first.line_id != second.line_id
    assert world.free() == START_FEN - 20_000


def test_the_bank_takes_back_its_error_and_names_the_line() -> None:
    world = World()
    world.fail(FaultKind.DOUBLE_LINE, "pay_1")
    world.pay(a_line())
    doubled = world.close(0).lines[-1]
    world.bank.order(Correct(id="sorry", line_id=doubled.line_id))
    (taken_back,) = world.close(1).lines
    assert (taken_back.reverses_line, taken_back.signed_fen) == (doubled.line_id, 10_000)
    assert (world.free(), world.card().paid_in) == (START_FEN - 10_000, 10_000)


def test_a_transfer_taken_back_is_taken_back_on_both_sides() -> None:
    world = World()
    world.pay(a_line(name="水蒿坪村", card=SHUIHAO))
    line = world.close(0).lines[-1]
    world.bank.order(Correct(id="sorry", line_id=line.line_id))
    assert (world.free(), world.free(SHUIHAO)) == (START_FEN, START_FEN)


def test_a_correction_that_the_sub_account_cannot_cover_is_refused() -> None:
    world = World()
    line = world.close(0).lines[0]
    world.pay(a_line(fen=START_FEN))
    with pytest.raises(OrderRefused, match="cannot cover"):
        world.bank.order(Correct(id="sorry", line_id=line.line_id))


def test_a_line_can_be_missing_and_come_later_with_its_own_day() -> None:
    world = World()
    world.fail(FaultKind.LATE_LINE, "pay_1", days=2)
    world.pay(a_line())
    assert world.card().paid_in == 10_000
    today, tomorrow, then = world.close(0), world.close(1), world.close(2)
    assert [line.reference for line in today.lines + tomorrow.lines] == [None, None]
    assert [(line.reference, line.value_date) for line in then.lines] == [("pay_1", day(0))]


def test_a_late_line_waits_until_the_sub_account_can_bear_it() -> None:
    world = World()
    world.fail(FaultKind.LATE_LINE, "pay_1")
    world.pay(a_line(), a_line("pay_2", fen=START_FEN))
    world.close(0)
    assert world.close(2).lines == ()
    world.bank.order(Repay(id="r", card=LI, sub_account=BAIGUO, amount_fen=10_000))
    assert [line.signed_fen for line in world.close(4).lines] == [10_000, -10_000]


def test_a_payment_can_come_back_days_later_under_its_own_reference() -> None:
    world = World()
    world.fail(FaultKind.RETURN, "pay_1", days=3, reason="AC04")
    world.pay(a_line())
    world.close(0)
    (back,) = world.close(3).lines
    assert (back.returned_reference, back.reference) == ("pay_1", None)
    assert (back.signed_fen, back.counterparty_account) == (10_000, ZHANG)
    assert (world.free(), world.card().paid_in) == (START_FEN, 0)


def test_a_returned_transfer_leaves_the_other_village_again() -> None:
    world = World()
    world.fail(FaultKind.RETURN, "pay_1")
    world.pay(a_line(name="水蒿坪村", card=SHUIHAO))
    world.close(0)
    assert [line.signed_fen for line in world.close(1).lines] == [10_000, -10_000]
    assert world.free(SHUIHAO) == START_FEN


def test_a_payment_file_can_get_lost_and_be_sent_again() -> None:
    world = World()
    world.fail(FaultKind.LOSE_FILE, file="pain.001")
    body = write_pain001(a_file())
    assert world.bank.receive(body) == ()
    assert world.free() == START_FEN
    assert world.send(body)[0].answers[0].status is AnswerStatus.ACCEPTED


def test_a_lost_answer_comes_when_the_payment_file_is_sent_again() -> None:
    world = World()
    world.fail(FaultKind.LOSE_FILE, file="pain.002")
    body = write_pain001(a_file())
    assert world.bank.receive(body) == ()
    assert world.card().paid_in == 10_000
    assert world.send(body)[0].answers[0].status is AnswerStatus.ACCEPTED
    assert world.card().paid_in == 10_000


def test_a_lost_statement_leaves_a_gap_until_it_is_sent_again() -> None:
    world = World()
    first = world.close(0)
    world.fail(FaultKind.LOSE_FILE, file="camt.053")
    assert world.bank.close_day(day(1)) == ()
    third = world.close(2)
    assert (first.sequence, third.sequence) == (1, 3)
    assert not continues(first, third)
    (second,) = statements(*[out.body for out in world.bank.order(Resend(id="r"))])
    assert continues(first, second)
    assert continues(second, third)


def test_a_file_can_come_twice_under_two_names() -> None:
    world = World()
    world.fail(FaultKind.DOUBLE_FILE, file="camt.053")
    first, second = world.bank.close_day(day(0))
    assert first.name != second.name
    assert first.body == second.body


def test_a_false_statement_is_refused_and_the_true_one_can_be_asked_for() -> None:
    world = World()
    world.fail(FaultKind.FALSE_STATEMENT, amount_fen=1)
    (false,) = world.bank.close_day(day(0))
    with pytest.raises(BankFileRefused) as refused:
        messages(false.body)
    assert FaultCode.BALANCE_NOT_PROVEN in refused.value.codes
    (true,) = statements(*[out.body for out in world.bank.order(Resend(id="r", file="camt.053"))])
    assert true.closing_fen == 2 * START_FEN
    assert continues(true, world.close(1))


def test_a_fault_strikes_once_and_only_its_payment() -> None:
    world = World()
    world.fail(FaultKind.REJECT, "pay_2")
    world.fail(FaultKind.REJECT)
    report = world.pay(a_line("pay_1"), a_line("pay_2"), a_line("pay_3"))
    assert [answer.status.value for answer in report.answers] == [
        "rejected",
        "rejected",
        "accepted",
    ]


PAYEES = [("张三", ZHANG), ("李四", LI), ("水蒿坪村", SHUIHAO), ("某人", "6228480000000031")]
# These two make statements the county refuses or gets twice; they have tests of their own.
TWICE = (FaultKind.FALSE_STATEMENT, FaultKind.DOUBLE_FILE)


class Chaos:
    """A seeded month at the bank: payments, money from outside and every kind of fault."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.world = World()
        self.arrived = 2 * START_FEN
        self.files = 0
        self.bodies: list[bytes] = []
        self.statements: list[Statement] = []

    def run(self, days: int) -> None:
        for number in range(days):
            self.today = number
            for _ in range(self.chance.randint(0, 4)):
                self.chance.choice([self.pay, self.again, self.fail, self.money])()
            self.statements += statements(
                *[out.body for out in self.world.bank.close_day(day(number))]
            )

    def pay(self) -> None:
        self.files += 1
        lines = []
        for n in range(self.chance.randint(1, 3)):
            name, card = self.chance.choice(PAYEES)
            reference = f"pay_{self.files}_{n}"
            lines.append(a_line(reference, self.chance.randint(1, 30_000), name=name, card=card))
        body = write_pain001(a_file(*lines, file_id=f"F{self.files}", created_on=day(self.today)))
        self.bodies.append(body)
        reports(*[out.body for out in self.world.bank.receive(body)])

    def again(self) -> None:
        if self.bodies:
            self.world.bank.receive(self.chance.choice(self.bodies))

    def fail(self) -> None:
        kinds = [kind for kind in FaultKind if kind not in (FaultKind.LOSE_FILE, *TWICE)]
        order = Fail(
            id=f"fail-{self.chance.random()}",
            fault=self.chance.choice(kinds),
            days=self.chance.randint(1, 3),
            amount_fen=self.chance.randint(1, 20_000),
        )
        self.world.bank.order(order)

    def money(self) -> None:
        self.arrive(self.chance.choice([BAIGUO, SHUIHAO, "?"]), self.chance.randint(1, 50_000))

    def arrive(self, sub_account: str, fen: int) -> None:
        self.arrived += fen
        self.world.bank.order(
            Credit(
                id=f"money-{self.chance.random()}",
                sub_account=sub_account,
                amount_fen=fen,
                payer_name="联合国开发计划署",
                payer_account="9",
            )
        )

    def settle(self) -> None:
        """Let everything late happen: give each village cover enough, then let days go by."""
        for sub_account in (BAIGUO, SHUIHAO):
            self.arrive(sub_account, 10**9)
        for _ in range(12):
            self.statements.append(self.world.close(len(self.statements)))


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_no_money_is_made_and_every_statement_follows(seed: int) -> None:
    chaos = Chaos(seed)
    chaos.run(20)
    chaos.settle()
    books = chaos.world.bank.books()
    assert sum(books.sub_accounts.values()) == books.accounts[ACCOUNT]
    for earlier, later in zip(chaos.statements, chaos.statements[1:], strict=False):
        assert continues(earlier, later)
    last = chaos.statements[-1]
    assert last.lines == ()
    assert last.closing_fen == books.accounts[ACCOUNT]
    assert last.closing_fen == chaos.arrived - sum(c.paid_in for c in books.cards.values())
    told = [line.line_id for statement in chaos.statements for line in statement.lines]
    assert len(set(told)) == len(told)


@pytest.mark.parametrize("seed", [3])
def test_the_same_month_gives_the_same_bytes(seed: int) -> None:
    months = [Chaos(seed), Chaos(seed)]
    for month in months:
        month.run(15)
    one, other = (month.world.bank for month in months)
    assert one.books() == other.books()
    assert one.undelivered() == other.undelivered()
    assert isinstance(one, Bank)
    assert len(one.undelivered()) > 15
