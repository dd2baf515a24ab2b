"""The composition root of the county's service: the only file that knows every part of it.

Called by ``python -m services.federation``, `lianhe federation serve` and tests. Opens no file and
no port itself; pages are handed in as routers of their own.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from contracts.codec import learn_types
from services.federation.core import Core
from services.federation.county import load_county
from services.federation.identity import load_keys
from services.federation.observe import Observer
from services.federation.portal.api import api_router
from services.federation.ports import Ports
from services.federation.problems import as_problem
from services.federation.routes import health, sync
from services.federation.settings import Settings
from services.federation.throttle import Throttle
from services.openapi import ClosedStructs


def create_app(core: Core, pages: Sequence[Router] = ()) -> Litestar:
    """The county's JSON doors and its pages on one application."""
    observer = Observer(core.engine)
    app = Litestar(
        route_handlers=[health.router(), sync.router(), api_router(), observer.door(), *pages],
        middleware=[observer.middleware],
        dependencies={"core": Provide(lambda: core, sync_to_thread=False)},
        state=State({"core": core}),
        exception_handlers={Exception: as_problem},
        request_max_body_size=core.settings.delivery_bytes,
        plugins=[ClosedStructs()],
        openapi_config=OpenAPIConfig(
            title="Lianhe federation 联合社",
            version="1",
            path="/api-docs",
            render_plugins=[JsonRenderPlugin()],
        ),
        logging_config=None,
        on_shutdown=[core.engine.dispose],
    )
    learn_types()
    return app


def open_core(engine: sa.Engine, settings: Settings, ports: Ports) -> Core:
    """The county of this database with the keys of this data directory."""
    keys = load_keys(settings.keys)
    with engine.connect() as conn:
        county = load_county(conn, keys, ports)
    return Core(
        engine=engine,
        county=county,
        settings=settings,
        throttle=Throttle(settings.requests_a_minute),
    )
