"""Ids and what they refer to: each used once, each reference leading to the same cooperative."""

from collections.abc import Iterable

from stdnum import luhn
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from infra.county_directory.layout import TOWNSHIPS, Column
from infra.county_directory.problems import Problems, nearest
from infra.county_directory.table import Row
from infra.county_directory.tables import Tables

_NUMBERS = (
    ("cooperatives.csv", "sub_account"),
    ("members.csv", "card"),
    ("members.csv", "id_number"),
)


def check_references(tables: Tables, townships: Iterable[str], problems: Problems) -> None:
    """Note doubled ids and numbers, and every reference that leads nowhere or elsewhere."""
    _ids_once(tables, problems)
    _numbers_once(tables, problems)
    for row in tables["members.csv"]:
        _check_digits(row, problems)
    known = set(townships)
    for row in tables.every_row():
        for column in row.file.columns:
            if column.kind in {"ref", "ids"}:
                _refers(row, column, tables, known, problems)


def _ids_once(tables: Tables, problems: Problems) -> None:
    # One namespace for the whole directory: faults.csv names things by id alone.
    first: dict[str, Row] = {}
    for row in tables.every_row():
        column = row.file.id_column
        value = row.text(column.name) if column else ""
        if not value or column is None:
            continue
        other = first.setdefault(value, row)
        if other is not row:
            facts = {"other_file": other.file.name, "other_row": other.number}
            problems.note(row.place(column.name), "ID_DOUBLED", value=value, **facts)


def _numbers_once(tables: Tables, problems: Problems) -> None:
    for file, column in _NUMBERS:
        first: dict[str, Row] = {}
        for row in tables[file]:
            value = row.text(column)
            other = first.setdefault(value, row) if value else row
            if other is not row:
                facts = {"other_file": file, "other_row": other.number}
                problems.note(row.place(column), "NUMBER_DOUBLED", **facts)


def _check_digits(row: Row, problems: Problems) -> None:
    card, id_number = row.text("card"), row.text("id_number")
    if card and not luhn.is_valid(card):
        problems.note(row.place("card"), "CARD_CHECK_DIGIT", tail=card[-4:])
    if not id_number:
        return
    try:
        right = ric.calc_check_digit(id_number[:-1]) == id_number[-1]
        ric.get_birth_date(id_number)
    except ValidationError:
        right = False
    if not right:  # the number itself never enters a message or a log
        problems.note(row.place("id_number"), "ID_NUMBER_CHECK", tail=id_number[-2:])


def _refers(
    row: Row, column: Column, tables: Tables, townships: set[str], problems: Problems
) -> None:
    if column.kind == "ids":
        values = row.several(column.name)
    else:
        values = (row.text(column.name),) if row.text(column.name) else ()
    targets = {} if column.to == TOWNSHIPS else tables.by_id[column.to]
    known = townships if column.to == TOWNSHIPS else targets.keys()
    ours = row.text("cooperative")
    for value in values:
        if value not in known:
            near = nearest(value, known)
            problems.note(
                row.place(column.name), "REFERENCE_UNKNOWN", value=value, to=column.to, nearest=near
            )
            continue
        theirs = targets[value].text("cooperative") if value in targets else ""
        if ours and theirs and ours != theirs:
            problems.note(
                row.place(column.name), "REFERENCE_ELSEWHERE", value=value, theirs=theirs, ours=ours
            )
