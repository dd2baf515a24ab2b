"""Credit levels (R-045, E8) and the cap that county consent may lift (R-027, R-042)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.rejections import RejectionCode
from journal import data
from kernel.errors import InvariantViolation, Rejected
from kernel.levels import after_year, limit, needs_consent

E8 = data.policy("DEFAULT", {"loan.cap": "30000"})
LINYI = data.policy("LINYI")
TOP = 5


def refused(asked: int, level: int, **more: bool) -> RejectionCode:
    with pytest.raises(Rejected) as raised:
        needs_consent(E8, asked, level, **more)
    return raised.value.code


def test_e8_the_lowest_level_may_borrow_18_000() -> None:
    assert limit(30_000_00, E8.numbers("level.factors"), 1) == 18_000_00
    assert needs_consent(E8, 18_000_00, 1) is False
    assert refused(18_000_01, 1) is RejectionCode.OVER_LEVEL_LIMIT


def test_e8_two_clean_years_give_24_000_and_24_001_is_refused_consent_or_not() -> None:
    level = 1
    for _ in range(2):
        level = after_year(E8, level, borrowed=True, overdue=False)
    assert level == 3
    assert limit(30_000_00, E8.numbers("level.factors"), level) == 24_000_00
    assert needs_consent(E8, 24_000_00, level) is False
    assert refused(24_001_00, level) is RejectionCode.OVER_LEVEL_LIMIT
    assert refused(30_000_01, level) is RejectionCode.OVER_LEVEL_LIMIT


def test_e8_at_the_top_30_000_passes_and_one_fen_more_needs_the_county() -> None:
    assert needs_consent(E8, 30_000_00, TOP) is False
    assert needs_consent(E8, 30_000_01, TOP) is True


def test_e8_in_linyi_one_fen_above_the_cap_is_refused() -> None:
    assert needs_consent(LINYI, 30_000_00, TOP) is False
    with pytest.raises(Rejected) as raised:
        needs_consent(LINYI, 30_000_01, TOP)
    assert raised.value.code is RejectionCode.OVER_LOAN_CAP
    assert "30,000.00" in raised.value.as_struct().text("zh")


def test_r068_the_cap_of_shuangdao_money_is_10_000_at_every_level_and_not_lifted() -> None:
    for level in range(1, TOP + 1):
        assert needs_consent(E8, 10_000_00, level, shuangdao=True) is False
        assert refused(10_000_01, level, shuangdao=True) is RejectionCode.OVER_LOAN_CAP


def test_r045_a_clean_year_is_one_step_up_and_overdue_one_down() -> None:
    assert after_year(E8, 1, borrowed=True, overdue=False) == 2
    assert after_year(E8, TOP, borrowed=True, overdue=False) == TOP
    assert after_year(E8, 3, borrowed=True, overdue=True) == 2
    assert after_year(E8, 1, borrowed=True, overdue=True) == 1
    assert after_year(E8, 3, borrowed=False, overdue=False) == 3
    assert after_year(E8, 3, borrowed=False, overdue=True) == 2


def test_a_shorter_scale_of_the_county_keeps_everybody_on_it() -> None:
    short = data.policy("DEFAULT", {"level.factors": ["0.6", "1.0"]})
    assert needs_consent(short, 20_000_00, TOP) is False
    assert after_year(short, TOP, borrowed=True, overdue=True) == 1
    with pytest.raises(InvariantViolation):
        needs_consent(short, 1, 0)


@given(st.integers(1, 10**7), st.integers(1, 5), st.integers(1, 5))
def test_a_higher_level_never_may_borrow_less(cap: int, one: int, other: int) -> None:
    factors = E8.numbers("level.factors")
    low, high = sorted((one, other))
    assert limit(cap, factors, low) <= limit(cap, factors, high) <= cap
