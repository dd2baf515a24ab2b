"""One seed from its first event to its last check: told, played, healed, judged.

Called by the campaign, by the shrinker with a shorter story, and by tests. Returns what was found
and what was reached; raises nothing but what stops the program itself.
"""

import shutil
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from contracts.codec import digest
from journal import heads as journal_heads
from kernel.errors import InvariantViolation
from simulation import events
from simulation.checks import Checks
from simulation.founding import Snapshot
from simulation.generator import Generator
from simulation.happenings import happen
from simulation.healing import heal
from simulation.world import Found, World

Source = Callable[[World], Iterable[events.AnyEvent]]
"""What happens: a generator that looks at the world, or a story that was written down."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that must never be: its kind, a sentence, and where the program was."""

    kind: str
    what: str
    trace: str = ""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one seed came to."""

    seed: int
    story: tuple[events.AnyEvent, ...]
    words: tuple[str, ...]
    finding: Finding | None
    checked: Counter[str]
    reached: Counter[tuple[str, str, str]]
    refusals: Counter[str]
    faults: Counter[str]
    nights: int
    heads: str


def run_seed(snapshot: Snapshot, seed: int, nights: int = 6) -> Outcome:
    """Tell and play the story of a seed."""
    return play(snapshot, seed, lambda world: Generator(world, seed, nights).story())


def run_story(snapshot: Snapshot, seed: int, story: Iterable[events.AnyEvent]) -> Outcome:
    """Play a story that was written down, with the chance of its seed."""
    told = list(story)
    return play(snapshot, seed, lambda _world: told)


def play(snapshot: Snapshot, seed: int, source: Source) -> Outcome:
    """Let everything of a story happen to a fresh copy of the county, check, heal, check."""
    folder = Path(tempfile.mkdtemp(prefix="lianhe-simulation-", dir=memory_folder()))
    world = snapshot.restore(folder, str(seed))
    checks = Checks()
    story: list[events.AnyEvent] = []
    words: list[str] = []
    finding: Finding | None = None
    try:
        for event in source(world):
            story.append(event)
            words.append(happen(world, event))
            if isinstance(event, events.Night):
                checks.night(world)
        heal(world, checks)
    except Found as found:
        finding = Finding(kind=found.invariant, what=found.what, trace=_where(found))
    except InvariantViolation as violation:
        finding = Finding(kind="ensure", what=str(violation), trace=_where(violation))
    except Exception as error:  # noqa: BLE001 - whatever escapes a door is a finding
        said = f"{type(error).__name__}: {error}"
        finding = Finding(kind="error", what=said[:600], trace=_where(error))
    try:
        return Outcome(
            seed=seed,
            story=tuple(story),
            words=tuple(words),
            finding=finding,
            checked=checks.tally.checked,
            reached=checks.reached,
            refusals=world.outside.refusals,
            faults=world.outside.faults
            + Counter(f"bank {fault.value}" for fault in world.bank.happened),
            nights=world.outside.nights,
            heads=_heads(world),
        )
    finally:
        world.stop()
        shutil.rmtree(folder)


def _heads(world: World) -> str:
    """Digest of every head of every computer: two runs that end alike have it alike."""
    found = []
    for name in sorted(world.machines):
        with world.reading(name) as conn:
            found += [one.digest for one in journal_heads.read_all(conn)]
    return digest("heads", *found).hex()


def _where(error: BaseException) -> str:
    """The last few places the program came through."""
    return "".join(traceback.format_exception(error)[-6:])


def memory_folder() -> str | None:
    """A folder in memory where the computer has one: files of a simulation need no disk."""
    shared = Path("/dev/shm")  # noqa: S108 - a fresh folder inside, removed at the end
    return str(shared) if shared.is_dir() else None
