"""The county's own tables beside the books: registers, bank, nights, evidence and users.

Statements over them stand in ``cases/`` and ``queries.py``; the books themselves are journal's.
Nothing here holds a balance: what money is where is told by books alone. Dates and times are ISO
text ("" for none), as in the books; digests and keys are raw bytes.
"""

import sqlalchemy as sa

metadata = sa.MetaData()
Integer = sa.BigInteger()
Bytes = sa.LargeBinary()


def _text(name: str, *, key: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text, primary_key=key, nullable=False)


county = sa.Table(
    "county",
    metadata,
    _text("name", key=True),  # one row: the county this schema belongs to
    _text("key"),  # id of the key the county signs with
    _text("profile"),
    _text("holidays"),  # JSON list of the county's own days off
    _text("workdays"),  # JSON list of the county's own days worked
)

cooperative = sa.Table(
    "cooperative",
    metadata,
    _text("id", key=True),
    _text("name"),
    _text("name_en"),
    _text("township"),
    _text("sub_account"),
    _text("opened_on"),
    _text("grade"),  # A to D, "" while unrated
    _text("grade_source"),  # who entered it, or the rating case
    sa.UniqueConstraint("sub_account", name="one_cooperative_a_sub_account"),
)

township = sa.Table(
    "township",
    metadata,
    _text("id", key=True),
    _text("name"),
    _text("name_en"),
)

node_key = sa.Table(
    "node_key",
    metadata,
    _text("key", key=True),
    _text("cooperative"),
    sa.Column("epoch", Integer, nullable=False),
    sa.Column("signing", Bytes, nullable=False),
    sa.Column("sealing", Bytes, nullable=False),
    _text("valid_from"),
    _text("valid_to"),  # last day, "" for no end
    _text("revoked_on"),  # takes effect at receipt, whatever the window says
)

person = sa.Table(
    "person",
    metadata,
    _text("cooperative", key=True),  # who delivered it: no village can shadow another's person
    _text("person", key=True),
    sa.Column("version", Integer, primary_key=True),
    sa.Column("record", Bytes, nullable=False),  # the sealed PersonRecord, as it came
    sa.Column("card_index", Bytes, nullable=False),  # keyed digest of the card, empty for none
    sa.Index("person_by_card", "card_index"),
)

policy_version = sa.Table(
    "policy_version",
    metadata,
    _text("cooperative", key=True),  # "" is the county's own
    sa.Column("k_seq", Integer, primary_key=True),  # act of K(i) that told it
    _text("starts"),
    _text("facts"),  # PolicyFacts as JSON
)

expected_receipt = sa.Table(
    "expected_receipt",
    metadata,
    _text("id", key=True),
    _text("cooperative"),
    _text("source"),
    sa.Column("amount", Integer, nullable=False),  # fen
    _text("reference"),  # what the payer will write
    _text("expected_on"),
    _text("line"),  # the bank line that fulfilled it
)

bank_account = sa.Table(
    "bank_account",
    metadata,
    _text("account", key=True),  # the special account (专户)
    _text("name"),
    _text("unallocated"),  # sub-account for money that names none
    _text("settlement"),  # sub-account through which settlement between cooperatives runs
    _text("pool"),  # sub-account of the risk compensation pool, "" without one
    _text("federation"),  # sub-account of the federation's own money, "" without one
)

partner = sa.Table(
    "partner",
    metadata,
    _text("id", key=True),  # a bank under the pool, or "finance" for the county finance bureau
    _text("name"),
    _text("name_en"),
    _text("account"),  # where a claim is paid, or a match goes back to
)

paper = sa.Table(
    "paper",
    metadata,
    sa.Column("digest", Bytes, primary_key=True),  # SHA-256 of the bytes: a case names it by this
    _text("name"),
    _text("media"),
    _text("bank", key=True),  # which bank may read it, "" for the county's own
    _text("kept_on"),
    sa.Column("body", Bytes, nullable=False),
)

bank_key = sa.Table(
    "bank_key",
    metadata,
    _text("key", key=True),
    _text("bank"),
    _text("role"),  # maker@bank or checker@bank: as whom the machine acts
    _text("person"),  # natural-person id of who answers for the key
    sa.Column("signing", Bytes, nullable=False),
    _text("valid_from"),
    _text("valid_to"),  # last day, "" for no end
    _text("revoked_on"),  # takes effect at receipt
)

bank_file = sa.Table(
    "bank_file",
    metadata,
    _text("id", key=True),  # our file id, or the digest of what the bank sent
    _text("direction"),
    _text("kind"),
    _text("name"),
    _text("business_date"),
    sa.Column("digest", Bytes, nullable=False),
    sa.Column("body", Bytes, nullable=False),
    _text("state"),
    _text("facts"),  # JSON: faults, counts
    sa.CheckConstraint("direction in ('in','out')", name="bank_file_goes_in_or_out"),
    sa.CheckConstraint(
        "state in ('built','sent','received','applied','refused')", name="bank_file_state_is_known"
    ),
    sa.Index("bank_file_by_state", "direction", "state"),
)

bank_statement = sa.Table(
    "bank_statement",
    metadata,
    _text("account", key=True),
    _text("statement", key=True),
    _text("statement_date"),
    sa.Column("sequence", Integer),  # the bank's running number, if it gives one
    sa.Column("opening", Integer, nullable=False),
    sa.Column("closing", Integer, nullable=False),
    _text("sub_accounts"),  # JSON list of [sub-account, opening, closing]
    _text("file"),
)

bank_line = sa.Table(
    "bank_line",
    metadata,
    _text("account", key=True),
    _text("line", key=True),  # the bank's id: its one identity, for ever
    _text("statement"),
    _text("business_date"),
    _text("sub_account"),
    sa.Column("amount", Integer, nullable=False),  # fen, in positive, out negative
    _text("body"),  # the StatementLine as JSON
    _text("state"),
    _text("matched"),  # case the line belongs to
    _text("reason"),  # why an open line is a break
    sa.CheckConstraint(
        "state in ('booked','counterpart','open','reversed')", name="bank_line_state_is_known"
    ),
    sa.Index("bank_line_by_state", "state"),
    sa.Index("bank_line_by_case", "matched"),
)

evidence = sa.Table(
    "evidence",
    metadata,
    sa.Column("digest", Bytes, primary_key=True),
    _text("cooperative"),
    _text("business_date"),
    _text("code"),
    _text("facts"),
    sa.Column("body", Bytes, nullable=False),  # the bytes as they were delivered
)

batch = sa.Table(
    "batch",
    metadata,
    sa.Column("digest", Bytes, primary_key=True),  # of the signed body
    _text("book"),
    sa.Column("first", Integer, nullable=False),
    sa.Column("last", Integer, nullable=False),
    _text("closes"),
    _text("key"),
    _text("business_date"),
    _text("receipt"),  # BatchReceipt as JSON: the answer to every replay
    sa.Index("batch_by_book", "book", "last"),
)

replica = sa.Table(
    "replica",
    metadata,
    _text("book", key=True),
    _text("closing"),  # totals the last accepted batch ended with, as JSON
    _text("reason"),  # why the book waits, "" while it does not
)

night = sa.Table(
    "night",
    metadata,
    _text("business_date", key=True),
    _text("step", key=True),
    _text("started"),
    _text("finished"),
    _text("facts"),  # StepResult as JSON: the done-mark
)

missing = sa.Table(
    "missing",
    metadata,
    _text("business_date", key=True),
    _text("cooperative", key=True),
    _text("closed_date"),
    _text("mode"),
)

heads_vector = sa.Table(
    "heads_vector",
    metadata,
    _text("business_date", key=True),
    _text("key"),
    sa.Column("signature", Bytes, nullable=False),
    sa.Column("body", Bytes, nullable=False),
)

proof = sa.Table(
    "proof",
    metadata,
    _text("business_date", key=True),
    _text("name", key=True),  # invariant of targets.md
    sa.Column("checked", Integer, nullable=False),
    sa.Column("failed", Integer, nullable=False),
)

proven_book = sa.Table(
    "proven_book",
    metadata,
    _text("book", key=True),
    sa.Column("seq", Integer, nullable=False),
    sa.Column("digest", Bytes, nullable=False),
)

proven_balance = sa.Table(
    "proven_balance",
    metadata,
    _text("book", key=True),
    _text("account", key=True),
    _text("key", key=True),
    _text("funding", key=True),
    sa.Column("amount", Integer, nullable=False),  # fen, debit positive, summed from movements
)

nonce = sa.Table(
    "nonce",
    metadata,
    _text("key", key=True),
    _text("nonce", key=True),
    _text("until"),
    sa.Index("nonce_by_until", "until"),
)

relay_cursor = sa.Table(
    "relay_cursor",
    metadata,
    _text("book", key=True),
    sa.Column("seq", Integer, nullable=False),  # acts through here were told to Temporal
)

users = sa.Table(
    "users",
    metadata,
    _text("id", key=True),
    _text("name"),
    _text("person"),  # natural-person id: the four powers are checked over it
    _text("password_hash"),
    _text("second_factor"),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("first_password", sa.Boolean, nullable=False),  # given by the county, to be changed
)

user_roles = sa.Table(
    "user_roles",
    metadata,
    _text("user_id", key=True),
    _text("role", key=True),  # name@place of roles.toml
    _text("scope", key=True),  # township or cooperative; "" is the whole county
)

sessions = sa.Table(
    "sessions",
    metadata,
    _text("id", key=True),  # digest of the id in the cookie
    _text("user_id"),
    _text("created"),
    _text("expires"),
    sa.Column("body", Bytes, nullable=False),
    sa.Index("sessions_by_expiry", "expires"),
)
