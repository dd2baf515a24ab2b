"""Settings, keys, sealed persons, followed policy, sync state, sign-ins and sessions of a node."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "node_0001"
down_revision = None
branch_labels = ("node",)
depends_on = "journal_0001"

_STRICT: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}
_Integer = sa.Integer()
_Bytes = sa.LargeBinary()


def upgrade() -> None:
    """Make the node's own tables."""
    _table("node_setting", "name", value=sa.Text())
    _table("node_key", "key", epoch=_Integer, signing=_Bytes, sealing=_Bytes)
    _table("node_person", "person", version=_Integer, acknowledged=_Integer, record=sa.Text())
    op.create_table(
        "node_policy",
        sa.Column("seq", _Integer, primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
        **_STRICT,
    )
    _table(
        "node_sync",
        "cooperative",
        contact=sa.Text(),
        county_date=sa.Text(),
        held_seq=_Integer,
        k_seq=_Integer,
        trouble=sa.Text(),
    )
    _table("node_sign_in", "person", pin_hash=sa.Text(), failed=_Integer, locked_until=sa.Text())
    _table("node_session", "token_hash", person=sa.Text(), csrf=sa.Text(), expires=sa.Text())


def downgrade() -> None:
    """A node's file is never unmade: restore a backup instead."""
    raise RuntimeError("a node's file has no way back; restore a backup")


def _table(name: str, primary: str, **columns: Any) -> None:
    op.create_table(
        name,
        sa.Column(primary, sa.Text, primary_key=True),
        *(sa.Column(column, kind, nullable=False) for column, kind in columns.items()),
        **_STRICT,
    )
