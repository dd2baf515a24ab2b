"""What loading recipes and process rows proves: each proof refuses a planted fault by its name.

The tables that ship are the sound ones; every fault is one change to their bytes.
"""

import pytest

from journal import data
from kernel import chart, processes, recipes
from kernel.errors import InvariantViolation

CHART = chart.load(data.kernel_file("chart.toml"))
PAYOUT = b"""
[loan.payout]
parts = { %s }
county.coop = [%s]
node.coop = [%s]
"""
CUSTODY = b'["80102", "701", "amount"]'
NODE = b'["115", "10201", "amount"]'


def payout(county: bytes = CUSTODY, node: bytes = NODE, parts: bytes = b"") -> bytes:
    return PAYOUT % (parts, county, node)


def test_a_recipe_whose_halves_agree_loads_also_by_the_parts_of_a_whole() -> None:
    assert recipes.load(payout(), CHART).keys() == {"loan.payout"}
    split = b'["115", "10201", "principal"], ["117", "10201", "fee"]'
    whole = b'amount = ["principal", "fee"]'
    assert recipes.load(payout(node=split, parts=whole), CHART).keys() == {"loan.payout"}


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (payout(node=b'["115", "10201", "principal"]'), "mirror_moves_with_custody"),
        (payout(node=b'["10201", "115", "amount"]'), "mirror_moves_with_custody"),
        (payout(node=b""), "mirror_moves_with_custody"),
        (payout(county=b""), "mirror_moves_with_custody"),
        (payout(node=NODE + b"," + NODE), "mirror_moves_with_custody"),
        (payout(node=b'["115", "10901", "amount"]'), "mirror_moves_with_custody"),
        (payout(county=b'["80102", "702", "amount"]'), "custody_total_is_its_parts"),
        (payout(county=b'["802", "701", "amount"]'), "custody_total_is_its_parts"),
        (payout(node=b'["901", "10201", "amount"]'), "memo_pairs_with_memo"),
    ],
)  # fmt: skip
def test_a_recipe_that_parts_custody_and_mirror_does_not_load(body: bytes, name: str) -> None:
    with pytest.raises(InvariantViolation) as raised:
        recipes.load(body, CHART)
    assert raised.value.name == name


ROWS = {
    "open": (
        '["open", "-", "live", "staff@federation", "sums", "loan.payout", "notice.days -> end"]'
    ),
    "end": '["end", "live", "ended", "system:deadline", "", "", ""]',
}


def table(**changed: str) -> bytes:
    rows = ",\n".join((ROWS | changed).values())
    return f"""version = 1
[thing]
home = "county"
parties = ["coop"]
links = []
acts = [{rows}]
""".encode()


def loaded(body: bytes) -> processes.Table:
    return processes.load(body, {"sums"}, {"loan.payout": None}, {"staff@federation"})


def test_sound_rows_load() -> None:
    assert loaded(table())["thing"].states() == ("live", "ended")


@pytest.mark.parametrize(
    ("row", "old", "new", "name"),
    [
        ("open", "sums", "sum", "rule_exists"),
        ("open", "loan.payout", "loan.payin", "recipe_exists"),
        ("open", "staff@federation", "staf@federation", "role_is_known"),
        ("end", '"live"', '"live|gone"', "state_is_reached"),
        ("open", "-> end", "-> stop", "deadline_act_starts_in_the_state_entered"),
        ("open", "notice.days -> end", "notice.days", "deadline_reads_days_arrow_act"),
        ("end", "system:deadline", "staff@federation", "deadline_act_starts_in_the_state_entered"),
        ("end", '"live"', '"live|live"', "one_row_per_act_and_state"),
    ],
)
def test_a_wrong_row_does_not_load(row: str, old: str, new: str, name: str) -> None:
    assert old in ROWS[row]
    with pytest.raises(InvariantViolation) as raised:
        loaded(table(**{row: ROWS[row].replace(old, new)}))
    assert raised.value.name == name
