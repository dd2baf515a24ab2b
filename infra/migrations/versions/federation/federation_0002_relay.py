"""How far the relay has told Temporal of each K book."""

import sqlalchemy as sa
from alembic import op

from infra.migrations import roles

revision = "federation_0002"
down_revision = "federation_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the relay's cursor."""
    op.create_table(
        "relay_cursor",
        sa.Column("book", sa.Text, primary_key=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
    )
    roles.grant(op.get_bind(), ("relay_cursor",), "SELECT, INSERT, UPDATE")
