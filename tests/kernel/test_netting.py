"""Netting (E5, I10): Σ net = 0, every obligation once, the same positions in any order."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import InvariantViolation
from kernel.netting import Item, net


def item(name: str, payer: str, payee: str, amount: int) -> Item:
    return Item(id=name, payer=payer, payee=payee, amount=amount)


RING = [
    item("1", "A", "B", 10_000_00),
    item("2", "B", "C", 8_000_00),
    item("3", "C", "A", 3_000_00),
]
items_of = st.lists(
    st.tuples(st.sampled_from("ABCDE"), st.sampled_from("ABCDE"), st.integers(1, 2**53)).filter(
        lambda row: row[0] != row[1]
    ),
    max_size=12,
).map(lambda rows: [item(f"i{number}", *row) for number, row in enumerate(rows)])


def test_e5_three_cooperatives() -> None:
    assert net(RING) == {"A": -7_000_00, "B": 2_000_00, "C": 5_000_00}


def test_a_ring_of_equal_debts_moves_no_money_at_all() -> None:
    ring = [item("1", "A", "B", 5), item("2", "B", "C", 5), item("3", "C", "A", 5)]
    assert net(ring) == {"A": 0, "B": 0, "C": 0}


@pytest.mark.parametrize(
    "wrong",
    [[*RING, item("3", "A", "C", 1)], [item("1", "A", "B", 0)], [item("1", "A", "A", 1)]],
)
def test_what_cannot_be_an_obligation_is_a_bug(wrong: list[Item]) -> None:
    with pytest.raises(InvariantViolation):
        net(wrong)


@given(items_of, st.randoms(use_true_random=False))
def test_i10_positions_sum_to_zero_are_what_is_owed_and_know_no_order(
    items: list[Item], shuffle: random.Random
) -> None:
    positions = net(items)
    assert sum(positions.values()) == 0
    for name, position in positions.items():
        received = sum(one.amount for one in items if one.payee == name)
        assert position == received - sum(one.amount for one in items if one.payer == name)
    shuffled = list(items)
    shuffle.shuffle(shuffled)
    assert list(net(shuffled).items()) == list(positions.items())
