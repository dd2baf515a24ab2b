"""What can be wrong with a county directory: a code, a place, facts, and a sentence in two tongues.

The sentences are data (``problems.toml``). Checks note problems in a ``Problems`` list and never
stop at the first; ``load`` raises ``CountyErrors`` with all of them, sorted by place.
"""

import tomllib
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from pathlib import Path

import msgspec

ERROR, WARNING = "error", "warning"


class Template(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of the catalogue."""

    severity: str
    zh: str
    en: str


@cache
def catalogue() -> dict[str, Template]:
    """Code → severity and sentences, from ``problems.toml`` beside this file."""
    text = Path(__file__).with_name("problems.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Template])


class Place(msgspec.Struct, frozen=True, order=True):
    """Where: a file, its row as a spreadsheet counts (header = 1), its column as written there.

    Row 0 is the file as a whole; an empty column is the row as a whole.
    """

    file: str
    row: int = 0
    column: str = ""


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong, where, and the facts its sentences name."""

    place: Place
    code: str
    facts: dict[str, str] = {}

    @property
    def severity(self) -> str:
        """``error`` keeps the directory from loading, ``warning`` does not."""
        return catalogue()[self.code].severity

    @property
    def zh(self) -> str:
        """The sentence in Chinese."""
        return catalogue()[self.code].zh.format_map(self.facts)

    @property
    def en(self) -> str:
        """The sentence in English."""
        return catalogue()[self.code].en.format_map(self.facts)


class CountyErrors(Exception):
    """The directory is not loaded; ``problems`` holds every error and warning, sorted."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        lines = (f"{p.place.file}:{p.place.row}:{p.place.column}: {p.zh}" for p in self.problems)
        super().__init__("\n".join(lines))


class Problems:
    """The list that every check writes to."""

    def __init__(self) -> None:
        self._noted: list[Problem] = []

    def note(self, place: Place, code: str, **facts: object) -> None:
        """Add one problem; facts are kept as text."""
        self._noted.append(Problem(place, code, {k: str(v) for k, v in facts.items()}))

    def sorted(self) -> tuple[Problem, ...]:
        """All problems by file, row, column, code."""
        return tuple(sorted(self._noted, key=lambda p: (p.place, p.code, sorted(p.facts.items()))))

    def any_error(self) -> bool:
        """Whether something keeps the directory from loading."""
        return any(p.severity == ERROR for p in self._noted)


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word most like ``word``, or a dash."""
    return next(iter(get_close_matches(word, list(known), n=1, cutoff=0.0)), "-")
