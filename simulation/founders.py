"""How the founding is made: acts, days and ids that nothing may be refused of.

Called by founding and founding_pool; the same doors as every later event, without faults.
"""

from collections.abc import Mapping
from typing import Any

from contracts.codec import digest
from kernel.errors import ensure
from simulation import events
from simulation.happenings import happen
from simulation.world import Villager, World

GROUP = 3
"""Members of a joint-liability group."""


def day(world: World) -> None:
    """Everybody closes and delivers, the county closes its night, everybody fetches."""
    for coop in world.cooperatives:
        must(world, events.CloseDay(coop=coop))
        must(world, events.Sync(coop=coop))
    must(world, events.Night())
    for coop in world.cooperatives:
        must(world, events.Sync(coop=coop))


def do(
    world: World,
    coop: str,
    process: str,
    case: str,
    act: str,
    role: str,
    operator: str,
    persons: tuple[str, ...] = (),
    facts: Mapping[str, Any] | None = None,
) -> None:
    """An act at a village's computer, its id made of case and act."""
    must(
        world,
        events.Act(
            coop=coop, id=f"{case}/{act}", process=process, case=case, act=act, role=role,
            operator=operator, persons=persons, facts=dict(facts or {}),
        ),
    )  # fmt: skip


def must(world: World, event: events.AnyEvent) -> None:
    """Nothing of the founding may be refused."""
    before = world.outside.refusals.total()
    word = happen(world, event)
    ensure(world.outside.refusals.total() == before, "founding_is_refused_nothing", word=word,
           event=str(event))  # fmt: skip


def person_id(coop: str, number: int) -> str:
    """Id of a person of the founding: random-looking, the same in every simulated county."""
    return f"p-{digest('person', coop.encode(), str(number).encode()).hex()[:16]}"


def card_number(coop: str, number: int) -> str:
    """Card number of a person of the founding."""
    return f"6217{int(digest('card', coop.encode()).hex()[:8], 16):010d}{number:05d}"


def member_of(villager: Villager) -> str:
    """Case id of the member of a household."""
    return f"member-{villager.coop}-{villager.household[-3:]}"
