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
    """Let everything come to rest, checking after every night. Raises Found."""
    world.bank.heal()
    happen(world, events.Arrive())
    for coop in world.cooperatives:
        if coop in world.outside.liars:
            happen(world, events.HandOver(coop=coop))
    begun = world.today()
    for _ in range(DATES):
        for coop in world.cooperatives:
            happen(world, events.CloseDay(coop=coop))
            happen(world, events.Sync(coop=coop))
        happen(world, events.Night())
        for coop in world.cooperatives:
            happen(world, events.Sync(coop=coop))
        checks.night(world)
    for coop in world.cooperatives:
        happen(world, events.CloseDay(coop=coop))
        happen(world, events.Sync(coop=coop))
        happen(world, events.Sync(coop=coop))
    checks.healed(world, begun)
