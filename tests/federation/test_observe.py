"""The service's log and counts: what was asked of which route, and nothing of anybody."""

import json
from collections.abc import Iterator
from typing import Any, cast

import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient
from litestar.types import Receive, Scope, Send

from services.federation.app import create_app
from services.federation.cases import findings
from services.federation.console.desk import Desk
from services.federation.console.routes import console_router
from services.federation.core import Core
from services.federation.settings import Settings
from services.federation.throttle import Throttle
from tests.federation.console_world import (
    ORIGIN,
    PASSWORD,
    Clock,
    a_lending_desk,
    sign_in,
    submit,
)

Client = TestClient[Litestar]
LINE = {"event", "method", "route", "status", "milliseconds", "timestamp"}


@pytest.fixture
def desk(county_engine: sa.Engine) -> Desk:
    return a_lending_desk(county_engine, Clock())


@pytest.fixture
def app(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    core = Core(
        engine=desk.engine,
        county=desk.county,
        settings=Settings(datadir=tmp_path_factory.mktemp("county")),
        throttle=Throttle(60),
    )
    return create_app(core, [console_router(desk)])


def seen_from(app: Litestar, host: str) -> Client:
    """A client of the application whose requests come from an address."""

    async def placed(scope: Any, receive: Receive, send: Send) -> None:
        await app(cast("Scope", {**scope, "client": (host, 50000)}), receive, send)

    made: Client = TestClient(cast("Litestar", placed), base_url=ORIGIN)
    made.headers["origin"] = ORIGIN
    return made


@pytest.fixture
def client(app: Litestar) -> Iterator[Client]:
    with seen_from(app, "127.0.0.1") as made:
        yield made


def test_the_log_names_routes_and_never_an_id_a_cookie_or_what_was_typed(
    client: Client, capfd: pytest.CaptureFixture[str]
) -> None:
    sign_in(client, "shang")
    client.get("/console/cooperatives/baiguo?q-trial-N-baiguo=secret-search")
    submit(client, "/console/me", "/console/findings/resolve", case="finding-77", reason="words-9")
    chosen = {"password": PASSWORD, "new": "another-horse-7", "again": "another-horse-7"}
    submit(client, "/console/me", "/console/me/password", **chosen)
    text = capfd.readouterr().out
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert {frozenset(line) for line in lines} == {frozenset(LINE)}
    told = {(line["method"], line["route"], line["status"]) for line in lines}
    assert ("GET", "/console/cooperatives/{cooperative}", 200) in told
    assert ("POST", "/console/findings/resolve", 404) in told
    assert ("POST", "/console/sign-in", 303) in told
    assert ("POST", "/console/me/password", 303) in told
    held = client.cookies["lianhe"]
    for secret in (PASSWORD, held, "shang", "baiguo", "secret-search", "finding-77", "words-9",
                   "another-horse-7"):  # fmt: skip
        assert secret not in text, secret


def test_counts_are_told_by_route_and_the_county_by_its_books(client: Client, desk: Desk) -> None:
    with desk.engine.begin() as conn:
        findings.open_once(conn, desk.county, "bank_doubled", "L1", cooperative="baiguo")
    client.get("/health")
    client.get("/health")
    text = client.get("/metrics").text
    assert 'lianhe_requests_total{method="GET",route="/health",status="200"} 2.0' in text
    assert 'lianhe_request_seconds_count{route="/health"} 2.0' in text
    assert "lianhe_findings_open 1.0" in text
    assert "lianhe_books_behind 0.0" in text
    assert "baiguo" not in text


def test_counts_are_for_this_machine_only(app: Litestar) -> None:
    for host, status in (("127.0.0.1", 200), ("::1", 200), ("203.0.113.7", 404)):
        with seen_from(app, host) as client:
            assert client.get("/metrics").status_code == status, host
