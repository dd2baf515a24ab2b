"""The table of ratios: on the screen, and in docs/benchmarks.md as one run gave it.

Called by `python -m bench`. The document's figures are one run's or none: the table stands between
two marks and is replaced whole.
"""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.table import Table

from bench.harness import Result
from kernel.errors import ensure

BEGIN, END = "<!-- one run: begin -->", "<!-- one run: end -->"
PRODUCT = ("append", "append_written", "one loan", "intake", "read and proven",
           "act over HTTP", "a night taken in", "close by Temporal",
           "reserve and release", "package sent", "stress, one book",
           "stress, seven books")  # fmt: skip
"""Contestants that are ours; the others show what the machine allows."""


class Raced(msgspec.Struct, frozen=True, kw_only=True):
    """One race: the aim it answers, its title, the ratio wanted ("" none), load, results."""

    aim: str
    title: str
    wanted: str
    load: float
    results: tuple[Result, ...]

    def aimed(self, number: int) -> str:
        """The ratio wanted of one contestant; the limit and other limits have none."""
        ours = number and self.results[number].name in PRODUCT
        return self.wanted if ours else ""


def load() -> float:
    """Load of the machine over the last minute."""
    return os.getloadavg()[0]


def on_screen(races: Sequence[Raced]) -> Table:
    """The table for a terminal."""
    table = Table("aim", "race", "contestant", "CPU µs/act", "wall µs/act",
                  "CPU ratio", "wall ratio", "last/first", "rounds", "wanted")  # fmt: skip
    for race in races:
        for number, one in enumerate(race.results):
            aimed = race.aimed(number)
            table.add_row(
                "" if number else race.aim, "" if number else race.title, one.name,
                str(one.cpu_us), str(one.wall_us), one.cpu_ratio, one.wall_ratio, one.drift,
                str(one.rounds), f"≥ {aimed}" if aimed else "",
                end_section=number == len(race.results) - 1,
            )  # fmt: skip
    return table


def write_into(path: Path, races: Sequence[Raced], minutes: float) -> None:
    """Replace the run between the marks of a document."""
    before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    ensure(bool(begin and end), "document_has_its_marks", path=str(path))
    loads = [race.load for race in races]
    told = (
        f"One run of {len(races)} races in {minutes:.0f} minutes on {datetime.now(UTC).date()}: "
        f"{os.cpu_count()} cores, Python {platform.python_version()}, load {min(loads):.1f} to "
        f"{max(loads):.1f}."
    )
    rows = [
        f"| {'' if number else race.aim} | {'' if number else race.title} | {_name(one)} | "
        f"{one.cpu_us:,} | {one.wall_us:,} | {_ratio(race, number)} | {one.drift} | "
        f"{race.aimed(number)} | {'' if number else f'{race.load:.1f}, {one.rounds}'} |"
        for race in races
        for number, one in enumerate(race.results)
    ]
    names = ("Aim", "Race", "Contestant", "CPU µs", "wall µs", "CPU ratio", "last/first", "wanted",
             "load, rounds")  # fmt: skip
    head = [f"| {' | '.join(names)} |", "|---|---|---|--:|--:|--:|--:|--:|---|"]
    body = "\n".join([told, "", *head, *rows])
    path.write_text(f"{before}{begin}\n{body}\n{end}{after}", encoding="utf-8")


def _name(one: Result) -> str:
    return f"**{one.name}**" if one.name in PRODUCT else one.name


def _ratio(race: Raced, number: int) -> str:
    one = race.results[number]
    return f"**{one.cpu_ratio}**" if one.name in PRODUCT else one.cpu_ratio
