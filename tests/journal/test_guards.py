"""The databases refuse by themselves what the code never does: every statement is raw SQL.

One list for both databases, each as who may do most there: on PostgreSQL the application's role,
the owner of the tables and the superuser, also with replication's switch for triggers off.
"""

import contextlib
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from journal.engine import OWNER, READER, open_engine
from tests.journal.ledger import BOOK, CUSTODY, a_draft, lent, money, open_books, paid_in, posted

DAY_AFTER = "2010-01-05"
_ACT = (
    "INTO act (book, seq, id, business_date, case_id, process, act, request, body, digest)"
    " VALUES ('{book}', {seq}, '{id}', '{day}', 'c', 'p', 'a', '', {bytes}, {bytes})"
)
_MOVEMENT = (
    "INSERT INTO movement (book, seq, line, debit, debit_key, credit, credit_key, funding, amount)"
    " VALUES ('{book}', {seq}, {line}, '10201', '', '30101', 'm', 'own', {amount})"
)
_BALANCE = (
    "INTO balance (book, account, key, funding, side, amount, floor, ceiling)"
    " VALUES ('N-baiguo', '{account}', '', 'own', 1, {amount}, {floor}, {ceiling})"
)
_HEAD = "UPDATE head SET {change} WHERE book = 'N-baiguo'"


def _act(verb: str = "INSERT", **changes: object) -> str:
    values = {"book": BOOK, "seq": 3, "id": "new", "day": DAY_AFTER, "bytes": "{bytes}"}
    return f"{verb} {_ACT}".format(**(values | changes))


def _movement(**changes: object) -> str:
    return _MOVEMENT.format(**({"book": BOOK, "seq": 3, "line": 1, "amount": 1} | changes))


def _balance(verb: str = "INSERT", **changes: object) -> str:
    values = {"account": "50102", "amount": 0, "floor": "NULL", "ceiling": "NULL"}
    return f"{verb} {_BALANCE}".format(**(values | changes))


# What is tried -> (statement, the name it is refused by).
REFUSED = {
    "change an act": ("UPDATE act SET request = 'x' WHERE seq = 1", "act_is_append_only"),
    "change an act to itself": ("UPDATE act SET seq = seq", "act_is_append_only"),
    "delete an act": ("DELETE FROM act WHERE seq = 1", "act_is_append_only"),
    "change a movement": ("UPDATE movement SET amount = 2", "movement_is_append_only"),
    "delete a movement": ("DELETE FROM movement WHERE seq = 2", "movement_is_append_only"),
    "act at the head": (_act(seq=2), "act_sequence_is_above_head|act_pkey"),
    "act below the head": (_act(seq=0), "act_sequence_is_above_head"),
    "act in a book without head": (_act(book="N-nobody"), "act_sequence_is_above_head"),
    "act in a closed day": (_act(day="2010-01-04"), "act_day_is_open"),
    "second act of one id": (_act(id="act-00001"), "act_id_once_per_book"),
    "movement added to an act": (_movement(seq=2, line=2), "movement_is_written_with_its_act"),
    "movement without a book": (_movement(book="N-nobody"), "movement_is_written_with_its_act"),
    "movement of nothing": (_movement(amount=0), "movement_amount_is_positive"),
    "movement backward": (_movement(amount=-5), "movement_amount_is_positive"),
    "balance below its floor": (
        "UPDATE balance SET amount = -1 WHERE account = '10201'", "balance_at_or_above_floor"
    ),
    "balance that starts too low": (_balance(amount=-1, floor=0), "balance_at_or_above_floor"),
    "balance that starts too high": (
        _balance(amount=1, ceiling=0), "balance_at_or_below_ceiling"
    ),
    "blocked balance, up": (
        "UPDATE balance SET amount = amount + 1 WHERE account = '30101'",
        "balance_at_or_below_ceiling",
    ),
    "blocked balance, down": (
        "UPDATE balance SET amount = amount - 1 WHERE account = '30101'",
        "balance_at_or_above_floor",
    ),
    "second release of a hold": (
        "UPDATE balance SET amount = amount - 4000 WHERE key = 'pay-1'",
        "balance_at_or_above_floor",
    ),
    "delete a balance": (
        "DELETE FROM balance WHERE account = '115'", "balance_is_append_only"
    ),
    "head back": (_HEAD.format(change="seq = seq - 1"), "head_only_moves_forward"),
    "epoch back": (_HEAD.format(change="epoch = epoch - 1"), "head_only_moves_forward"),
    "reopen a closed day": (_HEAD.format(change="closed_date = ''"), "head_only_moves_forward"),
    "open day back": (
        _HEAD.format(change="open_date = '2010-01-04'"), "head_only_moves_forward"
    ),
    "cursor back": (_HEAD.format(change="cursor = cursor - 1"), "head_only_moves_forward"),
    "exchange a digest": (_HEAD.format(change="digest = {bytes}"), "head_only_moves_forward"),
    "rename a book": (_HEAD.format(change="book = 'N-other'"), "head_only_moves_forward"),
    "unknown mode": (_HEAD.format(change="mode = 'merry'"), "head_mode_is_known"),
    "reopen an ended book": (
        "UPDATE head SET mode = 'open' WHERE book = 'N-ended'", "head_only_moves_forward"
    ),
    "delete a head": ("DELETE FROM head WHERE book = 'N-baiguo'", "head_is_append_only"),
}  # fmt: skip
REPLACED = {
    "replace an act": (_act("INSERT OR REPLACE", seq=1), "act_sequence_is_above_head"),
    "replace an act by id": (_act("INSERT OR REPLACE", id="act-00001"), "act_id_once_per_book"),
    "replace a head": (
        (
            "INSERT OR REPLACE INTO head (book, key, epoch, seq, digest, open_date, closed_date,"
            " cursor, mode) VALUES ('N-baiguo', '', 1, 0, {bytes}, '', '', 0, 'open')"
        ),
        "head_is_append_only",
    ),
    "replace a balance": (
        _balance("INSERT OR REPLACE", account="10201"), "balance_is_append_only"
    ),
}  # fmt: skip
STRICT = {
    "money as a fraction": (_movement(amount="1.5"), "cannot store REAL value"),
    "money as text": (_movement(amount="'many'"), "cannot store TEXT value"),
}
TRUNCATED = {
    f"truncate {table}": (f"TRUNCATE {table}", f"{table}_is_append_only")
    for table in ("act", "movement", "balance", "head")
}


def fill(engine: sa.Engine) -> None:
    """Two acts and a closed day in N, a hold in K, a blocked balance, an ended book."""
    open_books(engine, BOOK, CUSTODY, "N-ended")
    posted(
        engine,
        a_draft(1, paid_in(100_00)),
        a_draft(2, lent(40_00)),
        a_draft(1, money("701", "80101", 40_00), book=CUSTODY),
        a_draft(2, money("80101", "80102", 40_00, credit_key="pay-1"), book=CUSTODY),
    )
    release = money("80102", "80101", 40_00, debit_key="pay-1")
    posted(engine, a_draft(3, release, book=CUSTODY))
    with engine.begin() as conn:
        conn.exec_driver_sql(
            "UPDATE head SET closed_date = '2010-01-04', open_date = '2010-01-05', cursor = 3,"
            " epoch = 2 WHERE book = 'N-baiguo'"
        )
        conn.exec_driver_sql("UPDATE head SET mode = 'closed' WHERE book = 'N-ended'")
        conn.exec_driver_sql(
            "UPDATE balance SET floor = amount, ceiling = amount WHERE account = '30101'"
        )


def assert_refused(conn: sa.Connection, tried: tuple[str, str], also: str = "$^") -> None:
    """The statement is refused by its name, or for ``also``."""
    statement, name = tried
    zero = "zeroblob(32)" if conn.dialect.name == "sqlite" else "decode(repeat('00', 32), 'hex')"
    with pytest.raises(sa.exc.DBAPIError, match=f"{name}|{also}"):
        conn.exec_driver_sql(statement.replace("{bytes}", zero))


@contextlib.contextmanager
def undone(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that is rolled back whatever happened in it."""
    with engine.connect() as conn, conn.begin() as transaction:
        yield conn
        transaction.rollback()


@pytest.fixture
def filled_node(node_engine: sa.Engine) -> sa.Engine:
    fill(node_engine)
    return node_engine


def test_node_file_refuses_every_forbidden_statement(filled_node: sa.Engine) -> None:
    for tried in (REFUSED | REPLACED | STRICT).values():
        with undone(filled_node) as conn:
            assert_refused(conn, tried)


def test_node_file_refuses_replacing_without_our_settings(filled_node: sa.Engine) -> None:
    # A stranger's connection has not switched recursive triggers on.
    with filled_node.connect() as conn:
        conn.exec_driver_sql("PRAGMA recursive_triggers = OFF")
        for tried in REPLACED.values():
            with conn.begin_nested():
                assert_refused(conn, tried)


def test_county_refuses_every_forbidden_statement_to_the_writer(county_engine: sa.Engine) -> None:
    fill(county_engine)
    for tried in (REFUSED | TRUNCATED).values():
        with undone(county_engine) as conn:
            assert_refused(conn, tried, also="permission denied for table")


@pytest.mark.parametrize("role", [OWNER, ""])
def test_county_refuses_every_forbidden_statement_to_owner_and_superuser(
    database: str, county_engine: sa.Engine, role: str
) -> None:
    fill(county_engine)
    engine = open_engine(database, role=role)
    for tried in (REFUSED | TRUNCATED).values():
        with undone(engine) as conn:
            assert_refused(conn, tried)
    engine.dispose()


def test_switch_of_replication_does_not_switch_the_guards_off(
    database: str, county_engine: sa.Engine
) -> None:
    fill(county_engine)
    engine = open_engine(database)
    for tried in (REFUSED | TRUNCATED).values():
        with undone(engine) as conn:
            conn.exec_driver_sql("SET LOCAL session_replication_role = replica")
            assert_refused(conn, tried)
    engine.dispose()


def test_writer_may_not_reach_for_the_switches(county_engine: sa.Engine) -> None:
    for statement in (
        "SET session_replication_role = replica",
        "ALTER TABLE act DISABLE TRIGGER ALL",
        "DROP TRIGGER act_append_only ON act",
        "ALTER TABLE balance DROP CONSTRAINT balance_at_or_above_floor",
        "DROP TABLE movement",
        "CREATE TABLE mine (x int)",
    ):
        with undone(county_engine) as conn:
            assert_refused(conn, (statement, "permission denied|must be owner"))


def test_reader_may_read_and_nothing_else(database: str, county_engine: sa.Engine) -> None:
    fill(county_engine)
    engine = open_engine(database, role=READER)
    with engine.connect() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM act").scalar() == 5
    for statement in (
        *(statement for statement, _ in (REFUSED | TRUNCATED).values()),
        "UPDATE balance SET amount = amount",
        "UPDATE head SET seq = seq + 1",
        "INSERT INTO case_link VALUES ('K', 'p', 'n', 'v', 'c')",
    ):
        with undone(engine) as conn:
            assert_refused(conn, (statement, "permission denied"))
    engine.dispose()
