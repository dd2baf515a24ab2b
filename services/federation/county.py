"""What every decision of the county is made with: its world, its keys and its ports.

Built once by the composition root from the county's row and key files; handed to every case as an
argument. It holds no connection and no state.
"""

from datetime import date

import msgspec
import sqlalchemy as sa

from contracts.codec import decode
from journal.perform import World
from journal.registry import registry
from kernel.calendar import Calendar
from kernel.errors import ensure
from services.federation.cases.policies import policy_for
from services.federation.identity import CountyKeys
from services.federation.ports import Ports
from services.federation.queries import county_row


class County(msgspec.Struct, frozen=True, kw_only=True):
    """The county as its cases see it."""

    name: str
    world: World
    keys: CountyKeys
    ports: Ports


def load_county(conn: sa.Connection, keys: CountyKeys, ports: Ports) -> County:
    """The county of this database. Raises InvariantViolation if the keys are another county's."""
    row = county_row(conn)
    ensure(row is not None, "county_is_set_up")
    name, key, rest, work = row or ("", "", "[]", "[]")
    ensure(key == keys.key, "keys_are_this_county's", county=name, key=keys.key)
    calendar = Calendar().edited(
        rest=decode(rest.encode(), tuple[date, ...]), work=decode(work.encode(), tuple[date, ...])
    )
    world = World(registry=registry(), policy=policy_for, calendar=calendar)
    return County(name=name, world=world, keys=keys, ports=ports)
