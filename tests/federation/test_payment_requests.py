"""What a village's act may ask the county to pay, and the named refusals that travel back to it."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from contracts.codec import decode
from contracts.ledger import Act, Actor
from contracts.rejections import RejectionCode
from journal import store
from kernel.cases import Case
from services.federation.cases import payments
from services.federation.cases.policies import policy_for
from tests.federation.life import Life
from tests.federation.money import PERSON, funded

PAY: dict[str, Any] = {
    "amount": 100_000,
    "person": PERSON,
    "recipe": "loan.payout",
    "back": "loan.payout_back",
    "keys": {"loan": "loan-baiguo-0001"},
    "funding": "own",
}


def asking(
    life: Life,
    pay: object,
    process: str = "loan",
    case: str = "loan-baiguo-0001",
    seq: int = 7,
) -> tuple[Case, Act]:
    """The payment that intake opens for an act asking this, and its first act."""
    act = Act(
        book="N-baiguo",
        seq=seq,
        epoch=1,
        id="act-7",
        business_date=life.today,
        value_date=life.today,
        process=process,
        version=1,
        case=case,
        step=1,
        act="instruct",
        state="instructed",
        actor=Actor(role="cashier@node", operator=PERSON),
        request="0" * 64,
        parties={"coop": "baiguo"},
        terms={"pay": pay},
    )
    with life.engine.begin() as conn:
        policy = policy_for(conn, "baiguo")
        opened = payments.request(conn, life.county, "baiguo", act, policy).case
        [(_, _, body), *_] = store.history(conn, opened)
    return opened, decode(body, Act)


@pytest.mark.parametrize(
    "wrong",
    [
        {"recipe": "receipt.identified"},
        {"back": "loan.payout"},
        {"keys": {"sub_account": "houba"}},
        {"amount": "1000"},
    ],
)
def test_a_payout_this_release_does_not_know_is_refused_and_told(
    life: Life, wrong: dict[str, Any]
) -> None:
    case, act = asking(funded(life), {**PAY, **wrong})
    assert case.state == "refused"
    assert act.facts["code"] == RejectionCode.PAYOUT_NOT_KNOWN
    assert act.movements == ()


def test_r_027_an_outlay_above_the_cap_waits_for_consent_by_name(
    new_life: Callable[..., Life],
) -> None:
    life = funded(new_life("baiguo"), "90000.00")
    case, act = asking(life, {**PAY, "amount": 5_000_000})
    assert (case.state, act.facts["code"]) == ("refused", RejectionCode.CONSENT_MISSING)
    with life.engine.begin() as conn:
        asked = store.in_states(conn, store.COUNTY_SCOPE, "consent", ("asked",))
    assert [one.parties["coop"] for one in asked] == ["baiguo"]


def test_a_payee_without_a_card_stays_out_of_the_file_and_becomes_a_finding(life: Life) -> None:
    _, act = asking(funded(life), msgspec.structs.asdict(msgspec.convert(PAY, payments.Pay)))
    assert act.act == "queue"
    life.night()
    with life.engine.begin() as conn:
        [finding] = store.in_states(conn, store.COUNTY_SCOPE, "finding", ("opened", "owned"))
        [payment] = store.in_states(conn, store.COUNTY_SCOPE, "payment", ("queued",))
    assert finding.terms["code"] == RejectionCode.PAYEE_UNKNOWN
    assert payment.state == "queued"
