"""How the book under stress grows to its line, and how figures are read off the scenarios."""

import numpy as np
import pytest

from contracts.rejections import RejectionCode
from kernel.errors import Rejected
from services.federation.insight import stress
from services.federation.insight.fill import PLANS, Layout, lay_out
from services.federation.insight.model import (
    LARGER_LOANS,
    STAKE_AND_MATCH,
    Assumptions,
    Book,
    StressPool,
)
from tests.federation.stress_book import STAKE, a_book, a_loan, assume


def grown(book: Book, assumed: Assumptions) -> Layout:
    """The book at every leverage."""
    return lay_out(book, assumed, slots_max=10_000)


# --- growing the book


def test_the_line_is_filled_to_the_fen_at_every_leverage() -> None:
    for assumed in (assume(), assume(growth=LARGER_LOANS), assume(leverage_base=STAKE_AND_MATCH)):
        layout = grown(a_book(), assumed)
        base = STAKE + (6_000_000 if assumed.leverage_base == STAKE_AND_MATCH else 0)
        for row, plan in enumerate(PLANS):
            if plan.leverage:
                for village in range(3):
                    own = layout.principal[row, layout.first[village] : layout.first[village + 1]]
                    assert own.sum() == base * plan.leverage
        assert layout.match == (6_000_000,) * 3


def test_the_book_as_it_stands_is_not_touched_by_a_cap_and_the_grown_one_is() -> None:
    book = a_book()
    layout = grown(book, assume(loan_cap_fen=1_200_000))
    assert sorted(layout.principal[0][layout.principal[0] > 0].tolist()) == sorted(
        loan.principal_fen for loan in book.loans
    )
    assert layout.principal[1:].max() == 1_200_000


def test_a_pool_without_loans_grows_by_borrowers_like_the_countys_under_its_own_grade() -> None:
    book = a_book(villages=2)
    alone = StressPool(village="alone", grade="C", stake_fen=STAKE)
    layout = grown(Book(loans=book.loans, pools=(*book.pools, alone)), assume())
    place = layout.villages.index("alone")
    slots = range(layout.first[place], layout.first[place + 1])
    assert {layout.classes[layout.kinds[slot][1]][0] for slot in slots} == {"C"}
    assert layout.principal[0, slots.start : slots.stop].sum() == 0
    assert layout.principal[-1, slots.start : slots.stop].sum() == 10 * STAKE


def test_e2_the_line_of_variant_1_ends_at_its_members_caps_and_has_no_match() -> None:
    bundle = StressPool(village="baiguo", grade="A", stake_fen=10_000_000, members=10,
                        matched=False)  # fmt: skip
    layout = grown(Book(loans=(a_loan(1),), pools=(bundle,)), assume())
    assert layout.principal[1:].sum(axis=1).tolist() == [50_000_000] * 6
    assert layout.match == (0,)


def test_a_book_too_large_or_empty_is_refused_by_name() -> None:
    with pytest.raises(Rejected) as refused:
        lay_out(a_book(), assume(loan_cap_fen=10_000), slots_max=6_000)
    assert refused.value.code is RejectionCode.STRESS_TOO_LARGE
    assert refused.value.facts["most"] == 6_000
    for empty in (Book(loans=(), pools=a_book().pools), Book(loans=a_book().loans, pools=())):
        with pytest.raises(Rejected) as refused:
            grown(empty, assume())
        assert refused.value.code is RejectionCode.STRESS_NO_BOOK


# --- figures


def test_quantiles_are_order_statistics_and_the_shortfall_is_the_mean_beyond() -> None:
    losses = np.arange(1, 1_001, dtype=np.int64)
    assert stress.quantile(losses, 500_000) == 500
    assert stress.quantile(losses, 990_000) == 990
    assert stress.quantile(losses, 999_000) == 999
    assert stress.shortfall(losses, 990_000) == 996  # 991 … 1,000: 995.5, half up
    assert stress.quantile(losses[:1], 500_000) == 1


def test_a_histogram_holds_every_scenario_once_and_its_bars_are_round() -> None:
    rng = np.random.Generator(np.random.PCG64(5))
    losses = np.sort((rng.random(10_000) ** 4 * 77_777_700).astype(np.int64))
    bars = stress.histogram(losses)
    assert sum(bar.count for bar in bars) == 10_000
    for bar in bars[:-1]:
        inside = (losses >= bar.start_fen) & (losses < bar.end_fen)
        assert bar.count == np.count_nonzero(inside)
    assert {bar.end_fen - bar.start_fen for bar in bars} == {2_000_000}
    assert [stress.round_width(reach, 10) for reach in (0, 1_001, 2_000, 49_990, 90_000)] == [
        100, 200, 200, 5_000, 10_000,
    ]  # fmt: skip


def test_an_estimate_of_never_still_has_an_upper_end() -> None:
    layout = grown(a_book(), assume(pd_a_ppm=0, pd_b_ppm=0))
    chances, _ = stress.chances_of(stress.simulate(layout, assume(pd_a_ppm=0, pd_b_ppm=0), 400), 1)
    worst = chances["worst"]
    assert (worst.share, worst.error) == (0, 0)
    assert worst.upper == pytest.approx(4 / 404)
    assert worst.below(10_000)
    assert not worst.below(9_000)
