"""The county close: six steps with done-marks, any of them again, dates caught up (4.7)."""

from datetime import date, timedelta

import psycopg
import pytest
import sqlalchemy as sa

from contracts.codec import decode, public_bytes, verify
from contracts.ids import COUNTY_BOOK, custody_book, node_book
from contracts.ledger import Act
from contracts.rejections import RejectionCode as Code
from journal import heads, post, store
from journal.audit import audit
from kernel.errors import InvariantViolation, Rejected
from services.federation.cases import closing, night, payments
from services.federation.cases.night import STEPS, StepResult
from services.federation.tables import night as night_table
from tests.federation.deliveries import TABLES
from tests.federation.life import STAFF, Life
from tests.federation.money import PAYMENT, a_payee, funded, queue
from tests.support.steady import seeded

MORE = ("night", "proof", "proven_book", "proven_balance", "heads_vector", "bank_file", "missing")


def everything(life: Life) -> dict[str, list[tuple[object, ...]]]:
    """All rows a night could touch."""
    with life.engine.connect() as conn:
        rows = {
            table: conn.execute(sa.select(sa.text("*")).select_from(sa.text(table))).all()
            for table in (*TABLES, *MORE)
        }
    return {table: sorted((tuple(row) for row in found), key=repr) for table, found in rows.items()}


def take(life: Life, on: date, step: str) -> StepResult:
    """One step in its own transaction."""
    with life.engine.begin() as conn:
        return night.run_step(conn, life.county, on, step)


def test_a_step_again_answers_from_its_mark_and_changes_nothing(life: Life) -> None:
    funded(life)
    a_payee(life)
    queue(life)
    on = life.today
    life.receive(life.bank.close_day(on))
    for step in STEPS:
        first = take(life, on, step)
        before = everything(life)
        again = take(life, on, step)
        assert first.fresh
        assert not again.fresh
        assert again.counts == first.counts
        assert everything(life) == before
    assert life.case(PAYMENT).state == "in_file"


@pytest.mark.parametrize("killed", STEPS)
def test_a_night_killed_in_any_step_ends_as_if_it_had_not_been(life: Life, killed: str) -> None:
    funded(life)
    a_payee(life)
    queue(life)
    on = life.today
    life.receive(life.bank.close_day(on))
    for step in STEPS:
        if step == killed:
            with life.engine.connect() as conn, conn.begin() as transaction:
                night.run_step(conn, life.county, on, step)
                transaction.rollback()
        take(life, on, step)
    with life.engine.connect() as conn:
        built = conn.execute(sa.text("SELECT id FROM bank_file WHERE direction = 'out'")).all()
        assert [row.id for row in built] == ["P20170104"]
        assert night.open_date(conn) == on + timedelta(days=1)
        found = [one for one in audit(conn, life.county.world.registry) if one.book[0] == "K"]
    assert found == []


def test_steps_are_taken_in_their_order_and_on_the_open_date_only(life: Life) -> None:
    on = life.today
    with pytest.raises(InvariantViolation, match="steps_in_order"):
        take(life, on, night.PROVE)
    with pytest.raises(Rejected) as early:
        take(life, on + timedelta(days=1), night.CUT_OFF)
    assert early.value.code is Code.TOO_EARLY
    life.night()
    with pytest.raises(Rejected) as late:
        take(life, on - timedelta(days=1), night.CUT_OFF)
    assert late.value.code is Code.DAY_CLOSED


def test_every_book_of_the_county_closes_the_same_date(life: Life) -> None:
    on = life.today
    life.night()
    with life.engine.connect() as conn:
        for head in heads.read_all(conn):
            if head.book[0] in "KF":
                assert (head.closed_date, head.open_date) == (on.isoformat(), "2017-01-04")
    with pytest.raises(psycopg.errors.CheckViolation, match="act_day_is_open"):
        _append_late(life, on)


def _append_late(life: Life, on: date) -> None:
    """Write into a closed day, past everything Python checks."""
    with life.engine.begin() as conn:
        stale = heads.lock(conn, [COUNTY_BOOK])
        stale[COUNTY_BOOK].open_date = on.isoformat()
        draft = post.Draft(
            book=COUNTY_BOOK, id="late", value_date=on, process="finding", version=1,
            case="finding-x", step=1, act="open", state="opened", actor=STAFF, request="0",
        )  # fmt: skip
        post.append(conn, stale, [draft], life.county.world.registry.chart)


def test_custody_countersigns_the_head_it_received(life: Life) -> None:
    baiguo = life.villages["baiguo"].elected()
    baiguo.close()
    life.night()
    with life.engine.connect() as conn:
        close = post.find(conn, custody_book("baiguo"), "close-2017-01-03")
        head = heads.read(conn, node_book("baiguo"))
    assert close is not None
    assert close.facts["n_seq"] == head.seq
    assert close.facts["n_digest"] == head.digest.hex()
    assert close.facts["n_closed"] == "2017-01-03"


def test_a_quiet_book_gets_no_act_and_its_day_ends_all_the_same(life: Life) -> None:
    life.night()
    with life.engine.connect() as conn:
        before = {head.book: head.seq for head in heads.read_all(conn)}
    done = life.night()
    assert "books_closed" not in done["open_next"].counts
    with life.engine.connect() as conn:
        after = heads.read_all(conn)
    assert {head.book: head.seq for head in after} == before
    assert {head.closed_date for head in after if head.book[0] == "K"} == {"2017-01-04"}


def test_all_heads_of_a_day_are_signed_by_the_county(life: Life) -> None:
    life.villages["baiguo"].elected().close()
    life.night()
    with life.engine.connect() as conn:
        told = closing.newest(conn)
        standing = {head.book: head.digest.hex() for head in heads.read_all(conn)}
    assert told is not None
    public = public_bytes(life.county.keys.signing)
    assert verify(public, closing.HEADS_DOMAIN, told.body, told.signature)
    assert not verify(public, closing.HEADS_DOMAIN, told.body + b" ", told.signature)
    vector = decode(told.body, closing.HeadsVector)
    assert vector.business_date == date(2017, 1, 3)
    assert {one.book: one.digest for one in vector.heads} == standing


def test_dates_follow_the_countys_calendar(life: Life) -> None:
    opened = [life.today]
    for _ in range(4):
        life.night()
        opened.append(life.today)
    # Friday 6 January is followed by Monday.
    assert [day.isoformat() for day in opened] == [
        "2017-01-03", "2017-01-04", "2017-01-05", "2017-01-06", "2017-01-09",
    ]  # fmt: skip


def test_quiet_dates_are_planned_as_one_group_and_closed_one_transaction_a_date(
    life: Life,
) -> None:
    with life.engine.connect() as conn:
        groups = night.plan(conn, life.county, date(2017, 1, 10))
    assert groups == (tuple(date(2017, 1, day) for day in (3, 4, 5, 6, 9, 10)),)
    for on in groups[0]:
        with life.engine.begin() as conn:
            assert len(night.close_date(conn, life.county, on)) == len(STEPS)
    assert life.today == date(2017, 1, 11)
    with life.engine.connect() as conn:
        marks = conn.execute(sa.select(sa.func.count()).select_from(night_table)).scalar_one()
    assert marks == 6 * len(STEPS)


def test_dates_with_something_to_do_stand_alone(life: Life) -> None:
    a_payee(life)
    funded(life)
    queue(life)
    with life.engine.connect() as conn:
        groups = night.plan(conn, life.county, date(2017, 1, 6))
    assert groups[0] == (date(2017, 1, 4),)
    assert groups[1] == (date(2017, 1, 5), date(2017, 1, 6))


def test_a_deadline_is_performed_on_the_date_it_falls_on(life: Life) -> None:
    funded(life)
    with life.engine.begin() as conn:
        case = payments.request(
            conn, life.county, "baiguo", _outlay("30000.00"), life.county.world.policy(conn, "")
        )
    assert case.case.state == "refused"
    asked = life.case("consent-baiguo/village-baiguo")
    assert asked.due is not None
    while life.today < asked.due:
        assert life.case(asked.id).step == 1
        life.night()
    escalated = life.case(asked.id)
    assert (escalated.step, escalated.state) == (2, "asked")


def _outlay(amount: str) -> Act:
    """An act of a village that asks for money above the cap, as intake hands it on."""
    person = f"p-{seeded('x')(8).hex()}"
    pay = {"amount": int(amount.replace(".", "")), "person": person, "recipe": "payment.cost",
           "back": "payment.cost_back", "keys": {}}  # fmt: skip
    return Act(
        book=node_book("baiguo"), seq=5, epoch=1, id="a", business_date=date(2017, 1, 4),
        value_date=date(2017, 1, 4), process="village_book", version=1, case="village-baiguo",
        step=1, act="spend", state="open", actor=STAFF, request="0", parties={"coop": "baiguo"},
        terms={"pay": pay},
    )  # fmt: skip


def test_the_missing_are_named_once_and_nobody_waits_for_them(life: Life) -> None:
    life.villages["houba"].elected().close()
    done = life.night()
    assert done["cut_off"].names == ("baiguo",)
    assert done["cut_off"].counts == {"missing": 1}
    assert life.today == date(2017, 1, 4)
    with life.engine.connect() as conn:
        assert store.in_states(conn, "K", "finding", ("opened",)) == []
