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

SHEETS = {
    "opening_members": "期初社员",
    "members": "社员",
    "groups": "联保小组",
    "opening_loans": "期初借款",
    "opening_fund": "期初资金",
    "loans": "借款",
}
"""Sheet → its Chinese name; read in this order, other sheets are passed over."""
OPENING = ("opening_members", "opening_loans", "opening_fund")
"""Sheets of a cooperative that joins with running books."""
FUNDS = {
    "central": ("中央", "中央财政"),
    "provincial": ("省", "省级财政"),
    "municipal": ("市", "市级财政"),
    "county": ("县", "县级财政"),
    "donation": ("捐赠", "社会捐赠"),
    "undp": ("undp", "国际"),
    "enterprise": ("企业",),
    "helper": ("帮扶单位",),
    "merged": ("整合涉农", "涉农整合"),
    "reserve": ("公积金",),
    "welfare": ("公益金",),
    "risk": ("风险准备金",),
    "provision": ("损失准备", "借款损失准备"),
}
"""Fund (contracts.facts.opening.FundBroughtIn) → what a sheet may call it."""
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
    "opening_members": {
        "household": ("户号", "户编号"),
        "name": ("姓名", "户主", "社员姓名"),
        "joined_on": ("入社日期", "入社日"),
        "share": ("股金", "互助金", "股金(元)"),
        "shuangdao": ("双到资金", "双到"),
        "id_number": ("身份证号", "身份证号码"),
        "card": ("一卡通", "卡号", "一卡通卡号"),
        "phone": ("电话", "手机"),
        "poor": ("贫困户", "建档立卡"),
        "wealthy": ("富裕户",),
        "share_group": ("互助小组", "小组"),
        "level": ("信用等级", "等级"),
    },
    "opening_loans": {
        "household": ("户号", "户编号", "借款户"),
        "amount": ("金额", "借款金额", "金额(元)"),
        "paid_on": ("放款日", "放款日期", "借款日期"),
        "term_months": ("期限", "期限(月)", "期限月数"),
        "rate": ("月费率", "月费率(‰)", "占用费率"),
        "purpose": ("用途",),
        "repaid": ("已还本金", "已还"),
        "fee_paid_to": ("占用费付至", "费付至"),
        "due_on": ("到期日", "展期至"),
        "number": ("合同编号", "合同号"),
        "project": ("项目", "具体项目"),
    },
    "opening_fund": {"fund": ("来源", "资金来源", "科目"), "amount": ("金额", "金额(元)")},
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
    "opening_members": ("household", "name", "joined_on", "share"),
    "opening_loans": (
        "household",
        "amount",
        "paid_on",
        "term_months",
        "rate",
        "purpose",
        "fee_paid_to",
    ),
    "opening_fund": ("fund", "amount"),
    "groups": ("group", "households"),
    "loans": ("household", "amount", "purpose", "term_months"),
}
YES = ("是", "y", "yes", "1", "true", "√")
NO = ("否", "n", "no", "0", "false", "")
CARD_LENGTHS = range(16, 20)
PERMILLE_DIGITS = 3


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
    return sheets, [*bad, *_twice(sheets)]


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
        "share": (yuan, "应为金额(元),最多两位小数", "an amount in yuan, two decimals at most"),
        "shuangdao": (yuan, "应为金额(元),最多两位小数", "an amount in yuan, two decimals at most"),
        "repaid": (yuan, "应为金额(元),最多两位小数", "an amount in yuan, two decimals at most"),
        "joined_on": (day, "应为日期,如 2009-03-01", "a date such as 2009-03-01"),
        "paid_on": (day, "应为日期,如 2009-03-01", "a date such as 2009-03-01"),
        "fee_paid_to": (day, "应为日期,如 2009-03-01", "a date such as 2009-03-01"),
        "due_on": (day, "应为日期,如 2009-03-01", "a date such as 2009-03-01"),
        "rate": (permille, "应为千分数,如 7 或 3.5", "a rate per mille such as 7 or 3.5"),
        "level": (int, "应为整数", "a whole number"),
        "fund": (fund, "不认识的资金来源", "no known fund"),
        "card": (card_number, "应为 16—19 位数字(Excel 中先设为文本)", "16 to 19 digits, as text"),
        "id_number": (id_number, "校验位或出生日期不对", "wrong check digit or date of birth"),
    }
    for column, (read, zh, en) in checks.items():
        text = row.cells.get(column, "")
        if not text:
            continue
        try:
            read(text)
        except ValueError:
            yield bad_cell(zh_sheet, row.number, _label(sheet, column), zh, en)


def _twice(sheets: dict[str, list[Row]]) -> Iterator[Bad]:
    """One household stands once, on whichever sheet of members."""
    first: dict[str, str] = {}
    for name in ("opening_members", "members"):
        for row in sheets.get(name, ()):
            household, here = row.cells.get("household", ""), f"{SHEETS[name]} {row.number}"
            if household and household in first:
                zh, en = f"与“{first[household]}”行重复", f"same as row {first[household]}"
                yield bad_cell(SHEETS[name], row.number, "户号", zh, en)
            first.setdefault(household, here)


def flag(text: str) -> bool:
    """是 or 否 in its usual spellings; raises ValueError."""
    if text.lower() not in (*YES, *NO):
        raise ValueError(text)
    return text.lower() in YES


def day(text: str) -> date:
    """A date cell, typed or as a spreadsheet keeps it; raises ValueError."""
    return date.fromisoformat(text.replace("/", "-")[:10])


def permille(text: str) -> int:
    """A monthly rate in per mille as ppm; raises ValueError."""
    whole, _, part = text.removesuffix("‰").strip().partition(".")
    if not whole.isdigit() or len(part) > PERMILLE_DIGITS or not f"{part}0".isdigit():
        raise ValueError(text)
    return int(whole) * 1_000 + int(part.ljust(PERMILLE_DIGITS, "0"))


def fund(text: str) -> str:
    """The fund a cell names, by our name or a Chinese one; raises ValueError."""
    for name, called in FUNDS.items():
        if text.lower() in (name, *called):
            return name
    raise ValueError(text)


def card_number(text: str) -> str:
    """A card's 16 to 19 digits; raises ValueError."""
    if not text.isdigit() or len(text) not in CARD_LENGTHS:
        raise ValueError(text)
    return text


def id_number(text: str) -> None:
    """Check digit and date of birth only: birthplace codes of old villagers left the lists.

    Raises ValueError.
    """
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
