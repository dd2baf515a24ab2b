"""The end of every run: all faults heal, three business dates close, and I19 is demanded.

Lost things arrive, the bank sends all it held back and takes back what it did wrong, villages that
lied get a new computer. Called by a run after its last event.
"""

from simulation import events
from simulation.checks import Checks
from simulation.happenings import happen
from simulation.world import World

DATES = 4
"""Business dates that are closed: the open one, and the three within which all must be well."""


def heal(world: World, checks: Checks) -> None:
    """Let everything come to rest, then check all that is always true, and I19. Raises Found."""
    world.bank.heal()
    happen(world, events.Arrive())
    for coop in world.cooperatives:
        if coop in world.outside.liars:
            happen(world, events.HandOver(coop=coop))
    begun = world.today()
    for date in range(DATES):
        if date in (0, DATES - 1):
            _exchange(world)
        happen(world, events.Night())
    _exchange(world)  # fetches what the last night brought, and follows it
    _exchange(world)  # delivers what was followed
    checks.night(world)
    checks.healed(world, begun)


def _exchange(world: World) -> None:
    for coop in world.cooperatives:
        happen(world, events.CloseDay(coop=coop))
        happen(world, events.Sync(coop=coop))
