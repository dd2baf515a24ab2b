"""A ledger driven at random beside a small model of its own: same balances, same refusals.

The model is a dictionary and three rules (floor, ceiling, closed day); it shares no code with the
journal. Counts are fixed; a failing run prints its steps.
"""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from contracts.ledger import Movement
from contracts.rejections import RejectionCode
from journal import heads
from journal.audit import audit_book
from journal.registry import registry
from journal.tables import balance
from kernel.errors import Rejected
from tests.journal.ledger import BOOK, CUSTODY, DAY, a_draft, contents, money, post

# Account -> (side, floor, ceiling, keyed); a few of every sort, as domain.md section 4 has them.
ACCOUNTS: dict[str, dict[str, tuple[int, int | None, int | None, bool]]] = {
    BOOK: {
        "10201": (1, 0, None, False),
        "115": (1, 0, None, True),
        "30101": (-1, 0, None, True),
        "101": (1, 0, 0, False),
        "191": (1, None, None, False),
    },
    CUSTODY: {
        "701": (1, None, None, False),
        "80101": (-1, 0, None, False),
        "80102": (-1, 0, None, True),
    },
}
KEYS = ("k-1", "k-2")
FUNDINGS = ("own", "wholesale:f1")
Place = tuple[str, str, str, str]


@st.composite
def movements(draw: st.DrawFn, book: str) -> Movement:
    """A movement between two accounts of a book, of a few fen or a lot."""
    accounts = ACCOUNTS[book]
    debit, credit = draw(st.sampled_from(sorted(accounts))), draw(st.sampled_from(sorted(accounts)))
    keys = [draw(st.sampled_from(KEYS)) if accounts[a][3] else "" for a in (debit, credit)]
    return money(
        debit,
        credit,
        draw(st.integers(1, 200) | st.just(2**53 - 1)),
        debit_key=keys[0],
        credit_key=keys[1],
        funding=draw(st.sampled_from(FUNDINGS)),
    )


acts = st.sampled_from(sorted(ACCOUNTS)).flatmap(
    lambda book: st.tuples(st.just(book), st.lists(movements(book), max_size=3))
)


class Ledger(RuleBasedStateMachine):
    """Two books and their model."""

    def __init__(self, engine: sa.Engine) -> None:
        super().__init__()
        self.conn = engine.connect()
        self.transaction = self.conn.begin()
        self.model: dict[Place, int] = {}
        self.seqs = dict.fromkeys(ACCOUNTS, 0)
        self.number = 0
        self.day = DAY
        for book in ACCOUNTS:
            heads.create(self.conn, book, DAY)

    @rule(batch=st.lists(acts, min_size=1, max_size=40))
    def append(self, batch: list[tuple[str, list[Movement]]]) -> None:
        """Append a batch; model and journal accept it, or refuse it for the same reason."""
        drafts = []
        for book, moved in batch:
            self.number += 1
            drafts.append(a_draft(self.number, *moved, book=book))
        after, refused = self.expect(batch)
        if refused is None:
            written = post(self.conn, drafts)
            self.model = after
            for act in written:
                self.seqs[act.book] += 1
                assert (act.seq, act.business_date) == (self.seqs[act.book], self.day)
            return
        before = contents(self.conn)
        with pytest.raises(Rejected) as caught:
            post(self.conn, drafts)
        assert caught.value.code is refused
        assert contents(self.conn) == before

    @rule(days=st.integers(1, 3))
    def close(self, days: int) -> None:
        """Close the day of both books."""
        self.day += timedelta(days=days)
        for head in heads.lock(self.conn, ACCOUNTS).values():
            heads.close_day(self.conn, head, self.day)

    @invariant()
    def balances_agree(self) -> None:
        """Every balance is the model's, and each book sums to zero per funding."""
        rows = self.conn.execute(
            sa.select(balance.c.book, balance.c.account, balance.c.key, balance.c.funding,
                      balance.c.amount)
        ).all()  # fmt: skip
        found = {(b, a, k, f): amount for b, a, k, f, amount in rows if amount}
        assert found == {place: amount for place, amount in self.model.items() if amount}
        sums: dict[tuple[str, str], int] = {}
        for (book, account, _, funding), amount in found.items():
            net = amount * ACCOUNTS[book][account][0]
            sums[book, funding] = sums.get((book, funding), 0) + net
        assert set(sums.values()) <= {0}

    def expect(
        self, batch: list[tuple[str, list[Movement]]]
    ) -> tuple[dict[Place, int], RejectionCode | None]:
        """The model after the batch, or why it is refused: act by act, on net changes."""
        now = dict(self.model)
        for book, moved in batch:
            nets: dict[Place, int] = {}
            for m in moved:
                for account, key, sign in ((m.debit, m.debit_key, 1), (m.credit, m.credit_key, -1)):
                    place = (book, account, key, m.funding)
                    nets[place] = nets.get(place, 0) + sign * m.amount * ACCOUNTS[book][account][0]
            refusals = set()
            for place, net in nets.items():
                now[place] = now.get(place, 0) + net
                _, floor, ceiling, _ = ACCOUNTS[book][place[1]]
                if floor is not None and now[place] < floor:
                    refusals.add(RejectionCode.BALANCE_TOO_LOW)
                if ceiling is not None and now[place] > ceiling:
                    refusals.add(RejectionCode.BALANCE_TOO_HIGH)
            if refusals:
                # An act may pass several limits at once; the first movement's is named.
                first = next(p for p in nets if _passes(p, now[p], book))
                floor = ACCOUNTS[book][first[1]][1]
                low = floor is not None and now[first] < floor
                return now, (
                    RejectionCode.BALANCE_TOO_LOW if low else RejectionCode.BALANCE_TOO_HIGH
                )
        return now, None

    def teardown(self) -> None:
        """The audit finds nothing either; then everything is undone."""
        for book in ACCOUNTS:
            # Movements here are drawn, not filled from recipes, and know no owner of an account.
            drawn = {"recipe_gives_the_movements", "own_account_is_own_money"}
            assert [d for d in audit_book(self.conn, book, registry()) if d.what not in drawn] == []
        self.transaction.rollback()
        self.conn.close()


def _passes(place: Place, amount: int, book: str) -> bool:
    _, floor, ceiling, _ = ACCOUNTS[book][place[1]]
    return (floor is not None and amount < floor) or (ceiling is not None and amount > ceiling)


def _on(engine: sa.Engine) -> type[RuleBasedStateMachine]:
    """The machine on one database."""

    class OnEngine(Ledger):
        def __init__(self) -> None:
            super().__init__(engine)

    return OnEngine


COUNTS = settings(
    max_examples=40,
    stateful_step_count=12,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def test_journal_and_model_agree_on_every_step(engine: sa.Engine) -> None:
    run_state_machine_as_test(_on(engine), settings=COUNTS)


def test_the_machine_finds_a_floor_that_is_not_kept(
    node_engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check that finds nothing is broken: with the limits gone the machine must fail."""
    monkeypatch.setitem(ACCOUNTS[BOOK], "10201", (1, None, None, False))
    # The first failure is enough; nobody reads the shortest story of a planted fault.
    quick = settings(COUNTS, phases=[Phase.generate], report_multiple_bugs=False)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        run_state_machine_as_test(_on(node_engine), settings=quick)
