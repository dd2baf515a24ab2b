"""Heads, acts, movements, balances, cases and their links, with the guards of both databases."""

from importlib import resources
from typing import Any

import sqlalchemy as sa
from alembic import op

from infra.migrations import roles

revision = "journal_0001"
down_revision = None
branch_labels = ("journal",)
depends_on = None

_STRICT: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}
_Integer = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Bytes = sa.LargeBinary()


def upgrade() -> None:
    """Make the six tables, hang the guards on them and hand out the rights."""
    _books()
    _balances()
    _cases()
    conn = op.get_bind()
    guards = resources.files("journal").joinpath(f"guards.{conn.dialect.name}.sql")
    # By the driver itself: SQLAlchemy would read the % of a message as a parameter.
    cursor = conn.connection.cursor()
    for statement in guards.read_text(encoding="utf-8").split("--;"):
        cursor.execute(statement)
    cursor.close()
    roles.create_roles(conn)
    # What is written once may only be added to; the rest moves forward, nothing is deleted.
    roles.grant(conn, ("act", "movement"), "SELECT, INSERT")
    roles.grant(conn, ("head", "balance", "cases", "case_link"), "SELECT, INSERT, UPDATE")


def _books() -> None:
    op.create_table(
        "head",
        sa.Column("book", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("epoch", _Integer, nullable=False),
        sa.Column("seq", _Integer, nullable=False),
        sa.Column("digest", _Bytes, nullable=False),
        sa.Column("open_date", sa.Text, nullable=False),
        sa.Column("closed_date", sa.Text, nullable=False),
        sa.Column("cursor", _Integer, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.CheckConstraint(
            "mode in ('open','waiting','frozen','closed')", name="head_mode_is_known"
        ),
        sa.CheckConstraint("seq >= 0 and cursor >= 0 and epoch >= 1", name="head_counts_up"),
        **_STRICT,
    )
    op.create_table(
        "act",
        sa.Column("book", sa.Text, primary_key=True),
        sa.Column("seq", _Integer, primary_key=True),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("business_date", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("process", sa.Text, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("body", _Bytes, nullable=False),
        sa.Column("digest", _Bytes, nullable=False),
        sa.UniqueConstraint("book", "id", name="act_id_once_per_book"),
        **_STRICT,
    )
    op.create_table(
        "movement",
        sa.Column("book", sa.Text, primary_key=True),
        sa.Column("seq", _Integer, primary_key=True),
        sa.Column("line", _Integer, primary_key=True),
        sa.Column("debit", sa.Text, nullable=False),
        sa.Column("debit_key", sa.Text, nullable=False),
        sa.Column("credit", sa.Text, nullable=False),
        sa.Column("credit_key", sa.Text, nullable=False),
        sa.Column("funding", sa.Text, nullable=False),
        sa.Column("amount", _Integer, nullable=False),
        sa.CheckConstraint("amount > 0", name="movement_amount_is_positive"),
        **_STRICT,
    )


def _balances() -> None:
    op.create_table(
        "balance",
        sa.Column("book", sa.Text, primary_key=True),
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("funding", sa.Text, primary_key=True),
        sa.Column("side", _Integer, nullable=False),
        sa.Column("amount", _Integer, nullable=False),
        sa.Column("floor", _Integer),
        sa.Column("ceiling", _Integer),
        sa.CheckConstraint("floor is null or amount >= floor", name="balance_at_or_above_floor"),
        sa.CheckConstraint(
            "ceiling is null or amount <= ceiling", name="balance_at_or_below_ceiling"
        ),
        postgresql_with={"fillfactor": "50"},
        **_STRICT,
    )


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("process", sa.Text, nullable=False),
        sa.Column("version", _Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("step", _Integer, nullable=False),
        sa.Column("ended", _Integer, nullable=False),
        sa.Column("due", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        **_STRICT,
    )
    op.create_index("cases_by_state", "cases", ["scope", "process", "state"])
    op.create_index("cases_due", "cases", ["scope", "due"])
    op.create_table(
        "case_link",
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("process", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, primary_key=True),
        sa.Column("case_id", sa.Text, primary_key=True),
        **_STRICT,
    )


def downgrade() -> None:
    """Books are never unmade: restore a backup instead."""
    raise RuntimeError("the journal has no way back; restore a backup")
