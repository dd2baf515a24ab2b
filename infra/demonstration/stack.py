"""The whole county on one machine: PostgreSQL, Temporal, federation, worker, node host, bank.

Called by the demonstration and the end-to-end tests. Every service is a process of its own under
one supervisor, which leaves no process and no lock file behind. Set-up uses the services' own
doors: migrations, county plan, key cards carried from node to county.
"""

import os
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from contracts.sync import KeyCard
from infra.county_directory import CountyDirectory
from infra.county_plan import plan_of
from infra.demonstration import officers
from infra.demonstration.bank_door import SpoolBank
from infra.demonstration.county_door import LocalCounty
from infra.demonstration.village_door import HttpVillage
from infra.migrate import COUNTY, NODE, upgrade
from infra.ports import http_answers, kept_port
from infra.postgres import county_database
from infra.supervisor import Supervisor
from infra.temporal import county_temporal
from journal.engine import WRITER, open_engine, sqlite_url
from services.cooperative_node import set_up as node_set_up
from services.cooperative_node.host import open_node, path_of
from services.cooperative_node.ports import real_ports as node_ports
from services.federation.bank_files.exchange import FROM_BANK
from services.federation.cases import node_keys
from services.federation.county import County
from services.federation.identity import make_keys, save_keys
from services.federation.packages.keys import make_signing_keys, save_signing_keys
from services.federation.ports import real_ports as county_ports
from services.federation.settings import Settings
from services.federation.setup import set_up
from services.federation.worker import READY

BANK, FEDERATION, WORKER, NODES = "bank", "federation", "worker", "nodes"
PROGRAMS = (BANK, FEDERATION, WORKER, NODES)
"""Our own processes, besides PostgreSQL and Temporal."""
OPERATOR = "u-set-up"
Say = Callable[[str], None]


class Stack:
    """A county's processes and doors, in one data directory."""

    def __init__(self, supervisor: Supervisor, directory: CountyDirectory, say: Say) -> None:
        self.supervisor = supervisor
        self.directory = directory
        self.say = say
        self.settings = Settings(
            datadir=supervisor.datadir, port=kept_port(supervisor.datadir / "federation.port")
        )
        self.node_port = kept_port(supervisor.datadir / "nodes.port")
        self.nodes = supervisor.datadir / "nodes"
        self.url = ""
        self.temporal = ""
        self.engine: sa.Engine
        self.county: County
        self.tokens: dict[str, str] = {}
        self.logins: tuple[officers.Login, ...] = ()
        self._read_from: dict[str, int] = {}

    @property
    def address(self) -> str:
        """Where the federation answers."""
        return f"http://127.0.0.1:{self.settings.port}"

    @property
    def node_address(self) -> str:
        """Where the node host answers."""
        return f"http://127.0.0.1:{self.node_port}"

    def start(self, environ: Mapping[str, str]) -> None:
        """Start the servers, set up county and nodes, start our processes."""
        self.say("启动 PostgreSQL starting PostgreSQL")
        self.url = county_database(self.supervisor, environ)
        self.say("启动 Temporal starting Temporal")
        self.temporal = county_temporal(self.supervisor, environ, self.say)
        self.say("建县账 setting up the county and its villages")
        self._set_up()
        self.say("启动服务 starting federation, worker, nodes and bank")
        with ThreadPoolExecutor(len(PROGRAMS)) as side_by_side:
            list(side_by_side.map(self.start_program, PROGRAMS))
        self.logins = officers.enter(self.engine, self.directory)

    def start_program(self, name: str) -> None:
        """Start one of our own processes and wait until it is ready."""
        argv, ready = self._programs()[name]
        self.supervisor.start(
            name,
            [sys.executable, *argv],
            ready=ready,
            before=lambda: self._forget_ready(name),
            env=self.environment(),
        )

    def _forget_ready(self, name: str) -> None:
        """What a killed program said of itself must not pass for what its next start says."""
        if name == BANK:
            (self.settings.spool / "ready").unlink(missing_ok=True)
        log = self.supervisor.log(name)
        self._read_from[name] = log.stat().st_size if log.exists() else 0

    def _programs(self) -> dict[str, tuple[list[str], Callable[[], bool]]]:
        spool, port = self.settings.spool, str(self.node_port)
        own = ["--data", str(self.settings.datadir), "--database", self.url]
        nodes = ["-m", "services.cooperative_node", "--data", str(self.nodes), "--port", port]
        return {
            BANK: (
                ["-m", "infra.bank_simulator", "--dir", str(spool)],
                (spool / "ready").exists,
            ),
            FEDERATION: (
                ["-m", "lianhe", "federation", "serve", *own],
                lambda: http_answers(self.settings.port, "/health"),
            ),
            WORKER: (
                ["-m", "lianhe", "federation", "worker", *own, "--temporal", self.temporal],
                self._worker_is_ready,
            ),
            NODES: (nodes, lambda: http_answers(self.node_port, "/ready")),
        }

    def environment(self) -> dict[str, str]:
        """What our processes read: where the county's things are."""
        return {
            "LIANHE_DATADIR": str(self.settings.datadir),
            "LIANHE_PORT": str(self.settings.port),
            "LIANHE_DATABASE_URL": self.url,
            "TEMPORAL_ADDRESS": self.temporal,
            # Six programs start from the same modules: compiled once, not each time.
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPATH": os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), *sys.path))),
        }

    def villages(self) -> dict[str, HttpVillage]:
        """A door to every node."""
        return {
            one.id: HttpVillage(self.node_address, one.id, self.tokens[one.id])
            for one in self.directory.cooperatives
        }

    def bank(self) -> SpoolBank:
        """The door to the bank."""
        return SpoolBank(self.settings.spool, self.supervisor.check)

    def office(self) -> LocalCounty:
        """The door to the county's staff and its nights."""
        return LocalCounty(self.engine, self.address, self.temporal, self.logins)

    def _worker_is_ready(self) -> bool:
        told = self.supervisor.log(WORKER).read_bytes()[self._read_from[WORKER] :]
        return READY in told.decode(errors="replace")

    def _set_up(self) -> None:
        owner = open_engine(self.url)
        upgrade(owner, COUNTY)
        owner.dispose()
        self.engine = open_engine(self.url, role=WRITER)
        ports = county_ports()
        keys = make_keys(ports.random)
        save_keys(keys, self.settings.keys)
        documents = make_signing_keys(self.directory.name, ports.random, ports.now())
        save_signing_keys(documents, self.settings.keys)
        (self.settings.spool / FROM_BANK).mkdir(parents=True, exist_ok=True)
        with self.engine.begin() as conn:
            self.county = set_up(conn, keys, ports, plan_of(self.directory))
        self.nodes.mkdir(mode=0o700, exist_ok=True)
        for one in self.directory.cooperatives:
            card = self._set_up_node(one.id, one.name)
            with self.engine.begin() as conn:
                day = self.directory.calendar.first_day.isoformat()
                node_keys.register_key(conn, card, epoch=1, valid_from=day)

    def _set_up_node(self, name: str, title: str) -> KeyCard:
        path = path_of(self.nodes, name)
        engine = open_engine(sqlite_url(path))
        upgrade(engine, NODE)
        engine.dispose()
        path.chmod(0o600)
        node = open_node(self.nodes, name, node_ports())
        with node.engine.begin() as conn:
            card = node_set_up.create(
                conn,
                node,
                name=title,
                county=self.county.keys.card(self.address),
                open_date=self.directory.calendar.first_day,
                profile=self.directory.profile,
            )
            self.tokens[name] = node_set_up.new_token(conn, node)
            node_set_up.open_books(conn, node, OPERATOR)
        node.engine.dispose()
        return card
