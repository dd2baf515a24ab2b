"""I8: nothing is paid again for a thing while a bank line about it fits nothing."""

import pytest

from contracts.rejections import RejectionCode as Code
from infra.bank_simulator import orders
from infra.bank_simulator.orders import FaultKind
from journal.perform import Command, perform
from kernel.errors import Rejected
from services.federation.cases import bank_register, custody, receipts, reconcile
from services.federation.cases.actors import FILER
from services.federation.cases.bank_register import OPEN, REVERSED, Place, StoredLine
from tests.federation.console_world import (
    PASSWORD,
    a_client,
    a_desk,
    enter_officers,
    sign_in,
    submit,
)
from tests.federation.life import ACCOUNT, CPO, STAFF, Life
from tests.federation.money import CARD, PAYMENT, a_payee, funded, nights, paying, proven, queue
from tests.federation.test_custody import a_line
from tests.federation.test_payment_requests import PAY, asking

AGAIN = "pay-N-baiguo-9"


def bounced(life: Life) -> None:
    """The bank has rejected the payment: the card was closed."""
    funded(life)
    a_payee(life)
    life.order(orders.CloseCard, number=CARD)
    queue(life)
    nights(life, 2)
    assert life.case(PAYMENT).state == "returned"


def told_paid(life: Life, *, silently: bool = False) -> None:
    """And yet a line says that it was paid: it fits nothing, so it stays open as a break."""
    line = a_line()
    place = Place(state=OPEN, matched=PAYMENT, reason="unexpected", cooperative="baiguo")
    with life.engine.begin() as conn:
        stored = StoredLine(account=ACCOUNT, line=line, business_date=life.today.isoformat(),
                            state=OPEN, matched=PAYMENT, reason="unexpected")  # fmt: skip
        bank_register.keep_line(conn, ACCOUNT, "S1", stored)
        if not silently:
            custody._break(conn, life.county, line, place)


def taken_back(life: Life) -> None:
    """The bank has reversed the line."""
    with life.engine.begin() as conn:
        bank_register.move_line(conn, ACCOUNT, "L9", REVERSED, matched=PAYMENT)


def test_i8_what_the_bank_may_have_paid_is_not_instructed_again(life: Life) -> None:
    bounced(life)
    told_paid(life)
    case, act = asking(life, PAY, seq=8)
    assert (case.state, act.facts["code"]) == ("refused", Code.PAYMENT_LINE_OPEN)
    assert act.facts["refusal"]["line"] == "L9"
    assert f"payout_refused:{case.id}" in life.findings()


def test_i8_it_may_be_instructed_again_once_the_bank_has_reversed_the_line(life: Life) -> None:
    bounced(life)
    told_paid(life)
    taken_back(life)
    case, _ = asking(life, PAY, seq=8)
    assert case.state == "queued"


def test_i8_what_is_queued_already_waits_for_the_line_and_goes_on_after_it(life: Life) -> None:
    bounced(life)
    queue(life, case=AGAIN)
    told_paid(life)
    life.night()
    assert life.case(AGAIN).state == "queued"
    assert f"payment_waits:{AGAIN}" in life.findings()
    taken_back(life)
    life.night()
    assert life.case(AGAIN).state == "in_file"


def test_i8_another_thing_is_paid_whatever_is_open_about_this_one(life: Life) -> None:
    bounced(life)
    told_paid(life)
    case, _ = asking(life, PAY, case="loan-baiguo-0002", seq=8)
    assert case.state == "queued"


def test_i8_a_doubled_payment_that_came_back_is_not_paid_a_third_time(life: Life) -> None:
    paying(life, {"fault": FaultKind.DOUBLE_LINE}, {"fault": FaultKind.RETURN, "days": 1})
    nights(life, 2)
    assert life.case(PAYMENT).state == "returned"
    case, act = asking(life, PAY, seq=8)
    assert (case.state, act.facts["code"]) == ("refused", Code.PAYMENT_LINE_OPEN)


def test_i8_is_not_proven_while_a_second_payment_is_at_the_bank(life: Life) -> None:
    bounced(life)
    told_paid(life)
    assert "I8" not in life.night()["prove"].names
    queue(life, case=AGAIN)
    with life.engine.begin() as conn:
        perform(conn, life.county.world, Command(
            id=f"{AGAIN}/file", process="payment", case=AGAIN, act="file", actor=FILER,
        ))  # fmt: skip
    assert "I8" in life.night()["prove"].names
    assert f"I8:{PAYMENT}" in life.findings()


def test_i8_is_not_proven_while_nobody_was_told_of_an_open_line(life: Life) -> None:
    bounced(life)
    told_paid(life, silently=True)
    assert "I8" in life.night()["prove"].names


def doubled(life: Life) -> str:
    """The bank has paid twice and told it; the line that is open."""
    paying(life, {"fault": FaultKind.DOUBLE_LINE})
    life.night()
    (found,) = life.findings()
    return found.partition(":")[2]


def test_what_the_bank_will_not_take_back_is_booked_as_gone_and_i9_agrees(life: Life) -> None:
    line = doubled(life)
    with life.engine.begin() as conn:
        receipts.book_gone(conn, life.county, line, "银行函复不冲正", STAFF)
    assert life.custody("baiguo") == (1_000_000, 0)
    assert life.findings() == []
    assert proven(life.night())
    with life.engine.connect() as conn:
        told = reconcile.reconcile(conn)
    assert told is not None
    assert (told.difference_fen, told.breaks) == (0, ())
    case, _ = asking(life, PAY, seq=8)
    assert case.state == "queued"


def test_only_an_open_outflow_is_booked_as_gone_and_by_staff_alone(life: Life) -> None:
    line = doubled(life)
    refusals = []
    for what, actor in ((line, CPO), ("L99", STAFF)):
        with life.engine.begin() as conn, pytest.raises(Rejected) as refused:
            receipts.book_gone(conn, life.county, what, "x", actor)
        refusals.append(refused.value.code)
    assert refusals == [Code.ROLE_NOT_ALLOWED, Code.LINE_NOT_OPEN]


def test_staff_book_it_on_the_page_of_the_finding(life: Life) -> None:
    line = doubled(life)
    with life.engine.begin() as conn:
        enter_officers(conn)
    at = f"/console/cases/K/finding-bank_doubled-{line}"
    form = {"case": at.rpartition("/")[2], "password": PASSWORD}
    with a_client(a_desk(life)) as client:
        sign_in(client, "shang")
        assert 'action="/console/receipts/gone"' in client.get(at).text
        assert submit(client, at, "/console/receipts/gone", **form, reason=" ").status_code == 422
        done = submit(client, at, "/console/receipts/gone", **form, reason="银行函复")
        assert done.headers["location"] == f"/console/cases/K/line-{line}"
        assert "银行函复" in client.get(f"/console/cases/K/line-{line}").text
