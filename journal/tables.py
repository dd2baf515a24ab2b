"""The schema: act, movement, balance, head, cases, case_link; the same on both databases.

Limits are CHECKs on balance rows. What is written once is guarded by triggers
(``guards.*.sql``): append-only, sequence, closed day. Called by every module of this room.
"""

from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData()
STRICT: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}
Integer = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""64-bit on both; SQLite's strict tables know INTEGER only."""
Bytes = sa.LargeBinary()

head = sa.Table(
    "head",
    metadata,
    sa.Column("book", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, nullable=False),  # id of the key that signs this book's batches
    sa.Column("epoch", Integer, nullable=False),
    sa.Column("seq", Integer, nullable=False),
    sa.Column("digest", Bytes, nullable=False),
    sa.Column("open_date", sa.Text, nullable=False),  # ISO date of the open business day
    sa.Column("closed_date", sa.Text, nullable=False),  # last closed day, "" before the first
    sa.Column("cursor", Integer, nullable=False),  # other side's book followed through here
    sa.Column("mode", sa.Text, nullable=False),
    sa.CheckConstraint("mode in ('open','waiting','frozen','closed')", name="head_mode_is_known"),
    sa.CheckConstraint("seq >= 0 and cursor >= 0 and epoch >= 1", name="head_counts_up"),
    **STRICT,
)

act = sa.Table(
    "act",
    metadata,
    sa.Column("book", sa.Text, primary_key=True),
    sa.Column("seq", Integer, primary_key=True),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("business_date", sa.Text, nullable=False),
    sa.Column("case_id", sa.Text, nullable=False),
    sa.Column("process", sa.Text, nullable=False),
    sa.Column("act", sa.Text, nullable=False),
    sa.Column("request", sa.Text, nullable=False),
    sa.Column("body", Bytes, nullable=False),  # the exact bytes that are chained and signed
    sa.Column("digest", Bytes, nullable=False),
    sa.UniqueConstraint("book", "id", name="act_id_once_per_book"),
    **STRICT,
)

movement = sa.Table(
    "movement",
    metadata,
    sa.Column("book", sa.Text, primary_key=True),
    sa.Column("seq", Integer, primary_key=True),
    sa.Column("line", Integer, primary_key=True),
    sa.Column("debit", sa.Text, nullable=False),
    sa.Column("debit_key", sa.Text, nullable=False),
    sa.Column("credit", sa.Text, nullable=False),
    sa.Column("credit_key", sa.Text, nullable=False),
    sa.Column("funding", sa.Text, nullable=False),
    sa.Column("amount", Integer, nullable=False),  # fen
    sa.CheckConstraint("amount > 0", name="movement_amount_is_positive"),
    **STRICT,
)

balance = sa.Table(
    "balance",
    metadata,
    sa.Column("book", sa.Text, primary_key=True),
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("funding", sa.Text, primary_key=True),
    sa.Column("side", Integer, nullable=False),  # 1 debit, -1 credit
    sa.Column("amount", Integer, nullable=False),  # fen, on the account's normal side
    sa.Column("floor", Integer),
    sa.Column("ceiling", Integer),
    sa.CheckConstraint("floor is null or amount >= floor", name="balance_at_or_above_floor"),
    sa.CheckConstraint("ceiling is null or amount <= ceiling", name="balance_at_or_below_ceiling"),
    postgresql_with={"fillfactor": "50"},
    **STRICT,
)

cases = sa.Table(
    "cases",
    metadata,
    sa.Column("scope", sa.Text, primary_key=True),  # N-x for a village's cases, K for the county's
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("process", sa.Text, nullable=False),
    sa.Column("version", Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("step", Integer, nullable=False),
    sa.Column("ended", Integer, nullable=False),
    sa.Column("due", sa.Text, nullable=False),  # ISO date, "" for none
    sa.Column("body", sa.Text, nullable=False),  # the folded Case as canonical JSON
    sa.Index("cases_by_state", "scope", "process", "state"),
    sa.Index("cases_due", "scope", "due"),
    **STRICT,
)

case_link = sa.Table(
    "case_link",
    metadata,
    sa.Column("scope", sa.Text, primary_key=True),
    sa.Column("process", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),
    sa.Column("case_id", sa.Text, primary_key=True),
    **STRICT,
)
