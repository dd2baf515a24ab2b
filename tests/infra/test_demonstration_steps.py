"""The demonstration compares the line right after each step, not only what is left at the end."""

from datetime import date

import pytest

from infra.county_directory import CountyDirectory, find, load
from infra.county_directory.layout import LINE_STEPS, figure_name
from infra.demonstration.figures import Figures
from infra.demonstration.pool_play import Step, line_steps
from infra.demonstration.result import Result, published


@pytest.fixture(scope="module")
def directory() -> CountyDirectory:
    return load(find("ningxia-pool"))


def step(line_fen: int, on: int = 1, cooperative: str = "hongyang") -> Step:
    return Step(
        on=date(2016, 5, on), cooperative=cooperative, what=(), stake_fen=0, match_fen=0,
        deposits_fen=0, line_fen=line_fen, reserved_fen=0, guaranteed_fen=0, free_fen=0,
        over_fen=0, state="open",
    )  # fmt: skip


def test_a_step_that_moved_no_line_is_not_told_and_a_line_of_nothing_is() -> None:
    story = [step(0), step(100_00), step(100_00, 2), step(5_00, 2, "jinji"), step(0, 3),
             step(90_00, 4)]  # fmt: skip
    assert line_steps(story) == {"hongyang": "100.00 → 0.00 → 90.00", "jinji": "5.00"}


def test_e1_a_line_that_ends_right_but_was_wrong_after_a_step_fails_the_demonstration(
    directory: CountyDirectory,
) -> None:
    expected = {one.key: one.value for one in directory.expected}
    steps = {name.partition(".")[2]: str(value) for name, value in expected.items()
             if name.startswith(LINE_STEPS)}  # fmt: skip
    assert steps["hongyang"].startswith("1,000,000.00 → 920,000.00 → ")
    assert set(steps) == {one.cooperative for one in directory.stakes}
    ours: Figures = {name: value for name, value in expected.items() if LINE_STEPS not in name}
    right = judged(directory, {**ours, LINE_STEPS: steps})
    assert right.holds
    # 16,000 of the stake paid and the line not lowered at once: right again by the last step.
    late = {**steps, "hongyang": steps["hongyang"].replace("920,000.00", "1,000,000.00", 1)}
    wrong = judged(directory, {**ours, LINE_STEPS: late})
    assert [one.figure for one in wrong.published if not one.equal] == [f"{LINE_STEPS}.hongyang"]
    assert not wrong.holds
    assert not judged(directory, {**ours, LINE_STEPS: {}}).holds


def test_the_steps_of_a_village_are_named_with_the_village(directory: CountyDirectory) -> None:
    del directory
    chinese, english = figure_name(f"{LINE_STEPS}.jinji")
    assert (chinese.endswith(" jinji"), english.endswith(": jinji")) == (True, True)


def judged(directory: CountyDirectory, ours: Figures) -> Result:
    """A result with these figures and nothing else that could fail."""
    ours = {**ours, "intercoop_consolidated_fen": 0}
    return Result(
        county=directory.name, profile="", figures=ours, published=published(directory, ours),
        proofs=(), nights=0, entries=0, refusals={}, pool=(), seconds=0.0, seconds_by_phase={},
        partial=False,
    )  # fmt: skip
