"""`lianhe county`: check a directory by file, row and column; print the format.

Called by people who write a county directory, before `lianhe demo --county DIR`. Prints a table,
changes nothing; exit code 0 when the directory loads, 2 when it does not.
"""

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.county_directory import CountyDirectory, CountyErrors, find, load
from infra.county_directory.checks.expected import CONTEXT, shown
from infra.county_directory.document import format_tables, put_into
from infra.county_directory.figures import from_files
from infra.county_directory.layout import figure_name
from infra.county_directory.problems import ERROR, Problem

WIDE = 160
"""Columns of a table that goes into a file or a pipe."""
BOTH = "both"
_HEADINGS = {
    "place": ("位置", "Place"),
    "code": ("代码", "Code"),
    "says": ("问题", "Problem"),
    "figure": ("指标", "Figure"),
    "document": ("应为", "Expected"),
    "files": ("本目录合计", "These files"),
    "equal": ("相符", "Equal"),
    "section": ("章节", "Section"),
}
_SEVERITY = {"error": ("错误", "error"), "warning": ("提示", "warning")}
type_of_pair = tuple[str, str]


@click.group()
def command() -> None:
    """县目录 Work with a county directory, the plain files of one county."""


@command.command()
@click.argument("directory")
@click.option("--lang", type=click.Choice(["zh", "en", BOTH]), default=BOTH, show_default=True)
def check(directory: str, lang: str) -> None:
    """核对县目录 Name every error of DIRECTORY (a folder, or a built-in county) by its place.

    Exit code 0 if it loads, warnings included; 2 if it does not.
    """
    console = Console(width=None if sys.stdout.isatty() else WIDE, highlight=False, markup=False)
    try:
        county = load(find(directory))
    except CountyErrors as refused:
        _print_problems(console, refused.problems, lang)
        errors = sum(problem.severity == ERROR for problem in refused.problems)
        zh, en = f"{errors} 处错误,未载入。", f"Errors: {errors}. Nothing was loaded."
        console.print(_pick((zh, en), lang), style="bold red")
        sys.exit(2)
    if county.warnings:
        _print_problems(console, county.warnings, lang)
    _print_county(console, county, lang)


@command.command("format")
@click.option("--into", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def show_format(into: Path | None) -> None:
    """目录格式 Print every file and column of the format, or renew them in a document."""
    if into is None:
        click.echo(format_tables())
        return
    try:
        renewed = put_into(into.read_text(encoding="utf-8"))
    except ValueError as nowhere:
        raise click.UsageError(f"{into}: {nowhere}") from None
    into.write_text(renewed, encoding="utf-8")


def _pick(pair: type_of_pair, lang: str, between: str = " ") -> str:
    chinese, english = pair
    return {"zh": chinese, "en": english, BOTH: f"{chinese}{between}{english}"}[lang]


def _table(lang: str, *headings: str, lines: bool = False) -> Table:
    table = Table(show_lines=lines)
    for heading in headings:
        table.add_column(_pick(_HEADINGS[heading], lang), overflow="fold")
    return table


def _print_problems(console: Console, problems: tuple[Problem, ...], lang: str) -> None:
    table = _table(lang, "place", "code", "says", lines=True)
    for problem in problems:
        style = "red" if problem.severity == ERROR else "yellow"
        severity = _pick(_SEVERITY[problem.severity], lang)
        table.add_row(
            Text(_where(problem, lang)),
            Text(f"{problem.code}\n{severity}", style=style),
            Text(_pick((problem.zh, problem.en), lang, "\n")),
        )
    console.print(table)


def _where(problem: Problem, lang: str) -> str:
    place = problem.place
    row = _pick((f"第 {place.row} 行", f"row {place.row}"), lang) if place.row else ""
    return "\n".join(part for part in (place.file, row, place.column) if part)


def _print_county(console: Console, county: CountyDirectory, lang: str) -> None:
    if county.expected:
        console.print(_figures(county, lang))
        for document in sorted({figure.document for figure in county.expected}):
            console.print(Text(document))
    counts = (
        len(county.cooperatives),
        len(county.members),
        len(county.loans),
        len(county.event_days()),
    )
    name = _pick((county.name, county.name_en or county.id), lang)
    zh = "{}:{} 社、{} 户、{} 笔借款、{} 个有事项的日子;没有错误。".format(name, *counts)
    en = "{}: {} cooperatives, {} households, {} loans, {} days with events; no errors.".format(
        name, *counts
    )
    console.print(_pick((zh, en), lang, "\n"), style="bold green")
    if county.invented:
        console.print(Text(county.invented))


def _figures(county: CountyDirectory, lang: str) -> Table:
    """Expected figures beside what the files come to; the rest is for the demonstration."""
    ours = from_files(county)
    table = _table(lang, "figure", "document", "files", "equal", "section")
    for figure in county.expected:
        found, equal = "", _pick(("由演示证明", "the demo proves it"), lang)
        if figure.kind == CONTEXT:
            equal = "-"
        elif figure.key in ours:
            # `load` has compared them: a figure that differs is an error.
            found, equal = shown(figure.key, ours[figure.key]), "✓"
        name = _pick(figure_name(figure.key), lang)
        table.add_row(name, shown(figure.key, figure.value), found, equal, figure.section)
    return table
