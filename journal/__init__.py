"""The double-entry store, one schema on SQLite and PostgreSQL: the only writer of books."""
