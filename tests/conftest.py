"""Fixtures of every room: real servers shared by the session, fresh databases for each test."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa

from journal.engine import WRITER, open_engine, sqlite_url
from tests.support import databases, needs
from tests.support.session import Session, server

# Two noisy cores: a slow example is no failure. `make test` draws the same examples each time, so
# that a red run is about the change; `make soak` draws new ones, and a blob replays a failing one.
hypothesis.settings.register_profile("lianhe", deadline=None, derandomize=True)
hypothesis.settings.register_profile("soak", deadline=None, print_blob=True, max_examples=500)
hypothesis.settings.load_profile("lianhe")

_session = pytest.StashKey[Session]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where things lie that are not part of the repository; see pyproject.toml."""
    parser.addini("iso20022_folder", "folder of the ISO 20022 guarantee schemas", "string", "")


def pytest_configure(config: pytest.Config) -> None:
    """Open the session's folder in the main process; its workers inherit it."""
    config.pluginmanager.register(needs)
    if not hasattr(config, "workerinput"):
        config.stash[_session] = Session()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the session's servers and wait for it."""
    if session := config.stash.get(_session, None):
        session.end()


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """The SQLAlchemy URL of the session's PostgreSQL, maintenance database, superuser."""
    return databases.url_of("postgres")


@pytest.fixture(scope="session")
def empty_database() -> Iterator[Callable[[], str]]:
    """A maker of fresh, empty databases; gives URLs; all are dropped at the session's end."""
    made: list[str] = []

    def make() -> str:
        made.append(databases.create())
        return databases.url_of(made[-1])

    yield make
    for name in made:
        databases.drop(name)


@pytest.fixture
def new_database() -> Iterator[Callable[[], str]]:
    """A maker of databases copied from the migrated template, dropped after the test."""
    made: list[str] = []

    def make() -> str:
        made.append(databases.create(databases.migrated_template()))
        return databases.url_of(made[-1])

    yield make
    for name in made:
        databases.drop(name)


@pytest.fixture
def database(new_database: Callable[[], str]) -> str:
    """The SQLAlchemy URL of one migrated database of this test alone."""
    return new_database()


@pytest.fixture
def county_engine(database: str) -> Iterator[sa.Engine]:
    """A migrated county database of this test alone, as the role the application works in."""
    engine = open_engine(database, role=WRITER)
    yield engine
    engine.dispose()


@pytest.fixture
def node_engine(tmp_path: Path) -> Iterator[sa.Engine]:
    """A migrated node file of this test alone."""
    file = tmp_path / "node.sqlite"
    shutil.copyfile(databases.node_template(), file)
    engine = open_engine(sqlite_url(file))
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> sa.Engine:
    """Both databases in turn: what a test of the journal says holds on either."""
    which = {"sqlite": "node_engine", "postgresql": "county_engine"}[request.param]
    found: sa.Engine = request.getfixturevalue(which)
    return found


@pytest.fixture(scope="session")
def temporal_server() -> str:
    """The address of the session's Temporal; keep apart by task queue and workflow id."""
    return server("temporal")["address"]
