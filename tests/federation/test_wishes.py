"""P4.1: villages post what they would lend or borrow; the county matches by it, once."""

from collections.abc import Callable

import pytest

from contracts.rejections import RejectionCode
from kernel.errors import Rejected
from services.federation.cases import lending
from services.federation.cases.intercoop import Match
from tests.federation.life import STAFF, Life
from tests.federation.villager import Villager

OFFER, REQUEST = "wish-baiguo-1", "wish-houba-1"
GRADES = {"baiguo": "A", "houba": "A"}


@pytest.fixture
def life(new_life: Callable[..., Life]) -> Life:
    return new_life("baiguo", "houba")


def post(village: Villager, wish: str, act: str, amount: int, **changes: int) -> None:
    facts = {"amount": amount, "rate_ppm": 3_000, "term_months": 6, **changes}
    by = ("chair", "accountant", "council")
    village.do("lending_wish", wish, act, "council", facts, by=by)
    village.synchronise()


def posted(life: Life) -> tuple[Villager, Villager]:
    """Baiguo offers 4,000.00, Houba asks for 3,000.00."""
    baiguo = life.villages["baiguo"].elected().joined()
    houba = life.villages["houba"].elected().joined(share="5000.00")
    post(baiguo, OFFER, "post_offer", 400_000)
    post(houba, REQUEST, "post_request", 300_000)
    return baiguo, houba


def match(life: Life, case: str = "intercoop-1", amount: int = 300_000) -> None:
    asked = Match(
        case=case, lender="baiguo", borrower="houba", amount=amount, rate_ppm=3_000,
        term_months=6, offer=OFFER, request=REQUEST,
    )  # fmt: skip
    with life.engine.begin() as conn:
        lending.match(conn, life.county.world, asked, STAFF, GRADES)


def standing(life: Life) -> list[str]:
    with life.engine.connect() as conn:
        return [one.id for one in lending.wishes(conn, ["baiguo", "houba"])]


def test_p4_1_a_wish_is_seen_at_the_county_matched_once_and_ends_in_its_village(
    life: Life,
) -> None:
    baiguo, houba = posted(life)
    assert standing(life) == [OFFER, REQUEST]
    assert life.custody("baiguo")[1] == 0
    match(life)
    assert standing(life) == []
    case = life.case("intercoop-1")
    assert (case.terms["offer"], case.terms["request"]) == (OFFER, REQUEST)
    with pytest.raises(Rejected) as refused:
        match(life, case="intercoop-2", amount=1)
    assert refused.value.code is RejectionCode.WISH_NOT_POSTED
    for village, wish in ((baiguo, OFFER), (houba, REQUEST)):
        village.synchronise()
        assert village.case(wish).state == "matched"
        assert village.case(wish).terms["contract"] == "intercoop-1"
    assert life.findings() == []


def test_p4_1_a_match_takes_no_more_than_the_wish_says(life: Life) -> None:
    posted(life)
    with pytest.raises(Rejected) as refused:
        match(life, amount=300_001)
    assert refused.value.code is RejectionCode.WISH_NOT_POSTED
    assert standing(life) == [OFFER, REQUEST]


def test_p4_1_a_withdrawn_wish_is_not_matched_and_a_match_on_its_way_leaves_it_so(
    life: Life,
) -> None:
    baiguo, _ = posted(life)
    baiguo.do("lending_wish", OFFER, "withdraw", "council", by=("chair",))
    match(life)  # the county has not heard of it yet
    baiguo.synchronise()
    assert baiguo.case(OFFER).state == "withdrawn"
    assert life.findings() == []


def test_p4_1_a_wish_lapses_after_its_days(life: Life) -> None:
    baiguo, _ = posted(life)
    due = baiguo.case(OFFER).due
    assert due is not None
    assert due == life.county.world.calendar.add_business_days(life.today, 60)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": 0}, RejectionCode.AMOUNT_NOT_POSITIVE),
        ({"rate_ppm": 0}, RejectionCode.RATE_NOT_POSITIVE),
        ({"term_months": 13}, RejectionCode.TERM_TOO_LONG),
    ],
)
def test_r_075_r_076_a_wish_no_match_could_answer_is_refused(
    life: Life, changes: dict[str, int], code: RejectionCode
) -> None:
    baiguo = life.villages["baiguo"].elected()
    with pytest.raises(Rejected) as refused:
        post(baiguo, OFFER, "post_offer", **{"amount": 1_000, **changes})
    assert refused.value.code is code
