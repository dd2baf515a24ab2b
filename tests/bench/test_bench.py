"""The benchmarks run, count what is committed, and weigh cost by ratio."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from bench import doors, intake, night, packages, races, report, workflows
from bench.cluster import Cluster
from bench.harness import Contestant, Race, Result
from journal import store
from journal.tables import act
from kernel.errors import InvariantViolation


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
    "whole intake": lambda cluster: intake.whole(cluster, 20, 2),
    "a delivery read": lambda cluster: intake.read(cluster, 20, 1),
    "a night": lambda cluster: night.nights(cluster, 2, 5),
    "the door": lambda _cluster: doors.handler(2),
    "over HTTP": lambda _cluster: doors.over_http(2, 2),
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
        # Of a village its opening, what K(i) tells it, and a receipt for each delivery.
        "whole intake": 3 + 2 * (40 + 2), "a delivery read": 3, "a night": 2 * (3 + 2 * (5 + 1)),
        "the door": 0, "over HTTP": 0,
    }  # fmt: skip
    assert rows == expected[name]


def test_a_race_of_packages_sends_one_a_run(cluster: Cluster) -> None:
    with packages.click_to_sent(cluster, 2) as contestants:
        Race().run(contestants, rounds=1)
        with cluster.engine.connect() as conn:
            sent = store.in_states(conn, store.COUNTY_SCOPE, "package", ("sent",))
    # A warm run and a counted one; the package laid out for the limit is never sent.
    assert len(sent) == 2


def test_a_close_by_temporal_and_by_hand_end_the_same_days(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, temporal_server: str
) -> None:
    monkeypatch.setattr(workflows, "_temporal", lambda _stack: (temporal_server, 0))
    with workflows.close(cluster, 2, 3) as contestants:
        Race().run(contestants, rounds=1)
        with cluster.engine.connect() as conn:
            nights = conn.scalar(sa.text("SELECT count(DISTINCT business_date) FROM night"))
            found = conn.scalar(sa.text("SELECT count(*) FROM cases WHERE process = 'finding'"))
    # A warm night and a counted one of each contestant that closes; nothing is found wrong.
    assert (nights, found) == (4, 0)


def test_a_run_replaces_the_one_that_stood_in_the_document_and_nothing_else(
    tmp_path: Path,
) -> None:
    document = tmp_path / "benchmarks.md"
    document.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n", encoding="utf-8")
    limit = Result(
        name="bare COPY", cpu_us=1_000, wall_us=7, cpu_ratio="1.00", wall_ratio="1.00", drift="",
        rounds=3,
    )  # fmt: skip
    ours = msgspec.structs.replace(limit, name="append", cpu_ratio="0.75")
    race = report.Raced(aim="G1", title="bulk", wanted="0.70", load=1.5, results=(limit, ours))
    report.write_into(document, [race], 9.2)
    told = document.read_text(encoding="utf-8").splitlines()
    assert (told[0], told[1], told[-2], told[-1]) == ("before", report.BEGIN, report.END, "after")
    assert told[2].startswith("One run of 1 races in 9 minutes on ")
    assert told[-4:-2] == [
        "| G1 | bulk | bare COPY | 1,000 | 7 | 1.00 |  |  | 1.5, 3 |",
        "|  |  | **append** | 1,000 | 7 | **0.75** |  | 0.70 |  |",
    ]
    document.write_text("no marks", encoding="utf-8")
    with pytest.raises(InvariantViolation):
        report.write_into(document, [race], 9.2)


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
