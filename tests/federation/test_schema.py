"""The county's own tables are made by migrations, exactly as the code declares them."""

from collections.abc import Callable

import sqlalchemy as sa

from journal.engine import READER, WRITER, open_engine
from services.federation.tables import metadata
from tests.support.schema import INDEXES, assert_as_declared

_COLUMNS = sa.text(
    "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns"
    " WHERE table_name = ANY(:tables) ORDER BY table_name, ordinal_position"
)
_CONSTRAINTS = sa.text(
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE conrelid::regclass::text = ANY(:tables) AND contype <> 'n' ORDER BY 1, 2"
)
_QUERIES = (_COLUMNS, _CONSTRAINTS, INDEXES)
WRITTEN_ONCE = ("evidence", "batch", "missing", "heads_vector", "bank_statement", "paper")
"""Rows that are only ever added."""
FORGOTTEN = ("nonce", "sessions", "user_roles", "person")
"""Rows that may be deleted: they expire, are taken away, or a person is forgotten."""
UNDER_READERS = ("users", "user_roles", "sessions", "nonce", "person")
"""Tables the reporting role does not see."""
_RIGHTS = sa.text(
    "SELECT grantee, table_name, privilege_type FROM information_schema.role_table_grants"
    " WHERE grantee = ANY(:roles) AND table_name = ANY(:tables)"
)


def test_migrated_schema_is_the_one_the_tables_declare(
    database: str, empty_database: Callable[[], str]
) -> None:
    assert_as_declared(database, empty_database, metadata, _QUERIES)


def test_evidence_is_only_added_to_and_reports_see_no_sign_in(database: str) -> None:
    engine = open_engine(database)
    with engine.connect() as conn:
        found: dict[tuple[str, str], set[str]] = {}
        for role, table, right in conn.execute(
            _RIGHTS, {"roles": [READER, WRITER], "tables": sorted(metadata.tables)}
        ):
            found.setdefault((role, table), set()).add(right)
    engine.dispose()
    for table in metadata.tables:
        wanted = {"SELECT", "INSERT"}
        wanted |= {"UPDATE"} if table not in WRITTEN_ONCE else set()
        wanted |= {"DELETE"} if table in FORGOTTEN else set()
        assert found[WRITER, table] == wanted
        assert found.get((READER, table), set()) == (
            set() if table in UNDER_READERS else {"SELECT"}
        )
