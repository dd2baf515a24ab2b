"""Is the county there, and on which date does it stand: for supervisors and people.

Asks the database; needs no sign-in and tells nothing of any village.
"""

from datetime import date

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency

from journal.engine import reading
from services.federation.cases import night
from services.federation.core import Core


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The county's name and open date, and the key it signs with."""

    county: str
    business_date: date
    key: str


@get("/health", sync_to_thread=True)
def health(core: NamedDependency[Core]) -> Health:
    """The service is up and its database answers."""
    with reading(core.engine).connect() as conn:
        on = night.open_date(conn)
    return Health(county=core.county.name, business_date=on, key=core.county.keys.key)


def router() -> Router:
    """The door without a lock."""
    return Router(path="/", route_handlers=[health])
