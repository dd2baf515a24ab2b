"""`lianhe county`: what it says, in which language, and with which exit code."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from infra.county_directory.document import END, START, format_tables, put_into
from infra.county_directory.layout import files
from lianhe.__main__ import lianhe
from tests.support.county_files import copy_of, set_cell

DOCUMENT = Path(__file__).parents[2] / "docs" / "county-directory.md"


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(lianhe, ["county", *map(str, words)], catch_exceptions=False)


def test_a_good_directory_shows_its_figures_and_ends_with_zero() -> None:
    done = run("check", "wenxian")
    assert done.exit_code == 0
    assert "948,200.00" in done.output
    assert "没有错误" in done.output
    assert "no errors" in done.output
    assert "invented" in done.output


def test_errors_are_shown_by_place_in_both_languages_and_end_with_two(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    set_cell(folder, "members.csv", 3, "share", "many")
    set_cell(folder, "loans.csv", 2, "household", "dc-009")
    done = run("check", folder)
    assert done.exit_code == 2
    for word in ("members.csv", "第 3 行", "row 3", "share", "AMOUNT_UNREADABLE", "不是金额"):
        assert word in done.output
    assert "is not an amount" in done.output
    assert done.output.index("REFERENCE_UNKNOWN") < done.output.index("AMOUNT_UNREADABLE")
    assert "2 处错误,未载入。" in done.output


@pytest.mark.parametrize(
    ("language", "said", "unsaid"),
    [("zh", "不是金额", "is not an amount"), ("en", "is not an amount", "不是金额")],
)
def test_one_language_is_shown_alone(language: str, said: str, unsaid: str, tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    set_cell(folder, "members.csv", 3, "share", "many")
    done = run("check", folder, "--lang", language)
    assert done.exit_code == 2
    assert said in done.output
    assert unsaid not in done.output


def test_warnings_are_shown_and_end_with_zero(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    set_cell(folder, "loans.csv", 2, "purpose", "婚宴")
    done = run("check", folder)
    assert done.exit_code == 0
    assert "LOAN_PURPOSE_UNLISTED" in done.output
    assert "no errors" in done.output


def test_a_name_that_is_nothing_ends_with_two() -> None:
    done = run("check", "nowhere")
    assert done.exit_code == 2
    assert "COUNTY_NOT_FOUND" in done.output


def test_text_from_a_file_is_shown_as_it_is_written(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    set_cell(folder, "members.csv", 3, "share", "[red]1")
    assert "[red]1" in run("check", folder).output


def test_the_format_is_printed_with_every_column() -> None:
    printed = run("format").output
    for file in files().values():
        assert f"### {file.name}" in printed
        assert all(f"| `{column.name}` | {column.zh[0]}" in printed for column in file.columns)


def test_the_document_is_current(tmp_path: Path) -> None:
    written = DOCUMENT.read_text(encoding="utf-8")
    assert put_into(written) == written, "run: lianhe county format --into docs/county-directory.md"
    copy = tmp_path / "copy.md"
    copy.write_text(f"before\n{START}\nold\n{END}\nafter\n", encoding="utf-8")
    assert run("format", "--into", copy).exit_code == 0
    renewed = copy.read_text(encoding="utf-8")
    assert renewed == f"before\n{START}\n\n{format_tables()}\n{END}\nafter\n"


def test_a_document_without_a_place_for_the_format_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "other.md"
    other.write_text("mine", encoding="utf-8")
    done = run("format", "--into", other)
    assert done.exit_code == 2
    assert other.read_text(encoding="utf-8") == "mine"
