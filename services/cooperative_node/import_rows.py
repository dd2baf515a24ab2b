"""The rows of a workbook to import: headings in Chinese or English, every bad cell by its place.

Called by import_excel. Reads and checks cells by themselves; what an act may do is the engine's
answer. Writes nothing.
"""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
from python_calamine import CalamineError, CalamineWorkbook
from stdnum.cn import ric

from contracts.money import yuan

SHEETS = {"members": "社员", "groups": "联保小组", "loans": "借款"}
"""Sheet → its Chinese name; read in this order, other sheets are passed over."""
HEADINGS: dict[str, dict[str, tuple[str, ...]]] = {
    "members": {
        "household": ("户号", "户编号"),
        "name": ("姓名", "户主", "社员姓名"),
        "id_number": ("身份证号", "身份证号码"),
        "card": ("一卡通", "卡号", "一卡通卡号"),
        "phone": ("电话", "手机"),
        "poor": ("贫困户", "建档立卡"),
        "wealthy": ("富裕户",),
        "share_group": ("互助小组", "小组"),
    },
    "groups": {"group": ("编号", "小组编号"), "households": ("联保户", "成员户")},
    "loans": {
        "household": ("户号", "户编号", "借款户"),
        "amount": ("金额", "借款金额", "金额(元)"),
        "purpose": ("用途",),
        "term_months": ("期限", "期限(月)", "期限月数"),
        "project": ("项目", "具体项目"),
    },
}
NEEDED = {
    "members": ("household", "name"),
    "groups": ("group", "households"),
    "loans": ("household", "amount", "purpose", "term_months"),
}
YES = ("是", "y", "yes", "1", "true", "√")
NO = ("否", "n", "no", "0", "false", "")
CARD_LENGTHS = range(16, 20)


class Bad(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong, by place; ``row`` counts the heading as 1."""

    sheet: str
    row: int
    column: str
    zh: str
    en: str


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a sheet: its number and its cells as text, by our column names."""

    number: int
    cells: dict[str, str]


def read(path: Path) -> tuple[dict[str, list[Row]], list[Bad]]:
    """The known sheets of a workbook, and everything that is wrong with them."""
    try:
        workbook = CalamineWorkbook.from_path(path)
    except (CalamineError, OSError) as error:
        return {}, [bad_cell("-", 0, "", f"打不开文件: {error}", f"cannot be read: {error}")]
    sheets: dict[str, list[Row]] = {}
    bad: list[Bad] = []
    for name, zh in SHEETS.items():
        found = next((s for s in workbook.sheet_names if s.strip().lower() in (name, zh)), None)
        if found is None:
            continue
        cells = workbook.get_sheet_by_name(found).to_python()
        heading = _columns(name, [_text(cell) for cell in cells[0]] if cells else [])
        missing = [c for c in NEEDED[name] if c not in heading.values()]
        for column in missing:
            label = HEADINGS[name][column][0]
            bad.append(bad_cell(zh, 1, label, f"缺少“{label}”列", f"no column {column}"))
        rows = [
            Row(number=number, cells={heading[i]: _text(c) for i, c in enumerate(line)
                                      if i in heading})
            for number, line in enumerate(cells[1:], 2)
            if any(_text(c) for c in line)
        ]  # fmt: skip
        sheets[name] = rows
        if not missing:
            bad.extend(fault for row in rows for fault in _faults(name, row))
    if not sheets:
        bad.append(bad_cell("-", 0, "", "没有“社员”“联保小组”“借款”工作表", "no known sheet"))
    return sheets, [*bad, *_twice(sheets.get("members", []))]


def _columns(sheet: str, heading: list[str]) -> dict[int, str]:
    """Place of a column → our name for it."""
    names = {
        alias: column for column, aliases in HEADINGS[sheet].items() for alias in (column, *aliases)
    }
    plain = [cell.lower().replace("（", "(").replace("）", ")") for cell in heading]
    return {place: names[cell] for place, cell in enumerate(plain) if cell in names}


def _faults(sheet: str, row: Row) -> Iterator[Bad]:
    """Everything wrong with one row by itself."""
    zh_sheet = SHEETS[sheet]
    for column in NEEDED[sheet]:
        if not row.cells.get(column):
            yield bad_cell(
                zh_sheet, row.number, _label(sheet, column), "不能为空", "must be filled in"
            )
    checks: dict[str, tuple[Callable[[str], object], str, str]] = {
        "amount": (yuan, "应为金额(元),最多两位小数", "an amount in yuan, two decimals at most"),
        "term_months": (int, "应为整数月数", "a whole number of months"),
        "poor": (flag, "应填 是 或 否", "yes or no"),
        "wealthy": (flag, "应填 是 或 否", "yes or no"),
        "card": (_card, "应为 16—19 位数字(Excel 中先设为文本)", "16 to 19 digits, as text"),
        "id_number": (_id_number, "校验位或出生日期不对", "wrong check digit or date of birth"),
    }
    for column, (read, zh, en) in checks.items():
        text = row.cells.get(column, "")
        if not text:
            continue
        try:
            read(text)
        except ValueError:
            yield bad_cell(zh_sheet, row.number, _label(sheet, column), zh, en)


def _twice(rows: list[Row]) -> Iterator[Bad]:
    first: dict[str, int] = {}
    for row in rows:
        household = row.cells.get("household", "")
        if household and household in first:
            zh, en = f"与第 {first[household]} 行重复", f"same as row {first[household]}"
            yield bad_cell("社员", row.number, "户号", zh, en)
        first.setdefault(household, row.number)


def flag(text: str) -> bool:
    """是 or 否 in its usual spellings; raises ValueError."""
    if text.lower() not in (*YES, *NO):
        raise ValueError(text)
    return text.lower() in YES


def _card(text: str) -> str:
    if not text.isdigit() or len(text) not in CARD_LENGTHS:
        raise ValueError(text)
    return text


def _id_number(text: str) -> None:
    """Check digit and date of birth only: birthplace codes of old villagers left the lists."""
    plain = ric.compact(text).upper()
    if len(plain) != 18 or not plain[:17].isdigit() or ric.calc_check_digit(plain) != plain[-1]:
        raise ValueError(text)
    date(int(plain[6:10]), int(plain[10:12]), int(plain[12:14]))


def _text(cell: Any) -> str:
    """A cell as a person reads it: whole numbers without a decimal point."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _label(sheet: str, column: str) -> str:
    return HEADINGS[sheet][column][0]


def bad_cell(sheet: str, row: int, column: str, zh: str, en: str) -> Bad:
    """One thing wrong, by place."""
    return Bad(sheet=sheet, row=row, column=column, zh=zh, en=en)
