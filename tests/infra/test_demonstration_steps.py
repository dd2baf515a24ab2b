"""The demonstration compares the line after each step and each layer's part, not only the end."""

import tomllib
from datetime import date
from typing import Any

import msgspec
import pytest

from infra.county_directory import CountyDirectory, find, load
from infra.county_directory.layout import LINE_STEPS, OTHERS_SHARES, figure_name
from infra.demonstration.figure_names import named
from infra.demonstration.figures import Figures
from infra.demonstration.pool_play import Step, by_layer, line_steps, others_shares
from infra.demonstration.result import Result, published
from kernel.cases import Case
from kernel.claims import told
from kernel.pool import Loss


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
    ours = nested(directory)
    steps = dict(ours[LINE_STEPS])
    assert steps["hongyang"].startswith("1,000,000.00 → 920,000.00 → ")
    assert set(steps) == {one.cooperative for one in directory.stakes}
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


E2_OTHERS = {f"m{number}": 333333 + (number <= 3) for number in range(1, 10)}
E2_LOSS = Loss(
    called=5000000, bank_part=1000000, own_deposit=1000000, stake=0, match=0, others=E2_OTHERS,
    uncovered=0,
)  # fmt: skip


def test_e2_what_each_layer_bore_is_a_figure_and_a_fen_in_the_wrong_one_fails(
    directory: CountyDirectory,
) -> None:
    assert by_layer([E2_LOSS]) == {
        "own_deposit": 1000000, "stake": 0, "match": 0, "others": 3000000,
    }  # fmt: skip
    name = "claims_by_layer_fen"
    layers = nested(directory)[name]
    wrong = {**layers, "own_deposit": layers["own_deposit"] - 1, "others": layers["others"] + 1}
    differ = [one.figure for one in published(directory, {name: wrong}) if not one.equal]
    assert {f"{name}.own_deposit", f"{name}.others"} <= set(differ)
    assert not {f"{name}.stake", f"{name}.match"} & set(differ)


def test_e2_each_other_members_part_is_told_by_village(directory: CountyDirectory) -> None:
    claim = Case(
        id="claim-1", process="claim", version=1, home="N-shuanghe", state="paid",
        parties={"coop": "shuanghe"}, terms=told(E2_LOSS),
    )  # fmt: skip
    alone = msgspec.structs.replace(
        claim, parties={"coop": "jinji"}, terms=told(msgspec.structs.replace(E2_LOSS, others={}))
    )
    shares = others_shares([claim, alone])
    assert shares == {"shuanghe": "6 × 3,333.33 + 3 × 3,333.34"}
    assert nested(directory)[OTHERS_SHARES] == shares


def nested(directory: CountyDirectory) -> dict[str, Any]:
    """The expected figures as the books would answer them: tags under their figure."""
    found: dict[str, Any] = {}
    for one in directory.expected:
        name, _, tag = one.key.partition(".")
        if tag:
            found.setdefault(name, {})[tag] = one.value
        else:
            found[name] = one.value
    return found


def judged(directory: CountyDirectory, ours: Figures) -> Result:
    """A result with these figures and nothing else that could fail."""
    ours = {**ours, "intercoop_consolidated_fen": 0}
    return Result(
        county=directory.name, profile="", figures=ours, published=published(directory, ours),
        proofs=(), nights=0, entries=0, refusals={}, pool=(), seconds=0.0, seconds_by_phase={},
        partial=False,
    )  # fmt: skip


def test_every_figure_of_our_own_counties_has_a_name_in_the_table() -> None:
    for county in ("wenxian", "ningxia-pool", "liushu"):
        expected = tomllib.loads((find(county) / "expected.toml").read_text(encoding="utf-8"))
        keys = [one["key"] for one in expected["figure"] if one.get("kind") != "context"]
        assert keys
        assert [key for key in keys if named(key) == key] == []
    assert named("fund_by_source_fen.shares") == (
        "互助资金来源 · 社员股金 fund_by_source_fen.shares"
    )
    assert named("somebodys_own") == "somebodys_own"
