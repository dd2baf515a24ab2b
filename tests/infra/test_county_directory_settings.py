"""county.toml and expected.toml: every wrong key is named, and no total is taken on trust."""

from pathlib import Path

import pytest

from infra.county_calendar import announced_through
from tests.support.county_files import copy_of, found_in, replace, set_cell

COUNTY_TOML = """
    profile = "WENXIAN" -> profile = "PARIS" : profile PROFILE_UNKNOWN
    profile = "WENXIAN" -> profile = 7 : profile KEY_TYPE
    id = "two-villages" ->  : id KEY_MISSING
    id = "two-villages" -> id = "Two Villages" : id ID_SHAPE
    first_day = 2012-03-01 -> first_day = 2012-06-01 : calendar.last_day CALENDAR_ORDER
    first_day = 2012-03-01 -> first_day = "spring" : calendar.first_day DATE_UNREADABLE
    first_day = 2012-03-01 -> first_day = 1 : calendar.first_day KEY_TYPE
    last_day = 2012-05-31 -> last_days = 2012-05-31 : calendar.last_days KEY_UNKNOWN
    special_account = "999 -> special_account = "9-"# : bank.special_account DIGITS_UNREADABLE
    [bank] -> [banks] : banks KEY_UNKNOWN
    [[township]] -> [township] : township KEY_TYPE
    [calendar] -> parameters."loan.capp"="1"\\n[calendar] : parameters.loan.capp PARAMETER_REFUSED
    [calendar] -> parameters.loan.cap=1.5e9\\n[calendar] : parameters.loan.cap PARAMETER_REFUSED
    [calendar] -> parameters=7\\n[calendar] : parameters KEY_TYPE
    [bank] -> [parameters]\\n"archive.years"=20\\n[bank] : parameters.archive.years PARAMETER_WAITS
"""


def test_years_whose_holidays_nobody_has_announced_are_told(tmp_path: Path) -> None:
    last = announced_through()
    folder = copy_of("two_villages", tmp_path)
    warning = ("county.toml", 0, "calendar.last_day", "CALENDAR_NOT_ANNOUNCED")
    assert warning not in found_in(folder)
    replace(folder, "county.toml", "last_day = 2012-05-31", f"last_day = {last + 1}-05-31")
    assert warning in found_in(folder)
    told = f"last_day = {last + 1}-05-31\nextra_holidays = [{last + 1}-10-01]"
    replace(folder, "county.toml", f"last_day = {last + 1}-05-31", told)
    assert warning not in found_in(folder)


@pytest.mark.parametrize("line", [line for line in COUNTY_TOML.splitlines() if line.strip()])
def test_a_wrong_key_of_county_toml_is_named(line: str, tmp_path: Path) -> None:
    change, _, expected = line.rpartition(" : ")
    old, _, new = change.partition("->")
    key, code = expected.split()
    folder = copy_of("two_villages", tmp_path)
    replace(folder, "county.toml", old.strip(), new.strip().replace("\\n", "\n"))
    assert ("county.toml", 0, key, code) in found_in(folder)


def test_broken_toml_is_placed_at_its_line(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    replace(folder, "county.toml", "[bank]", "[bank")
    replace(folder, "expected.toml", "value = 2", "value = ")
    found = [row for row in found_in(folder) if row[0].endswith(".toml")]
    assert found == [
        ("county.toml", 11, "", "TOML_BROKEN"),
        ("expected.toml", 6, "", "TOML_BROKEN"),
    ]


EXPECTED_TOML = """
    key = "groups" -> key = "grupps" : figure 2.key EXPECTED_KEY_UNKNOWN
    key = "groups" -> key = "pool_line_steps" : figure 2.key EXPECTED_KEY_UNKNOWN
    key = "groups" -> key = "pool_line_steps.nowhere" : figure 2.key EXPECTED_KEY_UNKNOWN
    key = "groups" -> key = "cooperatives" : figure 2.key EXPECTED_DOUBLED
    yuan = "103000.00" -> yuan = "103000.01" : figure 5.key EXPECTED_DIFFERS
    yuan = "103000.00" -> value = 10300000.0 : figure 5.key EXPECTED_DIFFERS
    yuan = "103000.00" -> yuan = "103000.001" : figure 5.yuan AMOUNT_UNREADABLE
    yuan = "103000.00" -> value = 1\\nyuan = "2" : figure 5.value KEY_UNKNOWN
    yuan = "103000.00" ->  : figure 5.value KEY_MISSING
    as_of = 2012-05-31 -> as_of = true : as_of KEY_TYPE
    as_of = 2012-05-31 -> until = 2012-05-31 : until KEY_UNKNOWN
"""


@pytest.mark.parametrize("line", [line for line in EXPECTED_TOML.splitlines() if line.strip()])
def test_a_wrong_figure_of_expected_toml_is_named(line: str, tmp_path: Path) -> None:
    change, _, expected = line.rpartition(" : ")
    old, _, new = change.partition("->")
    *key, code = expected.split()
    folder = copy_of("two_villages", tmp_path)
    replace(folder, "expected.toml", old.strip(), new.strip().replace("\\n", "\n"))
    assert ("expected.toml", 0, " ".join(key), code) in found_in(folder)


def test_totals_are_compared_only_when_every_row_was_read(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    set_cell(folder, "grants.csv", 2, "amount", "1")
    assert {code for *_, code in found_in(folder)} == {"EXPECTED_DIFFERS"}
    set_cell(folder, "grants.csv", 3, "source", "?")
    assert {code for *_, code in found_in(folder)} == {"CHOICE_UNKNOWN"}


def test_figures_that_are_no_sections_are_refused(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    (folder / "expected.toml").write_text("figure = 3", encoding="utf-8")
    assert found_in(folder) == [("expected.toml", 0, "figure", "KEY_TYPE")]
