"""The composition root of a node host: the only file that knows every part of it.

Called by ``python -m services.cooperative_node``, `lianhe node serve` and tests. Opens no file
and no port itself.
"""

from litestar import Litestar, get
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from contracts.codec import learn_types
from services.cooperative_node import api_routes
from services.cooperative_node.host import Host
from services.cooperative_node.page import pages
from services.openapi import ClosedStructs

BODY_MAX = 8 * 1024 * 1024
"""Largest request body (bytes): a spreadsheet of a whole county's members is far below."""


def create_app(host: Host) -> Litestar:
    """The pages and the JSON door of every node of a host."""
    app = Litestar(
        route_handlers=[ready, api_routes.router(), *pages.routers()],
        dependencies={"host": Provide(lambda: host, sync_to_thread=False)},
        state=State({"host": host}),
        exception_handlers={Exception: pages.unrouted},
        request_max_body_size=BODY_MAX,
        plugins=[ClosedStructs()],
        openapi_config=OpenAPIConfig(
            title="Lianhe node 互助社节点",
            version="1",
            path="/api-docs",
            render_plugins=[JsonRenderPlugin()],
        ),
        logging_config=None,
        on_shutdown=[host.close],
    )
    learn_types()
    return app


@get("/ready", sync_to_thread=True, include_in_schema=False)
def ready(host: NamedDependency[Host]) -> list[str]:
    """The cooperatives this host carries: it is up."""
    return host.names()
