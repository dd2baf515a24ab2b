"""What people get wrong about loans between villages costs nobody a fen, and stops no night."""

from pathlib import Path

import pytest

from journal import store
from services.federation.cases import references
from simulation import events
from simulation.founders import person_id
from simulation.founding import Snapshot
from simulation.generator import Generator
from simulation.mistakes import Mistakes
from simulation.queries import known_cases
from simulation.run import Outcome, run_story
from simulation.world import COUNTY
from tests.planted import lender_repays

SEED = 2
LENDER, CLAIM = "xiaojiaba", "intercoop-between-in"


def names(snapshot: Snapshot, folder: Path) -> list[str]:
    """What a payer could write: the reference of a case of each process the county has one of."""
    world = snapshot.restore(folder, "names")
    with world.reading(COUNTY) as conn:
        cases = known_cases(conn, store.COUNTY_SCOPE)
    world.stop()
    first = {case.process: references.current(case) for _, case in sorted(cases.items())}
    assert {"payment", "leg", "intercoop", "service_fee", "settlement"} <= set(first)
    return sorted(first.values())


def test_i9_a_payer_on_the_federations_account_may_name_any_case(
    snapshot: Snapshot, tmp_path: Path
) -> None:
    found = names(snapshot, tmp_path)
    paid = [
        events.Money(coop=events.FEDERATION, amount=1_000 + place, card="1", text="还款",
                     reference=name)
        for place, name in enumerate(found)
    ]  # fmt: skip
    done = run_story(snapshot, SEED, [*paid, events.Night(), events.Night()])
    assert done.finding is None, done.finding
    assert done.reached["own_money", "wonder", "unnamed"] > len(found) // 2


def the_lender_says(snapshot: Snapshot, act: str) -> Outcome:
    """The council of a village that lent through the federation speaks of its own claim."""
    said = events.Act(
        coop=LENDER, id="mistake-0001", process="voice", case=f"voice-{LENDER}-x", act="say",
        role="council@node", operator=person_id(LENDER, 10),
        persons=tuple(person_id(LENDER, one) for one in (1, 4, 7)),
        facts={"process": "intercoop", "for": CLAIM, "act": act, "amount": 100_000,
               "minutes": "会议记录"},
    )  # fmt: skip
    evening = (events.CloseDay(coop=LENDER), events.Sync(coop=LENDER), events.Night())
    return run_story(snapshot, SEED, [said, *evening, *evening])


@pytest.mark.parametrize("act", ["repay", "suspend"])
def test_p4_5_what_a_lender_says_of_its_own_claim_moves_nothing(
    snapshot: Snapshot, act: str
) -> None:
    done = the_lender_says(snapshot, act)
    assert done.words[0] == "said"
    assert done.finding is None, done.finding


def test_p4_5_a_lender_who_repays_itself_is_found(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    lender_repays.plant(monkeypatch)
    done = the_lender_says(snapshot, "repay")
    assert done.finding is not None
    assert "a side speaks for itself" in done.finding.what


def test_mistakes_are_told_in_a_quarter_of_the_seeds_beside_the_story(
    snapshot: Snapshot, tmp_path: Path
) -> None:
    world = snapshot.restore(tmp_path, "told")
    told = [one for seed in range(40) for one in Mistakes(world, seed).day()]
    world.stop()
    paid = [one for one in told if isinstance(one, events.Money)]
    said = [one.facts["act"] for one in told if isinstance(one, events.Act)]
    assert paid
    assert {*said} == {"repay", "suspend"}
    drawn = [Generator(world, seed, 1) for seed in range(4)]
    assert [(one.faulty, one.mistaken) for one in drawn] == [
        (False, False), (True, False), (True, True), (True, False)
    ]  # fmt: skip
