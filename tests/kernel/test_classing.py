"""P14: class by days overdue and judgement, provision by class, every day in exactly one class."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal import data
from kernel import classing
from kernel.classing import class_of, coverage_fault, days_overdue, required
from kernel.errors import InvariantViolation

POLICY = data.policy("DEFAULT")
KNOWN = classing.classes(POLICY.ranges("provision.days"), POLICY.table("provision.rates"))
EXTENDED = POLICY.text("provision.extended_at_least")
DUE = date(2017, 6, 1)


@pytest.mark.parametrize(
    ("overdue", "name"),
    [
        (0, "normal"),
        (1, "attention"),
        (90, "attention"),
        (91, "substandard"),
        (180, "substandard"),
        (181, "doubtful"),
        (360, "doubtful"),
        (361, "loss"),
        (10_000, "loss"),
    ],
)
def test_p14_class_by_days_overdue_with_both_ends_included(overdue: int, name: str) -> None:
    assert class_of(KNOWN, overdue) == name


def test_p14_judgement_only_makes_a_class_worse() -> None:
    assert class_of(KNOWN, 0, "doubtful") == "doubtful"
    assert class_of(KNOWN, 200, "normal") == "doubtful"
    assert class_of(KNOWN, 0, "") == "normal"
    with pytest.raises(InvariantViolation):
        class_of(KNOWN, 0, "bad")


def test_p14_an_extended_loan_is_at_least_attention() -> None:
    assert class_of(KNOWN, 0, EXTENDED) == "attention"
    assert class_of(KNOWN, 100, EXTENDED) == "substandard"


def test_p14_the_due_day_itself_is_not_overdue() -> None:
    assert days_overdue(DUE, DUE) == 0
    assert days_overdue(DUE, DUE + timedelta(days=1)) == 1
    assert days_overdue(DUE, DUE - timedelta(days=5)) == 0
    assert days_overdue(None, DUE) == 0


def test_p14_required_provision_is_rounded_once_a_class() -> None:
    """Three loans of 16.67 at 1 % are 50.01 × 1 % = 0.50, not three times 0.17."""
    found = required(KNOWN, [("normal", 16_67)] * 3 + [("loss", 1_00), ("doubtful", 3)])
    assert found.balance_fen == {
        "normal": 50_01,
        "attention": 0,
        "substandard": 0,
        "doubtful": 3,
        "loss": 1_00,
    }
    assert found.provision_fen == {
        "normal": 50,
        "attention": 0,
        "substandard": 0,
        "doubtful": 2,
        "loss": 1_00,
    }
    assert found.total_fen == 1_52


def test_p14_provision_is_booked_up_or_down_to_what_is_required() -> None:
    assert classing.provision_change(152, 100) == 52
    assert classing.provision_change(100, 152) == -52


def test_a_class_nobody_knows_is_never_dropped_silently() -> None:
    """L11: an inner join on the criteria lost loans without a word."""
    with pytest.raises(InvariantViolation):
        required(KNOWN, [("other", 100)])
    with pytest.raises(InvariantViolation):
        required(KNOWN, [("normal", -1)])
    with pytest.raises(InvariantViolation):
        classing.classes(POLICY.ranges("provision.days"), {"normal": 1})
    with pytest.raises(InvariantViolation):
        classing.classes({"normal": (1, None)}, {"normal": 1})


def test_a_range_that_ends_before_it_starts_is_found() -> None:
    assert coverage_fault({"a": (0, 0), "b": (1, 0)}) is not None
    assert coverage_fault({}) is not None
    assert coverage_fault({"a": (0, None)}) is None


@given(
    st.dictionaries(
        st.sampled_from("abcde"),
        st.tuples(st.integers(0, 6), st.one_of(st.none(), st.integers(0, 8))),
        min_size=1,
    )
)
def test_ranges_are_accepted_exactly_when_every_day_has_one_class(
    ranges: dict[str, tuple[int, int | None]],
) -> None:
    def owners(day: int) -> int:
        return sum(a <= day and (b is None or day <= b) for a, b in ranges.values())

    honest = all(b is None or a <= b for a, b in ranges.values())
    exactly_once = honest and all(owners(day) == 1 for day in range(20))
    assert (coverage_fault(ranges) is None) == exactly_once


@given(st.lists(st.tuples(st.sampled_from(KNOWN.names), st.integers(0, 10**9)), max_size=20))
def test_the_provision_is_within_the_balance_and_its_parts_add_up(
    balances: list[tuple[str, int]],
) -> None:
    found = required(KNOWN, balances)
    assert sum(found.balance_fen.values()) == sum(balance for _, balance in balances)
    assert sum(found.provision_fen.values()) == found.total_fen
    for name in KNOWN.names:
        assert 0 <= found.provision_fen[name] <= found.balance_fen[name]
