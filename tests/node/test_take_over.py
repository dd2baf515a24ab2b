"""Hand-over: a new computer rebuilds the same book and goes on with a new key and epoch."""

from collections.abc import Callable

import sqlalchemy as sa

from contracts.persons import Person
from journal import heads
from journal.engine import reading
from journal.read import totals_at
from services.cooperative_node import people, set_up
from services.cooperative_node.close_day import close_day, open_day
from services.cooperative_node.delivery import deliver, pull
from services.cooperative_node.take_over import take_over
from tests.node.village import Village


def new_computer(village: Village, engine: sa.Engine) -> Village:
    """The same village on a fresh file, handed over by the county."""
    fresh = Village(engine, village.county, seed="new computer")
    fresh.person = dict(village.person)
    with engine.begin() as conn:
        card = set_up.create(
            conn, fresh.node, name="白果村互助社", county=village.county.card, open_date=None
        )
        people.keep(conn, fresh.node, Person(name="王会计"), village.person["accountant"])
    village.county.hand_over(card)
    return fresh


def test_a_new_computer_has_the_same_book_and_goes_on(
    village: Village, new_file: Callable[[str], sa.Engine]
) -> None:
    village.founded()
    loan = village.paid_loan()
    village.next_day()
    village.synchronise()
    fresh = new_computer(village, new_file("fresh"))
    taken = take_over(fresh.node, village.county, village.person["accountant"], "computer lost")
    assert taken.acts[0].epoch == 2
    with (
        reading(village.node.engine).connect() as old,
        reading(fresh.node.engine).connect() as new,
    ):
        before = heads.read(old, village.node.book)
        after = heads.read(new, fresh.node.book)
        assert totals_at(old, village.node.book) == totals_at(new, fresh.node.book)
        assert taken.acts[0].facts["digest"] == before.digest.hex()
    assert (after.seq, after.cursor) == (before.seq + 1, before.cursor + 1)
    assert fresh.case(loan) == village.case(loan)
    assert open_day(fresh.node) == open_day(village.node)
    close_day(fresh.node)
    assert deliver(fresh.node, village.county).trouble == ""
    assert village.county.state().epoch == 2


def test_the_policy_followed_before_the_hand_over_still_holds(
    village: Village, new_file: Callable[[str], sa.Engine]
) -> None:
    village.founded()
    village.county.tell_policy("DEFAULT", county={"loan.sign_days": 3})
    village.synchronise()
    village.synchronise()
    fresh = new_computer(village, new_file("fresh"))
    take_over(fresh.node, village.county, village.person["accountant"])
    own, other = fresh.loan(state="applied"), village.loan(state="applied")
    assert fresh.case(own).due == village.case(other).due
    assert fresh.case(own).due is not None


def test_a_hand_over_cut_off_anywhere_goes_on_where_it_stopped(
    village: Village, new_file: Callable[[str], sa.Engine]
) -> None:
    village.founded()
    village.synchronise()
    village.county.pull_limit = 4
    fresh = new_computer(village, new_file("fresh"))
    calls = 0
    real = village.county.replica

    class Cut:
        """The same county on a line that breaks after every answer."""

        def __getattr__(self, name: str) -> object:
            return getattr(village.county, name)

        def replica(self, after: int) -> object:
            nonlocal calls
            calls += 1
            if calls % 2 == 0:
                raise ConnectionError
            return real(after)

    for _ in range(100):
        try:
            take_over(fresh.node, Cut(), village.person["accountant"])  # type: ignore[arg-type]
        except ConnectionError:
            continue
        break
    assert fresh.balances("10201", "30101") == village.balances("10201", "30101")
    assert deliver(fresh.node, village.county).trouble == ""


def test_the_old_computer_learns_that_it_was_retired(
    village: Village, new_file: Callable[[str], sa.Engine]
) -> None:
    village.founded()
    village.synchronise()
    fresh = new_computer(village, new_file("fresh"))
    take_over(fresh.node, village.county, village.person["accountant"])
    pull(village.node, village.county)
    village.follow()
    with reading(village.node.engine).connect() as conn:
        assert heads.read(conn, village.node.book).mode == "waiting"
