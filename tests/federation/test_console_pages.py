"""Every page of the console over a county that lived: by HTTP and by browser, in two languages."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from litestar import Litestar
from litestar.testing import TestClient
from playwright.sync_api import Page, expect, sync_playwright

from journal.engine import WRITER, open_engine
from tests.federation.console_world import (
    PASSWORD,
    a_client,
    a_county,
    a_desk,
    an_app,
    lived,
    sign_in,
)
from tests.federation.life import FIRST_DAY, Life
from tests.support import databases

CHROMIUM = "/usr/bin/chromium"
SHOTS = os.environ.get("LIANHE_SHOTS", "")
NEW = "/console/lending/new?rate=3&months=6&amount=500"
PAGES = {
    "overview": "/console",
    "village": "/console/cooperatives/baiguo",
    "loans": "/console/cooperatives/houba/loans",
    "batches": "/console/cooperatives/baiguo/batches",
    "village_findings": "/console/cooperatives/baiguo/findings",
    "ledger": "/console/books/N-houba/accounts/10201",
    "custody_ledger": "/console/books/K-baiguo/accounts/80101",
    "act": "/console/books/N-houba/acts/30",
    "county_act": "/console/books/K-houba/acts/5",
    "loan": "/console/cases/N-houba/loan-houba-0001",
    "nights": "/console/nights",
    "night": f"/console/nights/{FIRST_DAY}",
    "approvals": "/console/approvals",
    "findings": "/console/findings",
    "lending": "/console/lending",
    "intercoop": "/console/cases/K/intercoop-1",
    "match": "/console/lending/new",
    "match_refused": f"{NEW}&lender=baiguo&borrower=xiaojia",
    "match_fits": f"{NEW}&lender=houba&borrower=baiguo",
    "payments": "/console/payments",
    "me": "/console/me",
}


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    """One county that lived, read by every test of this module."""
    name = databases.create(databases.migrated_template())
    engine = open_engine(databases.url_of(name), role=WRITER)
    yield lived(a_county(engine, tmp_path_factory.mktemp("villages")))
    engine.dispose()
    databases.drop(name)


@pytest.fixture
def client(life: Life) -> Iterator[TestClient[Litestar]]:
    with a_client(a_desk(life)) as one:
        yield one


@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_for_the_countys_staff(client: TestClient[Litestar], name: str) -> None:
    sign_in(client, "shang")
    page = client.get(PAGES[name])
    assert page.status_code == 200, page.text


@contextmanager
def served(app: Litestar) -> Iterator[str]:
    """The application on a port of its own, in this process."""
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="on")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            thread.join(0.02)
            assert thread.is_alive(), "the server did not start"
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def test_a_browser_reads_every_page_in_both_languages(life: Life) -> None:
    """No error in the console, no request to another host, no serious fault of access."""
    faults: list[str] = []
    with served(an_app(a_desk(life))) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        page = context.new_page()
        page.on("console", lambda said: said.type == "error" and faults.append(said.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "request",
            lambda asked: asked.url.startswith(address) or faults.append(f"asked {asked.url}"),
        )
        page.goto(f"{address}/console")
        _shot(page, "sign-in")
        page.fill("#user", "shang")
        page.fill("#password", PASSWORD)
        page.click("button.btn-primary")
        for language in ("zh", "en"):
            page.goto(f"{address}/console/language/{language}")
            for name, path in PAGES.items():
                answer = page.goto(f"{address}{path}")
                assert answer is not None
                assert answer.status == 200, (name, language)
                faults += [f"{name} {language}: {one}" for one in _serious(page)]
                _shot(page, f"{name}-{language}")
        page.goto(f"{address}/console")
        page.fill("input[name=q-county]", "后坝")
        expect(page.locator("#rows-county tbody tr")).to_have_count(1)
        expect(page.locator("#rows-county tbody td a").first).to_have_text("Houba")
        browser.close()
    assert not faults, "\n".join(faults)


def _serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:160]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def _shot(page: Page, name: str) -> None:
    """A picture for whoever asked for one (LIANHE_SHOTS)."""
    if SHOTS:
        folder = Path(SHOTS)
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{name}.png", full_page=True)
