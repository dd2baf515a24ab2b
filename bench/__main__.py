"""`make bench`: run every race, print a table of ratios; docs/benchmarks.md explains it.

A ratio is the limit's cost over ours, so 1.00 is as cheap as the limit and more is better. It
reports and never fails a build: two noisy cores do not decide a release.
"""

import argparse
import sys
import time
from pathlib import Path

from rich.console import Console

from bench import doors, guarantees, intake, night, packages, races, report, stress, workflows
from bench.cluster import Cluster, cluster
from bench.harness import DRIFT_FROM, Race

LEAST = 3
"""Rounds of every race, however slow the machine."""
WIDE = 140
"""Columns of a table that goes into a file or a pipe."""


def main() -> None:
    """Run the races that match, each on the benchmark's own cluster."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="paired rounds of every race")
    parser.add_argument(
        "--seconds", type=float, default=25, help="after which a race begins no further round"
    )
    parser.add_argument("--only", default="", help="races whose title holds this text")
    parser.add_argument("--into", type=Path, help="a document whose run is replaced by this one")
    asked = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else WIDE)
    done: list[report.Raced] = []
    begun = time.monotonic()
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
            done.append(
                report.Raced(
                    aim=aim, title=title, wanted=wanted, load=report.load(),
                    results=tuple(results),
                )
            )  # fmt: skip
    console.print(report.on_screen(done))
    if asked.into is not None:
        report.write_into(asked.into, done, (time.monotonic() - begun) / 60)


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


if __name__ == "__main__":
    main()
