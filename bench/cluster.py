"""A durable PostgreSQL of the benchmarks' own, with the product's schema, gone when they end.

Called by the races. The settings are those the federation demands (fsync on).
"""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
import sqlalchemy as sa
from psycopg import sql

from infra.migrate import COUNTY, upgrade
from infra.postgres import Postgres, libpq_url
from infra.supervisor import Supervisor
from journal.engine import WRITER, open_engine


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """The migrated database: an engine as the application's role, a URL, the server's process."""

    engine: sa.Engine
    url: str
    postmaster: int

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """A bare connection, for the limits."""
        return psycopg.connect(libpq_url(self.url))


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """Start, migrate, hand out, stop and remove."""
    with (
        tempfile.TemporaryDirectory(prefix="lianhe-bench-") as folder,
        Supervisor(Path(folder)) as supervisor,
    ):
        postgres = Postgres(Path(folder) / "postgres")
        postgres.start(supervisor)
        pid = (postgres.data / "postmaster.pid").read_text(encoding="ascii").split()[0]
        with _migrated(postgres.url(), int(pid)) as ready:
            yield ready


@contextlib.contextmanager
def own_database(server: Cluster, name: str) -> Iterator[Cluster]:
    """Another migrated database of the same server: a close proves every book it finds."""
    with psycopg.connect(libpq_url(server.url), autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    url = sa.make_url(server.url).set(database=name).render_as_string(hide_password=False)
    with _migrated(url, server.postmaster) as ready:
        yield ready


@contextlib.contextmanager
def _migrated(url: str, postmaster: int) -> Iterator[Cluster]:
    owner = open_engine(url)
    upgrade(owner, COUNTY)
    owner.dispose()
    engine = open_engine(url, role=WRITER)
    try:
        yield Cluster(engine=engine, url=url, postmaster=postmaster)
    finally:
        engine.dispose()
