"""Every problem of a county directory is named by file, row and column, whatever else is wrong."""

from pathlib import Path

import pytest

from infra.county_directory import CountyErrors, find, load
from infra.county_directory.problems import ERROR, WARNING, catalogue
from infra.county_directory.table import BYTES_MOST
from tests.support.county_files import copy_of, found_in, problems_of, replace, set_cell

# One cell of the two villages is changed; the problem stands exactly there, or where the last word
# says. `-` is an empty cell.
ONE_CELL = """
    members.csv       3  household    白果-2          ID_SHAPE
    members.csv       3  household    Dc-2            ID_SHAPE
    members.csv       3  household    -               CELL_BLANK
    members.csv       3  household    dc-001          ID_DOUBLED
    members.csv       3  household    dongcun         ID_DOUBLED
    members.csv       3  person       a\u200bb        TEXT_UNPRINTABLE
    members.csv       3  poor         maybe           FLAG_UNREADABLE
    members.csv       3  group        dc-g9           REFERENCE_UNKNOWN
    members.csv       3  group        xc-g1           REFERENCE_ELSEWHERE
    members.csv       3  joined_on    2012-02-30      DATE_UNREADABLE
    members.csv       3  joined_on    1/3/2012        DATE_UNREADABLE
    members.csv       3  joined_on    2012-02-20      DATE_OUTSIDE_CALENDAR
    members.csv       3  joined_on    2012-03-03      DATE_ON_DAY_OFF
    members.csv       3  share        12.345          AMOUNT_UNREADABLE
    members.csv       3  share        1e2             AMOUNT_UNREADABLE
    members.csv       3  share        0.5万           AMOUNT_UNREADABLE
    members.csv       3  share        1,23            AMOUNT_UNREADABLE
    members.csv       3  share        -5              AMOUNT_NEGATIVE
    members.csv       3  card         6.21E+18        DIGITS_SCIENTIFIC
    members.csv       3  card         12345           DIGITS_UNREADABLE
    members.csv       3  card         9990990100000000019  CARD_CHECK_DIGIT
    members.csv       3  card         9990990100000000011  NUMBER_DOUBLED
    members.csv       3  id_number    11010119900101   ID_NUMBER_SHAPE
    members.csv       3  id_number    110101190013010012  ID_NUMBER_CHECK
    members.csv       3  id_number    110101199003070011  ID_NUMBER_CHECK
    members.csv       3  credit_level 0               COUNT_UNREADABLE
    members.csv       3  credit_level 1.5             COUNT_UNREADABLE
    cooperatives.csv  2  township     nowhere         REFERENCE_UNKNOWN
    cooperatives.csv  2  grade        E               CHOICE_UNKNOWN
    cooperatives.csv  3  sub_account  999099010000001 NUMBER_DOUBLED
    posts.csv         2  post         boss            CHOICE_UNKNOWN
    posts.csv         5  person       石正德          ACCOUNTANT_IS_CASHIER  posts.csv:5:post
    posts.csv         7  person       石正清          SUPERVISOR_HOLDS_POST  posts.csv:2:post
    posts.csv         7  post         supervisor      POST_VACANT  posts.csv:0:
    posts.csv         6  post         group_head      POST_NEEDS  posts.csv:6:group
    posts.csv         6  post         centre_head     POST_NEEDS  posts.csv:6:centre
    posts.csv         2  household    dc-001          POST_PERSON_DIFFERS  posts.csv:2:person
    posts.csv         3  elected_on   2012-06-01      DATE_OUTSIDE_CALENDAR
    officers.csv      5  township     -               OFFICER_NEEDS_TOWNSHIP
    guarantee_groups.csv  2  households  dc-001;dc-002  GUARANTEE_SIZE
    guarantee_groups.csv  2  households  dc-001、dc-001、dc-003  LIST_DOUBLED
    guarantee_groups.csv  2  households  dc-001,dc-002,xc-003  REFERENCE_ELSEWHERE
    guarantee_groups.csv  2  leaders   dc-001         GUARANTEE_LEADERS_UNWANTED
    guarantee_groups.csv  2  dissolved_on  2012-03-14 DATE_TOO_EARLY
    guarantee_groups.csv  2  dissolved_on  2012-03-01 GUARANTEE_NOT_LIVE loans.csv:2:guarantee_group
    grants.csv        2  source       lottery         CHOICE_UNKNOWN
    grants.csv        2  amount       0               AMOUNT_NOT_POSITIVE
    loans.csv         2  household    xc-001          REFERENCE_ELSEWHERE
    loans.csv         2  guarantee_group  xc-u1       BORROWER_NOT_IN_GUARANTEE
    loans.csv         2  applied_on   2012-03-02      DATE_TOO_EARLY
    loans.csv         2  funding      intercoop       FUNDING_NEEDS_ID  loans.csv:2:funding_id
    loans.csv         2  funding_id   dc-f1           FUNDING_ID_UNWANTED
    loans.csv         2  votes        everybody       VOTES_UNREADABLE
    loans.csv         2  votes        yes:石正清、石正清  LIST_DOUBLED
    loans.csv         2  votes        yes:石敢当      VOTER_UNKNOWN
    loans.csv         2  votes        yes:石正德      VOTER_MAY_NOT_VOTE
    loans.csv         2  votes        no:石守信       VOTER_MAY_NOT_VOTE
    loans.csv         2  amount       20000.01        LOAN_OVER_CAP
    loans.csv         2  amount       12000.01        LOAN_OVER_LEVEL
    loans.csv         2  term_months  25              LOAN_TERM_TOO_LONG
    loans.csv         2  purpose      婚宴            LOAN_PURPOSE_UNLISTED
    repayments.csv    2  amount       nothing         AMOUNT_UNREADABLE
    repayments.csv    2  date         2012-03-14      DATE_TOO_EARLY
    repayments.csv    3  amount       4214.01         REPAYMENTS_EXCEED_LOAN
    repayments.csv    2  payer        xc-001          PAYER_NOT_GUARANTOR
    repayments.csv    2  loan         dc-l9           REFERENCE_UNKNOWN
"""


@pytest.mark.parametrize("line", [line for line in ONE_CELL.splitlines() if line.strip()])
def test_a_wrong_cell_is_named_by_its_place(line: str, tmp_path: Path) -> None:
    file, row, column, value, code, *elsewhere = line.split()
    folder = copy_of("two_villages", tmp_path)
    set_cell(folder, file, int(row), column, "" if value == "-" else value)
    at_file, at_row, at_column = (elsewhere or [f"{file}:{row}:{column}"])[0].split(":")
    assert (at_file, int(at_row), at_column, code) in found_in(folder)


def test_every_error_is_reported_at_once_sorted_by_place(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    set_cell(folder, "members.csv", 7, "share", "lots")
    set_cell(folder, "members.csv", 3, "poor", "?")
    set_cell(folder, "loans.csv", 3, "guarantee_group", "dc-u1")
    set_cell(folder, "grants.csv", 2, "date", "soon")
    set_cell(folder, "loans.csv", 2, "amount", "99999")
    replace(folder, "county.toml", 'profile = "WENXIAN"', 'profile = "WENXIAN"\nmayor = "x"')
    (folder / "loan.csv").write_text("?")
    assert found_in(folder) == [
        ("county.toml", 0, "mayor", "KEY_UNKNOWN"),
        ("grants.csv", 2, "date", "DATE_UNREADABLE"),
        ("loan.csv", 0, "", "FILE_UNKNOWN"),
        ("loans.csv", 2, "amount", "LOAN_OVER_CAP"),
        ("loans.csv", 3, "guarantee_group", "BORROWER_NOT_IN_GUARANTEE"),
        ("loans.csv", 3, "guarantee_group", "REFERENCE_ELSEWHERE"),
        ("members.csv", 3, "poor", "FLAG_UNREADABLE"),
        ("members.csv", 7, "share", "AMOUNT_UNREADABLE"),
    ]


def test_a_bad_cell_breeds_no_further_error_about_its_row(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    set_cell(folder, "members.csv", 2, "joined_on", "?")
    set_cell(folder, "loans.csv", 3, "amount", "?")
    assert found_in(folder) == [
        ("loans.csv", 3, "amount", "AMOUNT_UNREADABLE"),
        ("members.csv", 2, "joined_on", "DATE_UNREADABLE"),
    ]


def test_a_problem_says_the_column_as_the_file_spells_it(tmp_path: Path) -> None:
    folder = copy_of("wenxian", tmp_path)
    set_cell(folder, "members.csv", 2, "股金", "很多")
    assert found_in(folder) == [("members.csv", 2, "股金", "AMOUNT_UNREADABLE")]


def test_warnings_alone_do_not_keep_a_directory_from_loading(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    set_cell(folder, "loans.csv", 2, "amount", "25000")
    set_cell(folder, "loans.csv", 3, "purpose", "婚宴")
    county = load(folder)
    assert [w.code for w in county.warnings] == ["LOAN_OVER_CAP", "LOAN_PURPOSE_UNLISTED"]
    assert county.loans[0].amount_fen == 2_500_000


def test_a_loan_only_its_borrower_could_release_is_warned_of(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    borrower = load(folder).loans[0].household
    rows = (folder / "members.csv").read_text(encoding="utf-8").splitlines()
    own = next(n for n, row in enumerate(rows, 1) if row.startswith(f"{borrower},"))
    set_cell(folder, "members.csv", own, "person", "石正德")
    assert ("loans.csv", 2, "household", "CASHIER_IS_BORROWER") in found_in(folder)
    [warning] = [w for w in load(folder).warnings if w.code == "CASHIER_IS_BORROWER"]
    assert "石正德" in warning.zh


def test_a_missing_directory_names_the_counties_there_are(tmp_path: Path) -> None:
    for attempt in (lambda: load(tmp_path / "nowhere"), lambda: find("nowhere")):
        with pytest.raises(CountyErrors) as refused:
            attempt()
        (problem,) = refused.value.problems
        assert problem.code == "COUNTY_NOT_FOUND"
        assert problem.facts["known"] == "liushu, ningxia-pool, two_villages, wenxian"


def test_missing_and_empty_files_are_named(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    (folder / "county.toml").unlink()
    (folder / "grants.csv").unlink()
    (folder / "repayments.csv").write_text("\n")
    found = found_in(folder)
    assert ("county.toml", 0, "", "FILE_MISSING") in found
    assert ("grants.csv", 0, "", "FILE_MISSING") in found
    assert ("repayments.csv", 1, "", "HEADER_MISSING") in found


def test_columns_are_missing_unknown_or_doubled(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    replace(folder, "grants.csv", "id,cooperative,date,source,amount", "id,社名,date,source,日期")
    assert [row for row in found_in(folder) if row[1] == 1] == [
        ("grants.csv", 1, "amount", "COLUMN_MISSING"),
        ("grants.csv", 1, "cooperative", "COLUMN_MISSING"),
        ("grants.csv", 1, "日期", "COLUMN_DOUBLED"),
        ("grants.csv", 1, "社名", "COLUMN_UNKNOWN"),
    ]


def test_a_row_with_more_cells_than_the_header_is_refused(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    replace(folder, "grants.csv", "50000.00\nxc", "50,000.00\nxc")
    assert ("grants.csv", 2, "", "ROW_TOO_LONG") in found_in(folder)


def test_an_open_quotation_mark_is_placed_at_its_row(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    replace(folder, "grants.csv", "xc-f1", '"xc-f1"x')
    assert ("grants.csv", 3, "", "CSV_BROKEN") in found_in(folder)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    (folder / "grants.csv").write_bytes("id,金额".encode("utf-16"))
    (folder / "loans.csv").write_bytes(b"\xff\xff\xff")
    found = found_in(folder)
    assert ("grants.csv", 0, "", "FILE_ENCODING") in found
    assert ("loans.csv", 0, "", "FILE_ENCODING") in found


def test_a_file_that_cannot_be_opened_or_is_too_large_is_named(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    (folder / "grants.csv").unlink()
    (folder / "grants.csv").mkdir()
    with (folder / "members.csv").open("ab") as members:
        members.truncate(BYTES_MOST + 1)
    found = found_in(folder)
    assert ("grants.csv", 0, "", "FILE_UNREADABLE") in found
    assert ("members.csv", 0, "", "FILE_TOO_LARGE") in found


def test_text_without_end_is_refused(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    set_cell(folder, "members.csv", 2, "person", "长" * 501)
    assert ("members.csv", 2, "person", "TEXT_TOO_LONG") in found_in(folder)


def test_an_identity_number_never_enters_a_message(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    number = "110101199003070011"
    set_cell(folder, "members.csv", 2, "id_number", number)
    set_cell(folder, "members.csv", 3, "id_number", number)
    set_cell(folder, "members.csv", 4, "id_number", number + "9")
    said = " ".join(p.zh + p.en + repr(p.facts) for p in problems_of(folder))
    assert number[:10] not in said
    codes = {p.code for p in problems_of(folder)}
    assert codes == {"ID_NUMBER_CHECK", "NUMBER_DOUBLED", "ID_NUMBER_SHAPE"}


def test_every_problem_of_the_catalogue_is_tried_here() -> None:
    files = Path(__file__).parent.glob("test_county_directory*.py")
    tried = "".join(file.read_text(encoding="utf-8") for file in files)
    assert [code for code in catalogue() if code not in tried] == []
    assert {template.severity for template in catalogue().values()} == {ERROR, WARNING}
