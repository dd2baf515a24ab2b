"""County directories to spoil: a copy of the smallest one, and edits as a person makes them."""

import csv
import shutil
from pathlib import Path

from infra.county_directory import COUNTIES, CountyErrors, Problem, load


def copy_of(name: str, into: Path) -> Path:
    """A copy of a built-in county that a test may change."""
    folder = into / name
    shutil.copytree(COUNTIES / name, folder)
    return folder


def read_rows(folder: Path, file: str) -> list[list[str]]:
    """The rows of a file, header first."""
    with (folder / file).open(encoding="utf-8", newline="") as opened:
        return list(csv.reader(opened))


def write_rows(folder: Path, file: str, rows: list[list[str]]) -> None:
    """A file of these rows, header first."""
    with (folder / file).open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows(rows)


def set_cell(folder: Path, file: str, row: int, column: str, value: str) -> None:
    """Write one cell; rows as a spreadsheet counts them. An unknown column is added."""
    rows = read_rows(folder, file)
    if column not in rows[0]:
        rows[0].append(column)
    position = rows[0].index(column)
    for record in rows[1:]:
        record.extend([""] * (len(rows[0]) - len(record)))
    rows[row - 1][position] = value
    write_rows(folder, file, rows)


def add_row(folder: Path, file: str, **cells: str) -> int:
    """Append a row, making the file and its columns where needed; the row's number."""
    rows = read_rows(folder, file) if (folder / file).exists() else [list(cells)]
    rows[0] += [column for column in cells if column not in rows[0]]
    rows = [record + [""] * (len(rows[0]) - len(record)) for record in rows]
    rows.append([cells.get(column, "") for column in rows[0]])
    write_rows(folder, file, rows)
    return len(rows)


def replace(folder: Path, file: str, old: str, new: str) -> None:
    """Change a piece of text that stands in a file."""
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")


def problems_of(folder: Path) -> tuple[Problem, ...]:
    """Every problem of a directory, with both sentences of each: a missing fact raises."""
    try:
        found = load(folder).warnings
    except CountyErrors as refused:
        found = refused.problems
    for problem in found:
        assert problem.zh
        assert problem.en
    return found


def found_in(folder: Path) -> list[tuple[str, int, str, str]]:
    """File, row, column and code of every problem, in the order they are reported."""
    return [(p.place.file, p.place.row, p.place.column, p.code) for p in problems_of(folder)]
