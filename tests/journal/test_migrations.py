"""Every database starts from migrations, and they make exactly the schema the code works with."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from infra.migrate import upgrade
from journal.engine import OWNER, READER, WRITER, open_engine, sqlite_url
from journal.tables import metadata
from tests.support.schema import INDEXES, assert_as_declared, schema_of

_COLUMNS = sa.text(
    "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,"
    " pg_get_expr(d.adbin, d.adrelid), c.reloptions FROM pg_class c"
    " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
    " LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum"
    " WHERE c.relname = ANY(:tables) AND c.relnamespace = current_schema()::regnamespace"
    " ORDER BY c.relname, a.attnum"
)
_CONSTRAINTS = sa.text(
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE conrelid::regclass::text = ANY(:tables) ORDER BY 1, 2"
)
_QUERIES = (_COLUMNS, _CONSTRAINTS, INDEXES)


def _sqlite_schema(engine: sa.Engine) -> dict[str, str]:
    query = (
        "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index')"
        " AND sql IS NOT NULL AND name != 'alembic_version'"
    )
    with engine.connect() as conn:
        rows = conn.exec_driver_sql(query).all()
    return {name: re.sub(r"\s+", " ", text).strip() for name, text in rows}


def test_migrated_county_schema_is_the_one_the_tables_declare(
    database: str, empty_database: Callable[[], str]
) -> None:
    assert_as_declared(database, empty_database, metadata, _QUERIES)


def test_migrated_node_schema_is_the_one_the_tables_declare(
    node_engine: sa.Engine, tmp_path: Path
) -> None:
    declared = open_engine(sqlite_url(tmp_path / "declared.sqlite"))
    metadata.create_all(declared)
    wanted = _sqlite_schema(declared)
    declared.dispose()
    migrated = _sqlite_schema(node_engine)
    assert {name: migrated[name] for name in wanted} == wanted


def test_migrating_twice_changes_nothing(database: str) -> None:
    before = schema_of(database, metadata, _QUERIES)
    engine = open_engine(database)
    upgrade(engine)
    engine.dispose()
    assert schema_of(database, metadata, _QUERIES) == before


def test_a_room_without_versions_is_refused(node_engine: sa.Engine) -> None:
    with pytest.raises(ValueError, match="no versions of"):
        upgrade(node_engine, ("journal", "attic"))


def test_roles_hold_exactly_their_rights(database: str) -> None:
    engine = open_engine(database)
    with engine.connect() as conn:
        rows = conn.execute(
            sa.text(
                "SELECT grantee, table_name, string_agg(privilege_type, ' ' ORDER BY"
                " privilege_type) FROM information_schema.role_table_grants"
                " WHERE grantee IN (:writer, :reader) AND table_name = ANY(:tables)"
                " GROUP BY 1, 2"
            ),
            {"writer": WRITER, "reader": READER, "tables": sorted(metadata.tables)},
        ).all()
        owners = set(
            conn.scalars(
                sa.text("SELECT tableowner FROM pg_tables WHERE tablename = ANY(:tables)"),
                {"tables": sorted(metadata.tables)},
            )
        )
    engine.dispose()
    written_once = {"act", "movement"}
    assert {(role, table): rights for role, table, rights in rows} == {
        **{(READER, table): "SELECT" for table in metadata.tables},
        **{
            (WRITER, table): "INSERT SELECT" if table in written_once else "INSERT SELECT UPDATE"
            for table in metadata.tables
        },
    }
    assert owners == {OWNER}
