"""Every bank line has one door: booked when certain, else a break with an owner (R-028)."""

from collections.abc import Callable
from datetime import date, timedelta

import msgspec
import pytest

from contracts.ids import COUNTY_BOOK
from contracts.money import yuan
from contracts.rejections import RejectionCode
from infra.bank_simulator import orders
from infra.bank_simulator.orders import FaultKind
from kernel.errors import Rejected
from services.federation.bank_files.messages import Direction, StatementLine
from services.federation.cases import bank_register, lines, reconcile, registers
from services.federation.cases.bank_register import Place
from services.federation.cases.matching import Books, receipt_of
from tests.federation.life import FIRST_DAY, Life, expected, sub_account
from tests.federation.money import (
    CARD,
    PAYMENT,
    a_loan,
    a_member,
    a_payee,
    free,
    funded,
    nights,
    paying,
    proven,
    queue,
)
from tests.federation.villager import card_number


def a_line(**changes: object) -> StatementLine:
    """5,000 yuan out to the payee's card under the payment's reference."""
    values: dict[str, object] = {
        "line_id": "L9", "sub_account": sub_account(1), "direction": Direction.OUT,
        "amount_fen": 500_000, "value_date": FIRST_DAY, "reference": PAYMENT,
        "counterparty_name": "社员甲", "counterparty_account": CARD,
    }  # fmt: skip
    return msgspec.convert({**values, **changes}, StatementLine)


def placed(life: Life, line: StatementLine) -> Place:
    """What would become of a line, rolled back."""
    with life.engine.connect() as conn, conn.begin() as transaction:
        account = registers.the_bank_account(conn)
        assert account is not None
        found = lines.place(conn, life.county, Books(conn, life.county), account, line)
        transaction.rollback()
    return found


def test_a_payment_is_paid_by_its_own_line_once(life: Life) -> None:
    paying(life)
    assert life.case(PAYMENT).state == "in_file"
    assert life.custody("baiguo") == (1_500_000, 500_000)
    done = life.night()
    assert proven(done)
    assert life.case(PAYMENT).state == "paid"
    assert life.custody("baiguo") == (1_500_000, 0)
    assert life.findings() == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"amount_fen": 499_999}, "wrong_amount"),
        ({"counterparty_account": card_number(1, 2)}, "wrong_payee"),
        ({"sub_account": sub_account(2)}, "wrong_sub_account"),
        ({"reference": "pay-N-baiguo-99"}, "unknown_out"),
        ({"reference": None}, "unknown_out"),
        ({"reference": None, "returned_reference": PAYMENT, "direction": "in"},
         "unexpected_return"),
        ({"reference": None, "returned_reference": "x", "direction": "in"}, "unknown_return"),
        ({"reverses_line": "L0", "direction": "in"}, "unknown_reversal"),
    ],
)  # fmt: skip
def test_a_line_that_is_not_quite_ours_is_never_matched(
    life: Life, change: dict[str, object], reason: str
) -> None:
    paying(life)
    place = placed(life, a_line(**change))
    assert (place.state, place.reason) == (bank_register.OPEN, reason)
    assert placed(life, a_line()).state == bank_register.BOOKED


def test_a_doubled_payment_is_a_break_until_the_bank_takes_it_back(life: Life) -> None:
    paying(life, {"fault": FaultKind.DOUBLE_LINE})
    done = life.night()
    assert proven(done)
    (second,) = [one for one in life.findings() if one.startswith("bank_doubled")]
    with life.engine.connect() as conn:
        told = reconcile.reconcile(conn)
    assert told is not None
    assert (told.difference_fen, told.listed_fen) == (0, -500_000)
    assert [one.reason for one in told.breaks] == ["doubled"]
    life.order(orders.Correct, line_id=second.partition(":")[2])
    assert proven(life.night())
    assert life.findings() == []
    with life.engine.connect() as conn:
        told = reconcile.reconcile(conn)
    assert told is not None
    assert (told.difference_fen, told.breaks) == (0, ())


def test_a_wrong_amount_leaves_the_payment_in_its_file(life: Life) -> None:
    paying(life, {"fault": FaultKind.WRONG_AMOUNT, "amount_fen": 450_000})
    assert proven(life.night())
    assert life.case(PAYMENT).state == "in_file"
    (found,) = life.findings()
    assert found.startswith("bank_wrong_amount:")
    finding = life.case(f"finding-{found.replace(':', '-')}").terms
    assert (finding["owner"], finding["amount"], finding["case"]) == (
        "staff@federation", 450_000, PAYMENT
    )  # fmt: skip


def test_a_card_the_bank_does_not_know_bounces_and_gives_the_hold_back(life: Life) -> None:
    funded(life)
    a_payee(life)
    life.order(orders.CloseCard, number=CARD)
    queue(life)
    nights(life, 2)
    assert life.case(PAYMENT).state == "returned"
    assert life.custody("baiguo") == (2_000_000, 0)


def test_a_paid_payment_that_comes_back_is_free_again_and_told(life: Life) -> None:
    paying(life, {"fault": FaultKind.RETURN, "days": 1})
    done = nights(life, 2)
    assert all(proven(one) for one in done)
    assert life.case(PAYMENT).state == "returned"
    assert life.custody("baiguo") == (2_000_000, 0)
    assert life.findings() == [f"bank_returned:{PAYMENT}"]


def test_a_file_the_bank_never_got_is_asked_after(life: Life) -> None:
    paying(life, {"fault": FaultKind.LOSE_FILE, "file": "pain.001"})
    nights(life, 6)
    assert life.case(PAYMENT).state == "in_file"
    assert life.findings() == [f"payment_unanswered:{PAYMENT}"]


def test_p2_3_a_lost_file_is_sent_again_however_often_and_pays_once(life: Life) -> None:
    paying(life, {"fault": FaultKind.LOSE_FILE, "file": "pain.001"})
    with life.engine.connect() as conn:
        (file,) = bank_register.files_in(conn, bank_register.OUT, bank_register.SENT)
    nights(life, 6)
    for _ in range(2):
        with life.engine.begin() as conn:
            bank_register.send_again(conn, file.id)
        life.send()
        assert all(proven(one) for one in nights(life, 2))
        assert life.case(PAYMENT).state == "paid"
        assert life.custody("baiguo") == (1_500_000, 0)
    # Somebody asked the bank; the finding is his to resolve.
    assert life.findings() == [f"payment_unanswered:{PAYMENT}"]
    with pytest.raises(Rejected) as refused, life.engine.begin() as conn:
        bank_register.send_again(conn, "P19990101")
    assert refused.value.code is RejectionCode.FACTS_INVALID


def test_money_that_names_nobody_waits_in_the_countys_own_book(life: Life) -> None:
    life.order(
        orders.Credit, sub_account="nobody", amount_fen=70_000, payer_name="某人",
        payer_account="1", text="不明",
    )  # fmt: skip
    done = life.night()
    assert proven(done)
    assert life.totals(COUNTY_BOOK, "80109", "701") == {"80109": 70_000, "701": 70_000}
    (found,) = life.findings()
    assert found.startswith("bank_unknown_in:")


def test_money_of_a_village_without_a_purpose_is_unclaimed(life: Life) -> None:
    funded(life, "30.00")
    assert free(life) == 3_000
    assert life.findings() == []


def test_money_in_another_villages_sub_account_is_told(life: Life) -> None:
    loan = a_loan(life, "houba")
    life.order(
        orders.Credit, sub_account=sub_account(1), amount_fen=9_000, payer_name="社员",
        payer_account="1", text=f"还款{loan}",
    )  # fmt: skip
    assert proven(life.night())
    # The bank holds it for the village it was paid to; nobody moves it silently.
    assert (free(life, "baiguo"), free(life, "houba")) == (9_000, 0)
    (found,) = life.findings()
    assert found.startswith("bank_wrong_sub_account:")


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("还款 loan-baiguo-0001", "repayment"),
        ("LOAN-BAIGUO-0001还款", "repayment"),
        ("合同文借2017-8", "repayment"),
        ("还第8期,文借2017-8号", "repayment"),
        ("文借2017-8", "repayment"),
        ("文借2017-81", "unclaimed"),
        ("loan-baiguo-0099", "unclaimed"),
        ("loan-baiguo-0001 loan-baiguo-0002", "unclaimed"),
        ("", "unclaimed"),
    ],
)
def test_a_repayment_is_known_by_the_loan_it_names(life: Life, text: str, act: str) -> None:
    a_loan(life, "baiguo")
    if "0002" in text:
        a_loan(life, "baiguo", 2)
    place = placed(
        life,
        a_line(direction="in", reference=None, text=text, counterparty_account="1"),
    )
    assert place.state == bank_register.BOOKED
    life.order(
        orders.Credit, sub_account=sub_account(1), amount_fen=9_000, payer_name="社员",
        payer_account="1", text=text,
    )  # fmt: skip
    life.night()
    with life.engine.connect() as conn:
        (case,) = [one.matched for one in bank_register.lines_of(conn, bank_register.BOOKED)]
    assert life.case(case).state == "booked"
    assert ("loan" in life.case(case).terms) == (act == "repayment")


@pytest.mark.parametrize(
    ("text", "loan"),
    [
        ("保险赔付 loan-baiguo-0001", "loan-baiguo-0001"),
        ("意外险保险理赔 文借2017-8", "loan-baiguo-0001"),
        ("保险赔付 member-baiguo-001", "loan-baiguo-0001"),
        ("保险赔付 member-baiguo-002", ""),
        ("保险赔付 loan-baiguo-0001 loan-baiguo-0002", ""),
        ("保险赔付", ""),
    ],
)
def test_r_058_an_insurers_payout_is_known_by_the_loan_or_the_member_it_names(
    life: Life, text: str, loan: str
) -> None:
    a_loan(life, "baiguo")
    if "0002" in text:
        a_loan(life, "baiguo", 2)
    for number in (1, 2):
        a_member(life, number)
    life.order(
        orders.Credit, sub_account=sub_account(1), amount_fen=9_000, payer_name="县人保",
        payer_account="1", text=text,
    )  # fmt: skip
    life.night()
    with life.engine.connect() as conn:
        (line,) = bank_register.lines_of(conn, bank_register.BOOKED)
    told = life.case(line.matched).terms
    assert (told.get("loan", ""), told.get("payer", "")) == (loan, "insurer" if loan else "")
    assert free(life) == 9_000


@pytest.mark.parametrize(
    ("due_on", "payer_account", "payer"),
    [
        (FIRST_DAY - timedelta(days=1), CARD, "member-baiguo-002"),
        (FIRST_DAY, CARD, ""),
        (FIRST_DAY - timedelta(days=1), "1", ""),
    ],
)
def test_r_054_who_pays_an_overdue_loan_from_a_guarantors_card_is_that_guarantor(
    life: Life, due_on: date, payer_account: str, payer: str
) -> None:
    loan = a_loan(life, "baiguo", due_on=due_on.isoformat(), group="group-baiguo-01")
    a_payee(life)
    for number in (1, 2):
        a_member(life, number)
    line = a_line(direction="in", reference=None, text=f"还款 {loan}", value_date=FIRST_DAY,
                  counterparty_account=payer_account)  # fmt: skip
    with life.engine.connect() as conn:
        receipt = receipt_of(Books(conn, life.county), line)
    assert (receipt.act, receipt.keys.get("payer", "")) == ("repayment", payer)


def test_a_grant_is_booked_to_its_announced_source(new_life: Callable[..., Life]) -> None:
    life = new_life("baiguo", expected=(expected("baiguo", "15000.00", "文扶2017-1"),))
    for amount, text in (
        ("15000.00", "拨款"),
        ("14999.00", "文扶2017-1"),
        ("15000.00", "文扶2017-1"),
    ):
        life.order(
            orders.Credit, sub_account=sub_account(1), amount_fen=int(yuan(amount)),
            payer_name="财政局", payer_account="1", text=text,
        )  # fmt: skip
    life.night()
    with life.engine.connect() as conn:
        booked = bank_register.lines_of(conn, bank_register.BOOKED)
    sources = [life.case(one.matched).terms.get("source") for one in booked]
    assert sources == [None, None, "provincial"]


def test_announced_money_that_does_not_come_is_a_finding(new_life: Callable[..., Life]) -> None:
    life = new_life("baiguo", expected=(expected("baiguo", "15000.00", "文扶2017-1"),))
    nights(life, 5)
    assert life.findings() == []
    nights(life, 2)
    assert life.findings() == ["receipt_missing:grant-baiguo"]
    life.order(
        orders.Credit, sub_account=sub_account(1), amount_fen=int(yuan("15000.00")),
        payer_name="财政局", payer_account="1", text="文扶2017-1",
    )  # fmt: skip
    nights(life, 2)
    assert life.findings() == []
