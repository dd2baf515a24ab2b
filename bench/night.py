"""The race against history: a county's nights one after another, the last as cheap as the first.

Called by `python -m bench`. A province's night is 1,232 villages; this is a piece of one, and many
nights of it, so what grows with the books shows. Rounds are nights: of each, the deliveries are set
beside bare COPY of as many rows on the same evening, for the machine is never the same twice.
"""

import contextlib
from collections.abc import Iterator, Sequence

from bench.cluster import Cluster
from bench.harness import Contestant
from bench.intake import deliver
from bench.limits import bare_copy
from bench.races import Race
from bench.villages import Village, county_of

AIM, NIGHTS = "G3", 32
"""Its rounds are nights, however few rounds the others run."""


@contextlib.contextmanager
def nights(cluster: Cluster, villages: int, size: int) -> Iterator[Sequence[Contestant]]:
    """One night a round: every village delivers ``size`` acts."""
    county = county_of(cluster.engine)
    cast = [Village(cluster.engine, county, f"night{number}") for number in range(villages)]
    mail: list[bytes] = []
    with cluster.connect() as bare:
        bare_copy.create(bare, "bare_night")
        copy = bare_copy.Feed("bare_night", "N-night", size, villages)

        def prepare() -> None:
            mail[:] = [village.batch(size) for village in cast]

        def run() -> int:
            for village, data in zip(cast, mail, strict=True):
                deliver(cluster.engine, county, village.name, data)
            return villages * size

        yield [
            Contestant(name="bare COPY", run=lambda: copy.run(bare), prepare=copy.prepare),
            Contestant(name="a night taken in", run=run, prepare=prepare),
        ]


def races(cluster: Cluster) -> dict[str, tuple[str, Race, str]]:
    """The race by its title: the aim it answers, the race, the aim's ratio."""
    title = f"{NIGHTS} nights of 16 villages, 100 acts each: last/first"
    return {title: (AIM, nights(cluster, 16, 100), "0.90")}
