"""A village in a transaction of its own, on both databases."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.support.pool import PoolVillage
from tests.support.village import Village, policy_of


@pytest.fixture
def conn(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection whose transaction is rolled back."""
    with engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


@pytest.fixture
def village(conn: sa.Connection) -> Village:
    """Three members in one group and 200,000.00 of the province's money, default policy."""
    built = Village(conn, policy_of()).founded()
    built.grant("200_000.00")
    return built


@pytest.fixture
def backed(engine: sa.Engine) -> Iterator[PoolVillage]:
    """A village with a county's pool behind it and nothing agreed yet."""
    with engine.connect() as conn, conn.begin():
        yield PoolVillage(conn).founded()


@pytest.fixture
def staked(backed: PoolVillage) -> PoolVillage:
    """E1's pool, and 100,000 left in the village's own account."""
    backed.fund("300_000.00")
    return backed.e1()
