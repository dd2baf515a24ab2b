"""Keys of the banks' machines."""

import sqlalchemy as sa
from alembic import op

from infra.migrations import roles

revision = "federation_0005"
down_revision = "federation_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the register of keys a bank's machine signs with."""
    op.create_table(
        "bank_key",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("bank", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("signing", sa.LargeBinary(), nullable=False),
        sa.Column("valid_from", sa.Text, nullable=False),
        sa.Column("valid_to", sa.Text, nullable=False),
        sa.Column("revoked_on", sa.Text, nullable=False),
    )
    roles.grant(op.get_bind(), ("bank_key",), "SELECT, INSERT, UPDATE")
