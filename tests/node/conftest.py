"""Fixtures of the node's tests: a node's file, a county's file, a founded village."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from journal.engine import open_engine, sqlite_url
from tests.node.browser import Site, served
from tests.node.county import County
from tests.node.pool_county import PoolCounty, granted
from tests.node.village import COOP, FIRST_DAY, Village
from tests.support import databases


@pytest.fixture
def new_file(tmp_path: Path) -> Iterator[Callable[[str], sa.Engine]]:
    """A maker of migrated node files by name; opening a name again opens the same file."""
    engines: list[sa.Engine] = []

    def make(name: str) -> sa.Engine:
        path = tmp_path / f"{name}.sqlite"
        if not path.exists():
            shutil.copyfile(databases.node_template(), path)
        engines.append(open_engine(sqlite_url(path)))
        return engines[-1]

    yield make
    for engine in engines:
        engine.dispose()


@pytest.fixture
def village(new_file: Callable[[str], sa.Engine]) -> Village:
    """A village that is not set up yet, and its county."""
    county = County(new_file("county"), COOP, FIRST_DAY)
    return Village(new_file("node"), county)


@pytest.fixture
def site(village: Village, tmp_path: Path) -> Iterator[Site]:
    """A founded village served on loopback, and a browser before it."""
    with served(village, tmp_path) as found:
        yield found


@pytest.fixture
def pool(site: Site) -> PoolCounty:
    """The served village with money in its account, and the pool's acts at its county."""
    found = granted(site.village)
    site.village.synchronise()
    return found
