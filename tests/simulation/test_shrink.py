"""A story that found something is shortened until hardly anything can be left out."""

import pytest

from simulation import events
from simulation.events import Story, read_story, write_story
from simulation.founding import Snapshot
from simulation.run import Finding, run_seed, run_story
from simulation.shrink import alike, shrink
from simulation.words import narrate
from tests.planted import early_money

SEED, NIGHTS, TRIES = 2, 2, 30


def test_a_finding_is_shrunk_to_a_short_story_that_finds_the_same(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    early_money.plant(monkeypatch)
    told = run_seed(snapshot, SEED, NIGHTS)
    assert told.finding is not None
    heard: list[tuple[int, int]] = []
    story, finding = shrink(
        snapshot, SEED, told.story, told.finding, tries=TRIES,
        tell=lambda left, length: heard.append((left, length)),
    )  # fmt: skip
    assert len(story) < len(told.story) // 2
    assert alike(finding, told.finding)
    assert len(heard) <= TRIES
    assert any(isinstance(event, events.Night) for event in story)
    again = read_story(write_story(Story(seed=SEED, cooperatives=3, events=story)))
    found = run_story(snapshot, SEED, again.events).finding
    assert found is not None
    assert alike(found, finding)


def test_findings_are_alike_whatever_their_figures() -> None:
    one = Finding(kind="I9", what="701 is the sum of its bank lines: coop=baiguo, books=1")
    assert alike(one, Finding(kind="I9", what="701 is the sum of its bank lines: coop=houba"))
    assert not alike(one, Finding(kind="I9", what="a line is one of the bank's: line=B1"))
    assert not alike(one, Finding(kind="I8", what=one.what))


def test_a_story_is_told_in_both_languages_one_sentence_an_event(snapshot: Snapshot) -> None:
    told = run_seed(snapshot, 3, NIGHTS)
    sentences = narrate(told.story, told.words)
    assert len(sentences) == len(told.story)
    for number, ((zh, en), answer) in enumerate(zip(sentences, told.words, strict=True), 1):
        assert zh.startswith(f"{number}. ")
        assert en.startswith(f"{number}. ")
        assert zh.endswith(answer)
        assert en.endswith(answer)
        assert any("一" <= sign <= "鿿" for sign in zh)
