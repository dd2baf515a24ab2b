"""The console's doors: sign-in, sessions, CSRF, throttle; approvals by dry run; scope."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient

from services.federation.console.desk import Desk
from tests.federation.console_world import a_client, a_county, a_desk, sign_in
from tests.federation.life import Life


@pytest.fixture
def life(county_engine: sa.Engine, tmp_path: Path) -> Life:
    return a_county(county_engine, tmp_path)


@pytest.fixture
def desk(life: Life) -> Desk:
    return a_desk(life)


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient[Litestar]]:
    with a_client(desk) as one:
        yield one


def test_nobody_sees_anything_before_signing_in(client: TestClient[Litestar]) -> None:
    answer = client.get("/console/findings?all=1", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/console/sign-in?next=%2Fconsole%2Ffindings%3Fall%3D1"


def test_an_officer_signs_in_and_sees_the_county(client: TestClient[Litestar]) -> None:
    assert sign_in(client, "shang").status_code == 303
    page = client.get("/console")
    assert page.status_code == 200, page.text
    assert "白果村互助社" in page.text
