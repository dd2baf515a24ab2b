"""Databases of the session's PostgreSQL: the migrated template and fresh copies of it.

Used by the fixtures of tests/conftest.py. Databases are dropped by their fixtures; the cluster
goes with the session.
"""

import itertools
import os
from collections.abc import Sequence
from pathlib import Path

import psycopg
from psycopg import sql

from infra.migrate import COUNTY, NODE, upgrade
from infra.postgres import libpq_url
from journal.engine import open_engine, sqlite_url
from tests.support.session import only_one, server

TEMPLATE = "lianhe_template"
_numbers = itertools.count(1)


def url_of(database: str) -> str:
    """The SQLAlchemy URL of a database of the session's cluster, by its Unix socket."""
    return server("postgres")["url"].replace("{database}", database)


def create(template: str | None = None) -> str:
    """Create a fresh database, empty or a copy of ``template``; return its name."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template is not None:
        statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
    _run(statement)
    return name


def drop(name: str) -> None:
    """Drop a database, whoever is still connected."""
    _run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def migrated_template() -> str:
    """The name of the template database, filled by the county's migrations once a session."""
    with only_one("template") as done:
        if not done.exists():
            _run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
            _migrate(url_of(TEMPLATE), COUNTY)
            done.touch()
    return TEMPLATE


def node_template() -> Path:
    """A node's file as migrations leave it, made once a session; copied, never opened."""
    with only_one("node") as done:
        file = done.with_suffix(".sqlite")
        if not done.exists():
            _migrate(sqlite_url(file), NODE)
            done.touch()
    return file


def _migrate(url: str, rooms: Sequence[str]) -> None:
    # County and node start from migrations, never from create_all; so do their tests.
    engine = open_engine(url)
    upgrade(engine, rooms)
    engine.dispose()


def _run(statement: sql.SQL | sql.Composed) -> None:
    with psycopg.connect(libpq_url(url_of("postgres")), autocommit=True) as connection:
        connection.execute(statement)
