"""Every page of the console over a county that lived: by HTTP and by browser, in two languages."""

import io
from collections.abc import Iterator
from datetime import date

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from playwright.sync_api import expect
from python_calamine import CalamineWorkbook

from contracts.facts.books import PolicyFacts
from journal import data
from journal.engine import WRITER, open_engine
from services.federation.cases import opening
from services.federation.console import cooperative
from services.federation.console.queries import villages
from tests.federation.browser import read_all, staff_browser
from tests.federation.console_world import (
    a_client,
    a_county,
    a_desk,
    an_app,
    lived,
    sign_in,
    told_by,
)
from tests.federation.life import FIRST_DAY, Life
from tests.kernel.asking import a_loan
from tests.support import databases

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
    "federation": "/console/federation",
    "intercoop": "/console/cases/K/intercoop-1",
    "match": "/console/lending/new",
    "match_refused": f"{NEW}&lender=baiguo&borrower=xiaojia",
    "match_fits": f"{NEW}&lender=houba&borrower=baiguo",
    "payments": "/console/payments",
    "me": "/console/me",
    "password": "/console/me/password",
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


def test_r_053_the_villages_loans_say_the_step_of_collection_and_the_last_dunning(
    life: Life, client: TestClient[Litestar]
) -> None:
    loans = [
        a_loan("loan-houba-0901"),
        a_loan("loan-houba-0902", dunned_on="2018-01-18", dunned_step=7),
        a_loan("loan-houba-0903", state="closed", outstanding=0, dunned_on="2018-01-11"),
    ]
    with life.engine.connect() as conn:
        own = villages.villages(conn, villages.Scope(everything=True), only="houba")[0]
    steps = data.policy("DEFAULT").numbers("overdue.steps")
    listed = cooperative.loan_list(own, loans, date(2018, 1, 20), steps, {})
    assert [row[-2].value for row in listed.rows] == [
        ("第 7 天,未催收", "day 7, not done"),
        ("第 7 天,已催收", "day 7, done"),
        None,
    ]
    assert [row[-1].value for row in listed.rows] == [None, "2018-01-18", "2018-01-11"]
    sign_in(client, "shang")
    page = client.get(PAGES["loans"]).text
    assert "催收节点" in page
    assert "上次催收" in page


COUNTY_ONLY = (
    "approvals", "lending", "federation", "intercoop", "match", "match_refused", "match_fits",
    "nights", "night",
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
        assert told_by(page.text) == told_by(missing.text), name
    for name in PAGES.keys() - {*COUNTY_ONLY, *HOUBA}:
        page = client.get(PAGES[name])
        assert page.status_code == 200, name
        for secret in ("houba", "后坝", "Houba", "xiaojia", "肖家坝"):
            assert secret not in told_by(page.text), (name, secret)
    exported = client.get("/console?as=csv")
    assert "houba" not in exported.text
    assert "白果村互助社" in exported.text


def test_i_17_the_bank_and_strangers_see_no_village(client: TestClient[Litestar]) -> None:
    for path in PAGES.values():
        assert client.get(path, follow_redirects=False).status_code == 303
    sign_in(client, "tan")
    for name, path in PAGES.items():
        page = client.get(path)
        expected = 200 if name in ("overview", "findings", "payments", "me", "password") else 404
        assert page.status_code == expected, name
        for secret in ("baiguo", "白果", "houba", "后坝"):
            assert secret not in told_by(page.text), (name, secret)


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


def test_the_books_of_a_village_are_handed_out_as_they_stood_on_a_date(
    client: TestClient[Litestar],
) -> None:
    sign_in(client, "shang")
    page = "/console/cooperatives/baiguo"

    def book(day: str) -> list[str]:
        found = client.get(f"{page}?day={day}&as=csv&list=trial-N-baiguo")
        return found.content.decode("utf-8-sig").splitlines()

    assert 'name="day" value="2016-12-31"' in client.get(f"{page}?day=2016-12-31").text
    assert book("2016-12-31") == ["科目,名称,资金性质,借方,贷方"]
    now = book("2017-01-26")
    assert now[-1] == "合计,,,65000.00,65000.00"
    assert book("2030-01-01") == book("no-day") == now


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


def test_a_browser_reads_every_page_in_both_languages(life: Life) -> None:
    """No error in the console, no request to another host, no serious fault of access."""
    faults: list[str] = []
    with staff_browser(an_app(a_desk(life)), "/console", faults) as (page, address):
        faults += read_all(page, address, PAGES)
        page.goto(f"{address}/console")
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        page.keyboard.press("Enter")
        assert page.url.endswith("#content")
        page.fill("input[name=q-county]", "后坝")
        expect(page.locator("#rows-county tbody tr")).to_have_count(1)
        expect(page.locator("#rows-county tbody td a").first).to_have_text("Houba")
    assert not faults, "\n".join(faults)


def test_a_page_of_one_village_says_council_as_its_policy_does(
    life: Life, client: TestClient[Litestar]
) -> None:
    with life.engine.begin() as conn:
        opening.tell_policy(conn, life.county, "baiguo", PolicyFacts(profile="WENXIAN"))
    sign_in(client, "shang")
    told = {
        name: client.get(path).text
        for name, path in {
            "baiguo": "/console/cases/N-baiguo/loan-baiguo-0001",
            "houba": "/console/cases/N-houba/loan-houba-0001",
            "both": "/console/cases/K/intercoop-1",
        }.items()
    }
    # Between two villages that differ, and where many are shown, the neutral name stays.
    said = {"baiguo": "管委会", "houba": "理事会", "both": "管委会/理事会"}
    for name, council in said.items():
        neutral = told[name].count("管委会/理事会")
        assert (neutral > 0) == (name == "both"), name
        assert council in told[name], name
    assert "理事会" not in told["baiguo"]
    assert "管委会" not in told["houba"]
