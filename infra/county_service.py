"""The county's database for one command: the one given by URL, or the kept cluster's own.

Called by `lianhe federation …` and by exports of a kept data directory. A cluster that is started
here ends with the command; one that is given is left alone.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import sqlalchemy as sa

from infra.migrate import COUNTY, upgrade
from infra.postgres import DATABASE_URL, Postgres, county_database
from infra.program import DataDirectoryInUse
from infra.supervisor import Supervisor
from journal.engine import WRITER, open_engine


@contextmanager
def county_engine(datadir: Path, url: str = "", *, migrate: bool = False) -> Iterator[sa.Engine]:
    """An engine on the county's database in the application's own role, migrated if asked.

    ``url`` names a PostgreSQL; without it ``LIANHE_DATABASE_URL`` does, else the cluster kept in
    the data directory is started for as long as the block lasts; one that runs already, under
    `lianhe federation serve` say, is joined and left running. Raises SupervisorError.
    """
    given = url or os.environ.get(DATABASE_URL, "")
    with ExitStack() as stack:
        if not given:
            datadir.mkdir(parents=True, exist_ok=True)
            given = _own(datadir, stack)
        if migrate:
            owner = open_engine(given)
            upgrade(owner, COUNTY)
            owner.dispose()
        engine = open_engine(given, role=WRITER)
        stack.callback(engine.dispose)
        yield engine


def running_url(folder: Path) -> str:
    """URL of the cluster another process of this machine keeps up in a data directory.

    Raises DataDirectoryInUse when that process keeps no cluster there: it has one elsewhere.
    """
    cluster = Postgres(folder / "postgres")
    try:
        cluster.port = int((cluster.home / "port").read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        raise DataDirectoryInUse(f"{folder}: 正在使用,请给 --database; in use, name it") from None
    return cluster.url()


def _own(datadir: Path, stack: ExitStack) -> str:
    try:
        return county_database(stack.enter_context(Supervisor(datadir)), os.environ)
    except DataDirectoryInUse:
        return running_url(datadir)
