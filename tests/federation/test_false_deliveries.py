"""Signed by the true key, but nonsense, false, or against a rule (design.md 4.3)."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from contracts.batch import Totals
from contracts.codec import chain, decode
from contracts.envelopes import batch_of, pack
from contracts.ids import node_book
from contracts.ledger import Act, Actor, Movement
from contracts.rejections import RejectionCode as Code
from journal import heads
from journal.engine import reading
from journal.read import totals_at
from services.federation.tables import evidence
from tests.federation.deliveries import (
    BOOK,
    code,
    falsehoods,
    replica_mode,
    resealed,
    rewritten,
    sealed,
)
from tests.federation.life import Life
from tests.federation.villager import Villager


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("another book", {"book": node_book("houba")}),
        ("a count that is not", {"last": 99}),
        ("a first of zero", {"first": 0}),
        ("a digest that is none", {"opening_digest": "zz"}),
    ],
)
def test_signed_nonsense_is_kept_once_and_the_book_goes_on(
    life: Life, baiguo: Villager, what: str, change: dict[str, Any]
) -> None:
    envelope = sealed(baiguo)[0]
    for _ in range(2):
        answer = life.deliver("baiguo", resealed(baiguo, envelope, **change))
        assert code(answer) is Code.BATCH_MALFORMED, what
    assert life.findings() == [f"batch_malformed:{BOOK}"]
    assert replica_mode(life) == "open"
    assert life.deliver("baiguo", pack(envelope)).receipt is not None


def _amount(act: Act) -> Act:
    return msgspec.structs.replace(act, movements=(Movement("10201", "", "30101", "m", "own", -5),))


def _account(act: Act) -> Act:
    return msgspec.structs.replace(act, movements=(Movement("777", "", "30101", "m", "own", 5),))


def _county_process(act: Act) -> Act:
    return msgspec.structs.replace(act, process="payment")


def _other_parties(act: Act) -> Act:
    return msgspec.structs.replace(act, parties={"coop": "houba"})


def _wrong_step(act: Act) -> Act:
    return msgspec.structs.replace(act, step=7)


def _wrong_hands(act: Act) -> Act:
    return msgspec.structs.replace(act, terms={"_hands": "nobody", "_due": 5})


def _nul(act: Act) -> Act:
    return msgspec.structs.replace(act, facts={"post": "chair\x00"})


def _long_name(act: Act) -> Act:
    return msgspec.structs.replace(act, id="x" * 4_000)


def _long_link(act: Act) -> Act:
    return msgspec.structs.replace(act, terms={**act.terms, "person": "p" * 4_000})


def _loan_without_figures(act: Act) -> Act:
    return msgspec.structs.replace(
        act, process="loan", case="loan-x", act="apply", terms={"amount": "much", "paid_on": "x"}
    )


def _post_of_nobody(act: Act) -> Act:
    return msgspec.structs.replace(act, terms={"post": 5})


@pytest.mark.parametrize(
    "change",
    [
        _long_name,
        _long_link,
        _loan_without_figures,
        _post_of_nobody,
        _amount,
        _account,
        _county_process,
        _other_parties,
        _wrong_step,
        _wrong_hands,
        _nul,
    ],
)
def test_signed_acts_no_release_can_read_are_refused_whole(
    life: Life, baiguo: Villager, change: Callable[[Act], Act]
) -> None:
    envelope = sealed(baiguo)[0]
    data = resealed(baiguo, envelope, **rewritten(envelope, change))
    assert code(life.deliver("baiguo", data)) is Code.BATCH_MALFORMED
    with life.engine.connect() as conn:
        assert heads.read(conn, BOOK).seq == 0
    assert life.findings() == [f"batch_malformed:{BOOK}"]


def test_an_id_used_twice_in_a_book_is_refused_whole(life: Life, baiguo: Villager) -> None:
    envelope = sealed(baiguo)[0]
    first = decode(bytes(batch_of(envelope).acts[0]), Act).id
    twice = rewritten(envelope, lambda act: msgspec.structs.replace(act, id=first))
    assert code(life.deliver("baiguo", resealed(baiguo, envelope, **twice))) is Code.BATCH_MALFORMED
    with life.engine.connect() as conn:
        assert heads.read(conn, BOOK).seq == 0
    assert life.deliver("baiguo", pack(envelope)).receipt is not None


def test_bytes_that_two_readers_could_read_as_two_acts_are_refused(
    life: Life, baiguo: Villager
) -> None:
    envelope = sealed(baiguo)[0]
    batch = batch_of(envelope)
    twice = bytes(batch.acts[0]).replace(b'"seq":1,', b'"seq":1,"seq":1,', 1)
    digest = chain(bytes.fromhex(batch.opening_digest), twice)
    for raw in batch.acts[1:]:
        digest = chain(digest, bytes(raw))
    data = resealed(
        baiguo, envelope, acts=(msgspec.Raw(twice), *batch.acts[1:]),
        closing_digest=digest.hex(),
    )  # fmt: skip
    assert code(life.deliver("baiguo", data)) is Code.BATCH_MALFORMED


@pytest.mark.parametrize(
    "what",
    [
        "closing digest",
        "opening digest",
        "closing totals",
        "opening and closing totals",
        "a custody head never signed",
        "custody acts that do not exist",
    ],
)
def test_signed_and_false_is_kept_as_evidence_and_the_book_waits(
    life: Life, baiguo: Villager, what: str
) -> None:
    envelope = sealed(baiguo)[0]
    expected, data = falsehoods(baiguo, envelope)[what]
    assert code(life.deliver("baiguo", data)) is expected
    assert replica_mode(life) == "waiting"
    with life.engine.connect() as conn:
        assert conn.execute(sa.select(evidence.c.body)).scalar_one() == data
        assert heads.read(conn, BOOK).seq == 0
    assert life.findings() == [f"book_waits:{BOOK}"]
    assert life.case("book-baiguo").state == "waiting"
    # The true batch has to wait too; more falsehoods are not collected.
    assert code(life.deliver("baiguo", pack(envelope))) is Code.BOOK_WAITS
    assert code(life.deliver("baiguo", data)) is Code.BOOK_WAITS
    # Nobody else is concerned.
    houba = life.villages["houba"].elected()
    assert life.deliver("houba", pack(sealed(houba)[0])).receipt is not None


def test_other_content_at_a_used_sequence_is_a_fork(life: Life, baiguo: Villager) -> None:
    envelope = sealed(baiguo)[0]
    life.deliver("baiguo", pack(envelope))

    def otherwise(act: Act) -> Act:
        return msgspec.structs.replace(act, facts={**act.facts, "minutes": "other"})

    data = resealed(baiguo, envelope, **rewritten(envelope, otherwise, at=2))
    answer = life.deliver("baiguo", data)
    assert code(answer) is Code.BATCH_FORK
    assert answer.refusal is not None
    assert answer.refusal.facts["seq"] == "3"
    assert replica_mode(life) == "waiting"


def _on(day: date) -> Callable[[Act], Act]:
    return lambda act: msgspec.structs.replace(act, business_date=day, value_date=day)


def test_a_future_day_is_refused_but_the_day_after_the_open_one_is_not(
    life: Life, baiguo: Villager
) -> None:
    envelope = sealed(baiguo)[0]
    late = rewritten(envelope, _on(life.today + timedelta(days=2)))
    assert code(life.deliver("baiguo", resealed(baiguo, envelope, **late))) is (
        Code.BATCH_FUTURE_DATED
    )
    closes = resealed(baiguo, envelope, closes=life.today + timedelta(days=1))
    assert code(life.deliver("baiguo", closes)) is Code.BATCH_FUTURE_DATED
    assert life.findings() == []
    tomorrow = rewritten(envelope, _on(life.today + timedelta(days=1)))
    assert life.deliver("baiguo", resealed(baiguo, envelope, **tomorrow)).receipt is not None


def test_an_act_in_a_closed_day_is_false(life: Life, baiguo: Villager) -> None:
    baiguo.close()
    baiguo.do("post", "post-baiguo-5", "vacate", "meeting")
    with reading(baiguo.node.engine).connect() as conn:
        last = heads.read(conn, BOOK).seq
    envelope = sealed(baiguo, last)[0]
    back = rewritten(envelope, _on(life.today))
    assert code(life.deliver("baiguo", resealed(baiguo, envelope, **back))) is Code.DAY_CLOSED
    assert replica_mode(life) == "waiting"


def _unrostered(act: Act) -> Act:
    """A cashier nobody elected."""
    return msgspec.structs.replace(act, actor=Actor(role="cashier@node", operator="p-nobody"))


def _made_up(act: Act) -> Act:
    money = Movement("10202", "", "50203", "", "own", 700)
    return msgspec.structs.replace(act, movements=(money,))


@pytest.mark.parametrize(
    ("change", "wanted"),
    [(_unrostered, "ROLE_NOT_ALLOWED"), (_made_up, "FACTS_INVALID")],
)
def test_true_but_against_a_rule_is_taken_in_and_becomes_a_finding(
    life: Life, baiguo: Villager, change: Callable[[Act], Act], wanted: str
) -> None:
    envelope = sealed(baiguo)[0]
    parts = rewritten(envelope, change)
    if change is _made_up:
        parts["closing"] = (Totals("10202", "own", 700), Totals("50203", "own", 700))
    answer = life.deliver("baiguo", resealed(baiguo, envelope, **parts))
    assert answer.receipt is not None
    (finding,) = life.findings()
    assert finding == f"rule:{BOOK}/{answer.receipt.seq}"
    assert wanted in life.case(f"finding-rule-{BOOK}/{answer.receipt.seq}").terms["codes"]
    assert replica_mode(life) == "open"


def test_a_limit_passed_in_a_village_is_a_finding_with_its_figures(
    life: Life, baiguo: Villager
) -> None:
    def overdrawn(act: Act) -> Act:
        return msgspec.structs.replace(
            act, movements=(Movement("529", "", "10201", "", "own", 900),)
        )

    envelope = sealed(baiguo)[0]
    parts = rewritten(envelope, overdrawn)
    closing = (Totals("10201", "own", -900), Totals("529", "own", 900))
    answer = life.deliver("baiguo", resealed(baiguo, envelope, **parts, closing=closing))
    assert answer.receipt is not None
    told = life.case(f"finding-rule-{BOOK}/{answer.receipt.seq}").terms
    assert "BALANCE_TOO_LOW" in told["codes"]
    with life.engine.connect() as conn:
        assert totals_at(conn, BOOK) == closing
