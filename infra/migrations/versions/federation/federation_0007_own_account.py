"""The sub-account of the federation's own money."""

import sqlalchemy as sa
from alembic import op

revision = "federation_0007"
down_revision = "federation_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A county that is there already has none until one is registered."""
    column = sa.Column("federation", sa.Text, nullable=False, server_default=sa.text("''"))
    op.add_column("bank_account", column)
    op.alter_column("bank_account", "federation", server_default=None)
