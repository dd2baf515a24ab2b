"""The benchmarks run, count what is committed, and weigh cost by ratio."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from bench import races
from bench.cluster import Cluster
from bench.harness import Contestant, Race
from journal.tables import act


@pytest.fixture
def cluster(database: str, county_engine: sa.Engine) -> Cluster:
    return Cluster(engine=county_engine, url=database, postmaster=0)


RACES: dict[str, Callable[[Cluster], races.Race]] = {
    "bulk": lambda cluster: races.bulk(cluster, 40, 2),
    "one client": lambda cluster: races.single(cluster, clients=1, books=1, each=3),
    "many books": lambda cluster: races.single(cluster, clients=3, books=3, each=2),
    "one book": lambda cluster: races.single(cluster, clients=3, books=1, each=2),
    "node": lambda _cluster: races.node(3),
    "hot": lambda cluster: races.hot(cluster, 40, 1),
}


@pytest.mark.parametrize("name", RACES)
def test_every_race_commits_what_it_counts(cluster: Cluster, name: str) -> None:
    with RACES[name](cluster) as contestants:
        results = Race().run(contestants, rounds=1)
        with cluster.engine.connect() as conn:
            rows = conn.scalar(sa.select(sa.func.count()).select_from(act))
    assert [one.name for one in results] == [one.name for one in contestants]
    assert results[0].cpu_ratio == "1.00"
    # A warm run and a counted one of every contestant that writes here, and the opening acts.
    expected = {
        "bulk": 2 + 2 * 2 * 80, "one client": 1 + 2 * 3, "many books": 3 + 2 * 6,
        "one book": 1 + 2 * 6, "node": 0, "hot": 2 + 2 * 2 * 40,
    }  # fmt: skip
    assert rows == expected[name]


def test_a_contestant_that_works_twice_as_long_gets_half_the_ratio() -> None:
    def work(times: int) -> Callable[[], int]:
        def run() -> int:
            for _ in range(times * 200):
                sorted(range(2_000), key=lambda n: -n)
            return 10

        return run

    runs = [
        Contestant(name="limit", run=work(1)),
        Contestant(name="slow", run=work(2)),
    ]
    slow = Race().run(runs, rounds=3)[1]
    assert 0.35 < float(slow.cpu_ratio) < 0.7
