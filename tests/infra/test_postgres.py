"""The embedded PostgreSQL: a real cluster, killed and brought back."""

import os
import stat
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from infra.postgres import (
    DATABASE_URL,
    Postgres,
    PostgresUnfit,
    check_fit,
    county_database,
    libpq_url,
)
from infra.supervisor import Supervisor


def test_a_killed_postgres_comes_back_at_the_same_url_with_its_data(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        cluster = Postgres(tmp_path / "pg")
        cluster.start(supervisor)
        with psycopg.connect(cluster.dsn()) as connection:
            connection.execute("CREATE TABLE book (line int)")
            connection.execute("INSERT INTO book VALUES (1)")
        url = cluster.url()
        with closing(psycopg.connect(cluster.dsn())) as unfinished:
            unfinished.execute("INSERT INTO book VALUES (2)")
            supervisor.kill("postgres")
        assert (cluster.data / "postmaster.pid").exists()
        supervisor.restart("postgres")
        assert cluster.url() == url
        with psycopg.connect(cluster.dsn()) as connection:
            assert connection.execute("SELECT line FROM book").fetchall() == [(1,)]
    assert not (cluster.data / "postmaster.pid").exists()


def test_a_cluster_kept_from_an_earlier_run_is_opened_again(tmp_path: Path) -> None:
    for expected in (0, 1):
        with Supervisor(tmp_path) as supervisor:
            cluster = Postgres(tmp_path / "pg")
            cluster.start(supervisor)
            with psycopg.connect(cluster.dsn()) as connection:
                connection.execute("CREATE TABLE IF NOT EXISTS book (line int)")
                found = connection.execute("SELECT count(*) FROM book").fetchone()
                connection.execute("INSERT INTO book VALUES (1)")
            assert found == (expected,)


def test_a_lock_file_that_names_a_stranger_does_not_stop_the_start(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        Postgres(tmp_path / "pg", durable=False).start(supervisor)
        supervisor.kill("postgres")
        lock = tmp_path / "pg" / "data" / "postmaster.pid"
        rest = lock.read_text(encoding="ascii").splitlines()[1:]
        # The number of the dead server now belongs to a living process: this one.
        lock.write_text("\n".join([str(os.getpid()), *rest]) + "\n", encoding="ascii")
        supervisor.restart("postgres")
        assert supervisor.alive("postgres")


def test_an_initialisation_that_was_cut_off_is_done_again(tmp_path: Path) -> None:
    (tmp_path / "pg" / "data.new").mkdir(parents=True)
    (tmp_path / "pg" / "data.new" / "PG_VERSION").write_text("18", encoding="ascii")
    with Supervisor(tmp_path) as supervisor:
        cluster = Postgres(tmp_path / "pg", durable=False)
        cluster.start(supervisor)
        assert not (tmp_path / "pg" / "data.new").exists()


def test_only_the_password_opens_the_tcp_port_and_only_the_owner_the_folder(
    tmp_path: Path,
) -> None:
    with Supervisor(tmp_path) as supervisor:
        cluster = Postgres(tmp_path / "pg", durable=False)
        cluster.start(supervisor)
        right = libpq_url(cluster.tcp_url())
        with psycopg.connect(right) as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)
        password = (tmp_path / "pg" / "password").read_text(encoding="ascii")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(right.replace(password, "guess"))
    assert stat.S_IMODE((tmp_path / "pg").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "pg" / "password").stat().st_mode) == 0o600


def test_a_folder_too_long_for_a_socket_is_served_by_tcp(tmp_path: Path) -> None:
    folder = tmp_path / ("village" * 14)
    with Supervisor(folder) as supervisor:
        cluster = Postgres(folder / "pg", durable=False)
        cluster.start(supervisor)
        assert cluster.url() == cluster.tcp_url()
        with psycopg.connect(cluster.dsn()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_settings_that_could_lose_an_act_are_refused_all_at_once(postgres_url: str) -> None:
    # The cluster of the test session trades crash safety for speed: just what must be refused.
    with (
        psycopg.connect(libpq_url(postgres_url)) as connection,
        pytest.raises(
            PostgresUnfit,
            match=r"fsync is off; full_page_writes is off; synchronous_commit is off$",
        ),
    ):
        check_fit(connection)


def test_a_given_database_is_used_and_checked_and_none_is_started(
    tmp_path: Path, postgres_url: str
) -> None:
    with Supervisor(tmp_path) as supervisor:
        cluster = Postgres(tmp_path / "pg")
        cluster.start(supervisor)
        given = cluster.tcp_url()
        assert county_database(supervisor, {DATABASE_URL: given}) == given
        with pytest.raises(PostgresUnfit):
            county_database(supervisor, {DATABASE_URL: postgres_url})
    assert not (tmp_path / "postgres").exists()


def test_without_a_given_database_one_is_started_in_the_data_directory(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        url = county_database(supervisor, {})
        with psycopg.connect(libpq_url(url)) as connection:
            check_fit(connection)
    assert (tmp_path / "postgres" / "data" / "PG_VERSION").read_text(encoding="ascii") == "18\n"
