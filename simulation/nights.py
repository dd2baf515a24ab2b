"""The county's night and its quiet days in the simulation: what Temporal's close does in order.

Called by happenings. A county that stops in the middle is started again and goes on with the
first step that has no mark, as the workflow would.
"""

from datetime import date, timedelta

from services.federation import spool
from services.federation.bank_files.exchange import FROM_BANK, TO_BANK, put, take, waiting
from services.federation.cases import night
from simulation.machine import Crash, Crashed
from simulation.world import COUNTY, Found, World

_TRIES = 5


def close_night(world: World, crash: Crash | None = None) -> str:
    """The bank ends its day, then the county closes its open date, whatever stops it once."""
    on = world.today()
    world.clock.reach(on)
    _bank_day(world, on)
    world.machines[COUNTY].arm(crash)
    for _ in range(_TRIES):
        try:
            _close(world, on)
            break
        except Crashed:
            world.restart(COUNTY)
    else:
        raise Found("I19", f"the night of {on} did not end")
    world.outside.nights += 1
    world.bank.today = world.today()
    world.clock.reach(world.today())
    return f"{on}"


def pass_quietly(world: World, days: int) -> str:
    """Close every date of a span; nobody does anything, but what is under way goes on."""
    until = world.today() + timedelta(days=days)
    passed = 0
    while (on := world.today()) < until:
        world.clock.reach(on)
        if not world.bank.quiet or waiting(world.spool / TO_BANK):
            _bank_day(world, on)
        spool.collect(world.machines[COUNTY].engine, world.spool)
        with world.at_county() as (conn, county):
            night.close_date(conn, county, on)
        _send(world)
        passed += 1
    world.bank.today = world.today()
    # The day that opened has come: a village closes none that is still ahead.
    world.clock.reach(world.today())
    return f"{passed} dates"


def _bank_day(world: World, on: date) -> None:
    for path in waiting(world.spool / TO_BANK):
        world.bank.take(path.read_bytes())
        take(path)
    for file in world.bank.close_day(on):
        put(world.spool / FROM_BANK, file.name, file.body)


def _close(world: World, on: date) -> None:
    """Everything of one night that is not done yet."""
    machine = world.machines[COUNTY]
    spool.collect(machine.engine, world.spool)
    for step in night.STEPS:
        with world.at_county() as (conn, county):
            night.run_step(conn, county, on, step)
    _send(world)


def _send(world: World) -> None:
    spool.send(world.machines[COUNTY].engine, world.spool)
