"""What would make ten times safe: the searches, the limits, and the study as a process."""

import math
from collections.abc import Callable, Iterator

import msgspec
import pytest

from contracts.rejections import RejectionCode
from kernel.errors import Rejected
from services.federation.insight import jobs
from services.federation.insight.fill import lay_out
from services.federation.insight.jobs import Jobs
from services.federation.insight.model import (
    LARGER_LOANS,
    STAKE_AND_MATCH,
    Assumptions,
    Book,
    Chance,
    StressResult,
)
from services.federation.insight.stress import chances_of, simulate
from services.federation.insight.study import Limits, checked, first_that_fits, study
from tests.federation.stress_book import LIMITS, a_book, assume


def silent(phase: str, attempt: int, done: int, total: int) -> None:
    """Nobody watches."""


def ask(assumed: Assumptions, book: Book | None = None, limits: Limits = LIMITS) -> StressResult:
    """A study that nobody watches."""
    return study(book or a_book(), assumed, limits, silent)


def at_ten(assumed: Assumptions, book: Book) -> Chance:
    """The measured chance at ten times, simulated anew."""
    layout = lay_out(book, assumed, slots_max=LIMITS.slots_max)
    return chances_of(simulate(layout, assumed, assumed.scenarios), -1)[0][assumed.measure]


def test_the_least_match_is_safe_and_one_percent_less_is_not() -> None:
    assumed = assume(pd_a_ppm=60_000, pd_b_ppm=60_000)
    advice = ask(assumed).advice
    assert advice is not None
    assert advice.match_ppm > assumed.match_ppm
    best = assume(pd_a_ppm=60_000, pd_b_ppm=60_000, match_ppm=advice.match_ppm)
    less = assume(pd_a_ppm=60_000, pd_b_ppm=60_000, match_ppm=advice.match_ppm - 10_000)
    assert advice.match_chance == at_ten(best, a_book())
    assert at_ten(best, a_book()).below(assumed.tolerance_ppm)
    assert not at_ten(less, a_book()).below(assumed.tolerance_ppm)


def test_one_percent_more_match_is_the_first_that_is_tried_for() -> None:
    risky = assume(pd_a_ppm=60_000, pd_b_ppm=60_000)
    next_one = msgspec.structs.replace(risky, match_ppm=310_000)
    tolerance = math.ceil(at_ten(next_one, a_book()).upper * 1_000_000)
    assumed = msgspec.structs.replace(risky, tolerance_ppm=tolerance)
    advice = ask(assumed).advice
    assert advice is not None
    assert (advice.match_tried, advice.match_ppm) == (True, 310_000)


def test_the_highest_leverage_that_is_safe_is_named_and_the_next_one_is_not() -> None:
    assumed = assume(pd_a_ppm=45_000, pd_b_ppm=45_000)
    result = ask(assumed)
    assert result.advice is not None
    safe = {plan.leverage: plan.chances["worst"].below(10_000) for plan in result.plans}
    assert 5 <= result.advice.leverage < 10
    assert safe[result.advice.leverage]
    assert not safe[result.advice.leverage + 1]


def test_where_ten_is_safe_nothing_is_searched() -> None:
    told: list[str] = []
    book, assumed = a_book(), assume(pd_a_ppm=1_000, pd_b_ppm=1_000)
    result = study(book, assumed, LIMITS, lambda phase, *_: told.append(phase))
    assert result.advice is not None
    assert result.advice.leverage == 10
    assert not result.advice.match_tried
    assert not result.advice.cap_tried
    assert set(told) == {"run"}


def test_a_base_that_holds_the_match_is_helped_by_no_match() -> None:
    assumed = assume(pd_a_ppm=80_000, pd_b_ppm=80_000, leverage_base=STAKE_AND_MATCH)
    advice = ask(assumed).advice
    assert advice is not None
    assert advice.match_tried
    assert (advice.match_ppm, advice.match_chance) == (-1, None)


def test_a_cap_helps_where_loans_are_few_and_large_and_luck_is_each_ones_own() -> None:
    book = a_book(villages=2, loans=2, principal_fen=20_000_000)
    assumed = assume(pd_a_ppm=100_000, pd_b_ppm=100_000, loan_cap_fen=20_000_000,
                     county_share_ppm=0, village_share_ppm=20_000,
                     industry_share_ppm=0)  # fmt: skip
    advice = ask(assumed, book).advice
    assert advice is not None
    assert advice.cap_tried
    assert 0 < advice.cap_fen < 20_000_000
    capped = msgspec.structs.replace(assumed, loan_cap_fen=advice.cap_fen)
    assert advice.cap_chance is not None
    assert advice.cap_chance.below(assumed.tolerance_ppm)
    assert advice.cap_chance == at_ten(capped, book)
    assert not at_ten(assumed, book).below(assumed.tolerance_ppm)


def test_caps_whose_books_are_too_large_are_left_out_and_that_is_said() -> None:
    assumed = assume(pd_a_ppm=150_000, pd_b_ppm=150_000)
    small = msgspec.structs.replace(LIMITS, slots_max=700)
    advice = ask(assumed, limits=small).advice
    assert advice is not None
    # 3 villages × 2,000,000 yuan in at most 700 loans: none below 9,000
    assert advice.cap_stopped_fen == 900_000
    assert advice.cap_fen == -1


def test_larger_loans_know_no_cap() -> None:
    advice = ask(assume(pd_a_ppm=150_000, growth=LARGER_LOANS)).advice
    assert advice is not None
    assert not advice.cap_tried


@pytest.mark.parametrize("wanted", range(14))
def test_the_first_of_rising_candidates_that_fits_is_found(wanted: int) -> None:
    found = first_that_fits(range(13), lambda number: number >= wanted)
    assert found == (wanted if wanted < 13 else None)
    assert first_that_fits((), lambda _: True) is None


@pytest.mark.parametrize(
    ("changes", "limited", "what"),
    [
        ({"scenarios": 1_000_001}, {}, "scenarios"),
        ({}, {"cells_max": 100_000}, "scenarios × loans"),
        ({}, {"slots_max": 10}, "loans"),
    ],
)
def test_what_is_above_a_limit_is_refused_by_name(
    changes: dict[str, int], limited: dict[str, int], what: str
) -> None:
    limits = msgspec.structs.replace(LIMITS, **limited)
    with pytest.raises(Rejected) as refused:
        checked(a_book(), assume(**changes), limits)
    assert refused.value.code is RejectionCode.STRESS_TOO_LARGE
    assert refused.value.facts["what"] == what


# --- as a process of its own


@pytest.fixture
def runs() -> Iterator[Jobs]:
    """A desk's runs; whatever still computes afterwards is ended."""
    desk = Jobs()
    yield desk
    if (run := desk.running()) is not None:
        desk.stop(run.id)
    desk.wait()


def test_a_run_in_its_own_process_finds_what_the_study_finds(runs: Jobs) -> None:
    assumed = assume(pd_a_ppm=60_000, pd_b_ppm=60_000, guarantor_spread_ppm=100_000)
    run = runs.start("shang", a_book(), assumed, LIMITS)
    runs.wait()
    assert run.state == jobs.DONE
    assert run.result == ask(assumed)
    assert run.done == run.total == LIMITS.search_scenarios
    assert runs.find(run.id) is run
    assert runs.running() is None


def until(runs: Jobs, happened: Callable[[], bool]) -> None:
    """Look again whenever the watching thread had a moment; a run that never does times out."""
    watch = runs._watch
    assert watch is not None
    while not happened():
        assert watch.is_alive()
        watch.join(0.01)


def test_one_run_at_a_time_and_it_can_be_stopped(runs: Jobs) -> None:
    slow = assume(scenarios=1_000_000, pd_a_ppm=150_000)
    run = runs.start("shang", a_book(), slow, LIMITS)
    with pytest.raises(Rejected) as refused:
        runs.start("feng", a_book(), assume(), LIMITS)
    assert refused.value.code is RejectionCode.STRESS_BUSY
    assert refused.value.facts == {"user": "shang"}
    until(runs, lambda: run.done > 0)
    now = runs.clock()
    assert run.a_second(now) > 0
    assert run.left(now) is not None
    runs.stop(run.id)
    runs.wait()
    assert run.state == jobs.STOPPED
    assert run.result is None
    runs.stop(run.id)
    again = runs.start("feng", a_book(), assume(scenarios=1_000), LIMITS)
    runs.wait()
    assert (again.id, again.state) == (run.id + 1, jobs.DONE)


def test_a_run_over_its_time_or_its_memory_is_ended_and_says_so(runs: Jobs) -> None:
    slow = assume(scenarios=1_000_000, pd_a_ppm=150_000)
    late = runs.start("shang", a_book(), slow, msgspec.structs.replace(LIMITS, seconds_max=1))
    runs.wait()
    assert late.state == jobs.LATE
    poor = msgspec.structs.replace(LIMITS, memory_mib=64)
    failed = runs.start("shang", a_book(), slow, poor)
    runs.wait()
    assert failed.state == jobs.FAILED


def test_a_refusal_in_the_process_reaches_the_page(runs: Jobs) -> None:
    limits = msgspec.structs.replace(LIMITS, slots_max=10)
    run = runs.start("shang", a_book(), assume(), limits)
    runs.wait()
    assert run.state == jobs.REFUSED
    assert run.refusal is not None
    assert run.refusal.code is RejectionCode.STRESS_TOO_LARGE


def test_only_the_last_runs_are_remembered(runs: Jobs) -> None:
    small = assume(scenarios=1_000, pd_a_ppm=0, pd_b_ppm=0)
    for _ in range(jobs.KEPT + 1):
        runs.start("shang", a_book(villages=1), small, LIMITS)
        runs.wait()
    assert runs.find(1) is None
    assert runs.find(jobs.KEPT + 1) is runs.latest()
