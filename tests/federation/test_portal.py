"""The bank portal: a bank's officers at work, by page; every refusal by cell; nothing foreign."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from journal.engine import WRITER, open_engine
from services.federation.core import Core
from tests.federation.portal_world import (
    LINE,
    PACKAGE,
    PortalWorld,
    a_client,
    a_core,
    as_officer,
    lived,
)
from tests.support import databases

Client = TestClient[Litestar]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalWorld]:
    made = lived(Path(tmp_path_factory.mktemp("portal")))
    yield made
    databases.drop(made.database)


@pytest.fixture
def core(world: PortalWorld) -> Iterator[Core]:
    name = databases.create(world.database)
    engine = open_engine(databases.url_of(name), role=WRITER)
    yield a_core(engine, world.life)
    engine.dispose()
    databases.drop(name)


@pytest.fixture
def client(core: Core) -> Iterator[Client]:
    with a_client(core) as one:
        yield one


def test_pages_open(client: Client) -> None:
    as_officer(client, "ma")
    for path in ("", "/packages", f"/packages/{PACKAGE}", "/lines", f"/lines/{LINE}", "/reports",
                 "/claims", "/corrections", "/orders", "/approvals", f"/lines/{LINE}/notice",
                 f"/lines/{LINE}/correction", f"/packages/{PACKAGE}/file",
                 f"/packages/{PACKAGE}/answers", f"/packages/{PACKAGE}/messages", "/verifier",
                 "/sheets/payout", "/sheets/repayment", "/sheets/utilisation"):  # fmt: skip
        answer = client.get(f"/bank{path}")
        assert answer.status_code == 200, (path, answer.text)
