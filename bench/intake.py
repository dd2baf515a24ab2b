"""The races of intake: a delivery read and proven, and a delivery taken in whole.

Called by `python -m bench`. A delivery is what a node sends: a signed, compressed batch. Taking it
in is everything `POST /sync/{coop}/batches` does in its transaction, until that is committed.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence

import sqlalchemy as sa

from bench.cluster import Cluster
from bench.harness import Contestant
from bench.limits import bare_copy, bare_decode
from bench.races import Race
from bench.villages import Village, county_of
from contracts.codec import public_bytes
from contracts.envelopes import signed_by
from journal.registry import registry
from kernel.errors import ensure
from services.federation.cases import intake as county_intake
from services.federation.cases import reading
from services.federation.county import County


class Mail:
    """Fresh deliveries of one village for every run."""

    def __init__(self, village: Village, size: int, batches: int) -> None:
        self.village, self.size, self.batches = village, size, batches
        self.ready: list[bytes] = []

    def prepare(self) -> None:
        """Seal the deliveries of the next run."""
        self.ready = [self.village.batch(self.size) for _ in range(self.batches)]


def deliver(engine: sa.Engine, county: County, cooperative: str, data: bytes) -> None:
    """The product: take a delivery in and commit; whatever is refused ends the benchmark."""
    with engine.begin() as conn:
        answer = county_intake.deliver(conn, county, cooperative, data)
    ensure(answer.receipt is not None, "benchmark_is_taken_in", answer=answer)


@contextlib.contextmanager
def whole(cluster: Cluster, size: int, batches: int) -> Iterator[Sequence[Contestant]]:
    """From delivered bytes to the commit, against bare COPY of the same rows."""
    county = county_of(cluster.engine)
    name = f"whole{size}"
    mail = Mail(Village(cluster.engine, county, name), size, batches)
    with cluster.connect() as bare:
        bare_copy.create(bare, f"bare_{name}")
        copy = bare_copy.Feed(f"bare_{name}", mail.village.book, size, batches)

        def run() -> int:
            for data in mail.ready:
                deliver(cluster.engine, county, name, data)
            return size * batches

        yield [
            Contestant(name="bare COPY", run=lambda: copy.run(bare), prepare=copy.prepare),
            Contestant(name="intake", run=run, prepare=mail.prepare),
        ]


@contextlib.contextmanager
def read(cluster: Cluster, size: int, batches: int) -> Iterator[Sequence[Contestant]]:
    """Inflate, verify, decode, compare with the canonical form and chain, against bare decoding."""
    county = county_of(cluster.engine)
    village = Village(cluster.engine, county, f"read{size}")
    mail = Mail(village, size, batches)
    mail.prepare()
    public = public_bytes(village.key)

    def proven(data: bytes) -> int:
        envelope = reading.open_envelope(data)
        ensure(signed_by(envelope, public), "benchmark_is_signed")
        return len(reading.read(envelope, village.book, registry()).sheet.acts)

    def all_of(one: Callable[[bytes], int]) -> Callable[[], int]:
        return lambda: sum(map(one, mail.ready))

    yield [
        Contestant(name="bare decode", run=all_of(lambda data: len(bare_decode.read(data)))),
        Contestant(name="read and proven", run=all_of(proven)),
    ]


def races(cluster: Cluster) -> dict[str, tuple[str, Race, str]]:
    """Every race by its title: the aim it answers, the race, the aim's ratio."""
    return {
        "whole intake, 1,000 acts a batch": ("G2", whole(cluster, 1_000, 10), "0.45"),
        "whole intake, 200 acts a batch": ("G2", whole(cluster, 200, 20), ""),
        "a delivery read and proven": ("G6", read(cluster, 1_000, 5), "0.43"),
    }
