"""Invariants of the journal (targets.md 1), each proven by SQL of its own beside the code's."""

from datetime import date

import pytest
import sqlalchemy as sa
from msgspec.structs import astuple

from contracts.codec import GENESIS, chain, decode, encode
from contracts.ledger import Act, Actor
from contracts.rejections import RejectionCode
from journal.perform import Command, perform
from journal.registry import registry
from journal.tables import act, head
from kernel.errors import Rejected
from kernel.processes import COUNTY, NODE
from tests.journal import county
from tests.journal.county import BANK, BOOKS, KEEPER, do, live, member, world
from tests.journal.ledger import contents

_NETS = """
SELECT book, account, key, funding, CAST(SUM(amount) AS BIGINT) FROM (
  SELECT book, debit AS account, debit_key AS key, funding, amount FROM movement
  UNION ALL SELECT book, credit, credit_key, funding, -amount FROM movement
) AS halves GROUP BY book, account, key, funding
"""


def test_i1_every_book_balances_and_cached_balances_are_the_recomputed(engine: sa.Engine) -> None:
    live(engine)
    with engine.connect() as conn:
        recomputed = {tuple(row[:4]): row[4] for row in conn.exec_driver_sql(_NETS)}
        cached = {tuple(row[:4]): row[4] * row[5] for row in contents(conn, ["balance"])["balance"]}
    assert cached == recomputed
    by_funding: dict[tuple[str, str], int] = {}
    for (book, _, _, funding), net in cached.items():
        by_funding[book, funding] = by_funding.get((book, funding), 0) + net
    assert set(by_funding.values()) == {0}
    assert {book for book, _ in by_funding} == {*BOOKS, "K-0"}


def test_i2_an_act_and_its_movements_are_one_and_recipes_part_no_mirror(engine: sa.Engine) -> None:
    live(engine)
    recipes = registry().recipes
    with engine.connect() as conn:
        rows = contents(conn, ["act", "movement"])
    written: dict[tuple[str, int], list[tuple[object, ...]]] = {}
    for book, seq, _line, *movement in rows["movement"]:
        written.setdefault((book, seq), []).append(tuple(movement))
    mirrors = {"K": {"80101": 0, "80102": 0}, "N": {"10201": 0}}
    for row in rows["act"]:
        one = decode(row[8], Act)
        assert written.pop((one.book, one.seq), []) == [astuple(m) for m in one.movements]
        if one.recipe and one.book in BOOKS:
            place = NODE if one.book[0] == "N" else COUNTY
            filled = [
                m for line in one.lines for m in recipes[one.recipe].half(place, "coop", line)
            ]
            assert filled == list(one.movements)
        sums = mirrors.get(one.book[0], {}) if one.book != "K-0" else {}
        for m in one.movements:
            for account, sign in ((m.debit, 1), (m.credit, -1)):
                if account in sums:
                    sums[account] += sign * m.amount
    assert written == {}
    # Every act of custody was followed, so over all villages node money = custody money.
    assert mirrors["N"]["10201"] == -sum(mirrors["K"].values()) > 0


def test_i3_the_digest_of_any_prefix_never_changes(engine: sa.Engine) -> None:
    county.begin(engine)
    seen: dict[tuple[str, int], bytes] = {}
    for number in range(1, 6):
        with engine.begin() as conn:
            member(conn, "baiguo", number)
            county.received(conn, "lijia", str(number), 100_00 * number)
        with engine.connect() as conn:
            for book, seq, digest in conn.execute(
                sa.select(head.c.book, head.c.seq, head.c.digest)
            ):
                assert seen.setdefault((book, seq), digest) == digest
    with engine.connect() as conn:
        query = sa.select(act.c.book, act.c.seq, act.c.body).order_by(act.c.book, act.c.seq)
        digests: dict[tuple[str, int], bytes] = {}
        for book, seq, body in conn.execute(query):
            digests[book, seq] = chain(digests.get((book, seq - 1), GENESIS), body)
    told = {place: digest for place, digest in seen.items() if place[1]}
    assert len(told) == 17
    assert {place: digests[place] for place in told} == told


def test_i7_the_same_request_twice_has_one_effect_and_one_answer(engine: sa.Engine) -> None:
    county.begin(engine)
    command = Command(
        id="line-1", process="receipt", case="line-1", act="unclaimed", actor=BANK,
        facts={"amount": 500_00, "line": "1"}, parties={"coop": "baiguo", "county": ""},
    )  # fmt: skip
    with engine.begin() as conn:
        first = perform(conn, world(), command)
        before = contents(conn)
    assert first.fresh
    for _ in range(3):
        with engine.begin() as conn:
            again = perform(conn, world(), command)
            assert contents(conn) == before
        assert not again.fresh
        assert [encode(one) for one in again.acts] == [encode(one) for one in first.acts]
        assert again.case == first.case


@pytest.mark.parametrize(
    "changed",
    [
        {"facts": {"amount": 500_01, "line": "1"}},
        {"facts": {"amount": 500_00, "line": "2"}},
        {"act": "unknown"},
        {"actor": Actor(role="system:bank_line", operator="another bank")},
        {"value_date": date(2009, 12, 31)},
        {"parties": {"coop": "lijia", "county": ""}},
    ],
)
def test_i7_the_same_id_with_another_request_is_refused(
    engine: sa.Engine, changed: dict[str, object]
) -> None:
    county.begin(engine)
    asked: dict[str, object] = {
        "id": "line-1", "process": "receipt", "case": "line-1", "act": "unclaimed", "actor": BANK,
        "facts": {"amount": 500_00, "line": "1"}, "parties": {"coop": "baiguo", "county": ""},
    }  # fmt: skip
    with engine.begin() as conn:
        perform(conn, world(), Command(**asked))  # type: ignore[arg-type]
        before = contents(conn)
        with pytest.raises(Rejected) as refused:
            perform(conn, world(), Command(**(asked | changed)))  # type: ignore[arg-type]
        assert contents(conn) == before
    assert refused.value.code is RejectionCode.REQUEST_CHANGED


def test_i7_a_refused_request_may_be_asked_again(engine: sa.Engine) -> None:
    county.begin(engine)
    with engine.begin() as conn:
        with pytest.raises(Rejected) as refused:
            county.paid_out(conn, "baiguo", 1, 100_00, bounce=False)
        assert refused.value.code is RejectionCode.BALANCE_TOO_LOW
        county.received(conn, "baiguo", "1", 100_00)
        county.paid_out(conn, "baiguo", 1, 100_00, bounce=False)


def test_i15_a_case_moves_only_along_its_rows(engine: sa.Engine) -> None:
    county.begin(engine)
    with engine.begin() as conn:
        member(conn, "baiguo", 1)
        with pytest.raises(Rejected) as refused:
            do(conn, "member.accept", "member-baiguo-001", KEEPER)
    assert refused.value.code is RejectionCode.ACT_NOT_ALLOWED_NOW
