"""R-052 due recovery, and every percentage of D1 (Wen County, 2010-04-02), exact."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal import data
from kernel.recovery import Instalment, Recovery, average, due_recovery, percent

ON = date(2010, 4, 2)
FLOOR = data.policy("WENXIAN").ppm("recovery.min")


def due(principal: int, repaid: int, first_due: date = ON) -> Instalment:
    return Instalment(first_due=first_due, principal_fen=principal, repaid_fen=repaid)


def test_d1_due_recovery_is_70_92_and_passes_the_floor() -> None:
    found = due_recovery([due(141_000_00, 100_000_00)], ON)
    assert found.percent == "70.92"
    assert found.overdue_fen == 41_000_00
    assert found.reaches(FLOOR) is True


def test_d1_141_000_is_the_only_multiple_of_100_that_gives_70_92() -> None:
    fits = [n for n in range(100, 300_001, 100) if percent(100_000, n) == "70.92"]
    assert fits == [141_000]
    # To the fen; domain.md rounds the upper end (141,013.8898…) up to 141,013.89.
    assert percent(100_000_00, 140_994_00) == "70.93"
    assert percent(100_000_00, 140_994_01) == "70.92"
    assert percent(100_000_00, 141_013_88) == "70.92"
    assert percent(100_000_00, 141_013_89) == "70.91"


def test_d1_poor_households_are_52_87_percent_of_loans_and_46_88_of_money() -> None:
    assert percent(46, 87) == "52.87"
    assert percent(195_000_00, 416_000_00) == "46.88"  # 46.875, half up


def test_d1_derived_figures() -> None:
    fund = 750_000_00 + 148_200_00 + 50_000_00
    lent, repaid = 416_000_00, 100_000_00
    assert fund == 948_200_00
    assert lent - repaid == 316_000_00
    assert fund - (lent - repaid) == 632_200_00
    assert average(lent, 87) == 4_781_61
    assert average(195_000_00, 46) == 4_239_13
    assert average(lent - 195_000_00, 87 - 46) == 5_390_24
    assert average(148_200_00, 275) == 538_91


def test_r052_nothing_due_is_no_data_and_no_failure() -> None:
    nothing = due_recovery([due(100, 0, date(2010, 4, 3))], ON)
    assert nothing.percent is None
    assert nothing.reaches(FLOOR) is None
    assert average(100, 0) is None


def test_r052_due_day_counts_early_money_for_later_principal_does_not() -> None:
    rows = [
        due(1_000, 400, date(2010, 4, 1)),
        due(1_000, 1_000, ON),
        due(5_000, 5_000, date(2010, 4, 3)),
    ]
    found = due_recovery(rows, ON)
    assert (found.due_fen, found.repaid_fen) == (2_000, 1_400)
    assert found.percent == "70.00"


def test_r052_more_than_an_instalment_is_not_more_than_its_due() -> None:
    assert due_recovery([due(1_000, 1_500), due(1_000, 0)], ON).percent == "50.00"


@pytest.mark.parametrize(
    ("repaid", "due_fen", "shown", "passes"),
    [
        (70, 100, "70.00", True),
        (69_996, 100_000, "70.00", False),
        (699_999, 1_000_000, "70.00", False),
        (7_000_01, 10_000_00, "70.00", True),
        (1, 1, "100.00", True),
        (0, 1, "0.00", False),
    ],
)
def test_r052_the_floor_is_inclusive_and_judged_before_rounding(
    repaid: int, due_fen: int, shown: str, passes: object
) -> None:
    found = due_recovery([due(due_fen, repaid)], ON)
    assert found.percent == shown
    assert found.reaches(FLOOR) is passes


def test_a_percentage_is_rounded_half_up() -> None:
    assert percent(1, 3) == "33.33"
    assert percent(2, 3) == "66.67"
    assert percent(12_345, 1_000_000) == "1.23"
    assert percent(12_350, 1_000_000) == "1.24"
    assert percent(-1, 3) == "-33.33"
    assert percent(3, 0) is None


@given(st.lists(st.tuples(st.integers(1, 10**7), st.integers(0, 10**7)), min_size=1))
def test_the_rate_lies_between_0_and_100(rows: list[tuple[int, int]]) -> None:
    found = due_recovery([due(principal, repaid) for principal, repaid in rows], ON)
    assert isinstance(found, Recovery)
    assert 0 <= found.repaid_fen <= found.due_fen
    assert found.reaches(0) is True
    assert found.reaches(1_000_000) is (found.repaid_fen == found.due_fen)
