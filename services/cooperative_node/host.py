"""One host, many nodes: every ``*.sqlite`` file of a folder is a cooperative of its own.

A village computer carries one, a township station all of its villages (社财乡管). Books, keys,
persons and sign-ins of two villages never meet: nothing here reads two files.
"""

from pathlib import Path
from threading import Lock

import httpx

from journal.engine import open_engine, sqlite_url
from services.cooperative_node.ports import Ports
from services.cooperative_node.transport import HttpTransport, transport_of
from services.cooperative_node.world import Node

SUFFIX = ".sqlite"


class UnknownNode(Exception):
    """No cooperative of this name is kept on this host."""


class Host:
    """The nodes of one folder, opened when first asked for."""

    def __init__(self, folder: Path, ports: Ports, client: httpx.Client | None = None) -> None:
        self.folder = folder
        self.ports = ports
        self._client = client
        self._nodes: dict[str, Node] = {}
        self._lock = Lock()

    def names(self) -> list[str]:
        """The cooperatives kept here, in order."""
        return sorted(path.stem for path in self.folder.glob(f"*{SUFFIX}"))

    def node(self, cooperative: str) -> Node:
        """One node; raises UnknownNode."""
        with self._lock:
            if cooperative not in self._nodes:
                if cooperative not in self.names():
                    raise UnknownNode(cooperative)
                self._nodes[cooperative] = open_node(self.folder, cooperative, self.ports)
            return self._nodes[cooperative]

    def transport(self, cooperative: str) -> HttpTransport:
        """The way to the county for one node. Raises Unreachable where no address was set."""
        return transport_of(self.node(cooperative), self._client)

    def close(self) -> None:
        """Close every file."""
        with self._lock:
            for node in self._nodes.values():
                node.engine.dispose()
            self._nodes.clear()


def path_of(folder: Path, cooperative: str) -> Path:
    """The file of one cooperative."""
    return folder / f"{cooperative}{SUFFIX}"


def open_node(folder: Path, cooperative: str, ports: Ports) -> Node:
    """The node of an existing, migrated file."""
    engine = open_engine(sqlite_url(path_of(folder, cooperative)))
    return Node(cooperative=cooperative, engine=engine, ports=ports)
