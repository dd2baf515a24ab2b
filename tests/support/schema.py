"""A PostgreSQL database's schema as its catalogue tells it, for comparing two of them."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from journal.engine import open_engine

INDEXES = sa.text(
    "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(:tables) ORDER BY 1"
)


def schema_of(
    url: str, metadata: sa.MetaData, queries: Sequence[sa.TextClause]
) -> list[list[tuple[Any, ...]]]:
    """What each query of the catalogue says of the tables; ``:tables`` are their names."""
    engine = open_engine(url)
    with engine.connect() as conn:
        tables = {"tables": sorted(metadata.tables)}
        found = [[tuple(row) for row in conn.execute(query, tables)] for query in queries]
    engine.dispose()
    return found


def assert_as_declared(
    migrated: str,
    empty_database: Callable[[], str],
    metadata: sa.MetaData,
    queries: Sequence[sa.TextClause],
) -> None:
    """The migrated database has the very tables the code declares; columns are asked first."""
    declared = empty_database()
    engine = open_engine(declared)
    metadata.create_all(engine)
    engine.dispose()
    found = schema_of(migrated, metadata, queries)
    assert found == schema_of(declared, metadata, queries)
    assert len(found[0]) == sum(len(table.columns) for table in metadata.tables.values())
