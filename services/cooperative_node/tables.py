"""The node's own tables, beside the books in the same file: keys, persons, policy, sign-ins.

Nothing here is part of a book: it may be changed and deleted. Persons stand sealed; no name, card
or ID number is readable in the file. Made by the migrations of room ``node``.
"""

import sqlalchemy as sa

from journal.tables import STRICT, Bytes, Integer

metadata = sa.MetaData()

setting = sa.Table(
    "node_setting",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    **STRICT,
)

key = sa.Table(
    "node_key",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("epoch", Integer, nullable=False),
    sa.Column("signing", Bytes, nullable=False),  # Ed25519, private, raw
    sa.Column("sealing", Bytes, nullable=False),  # X25519, private, raw
    **STRICT,
)

person = sa.Table(
    "node_person",
    metadata,
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("version", Integer, nullable=False),
    sa.Column("acknowledged", Integer, nullable=False),  # newest version the county holds
    sa.Column("record", sa.Text, nullable=False),  # sealed PersonRecord as JSON
    **STRICT,
)

policy = sa.Table(
    "node_policy",
    metadata,
    sa.Column("seq", Integer, primary_key=True),  # of the K(i) act that told it
    sa.Column("body", sa.Text, nullable=False),
    **STRICT,
)

sync = sa.Table(
    "node_sync",
    metadata,
    sa.Column("cooperative", sa.Text, primary_key=True),
    sa.Column("contact", sa.Text, nullable=False),  # ISO time of the last answer, "" for never
    sa.Column("county_date", sa.Text, nullable=False),
    sa.Column("held_seq", Integer, nullable=False),  # N(i) the county holds
    sa.Column("k_seq", Integer, nullable=False),  # K(i) the county offers
    sa.Column("trouble", sa.Text, nullable=False),  # why the node waits, "" when well
    **STRICT,
)

sign_in = sa.Table(
    "node_sign_in",
    metadata,
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("pin_hash", sa.Text, nullable=False),  # argon2id
    sa.Column("failed", Integer, nullable=False),
    sa.Column("locked_until", sa.Text, nullable=False),  # ISO time, "" for not
    **STRICT,
)

session = sa.Table(
    "node_session",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("csrf", sa.Text, nullable=False),
    sa.Column("expires", sa.Text, nullable=False),
    **STRICT,
)
