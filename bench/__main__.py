"""`make bench`: run every race, print a table of ratios; docs/benchmarks.md explains it.

A ratio is the limit's cost over ours, so 1.00 is as cheap as the limit and more is better. It
reports and never fails a build: two noisy cores do not decide a release.
"""

import argparse
import sys

from rich.console import Console
from rich.table import Table

from bench import doors, guarantees, intake, night, packages, races, stress, workflows
from bench.cluster import Cluster, cluster
from bench.harness import DRIFT_FROM, Race, Result

LEAST = 3
"""Rounds of every race, however slow the machine."""
WIDE = 140
"""Columns of a table that goes into a file or a pipe."""
PRODUCT = ("append", "append_written", "one loan", "intake", "read and proven",
           "act over HTTP", "a night taken in", "close by Temporal",
           "reserve and release")  # fmt: skip
"""Contestants that are ours; the others show what the machine allows."""


def main() -> None:
    """Run the races that match, each on the benchmark's own cluster."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="paired rounds of every race")
    parser.add_argument(
        "--seconds", type=float, default=25, help="after which a race begins no further round"
    )
    parser.add_argument("--only", default="", help="races whose title holds this text")
    asked = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else WIDE)
    table = Table("aim", "race", "contestant", "CPU µs/act", "wall µs/act",
                  "CPU ratio", "wall ratio", "last/first", "rounds", "wanted")  # fmt: skip
    with cluster() as server:
        race = Race(postmaster=server.postmaster)
        for title, (aim, contestants, wanted) in every(server).items():
            if asked.only not in title:
                continue
            console.print(f"{aim} {title} …")
            with contestants as ready:
                long = aim == night.AIM
                results = race.run(
                    ready,
                    night.NIGHTS if long else asked.rounds,
                    least=DRIFT_FROM if long else LEAST,
                    seconds=asked.seconds,
                )
                _add(table, aim, title, results, wanted)
    console.print(table)


def every(server: Cluster) -> dict[str, tuple[str, races.Race, str]]:
    """All races by their titles, in the order they are run."""
    return {
        **races.journal(server),
        **intake.races(server),
        **night.races(server),
        **doors.races(),
        **workflows.races(server),
        **guarantees.races(server),
        **packages.races(server),
        **stress.races(),
    }


def _add(table: Table, aim: str, title: str, results: list[Result], wanted: str) -> None:
    for number, one in enumerate(results):
        aimed = f"≥ {wanted}" if wanted and one.name in PRODUCT and number else ""
        table.add_row(
            aim if number == 0 else "", title if number == 0 else "", one.name,
            str(one.cpu_us), str(one.wall_us), one.cpu_ratio, one.wall_ratio, one.drift,
            str(one.rounds),
            aimed, end_section=number == len(results) - 1,
        )  # fmt: skip


if __name__ == "__main__":
    main()
