"""A command of the county's beside a county that is running: it joins, and leaves it running."""

import os
from pathlib import Path

import pytest
import sqlalchemy as sa

from infra.county_service import county_engine, running_url
from infra.migrate import COUNTY, upgrade
from infra.postgres import DATABASE_URL, county_database
from infra.program import DataDirectoryInUse
from infra.supervisor import Supervisor
from journal.engine import open_engine


def test_a_command_joins_the_cluster_of_a_county_that_is_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(DATABASE_URL, raising=False)
    with Supervisor(tmp_path) as serving:
        owner = open_engine(county_database(serving, os.environ))
        upgrade(owner, COUNTY)
        with county_engine(tmp_path) as engine, engine.connect() as conn:
            assert conn.scalar(sa.text("select count(*) from bank_key")) == 0
        with owner.connect() as still:
            assert still.scalar(sa.text("select 1")) == 1
        owner.dispose()


def test_a_folder_in_use_without_a_cluster_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataDirectoryInUse, match="--database"):
        running_url(tmp_path)
