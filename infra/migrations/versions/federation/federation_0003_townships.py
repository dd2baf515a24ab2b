"""What the townships of the county are called."""

import sqlalchemy as sa
from alembic import op

from infra.migrations import roles

revision = "federation_0003"
down_revision = "federation_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the register of townships."""
    op.create_table(
        "township",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_en", sa.Text, nullable=False),
    )
    roles.grant(op.get_bind(), ("township",), "SELECT, INSERT, UPDATE")
