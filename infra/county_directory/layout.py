"""The format of a county directory: which files, which columns, which words (``format.toml``).

Read by the reader, by ``lianhe county check`` and by the documentation, so that none of them can
say something else than the others. Holds no value of any county.
"""

import tomllib
import unicodedata
from functools import cache
from pathlib import Path

import msgspec

SETTINGS, EXPECTED = "county.toml", "expected.toml"
LINE_STEPS = "pool_line_steps"
OTHERS_SHARES = "claims_others_shares"
BY_COOPERATIVE = (LINE_STEPS, OTHERS_SHARES)
"""Figures that every cooperative has for itself: ``pool_line_steps.baiguo``."""
TOWNSHIPS = "county.toml [[township]]"


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One column, or one key of a TOML section: its names, the kind of its cells, its meaning."""

    name: str
    kind: str
    about: str
    about_zh: str
    zh: tuple[str, ...] = ()
    blank: bool | str = False
    """False: must be filled in. True: may be empty. A text: what empty means."""
    of: str = ""
    to: str = ""
    field: str = ""

    @property
    def target(self) -> str:
        """Name of the field of the record (model.py)."""
        return self.field or self.name

    @property
    def required(self) -> bool:
        """Whether each row must fill it in."""
        return self.blank is False


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One CSV file."""

    name: str
    zh: str
    required: bool
    about: str
    about_zh: str
    columns: tuple[Column, ...]

    @property
    def id_column(self) -> Column | None:
        """The column that names its rows, if it has one."""
        return next((c for c in self.columns if c.kind == "id"), None)

    def known_as(self, header: str) -> Column | None:
        """The column a header cell names, in English or Chinese."""
        return _headers(self.name).get(plain(header))


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One section of a TOML file; the empty name is the keys above the first section."""

    file: str
    name: str
    about: str
    about_zh: str
    keys: tuple[Column, ...]
    repeats: bool = False


class Layout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All files, and the closed lists of words their cells may hold."""

    kinds: dict[str, tuple[str, str]]
    choices: dict[str, dict[str, tuple[str, ...]]]
    figures: dict[str, tuple[str, str, str]]
    section: tuple[Section, ...]
    file: tuple[File, ...]


@cache
def layout() -> Layout:
    """The format, from ``format.toml`` beside this module."""
    text = Path(__file__).with_name("format.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Layout)


@cache
def files() -> dict[str, File]:
    """File name → its format, in the order of the documentation."""
    return {file.name: file for file in layout().file}


@cache
def sections(file: str) -> dict[str, Section]:
    """Section name → its keys, for one of the two TOML files."""
    return {section.name: section for section in layout().section if section.file == file}


def figure_name(key: str) -> tuple[str, str]:
    """What a figure of the summary is called, in Chinese and English; the key if not known."""
    name, _, tag = key.partition(".")
    if key not in layout().figures and name in BY_COOPERATIVE:
        chinese, english, _ = layout().figures[name]
        return f"{chinese} {tag}", f"{english.partition(';')[0]}: {tag}"
    chinese, english, _ = layout().figures.get(key, (key, key, ""))
    return chinese, english


def choices(of: str) -> dict[str, tuple[str, ...]]:
    """The words of a closed list: English → Chinese, the first the one shown."""
    return layout().choices[of]


def word_zh(of: str, value: str) -> str:
    """The Chinese word for one value of a closed list."""
    return choices(of)[value][0]


@cache
def words(of: str) -> dict[str, str]:
    """Every accepted spelling of a closed list → its value."""
    found = {plain(value): value for value in choices(of)}
    for value, chinese in choices(of).items():
        found.update({plain(word): value for word in chinese})
    return found


def plain(text: str) -> str:
    """A header or word without what people vary: width, case, blanks, a unit in brackets."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text = text.partition("(")[0]
    return "".join(text.replace("_", " ").split())


@cache
def _headers(file: str) -> dict[str, Column]:
    return {
        plain(spelling): column
        for column in files()[file].columns
        for spelling in (column.name, *column.zh)
    }
