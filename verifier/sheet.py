"""The Excel list (借款人清单): which cell says what, and whether a file's cells say it.

The federation writes the cells of ``grids`` into the workbook; the verifier reads a workbook
with Python's zip and XML readers and compares every cell with ``grids`` of the JSON.
"""

import io
import re
import zipfile
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from xml.etree import ElementTree as ET

from verifier.falsehood import Falsehood, require

LIST, SUMMARY = "借款人清单", "摘要"
HEADER = (
    *(
        "序号",
        "担保编号",
        "姓名",
        "身份证号（隐去）",
        "卡号（隐去）",
        "借款金额（元）",
        "期限（月）",
    ),
    *(
        "用途",
        "联保小组",
        "信用等级",
        "其他借款余额（元）",
        "公示编号",
        "公示起",
        "公示止",
        "符合条件",
    ),
)
FIRST_LINE = 4
"""The row (from 1) of the first borrower; title, particulars and header stand above."""
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]*)")
_BYTES_MAX = 64 * 1024 * 1024


@dataclass(frozen=True)
class Yuan:
    """An amount of fen that a cell shows in yuan; ``total`` if it is the sum above it."""

    fen: int
    total: bool = False


Cell = str | int | Yuan
Grid = list[list[Cell]]


def grids(package: dict[str, Any]) -> dict[str, Grid]:
    """The sheets of a package by name: rows of cells, "" for an empty one."""
    return {LIST: _list(package), SUMMARY: _summary(package)}


def check(body: bytes, package: dict[str, Any], place: str) -> None:
    """Raise Falsehood for the first cell that does not say what the JSON says."""
    for name, found in _read(body, list(grids(package)), place).items():
        expected = {
            (row, column): cell
            for row, cells in enumerate(grids(package)[name], 1)
            for column, cell in enumerate(cells, 1)
            if cell != ""
        }
        for at in sorted(expected.keys() | found.keys()):
            true, said = expected.get(at, ""), found.get(at, "")
            require(_says(said, true), "cell_differs", f"{place} · {name} · {_name(at)}",
                    said=said, true=_plain(true))  # fmt: skip


def _list(package: dict[str, Any]) -> Grid:
    letter, village, bank = package["letter"], package["village"], package["bank"]
    rows: Grid = [
        [f"{package['county']} 担保贷款借款人清单"],
        [f"担保文件 {package['id']}", "", "", f"互助社 {village['name']}", "", "",
         f"银行 {bank['name']}", "", "", f"担保函 {letter['number']}"],
        list(HEADER),
    ]  # fmt: skip
    for line in package["lines"]:
        notice = line["notice"]
        rows.append([
            line["line"], line["guarantee"], line["name"], line["id_masked"], line["card_masked"],
            Yuan(line["principal_fen"]), line["term_months"], line["purpose"], line["group"],
            line["credit_level"], Yuan(sum(one["balance_fen"] for one in line["other_loans"])),
            notice["id"], notice["posted_on"], notice["until"],
            "；".join(f"{one['zh']}（{one['rule']}）" for one in line["reasons"]),
        ])  # fmt: skip
    total = Yuan(sum(line["principal_fen"] for line in package["lines"]), total=True)
    return [*rows, ["合计", len(package["lines"]), "", "", "", total]]


def _summary(package: dict[str, Any]) -> Grid:
    letter, agreement, headroom = package["letter"], package["agreement"], package["headroom"]
    rows: Grid = [
        ["担保文件", package["id"]],
        ["成文日", package["made_on"]],
        ["互助社", package["village"]["name"]],
        ["评级", package["village"]["grade"]],
        ["银行", package["bank"]["name"]],
        ["协议", f"{agreement['id']} 第 {agreement['version']} 版"],
        ["担保函", letter["number"]],
        ["担保金额（元）", Yuan(letter["amount_fen"])],
        ["银行分担（元）", Yuan(letter["bank_part_fen"])],
        ["资金池至多承担（元）", Yuan(letter["pool_part_fen"])],
        ["出函日", letter["issued_on"]],
        ["有效期至", letter["valid_until"]],
        ["报送截止", letter["report_until"]],
        ["缴存（元）", Yuan(headroom["stake_fen"])],
        ["县配套（元）", Yuan(headroom["match_fen"])],
        ["授信基数（元）", Yuan(headroom["base_fen"])],
        ["", "互助社", "银行", "全县"],
    ]
    for label, field in (
        ("授信额度（元）", "line_fen"),
        ("在保余额（元）", "guaranteed_fen"),
        ("已占用（元）", "reserved_fen"),
        ("此前可用（元）", "free_before_fen"),
        ("此后可用（元）", "free_after_fen"),
    ):
        scopes = (headroom[name] for name in ("cooperative", "bank", "county"))
        rows.append([label, *(Yuan(scope[field]) for scope in scopes)])
    return rows


def _plain(cell: Cell) -> str:
    return str(Decimal(cell.fen).scaleb(-2)) if isinstance(cell, Yuan) else str(cell)


def _says(said: str, true: Cell) -> bool:
    if isinstance(true, str):
        return said == true
    try:
        return Decimal(said) == Decimal(_plain(true))
    except InvalidOperation:
        return False


def _name(at: tuple[int, int]) -> str:
    row, column = at
    letters = ""
    while column:
        column, digit = divmod(column - 1, 26)
        letters = chr(65 + digit) + letters
    return f"{letters}{row}"


def _read(body: bytes, names: list[str], place: str) -> dict[str, dict[tuple[int, int], str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            parts = {
                f"xl/{part}": _xml(archive, f"xl/{part}", place)
                for part in ("workbook.xml", "sharedStrings.xml")
            }
            sheets = parts["xl/workbook.xml"].findall(f"{_MAIN}sheets/{_MAIN}sheet")
            require([one.get("name") for one in sheets] == names, "not_xlsx", place)
            shared = [
                "".join(text.text or "" for text in item.iter(f"{_MAIN}t"))
                for item in parts["xl/sharedStrings.xml"].findall(f"{_MAIN}si")
            ]
            return {
                name: _cells(_xml(archive, f"xl/worksheets/sheet{n}.xml", place), shared, place)
                for n, name in enumerate(names, 1)
            }
    except (zipfile.BadZipFile, KeyError, ValueError, IndexError, OSError, ET.ParseError):
        raise Falsehood("not_xlsx", place) from None


def _xml(archive: zipfile.ZipFile, part: str, place: str) -> ET.Element:
    about = archive.getinfo(part)
    require(about.file_size <= _BYTES_MAX, "not_xlsx", place)
    body = archive.read(about)
    # Entities are what makes a small XML file large.
    require(b"<!DOCTYPE" not in body and b"<!ENTITY" not in body, "not_xlsx", place)
    return ET.fromstring(body)  # noqa: S314 (no document type, so no entity can be declared)


def _cells(root: ET.Element, shared: list[str], place: str) -> dict[tuple[int, int], str]:
    found: dict[tuple[int, int], str] = {}
    for cell in root.iter(f"{_MAIN}c"):
        match = _CELL.fullmatch(cell.get("r", ""))
        if match is None:
            raise Falsehood("not_xlsx", place)
        value = cell.findtext(f"{_MAIN}v")
        if value is None:
            continue
        column = 0
        for letter in match[1]:
            column = column * 26 + ord(letter) - 64
        text = shared[int(value)] if cell.get("t") == "s" else value
        found[int(match[2]), column] = text
    return found
