"""Adapters and running things: PostgreSQL, Temporal, supervisor, bank simulator."""
