"""Every kind of fault happens when it is told to, and the county heals from it (I19).

Each test plays one short story with one kind of fault and lets the run demand that all is well at
its end; the counters show that the fault was not only asked for.
"""

import pytest

from simulation import events
from simulation.bank_orders import BankFault
from simulation.founding import Snapshot
from simulation.liars import LIES
from simulation.machine import AFTER, BEFORE, Crash
from simulation.network import LINE_FAULTS
from simulation.run import Outcome, run_story

SEED = 1
CASHIER, LOAN = "cashier@node", "loan-baiguo-0004"


def played(snapshot: Snapshot, *story: events.AnyEvent) -> Outcome:
    done = run_story(snapshot, SEED, story)
    assert done.finding is None, f"{done.finding.kind}: {done.finding.what}\n{done.finding.trace}"
    return done


def an_instruction(snapshot: Snapshot) -> events.Act:
    """The cashier of Baiguo releases the loan that was contracted at the founding."""
    holder = next(
        one.person for one in snapshot.outside.villagers.values() if one.household == "h-baiguo-011"
    )
    return events.Act(
        coop="baiguo", id="pay-it", process="loan", case=LOAN, act="instruct", role=CASHIER,
        operator=holder,
    )  # fmt: skip


def evening(**line: events.Sync) -> list[events.AnyEvent]:
    coops = ("baiguo", "houba", "xiaojiaba")
    days: list[events.AnyEvent] = [events.CloseDay(coop=coop) for coop in coops]
    return [*days, *(line.get(coop, events.Sync(coop=coop)) for coop in coops)]


@pytest.mark.parametrize("fault", BankFault)
def test_the_bank_errs_and_the_county_heals(snapshot: Snapshot, fault: BankFault) -> None:
    paid = events.Money(coop="houba", amount=70_000, card="1", text="不知道")
    done = played(
        snapshot, an_instruction(snapshot), *evening(), events.Night(),
        events.BankFails(fault=fault), paid, events.Night(), events.Night(),
    )  # fmt: skip
    assert done.faults[f"bank {fault.value}"] == 1


@pytest.mark.parametrize("fault", LINE_FAULTS)
def test_the_line_fails_at_any_message_and_nothing_is_lost_or_doubled(
    snapshot: Snapshot, fault: str
) -> None:
    syncs = [
        events.Sync(coop="baiguo", line=(*[""] * place, fault)) for place in (2, 1, 0)
    ]  # messages: one asks, one sends, one fetches
    done = played(
        snapshot, an_instruction(snapshot), events.CloseDay(coop="baiguo"), *syncs,
        events.Arrive(), events.Night(),
    )  # fmt: skip
    assert done.faults[f"line {fault}"] == len(syncs)


@pytest.mark.parametrize("what", sorted(LIES))
def test_a_lie_gets_its_one_answer_and_only_its_book_waits(snapshot: Snapshot, what: str) -> None:
    done = played(
        snapshot, events.Lie(coop="baiguo", what=what), an_instruction(snapshot), *evening(),
        events.Night(), events.Lie(coop="houba", what=what),
    )  # fmt: skip
    assert done.words[0] == LIES[what][0].value
    assert done.faults[f"lie {what}"] == 2


@pytest.fixture(scope="module")
def heads_without_a_stop(snapshot: Snapshot) -> str:
    return played(snapshot, an_instruction(snapshot), *evening(), events.Night()).heads


@pytest.mark.parametrize("commit", range(1, 9))
def test_the_county_stops_at_any_commit_of_a_night_and_ends_with_the_same_heads(
    snapshot: Snapshot, heads_without_a_stop: str, commit: int
) -> None:
    crash = Crash(when=AFTER if commit % 2 else BEFORE, commit=commit)
    done = played(snapshot, an_instruction(snapshot), *evening(), events.Night(crash=crash))
    assert done.faults["restart county"] == 1
    assert done.heads == heads_without_a_stop


@pytest.mark.parametrize("commit", range(1, 6))
def test_a_village_stops_at_any_commit_of_its_evening(snapshot: Snapshot, commit: int) -> None:
    crash = Crash(when=AFTER if commit % 2 else BEFORE, commit=commit)
    story = [
        an_instruction(snapshot),
        events.CloseDay(coop="baiguo", crash=crash if commit <= 2 else None),
        events.Sync(coop="baiguo", crash=crash),
        *evening(),
    ]
    assert played(snapshot, *story).faults["restart node"] >= 1


def test_a_wrong_clock_is_refused_and_set_right(snapshot: Snapshot) -> None:
    done = played(snapshot, events.Sync(coop="baiguo", skew=86_400), *evening())
    assert done.words[0] == "REQUEST_STALE"


def test_a_stick_brings_its_files_in_any_order_also_damaged(snapshot: Snapshot) -> None:
    done = played(
        snapshot, an_instruction(snapshot), events.CloseDay(coop="baiguo"),
        events.Stick(coop="baiguo", order=(3, 1, 0, 2), flip=57),
        events.Stick(coop="baiguo", order=(2, 0, 1)),
    )  # fmt: skip
    assert done.words[-1] == "done"
    assert done.refusals["BATCH_GAP"] > 0


def test_a_new_computer_goes_on_with_the_countys_replica(snapshot: Snapshot) -> None:
    done = played(
        snapshot, *evening(), events.Night(), events.HandOver(coop="baiguo"),
        an_instruction(snapshot), *evening(), events.Night(),
    )  # fmt: skip
    assert done.reached["village_book", "take_over", "open"] == 1
    assert done.reached["loan", "paid", "active"] > 6


def test_an_act_asked_for_again_is_answered_and_with_another_request_refused(
    snapshot: Snapshot,
) -> None:
    act = an_instruction(snapshot)
    other = events.Act(
        coop=act.coop, id=act.id, process=act.process, case=act.case, act=act.act, role=act.role,
        operator=act.operator, facts={"reason": "otherwise"},
    )  # fmt: skip
    done = played(snapshot, act, act, other)
    assert done.words == ("instructed", "instructed", "REQUEST_CHANGED")
