"""How root runs PostgreSQL where user namespaces are not to be had; collected only for root."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from infra import unroot
from infra.postgres import Postgres, PostgresUnfit
from infra.supervisor import Supervisor


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder that user nobody can reach; pytest's own is closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="lianhe-"))
    yield folder
    shutil.rmtree(folder)


def test_root_without_namespaces_runs_it_as_nobody(short_folder: Path) -> None:
    with Supervisor(short_folder) as supervisor:
        cluster = Postgres(short_folder / "pg", durable=False, way=unroot.NOBODY)
        cluster.start(supervisor)
        owner = Path(f"/proc/{supervisor.pid('postgres')}").stat().st_uid
        assert owner != 0
        supervisor.kill("postgres")
        supervisor.restart("postgres")
        with psycopg.connect(cluster.dsn()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_folder_that_nobody_cannot_reach_is_refused_by_name(short_folder: Path) -> None:
    closed = short_folder / "closed"
    closed.mkdir(mode=0o700)
    with (
        Supervisor(closed / "data") as supervisor,
        pytest.raises(PostgresUnfit, match=f"user nobody cannot reach {closed}"),
    ):
        Postgres(closed / "data" / "pg", way=unroot.NOBODY).start(supervisor)
