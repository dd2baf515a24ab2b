"""What a county directory may look like: encodings, headers and spellings of one county."""

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.county_directory import COUNTIES, CountyDirectory, find, load, model
from infra.county_directory.cells import CellError, read_cell, read_date, read_yuan
from infra.county_directory.layout import Column, choices, files, layout
from tests.support.county_files import copy_of, found_in, read_rows, replace, set_cell, write_rows

ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "UTF-8 with BOM": lambda text: text.encode("utf-8-sig"),
    "GB18030": lambda text: text.encode("gb18030"),
    "carriage returns": lambda text: text.replace("\n", "\r\n").encode(),
}
RECORDS: dict[str, type[msgspec.Struct]] = {
    "cooperatives.csv": model.Cooperative,
    "groups.csv": model.Group,
    "members.csv": model.Member,
    "posts.csv": model.Post,
    "guarantee_groups.csv": model.GuaranteeGroup,
    "grants.csv": model.Grant,
    "loans.csv": model.Loan,
    "repayments.csv": model.Repayment,
    "intercoop.csv": model.IntercoopLoan,
    "officers.csv": model.Officer,
    "facilities.csv": model.Facility,
    "stakes.csv": model.Stake,
    "deposits.csv": model.Deposit,
    "packages.csv": model.GuaranteeLine,
    "faults.csv": model.Fault,
}


@pytest.fixture
def county() -> CountyDirectory:
    return load(COUNTIES / "two_villages")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_reads_to_the_same_county(
    encoding: str, county: CountyDirectory, tmp_path: Path
) -> None:
    folder = copy_of("two_villages", tmp_path)
    for file in folder.iterdir():
        file.write_bytes(ENCODINGS[encoding](file.read_text(encoding="utf-8")))
    assert load(folder) == county


def test_chinese_headers_and_words_read_to_the_same_county(
    county: CountyDirectory, tmp_path: Path
) -> None:
    folder = copy_of("two_villages", tmp_path)
    for name, file in files().items():
        if not (folder / name).exists():
            continue
        header, *rows = read_rows(folder, name)
        columns = [file.known_as(cell) for cell in header]
        for row in rows:
            for at, column in enumerate(columns):
                if column is not None and column.kind == "choice":
                    row[at] = choices(column.of)[row[at]][0]
                elif column is not None and column.kind == "flag":
                    row[at] = {"yes": "是", "no": "否"}[row[at]]
        chinese = [f"{column.zh[-1]}(元)" for column in columns if column is not None]
        write_rows(folder, name, [chinese, *rows])
    assert load(folder) == county


def test_the_order_of_columns_and_empty_rows_do_not_matter(
    county: CountyDirectory, tmp_path: Path
) -> None:
    folder = copy_of("two_villages", tmp_path)
    for name in files():
        if (folder / name).exists():
            rows = [record[::-1] for record in read_rows(folder, name)]
            write_rows(folder, name, [rows[0], [], *rows[1:], ["", " "]])
    assert load(folder) == county


def test_notes_and_hidden_files_are_left_alone(county: CountyDirectory, tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    for name in ("README.md", "说明.txt", ".~lock", "~$members.csv"):
        (folder / name).write_bytes(b"\xff")
    assert load(folder) == county


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("0.01", 1),
        ("1234.5", 123_450),
        ("1,234.50", 123_450),
        ("¥ 12", 1_200),
        ("90071992547409.91", 2**53 - 1),
        ("5元", 500),
    ],
)
def test_an_amount_is_read_exactly_to_the_fen(text: str, fen: int) -> None:
    assert read_yuan(text) == fen


@given(st.integers(min_value=0, max_value=2**53 - 1))
def test_every_amount_written_in_yuan_comes_back(fen: int) -> None:
    assert read_yuan(f"{fen // 100}.{fen % 100:02d}") == fen
    assert read_yuan(f"{fen // 100:,}.{fen % 100:02d}") == fen


@pytest.mark.parametrize(
    "text", ["2010-04-02", "2010/4/2", "2010.4.2", "2010年4月2日", "2010-4-02", "2010年04月 02日"]
)
def test_a_date_is_read_as_people_write_it(text: str) -> None:
    assert read_date(text) == date(2010, 4, 2)


@pytest.mark.parametrize("text", ["2010-4/2", "10-04-02", "20100402", "2010-13-01", "4/2/2010", ""])
def test_a_date_is_never_guessed(text: str) -> None:
    with pytest.raises(CellError):
        read_date(text)


def test_full_width_digits_and_letters_are_read(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    set_cell(folder, "grants.csv", 2, "amount", "50000.00")
    set_cell(folder, "grants.csv", 2, "date", "2012-03-06")
    replace(folder, "members.csv", "yes", "YES")
    assert load(folder).grants[0].amount_fen == 5_000_000


def test_rates_become_ppm_exactly() -> None:
    permille = Column(name="r", kind="permille", about="", about_zh="")
    percent = Column(name="r", kind="percent", about="", about_zh="")
    assert read_cell(permille, "3.5") == 3_500
    assert read_cell(percent, "4.35") == 43_500


def test_votes_and_dated_amounts_are_read_from_one_cell(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    set_cell(folder, "loans.csv", 2, "votes", "赞成:石正清、石文秀;弃权:石福海")
    votes = [(vote.person, vote.answer) for vote in load(folder).loans[0].votes]
    assert votes == [("石正清", "yes"), ("石文秀", "yes"), ("石福海", "abstain")]
    (lent,) = load(COUNTIES / "liushu").intercoop
    assert lent.monthly_ppm == 3_500
    assert [(item.on, item.amount_fen) for item in lent.repayments] == [
        (date(2016, 10, 11), 500_025)
    ]


def test_unnamed_repayments_are_numbered_within_their_loan(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    rows = read_rows(folder, "repayments.csv")
    write_rows(folder, "repayments.csv", [record[1:] for record in rows])
    assert [r.id for r in load(folder).repayments] == ["dc-l1-r1", "dc-l1-r2", "xc-l1-r1"]


def test_later_rooms_files_are_read_too(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    head = "id,cooperative,amount,annual_rate_percent,term_months,signed_on,draws\n"
    line = "fac-1,dongcun,30000,4.35,12,2012-04-10,2012-04-12:10000\n"
    (folder / "facilities.csv").write_text(head + line, encoding="utf-8")
    head = "id,cooperative,variant,amount,leverage,match_percent,agreed_on,staked_on\n"
    line = "st-1,dongcun,风险补偿金,20000,5,30,2012-04-09,2012-04-10\n"
    (folder / "stakes.csv").write_text(head + line, encoding="utf-8")
    head = "id,package,stake,household,guarantee_group,amount,term_months,purpose"
    line = ",applied_on,sent_on\ngl-1,pkg-1,st-1,dc-003,dc-u1,20000,12,养殖,2012-04-10,2012-04-17\n"
    (folder / "packages.csv").write_text(head + line, encoding="utf-8")
    county = load(folder)
    assert county.facilities[0].draws[0].amount_fen == 1_000_000
    assert (county.stakes[0].variant, county.stakes[0].match_ppm) == ("v2", 300_000)
    assert county.packages[0].household == "dc-003"


def test_a_name_finds_a_built_in_county_and_a_path_finds_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load(find("wenxian")).name == "文县"
    copy_of("two_villages", tmp_path).rename(tmp_path / "wenxian")
    monkeypatch.chdir(tmp_path)
    assert load(find("wenxian")).name == "两村县"
    assert find(tmp_path) == tmp_path
    assert find(str(tmp_path)) == tmp_path


def test_parameters_reach_the_policy_exactly(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    (folder / "expected.toml").unlink()
    with (folder / "county.toml").open("a") as county_toml:
        county_toml.write('[parameters]\nloan.cap = 30000.50\n"fee.by_purpose.种植" = "6.5"\n')
    set_cell(folder, "loans.csv", 2, "amount", "18000.30")
    assert load(folder).warnings == ()
    set_cell(folder, "loans.csv", 2, "amount", "18000.31")
    assert [w.code for w in load(folder).warnings] == ["LOAN_OVER_LEVEL"]


@pytest.mark.parametrize("name", files())
def test_each_column_is_a_field_of_its_record(name: str) -> None:
    fields = {field.name: field for field in msgspec.structs.fields(RECORDS[name])}
    columns = {column.target: column for column in files()[name].columns}
    assert fields.keys() == columns.keys()
    for field in fields.values():
        column = columns[field.name]
        if isinstance(field.type, type) and issubclass(field.type, StrEnum):
            assert [word.value for word in field.type] == list(choices(column.of))


def test_no_two_spellings_of_a_header_or_word_collide() -> None:
    for file in files().values():
        spellings = [name for column in file.columns for name in (column.name, *column.zh)]
        assert len(spellings) == len(set(spellings)), file.name
    for name, words in layout().choices.items():
        spelt = [spelling for word, zh in words.items() for spelling in (word, *zh)]
        assert len(spelt) == len(set(spelt)), name


_MADE = sorted(path.name for path in (COUNTIES / "liushu").iterdir())
_TABLES = [name for name in _MADE if name.endswith(".csv")]
_CELLS = st.text(
    st.one_of(st.characters(codec="utf-8"), st.sampled_from(',;:"=\n0123456789-./年月日¥')),
    max_size=30,
) | st.sampled_from(
    ["all", "lw-001", "sj-l1", "liuwan", "2016-06-14", "yes:柳万仓", "0", "7.5", "{", "{x}"]
)


@settings(max_examples=150)
@given(st.data())
def test_any_cell_reads_to_a_county_or_problems(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        county = copy_of("liushu", Path(folder))
        for _ in range(data.draw(st.integers(1, 4))):
            name = data.draw(st.sampled_from(_TABLES))
            rows = read_rows(county, name)
            record = data.draw(st.sampled_from(rows))
            record[data.draw(st.integers(0, len(record) - 1))] = data.draw(_CELLS)
            write_rows(county, name, rows)
        found_in(county)


@settings(max_examples=100)
@given(st.binary(max_size=200), st.sampled_from(_MADE))
def test_any_bytes_read_to_a_county_or_problems(body: bytes, name: str) -> None:
    with TemporaryDirectory() as folder:
        county = copy_of("liushu", Path(folder))
        path = county / name
        path.write_bytes(body + path.read_bytes() if len(body) % 2 else body)
        found_in(county)
