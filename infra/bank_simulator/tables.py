"""The bank's own books in SQLite: special accounts, sub-accounts, cards, payments, lines, files.

Used by queries.py only; opened by Bank. The county never sees these tables. Money is integer fen.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Date,
    Engine,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    StaticPool,
    String,
    Table,
    create_engine,
    event,
)

metadata = MetaData()

calendar = Table(
    "calendar",  # one row: where the bank is in time; it has no clock
    metadata,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True),
    Column("today", Date, nullable=False),
    Column("closed", Date),
)
account = Table(
    "account",
    metadata,
    Column("number", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("unallocated", String, nullable=False),
    Column("balance", BigInteger, CheckConstraint("balance >= 0"), nullable=False),
    Column("stated_on", Date, nullable=False),
    Column("stated_balance", BigInteger, nullable=False),
    Column("stated_number", Integer, nullable=False),
)
sub_account = Table(
    "sub_account",
    metadata,
    Column("number", String, primary_key=True),
    Column("account", String, ForeignKey("account.number"), nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("balance", BigInteger, CheckConstraint("balance >= 0"), nullable=False),
    Column("stated_balance", BigInteger, nullable=False),
)
card = Table(
    "card",
    metadata,
    Column("number", String, primary_key=True),
    Column("holder", String, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("paid_in", BigInteger, nullable=False),
    Column("paid_out", BigInteger, nullable=False),
)
payment = Table(
    "payment",  # a reference is in here once: that is why a resend never pays twice
    metadata,
    Column("reference", String, primary_key=True),
    Column("file_id", String, nullable=False),
    Column("account", String, nullable=False),
    Column("sub_account", String, nullable=False),
    Column("payee_name", String, nullable=False),
    Column("payee_account", String, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("remark", String, nullable=False),
    Column("execute_on", Date, nullable=False),
    Column("status", String, nullable=False),
    Column("reason", String, nullable=False),
)
line = Table(
    "line",
    metadata,
    Column("position", Integer, primary_key=True),
    Column("booking", Integer, nullable=False),
    Column("account", String, ForeignKey("account.number"), nullable=False),
    Column("sub_account", String, ForeignKey("sub_account.number"), nullable=False),
    Column("signed", BigInteger, CheckConstraint("signed <> 0"), nullable=False),
    Column("booked_on", Date, nullable=False),
    Column("value_date", Date, nullable=False),
    Column("reference", String, nullable=False),
    Column("returned", String, nullable=False),
    Column("reverses", String, nullable=False),
    Column("counterparty_name", String, nullable=False),
    Column("counterparty_account", String, nullable=False),
    Column("text", String, nullable=False),
    Column("statement", Integer),
)
due = Table(
    "due",
    metadata,
    Column("position", Integer, primary_key=True),
    Column("on", Date, nullable=False),
    Column("what", LargeBinary, nullable=False),
)
fault = Table(
    "fault",
    metadata,
    Column("position", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("reference", String, nullable=False),
    Column("file", String, nullable=False),
    Column("order", LargeBinary, nullable=False),
    Column("used", Boolean, nullable=False),
)
seen = Table(
    "seen",  # files and orders taken in, by their id, with the digest of their bytes
    metadata,
    Column("cause", String, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
)
output = Table(
    "output",
    metadata,
    Column("position", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("cause", String, nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
    Column("lost", Boolean, nullable=False),
    Column("delivered", Boolean, nullable=False),
)


def open_books(path: str) -> Engine:
    """Engine over the bank's file, tables made where missing; empty path = in memory.

    The rollback journal is used: correct with every SQLite, also those with the WAL-reset bug.
    """
    engine = create_engine(
        f"sqlite:///{path}" if path else "sqlite://",
        poolclass=StaticPool,
        connect_args={"isolation_level": None, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _settings(connection: object, _record: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    metadata.create_all(engine)
    return engine
