"""All rows of a county directory before they are trusted, found by id and by cooperative.

Built by ``load`` once the files are read; every check between files works on it, because a row with
one unreadable cell must still be found by those that refer to it.
"""

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from infra.county_directory.layout import files
from infra.county_directory.problems import Place, Problems, nearest
from infra.county_directory.table import Row, read_table

_BESIDE = {"county.toml", "expected.toml"}
_NOTES = {".md", ".txt"}


class Tables:
    """The rows of every file, in file order."""

    def __init__(self, rows: dict[str, list[Row]]) -> None:
        self.rows = rows

    def __getitem__(self, file: str) -> list[Row]:
        return self.rows[file]

    def every_row(self) -> Iterator[Row]:
        """All rows of all files."""
        for rows in self.rows.values():
            yield from rows

    @cached_property
    def by_id(self) -> dict[str, dict[str, Row]]:
        """File → id → the first row with that id."""
        found: dict[str, dict[str, Row]] = {}
        for file, rows in self.rows.items():
            column = files()[file].id_column
            named = found.setdefault(file, {})
            for row in rows:
                if column is not None and row.text(column.name):
                    named.setdefault(row.text(column.name), row)
        return found

    def find(self, file: str, row: Row, column: str) -> Row | None:
        """The row of ``file`` that a cell names, if there is one."""
        return self.by_id[file].get(row.text(column))

    def in_group(self, group: str, household: str) -> bool:
        """Whether a guarantee group is known to hold a household; an unknown group holds all."""
        row = self.by_id["guarantee_groups.csv"].get(group)
        return (
            row is None or not row.was_read("households") or household in row.several("households")
        )


def read_tables(folder: Path, problems: Problems) -> Tables:
    """Every known file of the directory; problems for missing, unknown and unreadable ones."""
    rows: dict[str, list[Row]] = {}
    for name, file in files().items():
        path = folder / name
        rows[name] = read_table(path, file, problems) if path.exists() else []
        if file.required and not path.exists():
            problems.note(Place(name), "FILE_MISSING")
    known = files().keys() | _BESIDE
    for path in folder.iterdir():
        notes = path.name.startswith((".", "~$")) or path.suffix.lower() in _NOTES
        if path.name not in known and not notes:
            problems.note(Place(path.name), "FILE_UNKNOWN", nearest=nearest(path.name, known))
    _name_repayments(rows["repayments.csv"])
    return Tables(rows)


def _name_repayments(rows: list[Row]) -> None:
    """Give each unnamed repayment the loan's id and its number among the loan's rows."""
    counted: Counter[str] = Counter()
    for row in rows:
        loan = row.text("loan")
        counted[loan] += 1
        if loan and row.was_read("id") and not row.text("id"):
            row.values["id"] = f"{loan}-r{counted[loan]}"
