"""Fixtures of the federation's tests: a county of two villages, set up and lived in."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient

from journal.engine import WRITER, open_engine
from services.federation.core import Core
from tests.federation import console_world
from tests.federation.life import Life, a_plan
from tests.federation.pool_office import Office
from tests.federation.portal_world import PortalWorld, a_client, a_core, lived
from tests.federation.villager import Villager
from tests.support import databases


@pytest.fixture
def new_life(county_engine: sa.Engine, tmp_path: Path) -> Callable[..., Life]:
    """A maker of this test's county; further facts change its plan."""

    def make(*villages: str, **changes: Any) -> Life:
        return Life(county_engine, tmp_path, a_plan(*villages, **changes))

    return make


@pytest.fixture
def life(new_life: Callable[..., Life]) -> Life:
    """Two villages, books open, nothing delivered yet."""
    return new_life("baiguo", "houba")


@pytest.fixture
def baiguo(life: Life) -> Villager:
    """A village with its posts held, nothing delivered."""
    return life.villages["baiguo"].elected()


@pytest.fixture(scope="session")
def portal_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalWorld]:
    """A county with a package at its bank, lived once; its database is only copied."""
    made = lived(tmp_path_factory.mktemp("portal"))
    yield made
    databases.drop(made.database)


@pytest.fixture
def core(portal_world: PortalWorld) -> Iterator[Core]:
    """The county's service over a copy of the database of this test alone."""
    name = databases.create(portal_world.database)
    engine = open_engine(databases.url_of(name), role=WRITER)
    yield a_core(engine, portal_world.life)
    engine.dispose()
    databases.drop(name)


@pytest.fixture
def office(county_engine: sa.Engine) -> Office:
    """A county's office with one village's pool behind it."""
    return Office(county_engine)


@pytest.fixture
def visitor(office: Office) -> Iterator[TestClient[Litestar]]:
    """A browser at the office's console, signed in as its staff."""
    with console_world.a_client(office.desk) as one:
        console_world.sign_in(one, "shang")
        yield one


@pytest.fixture
def client(core: Core) -> Iterator[TestClient[Litestar]]:
    """A browser at the county's application: console, portal and bank API."""
    with a_client(core) as one:
        yield one
