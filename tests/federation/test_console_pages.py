"""Every page of the console over a county that lived: by HTTP and by browser, in two languages."""

import io
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
from playwright.sync_api import ConsoleMessage, Page, Request, expect, sync_playwright
from python_calamine import CalamineWorkbook

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


COUNTY_ONLY = (
    "approvals", "lending", "intercoop", "match", "match_refused", "match_fits", "nights", "night",
)  # fmt: skip
HOUBA = ("loans", "ledger", "act", "county_act", "loan")
"""Pages of a village in another township than Chen's."""


def test_i_17_a_township_sees_its_own_villages_and_of_others_not_even_that_they_are(
    client: TestClient[Litestar],
) -> None:
    sign_in(client, "chen")
    missing = client.get("/console/cooperatives/no-such-village")
    for name in (*COUNTY_ONLY, *HOUBA):
        page = client.get(PAGES[name])
        assert page.status_code == 404, name
        assert _said(page.text) == _said(missing.text), name
    for name in PAGES.keys() - {*COUNTY_ONLY, *HOUBA}:
        page = client.get(PAGES[name])
        assert page.status_code == 200, name
        for secret in ("houba", "后坝", "Houba", "xiaojia", "肖家坝"):
            assert secret not in _said(page.text), (name, secret)
    exported = client.get("/console?as=csv")
    assert "houba" not in exported.text
    assert "白果村互助社" in exported.text


def _said(page: str) -> str:
    """What a page tells, without its menu, which echoes the address that was asked for."""
    return page[page.index("<main") : page.index("</main>")]


def test_i_17_the_bank_and_strangers_see_no_village(client: TestClient[Litestar]) -> None:
    for path in PAGES.values():
        assert client.get(path, follow_redirects=False).status_code == 303
    sign_in(client, "tan")
    for name, path in PAGES.items():
        page = client.get(path)
        expected = 200 if name in ("overview", "findings", "payments", "me") else 404
        assert page.status_code == expected, name
        for secret in ("baiguo", "白果", "houba", "后坝"):
            assert secret not in _said(page.text), (name, secret)


@pytest.mark.parametrize("user", ["yuan", "wang", "yang"])
def test_every_county_office_reads_every_page(client: TestClient[Litestar], user: str) -> None:
    sign_in(client, user)
    for name, path in PAGES.items():
        assert client.get(path).status_code == 200, name


def test_lists_are_files_with_every_row_and_their_totals(client: TestClient[Litestar]) -> None:
    sign_in(client, "shang")
    rows = client.get("/console?as=csv").content.decode("utf-8-sig").splitlines()
    assert len(rows) == 1 + 4 + 1
    assert rows[1].startswith("白果村互助社,碧口镇,A,3,60000.00,5000.00,")
    assert rows[-1].startswith("合计,,,9,180000.00,8801.17,")
    book = client.get("/console/cooperatives/baiguo?as=xlsx&list=trial-N-baiguo")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(book.content)).get_sheet_by_index(0)
    told = sheet.to_python()
    assert told[0] == ["科目", "名称", "资金性质", "借方", "贷方"]
    assert told[-1] == ["合计", "", "", 65000, 65000]


def test_hostile_addresses_are_a_page_and_never_a_fault(client: TestClient[Litestar]) -> None:
    sign_in(client, "shang")
    for path in (
        "/console/books/N-baiguo/acts/99999999999999999999",
        "/console/books/%00/accounts/101",
        "/console/books/X-baiguo/accounts/101",
        "/console/books/N-baiguo/accounts/10201%27%3B--",
        "/console/cases/N-baiguo/..%2f..%2fetc",
        "/console/cases/K/%ff%fe",
        "/console/nights/2017-13-45",
        "/console/nowhere",
    ):
        assert client.get(path).status_code in (400, 404), path
    assert client.get("/console?q-county=%ff%00'\"<script>").status_code == 200


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
        _listen(page, address, faults)
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
                # The structure is one; contrast and labels are looked at in the first language.
                faults += [f"{name}: {one}" for one in (_serious(page) if language == "zh" else ())]
                _shot(page, f"{name}-{language}")
        page.goto(f"{address}/console")
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        page.keyboard.press("Enter")
        assert page.url.endswith("#content")
        page.fill("input[name=q-county]", "后坝")
        expect(page.locator("#rows-county tbody tr")).to_have_count(1)
        expect(page.locator("#rows-county tbody td a").first).to_have_text("Houba")
        browser.close()
    assert not faults, "\n".join(faults)


def _listen(page: Page, address: str, faults: list[str]) -> None:
    def said(message: ConsoleMessage) -> None:
        if message.type == "error":
            faults.append(message.text)

    def asked(request: Request) -> None:
        if not request.url.startswith(address):
            faults.append(f"asked {request.url}")

    page.on("console", said)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", asked)


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
