"""The pool's sub-account, its partners, and the papers of packages and claims."""

import sqlalchemy as sa
from alembic import op

from infra.migrations import roles

revision = "federation_0004"
down_revision = "federation_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the pool's account and make the registers it needs."""
    op.add_column(
        "bank_account", sa.Column("pool", sa.Text, nullable=False, server_default=sa.text("''"))
    )
    op.alter_column("bank_account", "pool", server_default=None)
    op.create_table(
        "partner",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_en", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
    )
    op.create_table(
        "paper",
        sa.Column("digest", sa.LargeBinary(), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("media", sa.Text, nullable=False),
        # Two banks may hand in the same bytes: each keeps its own.
        sa.Column("bank", sa.Text, primary_key=True),
        sa.Column("kept_on", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )
    roles.grant(op.get_bind(), ("partner",), "SELECT, INSERT, UPDATE")
    roles.grant(op.get_bind(), ("paper",), "SELECT, INSERT")
