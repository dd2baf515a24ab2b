"""The county's registers, bank files and lines, nights, evidence and users."""

import sqlalchemy as sa
from alembic import op

from infra.migrations import roles

revision = "federation_0001"
down_revision = None
branch_labels = ("federation",)
depends_on = "journal_0001"

_ADDED_ONLY = ("evidence", "batch", "missing", "heads_vector", "bank_statement")
_DELETED_FROM = ("nonce", "sessions", "user_roles", "person")
_CHANGED = (
    "county", "cooperative", "node_key", "policy_version", "expected_receipt", "bank_account",
    "bank_file", "bank_line", "replica", "night", "proof", "proven_book", "proven_balance", "users",
)  # fmt: skip
_PRIVATE = ("users", "user_roles", "sessions", "nonce", "person")


def upgrade() -> None:
    """Make the tables and hand out the rights: what is evidence may only be added to."""
    _registers()
    _bank()
    _deliveries()
    _nights()
    _people()
    conn = op.get_bind()
    for tables, rights in (
        (_ADDED_ONLY, "SELECT, INSERT"),
        (_CHANGED, "SELECT, INSERT, UPDATE"),
        (_DELETED_FROM, "SELECT, INSERT, UPDATE, DELETE"),
    ):
        for table in tables:
            roles.grant(conn, (table,), rights, reader=table not in _PRIVATE)


def _text(name: str, *, key: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text, primary_key=key, nullable=False)


def _registers() -> None:
    op.create_table(
        "county",
        _text("name", key=True),
        _text("key"),
        _text("profile"),
        _text("holidays"),
        _text("workdays"),
    )
    op.create_table(
        "cooperative",
        _text("id", key=True),
        _text("name"),
        _text("name_en"),
        _text("township"),
        _text("sub_account"),
        _text("opened_on"),
        _text("grade"),
        _text("grade_source"),
        sa.UniqueConstraint("sub_account", name="one_cooperative_a_sub_account"),
    )
    op.create_table(
        "node_key",
        _text("key", key=True),
        _text("cooperative"),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("signing", sa.LargeBinary, nullable=False),
        sa.Column("sealing", sa.LargeBinary, nullable=False),
        _text("valid_from"),
        _text("valid_to"),
        _text("revoked_on"),
    )
    op.create_table(
        "person",
        _text("cooperative", key=True),
        _text("person", key=True),
        sa.Column("version", sa.BigInteger, primary_key=True),
        sa.Column("record", sa.LargeBinary, nullable=False),
        sa.Column("card_index", sa.LargeBinary, nullable=False),
    )
    op.create_index("person_by_card", "person", ["card_index"])
    op.create_table(
        "policy_version",
        _text("cooperative", key=True),
        sa.Column("k_seq", sa.BigInteger, primary_key=True),
        _text("starts"),
        _text("facts"),
    )
    op.create_table(
        "expected_receipt",
        _text("id", key=True),
        _text("cooperative"),
        _text("source"),
        sa.Column("amount", sa.BigInteger, nullable=False),
        _text("reference"),
        _text("expected_on"),
        _text("line"),
    )


def _bank() -> None:
    op.create_table(
        "bank_account",
        _text("account", key=True),
        _text("name"),
        _text("unallocated"),
        _text("settlement"),
    )
    op.create_table(
        "bank_file",
        _text("id", key=True),
        _text("direction"),
        _text("kind"),
        _text("name"),
        _text("business_date"),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        _text("state"),
        _text("facts"),
        sa.CheckConstraint("direction in ('in','out')", name="bank_file_goes_in_or_out"),
        sa.CheckConstraint(
            "state in ('built','sent','received','applied','refused')",
            name="bank_file_state_is_known",
        ),
    )
    op.create_index("bank_file_by_state", "bank_file", ["direction", "state"])
    op.create_table(
        "bank_statement",
        _text("account", key=True),
        _text("statement", key=True),
        _text("statement_date"),
        sa.Column("sequence", sa.BigInteger),
        sa.Column("opening", sa.BigInteger, nullable=False),
        sa.Column("closing", sa.BigInteger, nullable=False),
        _text("sub_accounts"),
        _text("file"),
    )
    op.create_table(
        "bank_line",
        _text("account", key=True),
        _text("line", key=True),
        _text("statement"),
        _text("business_date"),
        _text("sub_account"),
        sa.Column("amount", sa.BigInteger, nullable=False),
        _text("body"),
        _text("state"),
        _text("matched"),
        _text("reason"),
        sa.CheckConstraint(
            "state in ('booked','counterpart','open','reversed')", name="bank_line_state_is_known"
        ),
    )
    op.create_index("bank_line_by_state", "bank_line", ["state"])
    op.create_index("bank_line_by_case", "bank_line", ["matched"])


def _deliveries() -> None:
    op.create_table(
        "evidence",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        _text("cooperative"),
        _text("business_date"),
        _text("code"),
        _text("facts"),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "batch",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        _text("book"),
        sa.Column("first", sa.BigInteger, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        _text("closes"),
        _text("key"),
        _text("business_date"),
        _text("receipt"),
    )
    op.create_index("batch_by_book", "batch", ["book", "last"])
    op.create_table(
        "replica",
        _text("book", key=True),
        _text("closing"),
        _text("reason"),
    )


def _nights() -> None:
    op.create_table(
        "night",
        _text("business_date", key=True),
        _text("step", key=True),
        _text("started"),
        _text("finished"),
        _text("facts"),
    )
    op.create_table(
        "missing",
        _text("business_date", key=True),
        _text("cooperative", key=True),
        _text("closed_date"),
        _text("mode"),
    )
    op.create_table(
        "heads_vector",
        _text("business_date", key=True),
        _text("key"),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "proof",
        _text("business_date", key=True),
        _text("name", key=True),
        sa.Column("checked", sa.BigInteger, nullable=False),
        sa.Column("failed", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "proven_book",
        _text("book", key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "proven_balance",
        _text("book", key=True),
        _text("account", key=True),
        _text("key", key=True),
        _text("funding", key=True),
        sa.Column("amount", sa.BigInteger, nullable=False),
    )


def _people() -> None:
    op.create_table(
        "nonce",
        _text("key", key=True),
        _text("nonce", key=True),
        _text("until"),
    )
    op.create_index("nonce_by_until", "nonce", ["until"])
    op.create_table(
        "users",
        _text("id", key=True),
        _text("name"),
        _text("person"),
        _text("password_hash"),
        _text("second_factor"),
        sa.Column("active", sa.Boolean, nullable=False),
    )
    op.create_table(
        "user_roles",
        _text("user_id", key=True),
        _text("role", key=True),
        _text("scope", key=True),
    )
    op.create_table(
        "sessions",
        _text("id", key=True),
        _text("user_id"),
        _text("created"),
        _text("expires"),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("sessions_by_expiry", "sessions", ["expires"])


def downgrade() -> None:
    """Registers are never unmade: restore a backup instead."""
    raise RuntimeError("the county's tables have no way back; restore a backup")
