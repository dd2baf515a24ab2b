"""Database roles of PostgreSQL: who may do what with which table, told by the versions.

``lianhe_owner`` owns the tables, ``lianhe_writer`` is what the application works as and
``lianhe_reader`` what reports work as; all three are groups nobody signs in with (a deployment
grants them to its users). Called by versions; SQLite has no roles and is left alone.
"""

from collections.abc import Iterable

import sqlalchemy as sa

from journal.engine import OWNER, READER, WRITER

_CREATE = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{role}') THEN
    CREATE ROLE {role} NOLOGIN;
  END IF;
EXCEPTION
  WHEN duplicate_object OR unique_violation THEN NULL;
  WHEN insufficient_privilege THEN RAISE NOTICE 'role {role} is missing and we may not create it';
END $$
"""


def create_roles(conn: sa.Connection) -> None:
    """Make the three roles of this cluster unless they are there or we may not.

    Roles belong to the cluster, so two databases of one cluster may be migrated at once: whoever
    comes second finds them.
    """
    if conn.dialect.name != "postgresql":
        return
    for role in (OWNER, WRITER, READER):
        conn.exec_driver_sql(_CREATE.format(role=role))


def grant(conn: sa.Connection, tables: Iterable[str], writer: str, *, reader: bool = True) -> None:
    """Give ``tables`` to the owner and their rights to writer and reader, where the roles exist.

    ``writer`` is the list of rights as SQL writes it, e.g. ``"SELECT, INSERT"``. The owner is
    set only when the migrating user may hand tables over.
    """
    if conn.dialect.name != "postgresql":
        return
    schema = conn.scalar(sa.text("SELECT quote_ident(current_schema())"))
    have = {role for role in (OWNER, WRITER, READER) if _is_there(conn, role)}
    for role in sorted(have):
        rights = "USAGE, CREATE" if role == OWNER else "USAGE"
        conn.exec_driver_sql(f"GRANT {rights} ON SCHEMA {schema} TO {role}")
    hands_over = OWNER in have and conn.scalar(
        sa.text("SELECT pg_has_role(current_user, :owner, 'MEMBER')"), {"owner": OWNER}
    )
    for table in tables:
        if WRITER in have:
            conn.exec_driver_sql(f"GRANT {writer} ON {table} TO {WRITER}")
        if reader and READER in have:
            conn.exec_driver_sql(f"GRANT SELECT ON {table} TO {READER}")
        if hands_over:
            conn.exec_driver_sql(f"ALTER TABLE {table} OWNER TO {OWNER}")


def _is_there(conn: sa.Connection, role: str) -> bool:
    query = sa.text("SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = :role)")
    return bool(conn.scalar(query, {"role": role}))
