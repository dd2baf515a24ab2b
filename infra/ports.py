"""Free TCP ports and simple readiness checks for the programs we start.

Called by the adapters in infra and by the commands that start processes. Never used to reach
anything but this machine.
"""

import http.client
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """Return a TCP port of the loopback address that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def kept_port(note: Path) -> int:
    """Return the port written in ``note`` while it is free, else a new one, written there.

    So a server started again in the same folder keeps the address its clients know.
    """
    kept = int(note.read_text(encoding="ascii")) if note.exists() else 0
    port = kept if kept and port_is_free(kept) else free_port()
    note.write_text(str(port), encoding="ascii")
    return port


def port_is_free(port: int) -> bool:
    """Whether ``port`` of the loopback address can be listened on at this moment."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def http_answers(port: int, path: str = "/") -> bool:
    """Whether an HTTP server on ``port`` answers a GET of ``path`` with a 2xx status."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status // 100 == 2
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
