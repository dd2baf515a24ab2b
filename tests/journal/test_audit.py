"""The audit finds every edit made behind the guards, and nothing in a sound database."""

import contextlib
import random
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from contracts.codec import GENESIS, chain, decode, encode
from contracts.ledger import Act, Line
from journal import heads
from journal.audit import Witness, audit, audit_book
from journal.engine import open_engine
from journal.post import Written, append_written
from journal.registry import registry
from journal.tables import act, head, metadata
from tests.journal import county
from tests.journal.county import DAY
from tests.journal.ledger import BOOK, CHART, MEMBER, a_draft, open_books, paid_in

EDITS = 200
# Key, cursor, mode and dates of a head are working state: guards move them forward only.
_HEAD_BY_ACTS = {"seq", "digest"}
_KINDS = {
    "act.body": "UPDATE act SET body = {junk} WHERE book = 'N-lijia' AND seq = 2",
    "act.digest": "UPDATE act SET digest = {junk} WHERE book = 'N-lijia' AND seq = 2",
    "act.id": "UPDATE act SET id = 'other' WHERE book = 'K-lijia' AND seq = 3",
    "act gone": "DELETE FROM act WHERE book = 'K-lijia' AND seq = 3",
    "last act gone": (
        "DELETE FROM act WHERE book = 'K-0' AND seq = (SELECT seq FROM head WHERE book = 'K-0')"
    ),
    "movement.amount": "UPDATE movement SET amount = amount + 1 WHERE book = 'N-lijia' AND seq = 3",
    "movement gone": "DELETE FROM movement WHERE book = 'N-lijia' AND seq = 3",
    "movement without act": "UPDATE movement SET seq = 900 WHERE book = 'N-lijia' AND seq = 3",
    "balance.amount": "UPDATE balance SET amount = amount + 1 WHERE account = '80101'",
    "balance.side": "UPDATE balance SET side = -side WHERE account = '80101'",
    "balance.floor": "UPDATE balance SET floor = NULL WHERE account = '80101'",
    "balance.ceiling": "UPDATE balance SET ceiling = 5 WHERE account = '31102'",
    "balance gone": "DELETE FROM balance WHERE account = '80101'",
    "balance from nowhere": "UPDATE balance SET account = '50101' WHERE account = '10202'",
    "head.seq": "UPDATE head SET seq = seq + 1 WHERE book = 'K-0'",
    "head gone": "DELETE FROM head WHERE book = 'K-0'",
    "case.state": "UPDATE cases SET state = 'left' WHERE id = 'member-lijia-001'",
    "case gone": "DELETE FROM cases WHERE id = 'line-lost'",
    "case from nowhere": "UPDATE cases SET id = 'member-x' WHERE id = 'member-lijia-001'",
    "link gone": "DELETE FROM case_link WHERE case_id = 'line-lost' AND name = 'line'",
    "link.value": "UPDATE case_link SET value = 'x' WHERE case_id = 'line-lost' AND name = 'line'",
}
EXPECTED = {
    "act.body": {"act_is_chained", "act_reads"},
    "act.digest": {"act_is_chained"},
    "act.id": {"act_columns_are_its_bytes"},
    "act gone": {"act_sequence_has_no_gap", "movement_has_its_act", "balance_is_its_movements"},
    "last act gone": {"head_is_the_last_act", "head_digest_is_the_chain", "head_is_the_one_told"},
    "movement.amount": {"movements_are_the_acts"},
    "movement gone": {"movements_are_the_acts"},
    "movement without act": {"movements_are_the_acts", "movement_has_its_act"},
    "balance.amount": {"balance_is_its_movements", "trial_balance_is_zero"},
    "balance.side": {"balance_has_its_side", "trial_balance_is_zero"},
    "balance.floor": {"limits_are_the_charts"},
    "balance.ceiling": {"limits_are_the_charts", "balance_is_within_limits"},
    "balance gone": {"balance_is_its_movements", "trial_balance_is_zero"},
    "balance from nowhere": {"balance_was_moved", "balance_is_its_movements"},
    "head.seq": {"head_is_the_last_act"},
    "head gone": {"book_has_a_head", "head_is_the_one_told"},
    "case.state": {"case_is_the_fold_of_its_acts"},
    "case gone": {"case_is_the_fold_of_its_acts"},
    "case from nowhere": {"case_is_the_fold_of_its_acts", "case_has_acts"},
    "link gone": {"links_are_the_cases"},
    "link.value": {"links_are_the_cases"},
}


class Lived:
    """A lived county with its guards off, in a transaction, and the heads told outside."""

    def __init__(self, conn: sa.Connection) -> None:
        self.conn = conn
        self.witnesses = [
            Witness(book=head.book, seq=head.seq, digest=head.digest)
            for head in heads.read_all(conn)
        ]

    def found(self) -> list[str]:
        """The names of all differences."""
        differences = audit(self.conn, registry(), witnesses=self.witnesses)
        return [difference.what for difference in differences]


@pytest.fixture
def lived(request: pytest.FixtureRequest, engine: sa.Engine) -> Iterator[Lived]:
    county.live(engine)
    admin = engine
    if engine.dialect.name == "postgresql":
        admin = open_engine(request.getfixturevalue("database"))
    with admin.connect() as conn:
        _guards_off(conn)
        yield Lived(conn)
        conn.rollback()
    if admin is not engine:
        admin.dispose()


def _guards_off(conn: sa.Connection) -> None:
    if conn.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for name in conn.exec_driver_sql(query).scalars().all():
            conn.exec_driver_sql(f"DROP TRIGGER {name}")
        conn.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        return
    for table in metadata.tables.values():
        conn.exec_driver_sql(f"ALTER TABLE {table.name} DISABLE TRIGGER ALL")
        for constraint in table.constraints:
            if isinstance(constraint, sa.CheckConstraint):
                conn.exec_driver_sql(f"ALTER TABLE {table.name} DROP CONSTRAINT {constraint.name}")


def test_sound_database_has_no_difference(lived: Lived) -> None:
    assert lived.found() == []
    count = lived.conn.scalar(sa.select(sa.func.count()).select_from(act))
    assert count == 76


def test_edit_is_found_by_the_name_of_what_it_breaks(lived: Lived) -> None:
    junk = "x'00'" if lived.conn.dialect.name == "sqlite" else "'\\x00'::bytea"
    for kind, statement in _KINDS.items():
        with lived.conn.begin_nested() as savepoint:
            done = lived.conn.exec_driver_sql(statement.format(junk=junk))
            assert done.rowcount > 0, kind
            assert set(lived.found()) >= EXPECTED[kind], kind
            savepoint.rollback()


def test_two_hundred_random_edits_are_all_found(lived: Lived) -> None:
    rng = random.Random(20100104)
    made = 0
    while made < EDITS:
        savepoint = lived.conn.begin_nested()
        # A key of the table refuses some edits: those are none.
        with contextlib.suppress(sa.exc.IntegrityError):
            edit = _random_edit(lived.conn, rng)
            assert lived.found(), f"edit {made} was not found: {edit}"
            made += 1
        savepoint.rollback()
    assert lived.found() == []


def _random_edit(conn: sa.Connection, rng: random.Random) -> str:
    """Change, delete or double one random row of a random table."""
    table = rng.choice([t for t in metadata.tables.values() if t is not head])
    if rng.random() < 0.1:
        table = head
    rows = conn.execute(sa.select(table).order_by(*table.primary_key)).all()
    row = rng.choice(rows)._asdict()
    here = sa.and_(*(column == row[column.name] for column in table.primary_key))
    way = rng.choice(["change", "change", "change", "delete", "double"])
    if way == "delete":
        conn.execute(table.delete().where(here))
        return f"delete {row}"
    columns = [c for c in table.columns if table is not head or c.name in _HEAD_BY_ACTS]
    if way == "double" and table is not head:
        columns = list(table.primary_key)
    column = rng.choice(columns)
    changed = {column.name: _other(row[column.name], rng)}
    if way == "double" and table is not head:
        fresh = row | changed | ({"id": "doubled"} if table is act else {})
        conn.execute(table.insert().values(fresh))
    else:
        conn.execute(table.update().where(here).values(changed))
    return f"{way} {changed} of {row}"


def _other(value: Any, rng: random.Random) -> Any:
    """Another value of the same kind."""
    if value is None:
        return rng.randrange(0, 10**9)
    if isinstance(value, int):
        return value + rng.choice([-1, 1, 7, 1_000_00])
    if isinstance(value, bytes):
        spot = rng.randrange(len(value))
        return value[:spot] + bytes([value[spot] ^ (1 << rng.randrange(8))]) + value[spot + 1 :]
    return rng.choice([f"{value}x", f"x{value}"])


def test_forger_who_rebuilds_the_chain_is_found_by_a_witness(lived: Lived) -> None:
    book, seq = "K-lijia", 4
    _forge(lived.conn, book, seq)
    # Without a head told outside the forged book is perfect.
    assert list(audit(lived.conn, registry())) == []
    assert lived.found() == ["head_is_the_one_told"]


def _forge(conn: sa.Connection, book: str, seq: int) -> None:
    """Rewrite who signed an act and every digest after it."""
    digest = GENESIS
    query = sa.select(act.c.seq, act.c.body).where(act.c.book == book).order_by(act.c.seq)
    for number, body in conn.execute(query).all():
        if number == seq:
            true = decode(body, Act)
            actor = msgspec.structs.replace(true.actor, operator="somebody else")
            body = encode(msgspec.structs.replace(true, actor=actor))  # noqa: PLW2901
        digest = chain(digest, body)
        here = sa.and_(act.c.book == book, act.c.seq == number)
        conn.execute(act.update().where(here).values(body=body, digest=digest))
    conn.execute(head.update().where(head.c.book == book).values(digest=digest))


def test_book_cut_behind_a_witness_is_found(lived: Lived) -> None:
    told = next(w for w in lived.witnesses if w.book == "N-lijia")
    later = Witness(book=told.book, seq=told.seq + 1, digest=told.digest)
    differences = list(audit(lived.conn, registry(), witnesses=[later]))
    assert [(d.what, d.found) for d in differences] == [("head_is_the_one_told", "no act")]


def test_older_witnesses_are_met_on_the_way(lived: Lived) -> None:
    query = sa.select(act.c.book, act.c.seq, act.c.digest)
    told = [Witness(book=b, seq=s, digest=d) for b, s, d in lived.conn.execute(query)]
    told.append(Witness(book="K-0", seq=0, digest=GENESIS))
    assert list(audit(lived.conn, registry(), witnesses=told)) == []


def test_blocked_balance_is_sound_only_when_it_is_named(lived: Lived) -> None:
    lived.conn.exec_driver_sql(
        "UPDATE balance SET floor = amount, ceiling = amount"
        " WHERE book = 'K-lijia' AND account = '80101'"
    )
    assert lived.found() == ["limits_are_the_charts"]
    named = [("K-lijia", ("80101", "", "own"))]
    assert list(audit(lived.conn, registry(), blocked=named)) == []


def test_replica_is_sound_without_limits_and_only_as_a_replica(engine: sa.Engine) -> None:
    open_books(engine)
    mine = a_draft(1, paid_in(100_00), parties={"coop": "baiguo"}, recipe="member.pay_in", lines=(
        Line(amounts={"amount": 100_00}, keys={"member": MEMBER}),
    ))  # fmt: skip
    act = Act(seq=1, epoch=1, business_date=DAY, **msgspec.structs.asdict(mine))
    body = encode(act)
    with engine.begin() as conn:
        written = [Written(act, body, chain(GENESIS, body))]
        append_written(conn, heads.lock(conn, [BOOK]), written, CHART, limits=False)
    with engine.connect() as conn:
        assert list(audit_book(conn, BOOK, registry(), replica=True)) == []
        found = {d.what for d in audit_book(conn, BOOK, registry())}
    assert found == {"limits_are_the_charts"}


def test_difference_says_what_was_expected_and_found(lived: Lived) -> None:
    lived.conn.execute(
        sa.text("UPDATE act SET business_date = '2009-01-01' WHERE book = 'N-lijia' AND seq = 1")
    )
    [difference] = list(audit(lived.conn, registry()))
    assert difference.book == "N-lijia"
    assert difference.where == "act 1"
    assert DAY.isoformat() in difference.expected
    assert "2009-01-01" in difference.found
