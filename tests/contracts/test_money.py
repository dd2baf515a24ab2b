"""How amounts and rates are written for people and machines, and read back exactly."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.money import FEN_MAX, plain, scaled, show, yuan


@given(st.integers(-FEN_MAX, FEN_MAX))
def test_plain_yuan_is_read_back_to_the_fen(fen: int) -> None:
    assert yuan(plain(fen)) == fen
    assert plain(fen) == show(fen).replace(",", "")


@pytest.mark.parametrize(
    ("number", "digits", "text"),
    [(500, 2, "5"), (750, 2, "7.5"), (1000, 2, "10"), (505, 2, "5.05"), (200_000, 4, "20"),
     (33_333, 4, "3.3333"), (0, 4, "0"), (7_000, 3, "7"), (5, 3, "0.005")],
)  # fmt: skip
def test_a_scaled_number_has_no_zeros_at_its_end(number: int, digits: int, text: str) -> None:
    assert scaled(number, digits) == text


@given(st.integers(0, 10**12), st.integers(1, 6))
def test_a_scaled_number_is_exact(number: int, digits: int) -> None:
    assert Decimal(scaled(number, digits)).scaleb(digits) == number
