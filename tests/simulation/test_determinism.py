"""One seed is one county: the same story, the same answers, the same heads, however often."""

import os
import subprocess
import sys

from simulation.events import Story, read_story, write_story
from simulation.founding import Snapshot
from simulation.run import run_seed, run_story

SEED, NIGHTS = 7, 2
_PRINT_HEADS = f"""
from lianhe.commands.simulate import migrated
from simulation.campaign import snapshot_of
from simulation.run import run_seed
print(run_seed(snapshot_of(migrated(), 3), {SEED}, {NIGHTS}).heads)
"""


def test_the_same_seed_tells_the_same_story_to_the_same_end(snapshot: Snapshot) -> None:
    once, again = (run_seed(snapshot, SEED, NIGHTS) for _ in range(2))
    assert once.story == again.story
    assert once.words == again.words
    assert once.heads == again.heads
    assert once.story != run_seed(snapshot, SEED + 1, NIGHTS).story


def test_another_process_with_other_hashes_comes_to_the_same_heads(snapshot: Snapshot) -> None:
    told = subprocess.run(
        [sys.executable, "-c", _PRINT_HEADS],
        env={**os.environ, "PYTHONHASHSEED": "77"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == run_seed(snapshot, SEED, NIGHTS).heads


def test_a_story_written_down_and_read_back_is_the_same_county(snapshot: Snapshot) -> None:
    told = run_seed(snapshot, SEED, NIGHTS)
    story = Story(seed=SEED, cooperatives=3, events=told.story)
    again = read_story(write_story(story))
    assert again == story
    assert run_story(snapshot, SEED, again.events).heads == told.heads
