"""Alembic's entry: run the versions asked for on the connection that was handed in.

Executed by Alembic inside ``infra.migrate.upgrade``; it opens no connection and reads no settings.
"""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    # SQLite alters a table by copying it; its DDL is transactional as PostgreSQL's is.
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
