"""The races of the node's door: an act over HTTP beside a bare handler, and beside bare SQLite.

Called by `python -m bench`. Requests go to the application as its server hands them over, without a
socket between: what a server and a network cost is the same for every handler.
"""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from bench import acts
from bench.harness import Contestant
from bench.limits.bare_handler import bare_app
from bench.limits.bare_sqlite import Bare
from bench.races import THREADS, Feed, Race, open_book
from contracts.persons import Person
from contracts.sync import CountyCard
from infra.migrate import NODE, upgrade
from journal.engine import open_engine, sqlite_url
from kernel.errors import ensure
from services.cooperative_node import people, set_up
from services.cooperative_node.app import create_app
from services.cooperative_node.host import Host, open_node, path_of
from services.cooperative_node.ports import Ports
from services.cooperative_node.world import Node

_COUNTY = CountyCard(key="county", signing="00" * 32, sealing="")
_ACT = "/n/{}/api/acts/member/apply"
App = Callable[..., Any]


class Door:
    """Requests of one village: a household asks to join, each time another one."""

    def __init__(self, app: App, node: Node, token: str, first: int) -> None:
        self.app, self.node, self.name, self.number = app, node, node.cooperative, first
        self.headers = [
            (b"authorization", f"Bearer {token}".encode()),
            (b"content-type", b"application/json"),
        ]

    def know(self, count: int) -> None:
        """Keep the heads of the next ``count`` households: nobody else may ask to join."""
        with self.node.engine.begin() as conn:
            for number in range(self.number + 1, self.number + count + 1):
                people.keep(conn, self.node, Person(name="户主"), f"p-{number:016x}")

    async def ask(self, count: int) -> None:
        """Ask ``count`` times, one after another; another answer than 200 ends the benchmark."""
        for _ in range(count):
            self.number += 1
            status, answer = await self._post(_ACT.format(self.name), self._body())
            ensure(status == 200, "benchmark_is_answered", status=status, answer=answer)

    def _body(self) -> bytes:
        number = self.number
        return msgspec.json.encode({
            "id": f"apply-{number}",
            "case": f"member-{self.name}-{number}",
            "actor": {"role": "bookkeeper@node", "operator": "p-bookkeeper"},
            "facts": {"person": f"p-{number:016x}", "household": f"H{number}"},
        })  # fmt: skip

    async def _post(self, path: str, body: bytes) -> tuple[int, bytes]:
        told: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            told.append(message)

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
            "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
            "scheme": "http", "server": ("bench", 80), "client": ("bench", 1),
            "headers": [*self.headers, (b"content-length", str(len(body)).encode())], "state": {},
        }  # fmt: skip
        await self.app(scope, receive, send)
        return told[0]["status"], b"".join(one.get("body", b"") for one in told[1:])


class Station:
    """A host of some villages, founded and open, and the tokens of their doors."""

    def __init__(self, folder: Path, count: int) -> None:
        self.names = [f"v{number}" for number in range(count)]
        self.host = Host(folder, _ports())
        self.tokens = [self._found(folder, name) for name in self.names]

    def doors(self, app: App, first: int) -> list[Door]:
        """The door of every village, its first household after ``first``."""
        pairs = zip(self.names, self.tokens, strict=True)
        return [Door(app, self.host.node(name), token, first) for name, token in pairs]

    def _found(self, folder: Path, name: str) -> str:
        engine = open_engine(sqlite_url(path_of(folder, name)))
        upgrade(engine, NODE)
        engine.dispose()
        node = open_node(folder, name, self.host.ports)
        with node.engine.begin() as conn:
            set_up.create(conn, node, name=name, county=_COUNTY, open_date=acts.DAY)
            set_up.open_books(conn, node, "p-bookkeeper")
            token = set_up.new_token(conn, node)
        node.engine.dispose()
        return token


@contextlib.contextmanager
def handler(each: int) -> Iterator[Sequence[Contestant]]:
    """The door of a node, against a handler that does the act and nothing else."""
    with _folder() as folder, asyncio.Runner() as runner:
        station = Station(folder, 1)
        bare = station.doors(bare_app(station.host), 0)
        ours = station.doors(create_app(station.host), 10_000_000)
        yield [
            Contestant(
                name="bare handler",
                run=lambda: _ask(runner, bare, each),
                prepare=lambda: _know(bare, each),
            ),
            Contestant(
                name="act over HTTP",
                run=lambda: _ask(runner, ours, each),
                prepare=lambda: _know(ours, each),
            ),
        ]
        station.host.close()


@contextlib.contextmanager
def over_http(clients: int, each: int) -> Iterator[Sequence[Contestant]]:
    """``clients`` connections to as many villages of one host, against bare SQLite by hand."""
    with _folder() as folder, asyncio.Runner() as runner, ThreadPoolExecutor(clients) as pool:
        station = Station(folder, clients)
        doors = station.doors(create_app(station.host), 0)
        bare = _bare_files(folder, clients)
        feeds = [Feed("N-x", each) for _ in bare]

        def prepare() -> None:
            for feed in feeds:
                feed.prepare()

        def by_hand(number: int) -> None:
            for draft in feeds[number].ready[0]:
                bare[number].repay(draft)

        def all_by_hand() -> int:
            list(pool.map(by_hand, range(clients)))
            return clients * each

        yield [
            Contestant(name="bare SQLite", run=all_by_hand, prepare=prepare),
            Contestant(
                name="act over HTTP",
                run=lambda: _ask(runner, doors, each),
                prepare=lambda: _know(doors, each),
            ),
        ]
        for one in bare:
            one.close()
        station.host.close()


def _bare_files(folder: Path, count: int) -> list[Bare]:
    first = folder / "bare-0"
    engine = open_engine(sqlite_url(first))
    upgrade(engine, NODE)
    open_book(engine, "N-x")
    engine.dispose()
    files = [first, *(folder / f"bare-{number}" for number in range(1, count))]
    for file in files[1:]:
        shutil.copyfile(first, file)
    return [Bare(file, "N-x") for file in files]


def _know(doors: Sequence[Door], each: int) -> None:
    for door in doors:
        door.know(each)


def _ask(runner: asyncio.Runner, doors: Sequence[Door], each: int) -> int:
    async def everyone() -> None:
        await asyncio.gather(*(door.ask(each) for door in doors))

    runner.run(everyone())
    return len(doors) * each


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="lianhe-bench-") as name:
        yield Path(name)


def _ports() -> Ports:
    def random(size: int) -> bytes:
        return sha256(b"bench").digest()[:size]

    return Ports(now=lambda: datetime(2010, 1, 4, tzinfo=UTC), random=random)


def races() -> dict[str, tuple[str, Race, str]]:
    """Every race by its title: the aim it answers, the race, the aim's ratio."""
    return {
        "one act over HTTP, 16 connections to 16 villages": ("G4", over_http(THREADS, 12), "0.35"),
        "the node's door": ("G7", handler(100), "0.85"),
    }
