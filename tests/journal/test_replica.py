"""A replica holds what its owner wrote, limits or not, and folds its cases as one set."""

import msgspec
import pytest
import sqlalchemy as sa

from contracts.codec import GENESIS, chain, encode
from contracts.ledger import Act
from contracts.rejections import RejectionCode
from journal import heads as journal_heads
from journal import replica, store
from journal.post import Draft, Passed, Written, append_written
from journal.registry import registry
from journal.tables import balance
from kernel.errors import InvariantViolation, Rejected
from tests.journal.ledger import BOOK, CHART, DAY, a_draft, lent, open_books, paid_in


def _written(*drafts: Draft) -> list[Written]:
    found, digest = [], GENESIS
    for seq, draft in enumerate(drafts, 1):
        act = Act(seq=seq, epoch=1, business_date=DAY, **msgspec.structs.asdict(draft))
        body = encode(act)
        digest = chain(digest, body)
        found.append(Written(act, body, digest))
    return found


def _take(engine: sa.Engine, written: list[Written], *, limits: bool) -> tuple[Passed, ...]:
    with engine.begin() as conn:
        heads = journal_heads.lock(conn, [BOOK])
        return append_written(conn, heads, written, CHART, limits=limits)


def test_replica_takes_what_is_true_and_names_the_limit_it_passed(engine: sa.Engine) -> None:
    open_books(engine)
    written = _written(a_draft(1, paid_in(100)), a_draft(2, lent(150)), a_draft(3, paid_in(100)))
    passed = _take(engine, written, limits=False)
    assert [(one.act.seq, one.refusal.code) for one in passed] == [
        (2, RejectionCode.BALANCE_TOO_LOW)
    ]
    assert passed[0].refusal.facts["balance"] == "1.00"
    with engine.connect() as conn:
        rows = conn.execute(sa.select(balance.c.account, balance.c.amount, balance.c.floor))
        assert {account: (amount, floor) for account, amount, floor in rows} == {
            "10201": (50, None),
            "30101": (200, None),
            "115": (150, None),
        }


def test_a_book_rebuilt_by_its_owner_keeps_its_limits(engine: sa.Engine) -> None:
    open_books(engine)
    with pytest.raises(Rejected, match="BALANCE_TOO_LOW"):
        _take(engine, _written(a_draft(1, paid_in(100)), a_draft(2, lent(150))), limits=True)


def _step(number: int, case: str, step: int, act: str, state: str, **terms: str) -> Draft:
    return a_draft(number, case=case, step=step, act=act, state=state, terms=terms)


def test_cases_of_a_range_fold_as_one_set(engine: sa.Engine) -> None:
    table = registry().table
    drafts = (
        _step(1, "member-baiguo-001", 1, "apply", "applied", person="p-1", household="h-1"),
        _step(2, "member-baiguo-002", 1, "apply", "applied", person="p-2", household="h-2"),
        _step(3, "member-baiguo-001", 2, "admit", "noticed"),
        _step(4, "member-baiguo-001", 3, "accept", "admitted", household="h-9"),
    )
    acts = [one.act for one in _written(*drafts)]
    for part in (acts[:3], acts[3:]):
        with engine.begin() as conn:
            before = replica.load_all(conn, BOOK, [act.case for act in part])
            after = replica.fold_all(before, part, table)
            replica.save_all(conn, BOOK, before, after, table)
    with engine.connect() as conn:
        lookup = store.DatabaseLookup(conn, BOOK)
        first = lookup.case("member-baiguo-001")
        assert first is not None
        assert (first.state, first.step) == ("admitted", 3)
        assert [case.id for case in lookup.linked("member", "household", "h-9")] == [first.id]
        assert [case.id for case in lookup.linked("member", "household", "h-1")] == [first.id]
        assert len(lookup.all("member", "baiguo")) == 2


def test_a_step_that_does_not_follow_is_no_fold(engine: sa.Engine) -> None:
    table = registry().table
    act = _written(_step(1, "member-baiguo-001", 2, "admit", "noticed"))[0].act
    with engine.connect() as conn:
        before = replica.load_all(conn, BOOK, [act.case])
    with pytest.raises(InvariantViolation, match="case_steps_continue"):
        replica.fold_all(before, [act], table)
