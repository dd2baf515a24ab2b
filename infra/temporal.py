"""Temporal for the county: the cluster given by address, else a dev server of our own.

Called by the demonstration and `lianhe federation`. Finding or making the program is
infra/temporal_binary.py's work, running it infra/temporal_server.py's.
"""

import socket
from collections.abc import Mapping

from infra.program import SupervisorError
from infra.supervisor import Supervisor
from infra.temporal_binary import Say, find_binary
from infra.temporal_server import DEFAULT_NAMESPACE, TemporalServer

ADDRESS_SETTING = "TEMPORAL_ADDRESS"
_CONNECT_SECONDS = 10.0


class TemporalUnreachable(SupervisorError):
    """The Temporal cluster that was named does not answer."""


def county_temporal(
    supervisor: Supervisor,
    environ: Mapping[str, str],
    say: Say,
    *,
    namespace: str = DEFAULT_NAMESPACE,
) -> str:
    """Return ``host:port`` of the county's Temporal, starting a dev server when none is named.

    ``TEMPORAL_ADDRESS`` names a cluster that is there, with its namespace; without it a dev server
    with ``namespace`` is started in ``temporal`` of the supervisor's data directory. ``say`` gets
    lines of progress. Raises TemporalUnreachable, TemporalMissing or ProgramFailed.
    """
    if given := environ.get(ADDRESS_SETTING):
        host, _, port = given.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), _CONNECT_SECONDS).close()
        except (OSError, ValueError) as error:
            raise TemporalUnreachable(f"{ADDRESS_SETTING}={given} does not answer") from error
        return given
    server = TemporalServer(
        supervisor.datadir / "temporal", find_binary(environ, say), namespaces=(namespace,)
    )
    server.start(supervisor)
    return server.address
