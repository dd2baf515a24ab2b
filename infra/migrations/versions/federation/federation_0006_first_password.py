"""Whether a user's password is one the county gave him and he has not changed yet."""

import sqlalchemy as sa
from alembic import op

revision = "federation_0006"
down_revision = "federation_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Mark nobody who is there already: whether he changed his password was never noted."""
    column = sa.Column("first_password", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("users", column)
    op.alter_column("users", "first_password", server_default=None)
