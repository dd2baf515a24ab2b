"""What goes back and forth: consent above the cap, payments stopped, villages that lend."""

from collections.abc import Callable
from typing import Any

import pytest

from contracts.ids import COUNTY_BOOK
from contracts.rejections import RejectionCode as Code
from journal import store
from kernel.errors import Rejected
from kernel.intercoop import terms_digest
from kernel.rules_custody import consent_digest
from services.federation.cases import consents, intercoop, payments
from services.federation.cases.intercoop import Match
from tests.federation.life import CPO, STAFF, Life
from tests.federation.villager import Villager

CASE = "intercoop-1"


@pytest.fixture
def over_cap(new_life: Callable[..., Life]) -> tuple[Life, Villager, str]:
    """A loan above the general cap that group and council have signed."""
    limits = {"member.notice_days": 1, "notice.days": 1, "loan.cap": "4000"}
    life = new_life("baiguo", county=limits)
    baiguo = life.villages["baiguo"].elected().joined(level=5)
    loan = baiguo.loan(amount="5000.00")
    baiguo.synchronise()
    return life, baiguo, loan


def test_a_loan_above_the_cap_waits_for_the_countys_consent(
    over_cap: tuple[Life, Villager, str],
) -> None:
    life, baiguo, loan = over_cap
    assert baiguo.case(loan).state == "endorsed"
    asked = life.case(f"consent-baiguo/{loan}")
    assert (asked.state, asked.terms["amount"], asked.terms["roles"]) == (
        "asked", 500_000, ["cpo@federation"]
    )  # fmt: skip
    terms = consent_digest(asked.terms)
    other = consent_digest({**asked.terms, "amount": 500_001})
    with life.engine.begin() as conn:
        with pytest.raises(Rejected) as refused:
            consents.answer(conn, life.county, asked.id, "grant", STAFF, terms=terms)
        assert refused.value.code is Code.ROLE_NOT_ALLOWED
        with pytest.raises(Rejected) as refused:
            consents.answer(conn, life.county, asked.id, "grant", CPO, terms=other)
        assert refused.value.code is Code.SIGNED_OTHER_TERMS
        consents.answer(conn, life.county, asked.id, "grant", CPO, terms=terms)
    granted = life.case(asked.id)
    assert granted.terms["consented"] == terms == consent_digest(granted.terms)
    baiguo.synchronise()
    assert baiguo.case(loan).state == "approved"
    baiguo.after_approval(loan)
    baiguo.synchronise()
    assert life.custody("baiguo")[1] == 500_000
    life.everyone_closes()
    life.everyone_closes()
    assert baiguo.case(loan).state == "active"
    assert life.findings() == []


def test_a_refused_consent_ends_the_vote(over_cap: tuple[Life, Villager, str]) -> None:
    life, baiguo, loan = over_cap
    asked = life.case(f"consent-baiguo/{loan}")
    terms = consent_digest(asked.terms)
    with life.engine.begin() as conn:
        consents.answer(conn, life.county, asked.id, "refuse", CPO, terms=terms, reason="太高")
    baiguo.synchronise()
    baiguo.do("loan", loan, "refuse", "chair", by=("chair",))
    assert baiguo.case(loan).state == "refused"
    baiguo.synchronise()
    assert life.findings() == []


def test_a_payment_is_stopped_before_its_file_and_by_name_not_after(life: Life) -> None:
    baiguo = life.villages["baiguo"].elected().joined()
    loan = baiguo.loan()
    baiguo.synchronise()
    (case,) = _payments(life, "queued")
    with life.engine.begin() as conn:
        payments.stop(conn, life.county, case, STAFF, "投诉")
    assert life.custody("baiguo") == (6_000_000, 0)
    baiguo.synchronise()
    assert baiguo.case(loan).state == "contracted"
    baiguo.do("loan", loan, "instruct", "cashier", by=("cashier",))
    baiguo.close()
    life.night()
    (again,) = _payments(life, "in_file")
    with life.engine.begin() as conn, pytest.raises(Rejected) as refused:
        payments.stop(conn, life.county, again, STAFF, "投诉")
    assert refused.value.code is Code.ACT_NOT_ALLOWED_NOW


def test_two_villages_lend_through_the_county_and_both_books_say_so(life: Life) -> None:
    baiguo, houba = _matched(life)
    assert life.custody("baiguo") == (5_700_000, 300_000)
    terms = terms_digest(life.case(CASE).terms)
    for village in (baiguo, houba):
        _say(village, "sign", terms=terms, votes=_votes(village))
        village.synchronise()
    assert life.case(CASE).state == "proposed"
    with life.engine.begin() as conn:
        intercoop.sign(
            conn, life.county.world, life.case(CASE), STAFF, terms=terms, act_id="sign-staff"
        )
    assert life.case(CASE).state == "approved"
    states = []
    for _ in range(6):
        done = life.everyone_closes()
        assert not done["prove"].counts.get("failed", 0), done["prove"].names
        states.append(life.case(CASE).state)
    assert states[-1] == "active"
    assert life.custody("baiguo") == (5_700_000, 0)
    assert life.custody("houba") == (1_800_000, 0)
    assert baiguo.balances("11301", "10201") == {"11301": 300_000, "10201": 5_700_000}
    assert houba.balances("20102", "10201") == {"20102": 300_000, "10201": 1_800_000}
    assert life.totals(COUNTY_BOOK, "709") == {"709": 0}
    assert life.findings() == []
    _say(houba, "repay", amount=100_300)
    states = []
    for _ in range(6):
        done = life.everyone_closes()
        assert not done["prove"].counts.get("failed", 0), done["prove"].names
    due_from, due_to = baiguo.balances("11301")["11301"], houba.balances("20102")["20102"]
    assert due_from == due_to
    assert 199_700 <= due_from < 300_000
    assert life.findings() == []


def test_a_supervisor_speaks_for_no_council(life: Life) -> None:
    baiguo, houba = _matched(life)
    facts = {"for": CASE, "process": "intercoop", "act": "repay", "amount": 1}
    houba.do("voice", "voice-houba-x", "say", "supervisor", facts, by=("supervisor_head",))
    houba.synchronise()
    (found,) = life.findings()
    assert found.startswith("voice_refused:N-houba/")
    assert baiguo.balances("11301") == {"11301": 0}


@pytest.mark.parametrize(
    "facts",
    [
        {"for": "nothing", "process": "intercoop", "act": "sign"},
        {"for": "book-houba", "process": "book", "act": "close"},
        {"for": "book-baiguo", "process": "book", "act": "policy"},
    ],
)
def test_a_voice_about_nothing_of_its_own_is_a_finding(
    life: Life, baiguo: Villager, facts: dict[str, Any]
) -> None:
    baiguo.do("voice", "voice-baiguo-1", "say", "council", facts, by=("chair",))
    baiguo.synchronise()
    (found,) = life.findings()
    assert found.startswith("voice_refused:N-baiguo/")


def _say(village: Villager, act: str, **told: Any) -> None:
    facts = {"for": CASE, "process": "intercoop", "act": act, **told}
    village.do("voice", f"voice-{village.name}-{act}", "say", "council", facts,
               by=("chair", "accountant", "council"))  # fmt: skip


def _votes(village: Villager) -> dict[str, str]:
    return {village.person[alias]: "yes" for alias in ("chair", "accountant", "council")}


def _payments(life: Life, state: str) -> list[str]:
    with life.engine.connect() as conn:
        return [one.id for one in store.in_states(conn, store.COUNTY_SCOPE, "payment", (state,))]


def _matched(life: Life) -> tuple[Villager, Villager]:
    """A lender and a borrower with members and shares, and one loan between them proposed."""
    baiguo = life.villages["baiguo"].elected().joined()
    houba = life.villages["houba"].elected().joined(share="5000.00")
    life.everyone_closes()
    proposed = Match(
        case=CASE, lender="baiguo", borrower="houba", amount=300_000, rate_ppm=3_000, term_months=6
    )
    with life.engine.begin() as conn:
        intercoop.match(conn, life.county.world, proposed, STAFF, {"baiguo": "A", "houba": "A"})
    return baiguo, houba
