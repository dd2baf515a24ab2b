"""Connections: their settings, a server that goes away, readers beside a writer."""

import sqlalchemy as sa

from journal.engine import READER, WRITER, open_engine, reading
from tests.journal.ledger import BOOK, a_draft, balance_of, open_books, paid_in, post, posted


def test_connection_whose_server_went_away_is_replaced_unseen(
    database: str, county_engine: sa.Engine
) -> None:
    open_books(county_engine)
    with county_engine.begin() as conn:
        pid = conn.scalar(sa.text("SELECT pg_backend_pid()"))
    admin = open_engine(database)
    with admin.begin() as conn:
        # Waits until the backend has ended.
        assert conn.scalar(sa.text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": pid})
    admin.dispose()
    posted(county_engine, a_draft(1, paid_in(5_00)))
    with county_engine.connect() as conn:
        assert balance_of(conn, "10201") == 5_00


def test_application_works_as_the_role_it_is_given(database: str) -> None:
    for role in (WRITER, READER):
        engine = open_engine(database, role=role)
        with engine.connect() as conn:
            assert conn.scalar(sa.text("SELECT current_user")) == role
        engine.dispose()


def test_node_file_is_written_to_disk_before_an_act_is_answered(node_engine: sa.Engine) -> None:
    with node_engine.connect() as conn:
        asked = {
            name: conn.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")
        }
    full = 2
    assert asked == {
        "journal_mode": "wal", "synchronous": full, "foreign_keys": 1, "recursive_triggers": 1
    }  # fmt: skip


def test_page_reads_a_node_file_while_an_act_is_being_written(node_engine: sa.Engine) -> None:
    open_books(node_engine)
    posted(node_engine, a_draft(1, paid_in(5_00)))
    with node_engine.begin() as writer:
        post(writer, [a_draft(2, paid_in(7_00))])
        with reading(node_engine).begin() as reader:
            assert balance_of(reader, "10201") == 5_00
    with reading(node_engine).begin() as reader:
        assert balance_of(reader, "10201", book=BOOK) == 12_00


def test_a_set_of_any_text_reaches_both_databases_as_it_is(engine: sa.Engine) -> None:
    """Keys that arrays, COPY and quoting could stumble over; one act and forty at once."""
    nasty = ['"', "\\", '\\"', "{}", "a,b", "{a}", "NULL", "null", " ", "'", "中\n文", "\x1f", "%s"]
    open_books(engine)
    posted(engine, *[a_draft(n, paid_in(n + 1, key)) for n, key in enumerate(nasty)])
    for n, key in enumerate(nasty):
        posted(engine, a_draft(100 + n, paid_in(1_00, key)))
    posted(engine, *[a_draft(200 + n, paid_in(10_00, nasty[n % len(nasty)])) for n in range(52)])
    with engine.connect() as conn:
        assert [balance_of(conn, "30101", key) for key in nasty] == [
            n + 1 + 1_00 + 4 * 10_00 for n in range(len(nasty))
        ]
