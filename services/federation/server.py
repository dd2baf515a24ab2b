"""The county's service as a process: granian in front of the application.

Called by `lianhe federation serve`. The worker process opens its own database connections and keys
from the environment it is given; it is killed and started again without losing anything, because
every request is one transaction.
"""

import os

from granian.constants import Interfaces
from granian.server import Server
from litestar import Litestar

from journal.engine import WRITER, open_engine
from services.federation.app import create_app, open_core
from services.federation.close_door import close_door
from services.federation.console.desk import Desk
from services.federation.console.routes import console_router
from services.federation.portal.routes import portal_router
from services.federation.ports import real_ports
from services.federation.settings import PREFIX, Settings, read_settings

DATABASE_URL = f"{PREFIX}DATABASE_URL"
TEMPORAL_ADDRESS = "TEMPORAL_ADDRESS"
"""Where the close is started; without it the console shows nights and starts none."""
_TARGET = "services.federation.server:application"


def application() -> Litestar:
    """The application of one worker process, from its environment."""
    engine = open_engine(os.environ[DATABASE_URL], role=WRITER)
    core = open_core(engine, read_settings(os.environ), real_ports())
    temporal = os.environ.get(TEMPORAL_ADDRESS)
    desk = Desk(
        engine=engine,
        county=core.county,
        secure=core.settings.secure,
        origins=core.settings.origins,
        start_close=close_door(temporal) if temporal else None,
    )
    return create_app(core, [console_router(desk), portal_router(desk)])


def serve_forever(settings: Settings, database_url: str) -> None:
    """Serve until the process is told to stop (SIGINT, SIGTERM)."""
    os.environ[DATABASE_URL] = database_url
    os.environ[f"{PREFIX}DATADIR"] = str(settings.datadir)
    Server(
        _TARGET,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        factory=True,
        workers=1,
        log_access=False,
        websockets=False,
        respawn_failed_workers=True,
    ).serve()
