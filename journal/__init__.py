"""The double-entry store on SQLite and PostgreSQL: the only writer of books."""
