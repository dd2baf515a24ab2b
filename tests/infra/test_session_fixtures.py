"""The fixtures every room stands on."""

from collections.abc import Callable

import psycopg
import sqlalchemy as sa

from infra.postgres import libpq_url


def test_each_database_of_a_test_is_its_own(new_database: Callable[[], str]) -> None:
    one, other = new_database(), new_database()
    with psycopg.connect(libpq_url(one)) as connection:
        connection.execute("CREATE TABLE only_here (a int)")
    with psycopg.connect(libpq_url(other)) as connection:
        found = connection.execute("SELECT to_regclass('only_here')").fetchone()
    assert found == (None,)


def test_an_empty_database_has_no_table(empty_database: Callable[[], str]) -> None:
    engine = sa.create_engine(empty_database())
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()


def test_the_session_postgres_compares_text_by_code_point(postgres_url: str) -> None:
    engine = sa.create_engine(postgres_url)
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT 'Z' < 'a' AND '乙' > '一'")) is True
    engine.dispose()
