"""The console's pool: lines, agreements, money; by HTTP and by browser, in two languages (P6)."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient
from playwright.sync_api import sync_playwright

from contracts.money import yuan
from tests.federation.console_world import PASSWORD, a_client, an_app, sign_in, submit
from tests.federation.pool_office import NAME, POOL, PROPOSAL, Office, acts, do
from tests.federation.test_console_pages import CHROMIUM, _listen, _said, _serious, _shot, served
from tests.support.pool import AGREEMENT, COVENANTS_SAID


@pytest.fixture
def office(county_engine: sa.Engine) -> Office:
    return Office(county_engine)


@pytest.fixture
def client(office: Office) -> Iterator[TestClient[Litestar]]:
    with a_client(office.desk) as one:
        sign_in(one, "shang")
        yield one


def test_a_proposal_with_faults_names_every_one_beside_its_field_and_writes_nothing(
    office: Office, client: TestClient[Litestar]
) -> None:
    wrong = {**PROPOSAL, "leverage": "10.01", "match_ppm": "29", "loan_cap": "50000.01",
             "term_max": "25", "layers": "stake, stake"}  # fmt: skip
    answer = submit(client, f"{POOL}/agreements/new", f"{POOL}/agreements", **wrong,
                    password=PASSWORD)  # fmt: skip
    assert answer.status_code == 422
    assert answer.text.count('aria-invalid="true"') == 5
    for said in ("10.01", "29", "50,000.01", "25"):
        assert said in answer.text
    unread = {**PROPOSAL, "leverage": "4.999", "wait_days": "-1", "base": "moon"}
    answer = submit(client, f"{POOL}/agreements/new", f"{POOL}/agreements", **unread,
                    password=PASSWORD)  # fmt: skip
    assert answer.status_code == 422
    assert answer.text.count('role="alert" id="wrong-') == 3
    nobody = submit(client, f"{POOL}/agreements/new", f"{POOL}/agreements",
                    **{**PROPOSAL, "coop": "nobody"}, password=PASSWORD)  # fmt: skip
    assert "请选择互助社和银行" in nobody.text
    assert "还没有合作协议" in client.get(POOL).text
    with office.played() as village:
        assert village.held("903") == 0


def test_an_agreement_is_proposed_signed_under_its_digest_and_opens(
    office: Office, client: TestClient[Litestar]
) -> None:
    made = submit(client, f"{POOL}/agreements/new", f"{POOL}/agreements", **PROPOSAL,
                  password=PASSWORD)  # fmt: skip
    assert made.status_code == 303, made.text
    assert made.headers["location"] == NAME
    shown = acts(client, NAME)[AGREEMENT, "sign"]
    with office.played() as village:
        assert shown["terms"] == village.county_case(AGREEMENT).terms["digest"]
    forged = client.post(f"{POOL}/act", data={**shown, "terms": "0" * 64, "password": PASSWORD})
    assert forged.status_code == 409
    for user in ("feng", "yuan", "wang"):
        sign_in(client, user)
        assert (AGREEMENT, "sign") in acts(client, NAME)
        # the inbox offers the very same
        assert AGREEMENT in client.get("/console/approvals").text
        assert do(client, NAME, AGREEMENT, "sign").status_code == 303
    with office.played() as village:
        for role, person in (("meeting@coop", "p-minutes"), ("council@coop", "c1"),
                             ("council@coop", "c2"), ("checker@bank", "b2")):  # fmt: skip
            village.act("agreement.sign", AGREEMENT, role, {}, person=person)
        assert village.county_case(AGREEMENT).state == "open"
    assert "已生效" in _said(client.get(NAME).text)


def test_e1_the_gauges_show_line_use_and_what_mends_an_over_use(
    office: Office, client: TestClient[Litestar]
) -> None:
    office.staked()
    page = _said(client.get(POOL).text)
    assert "1,000,000.00" in page
    with office.played() as village:
        for number in (1, 2, 3):
            village.running(number, "50_000.00")
    live = client.get(f"{POOL}/live").text
    assert 'hx-get="/console/pool/live"' in live
    assert "在保 150,000.00" in live
    assert "可用 850,000.00" in live
    csv = client.get(f"{POOL}?as=csv&list=agreements").content.decode("utf-8-sig").splitlines()
    assert csv[1].split(",")[6:15] == [
        "200000.00", "0.00", "60000.00", "0.00", "1000000.00", "150000.00", "0.00", "850000.00",
        "0.00",
    ]  # fmt: skip


def test_r_086_an_over_use_is_red_and_says_what_ends_it(
    office: Office, client: TestClient[Litestar]
) -> None:
    """Stake 20,000 at 5; 100,000 lent; a claim of 20,000 leaves stake 4,000: 60,000 too much."""
    with office.played() as village:
        village.agree()
        village.stake("20_000.00")
        village.match()
        first = village.running(1, "50_000.00")
        village.running(2, "50_000.00")
        village.accept(village.defaulted(first, "20_000.00"), "20_000.00")
        assert village.held("9039") == yuan("60000.00")
    for page in (_said(client.get(POOL).text), _said(client.get(NAME).text)):
        assert "60,000.00" in page
        assert "12,000.00" in page  # the top-up: 60,000 ÷ 5
    assert 'class="overdue"' in client.get(f"{POOL}/live").text
    client.get("/console/language/en")
    assert "a top-up of" in client.get(NAME).text


def test_the_form_speaks_the_readers_language_and_reads_both(
    office: Office, client: TestClient[Litestar]
) -> None:
    page = client.get(f"{POOL}/agreements/new").text
    assert 'value="联保人、违约人打包资金、缴存、配套、其他成员打包"' in page
    said = {**PROPOSAL, "layers": "联保人、缴存, match"}
    made = submit(client, f"{POOL}/agreements/new", f"{POOL}/agreements", **said,
                  password=PASSWORD)  # fmt: skip
    assert made.status_code == 303
    with office.played() as village:
        told = village.county_case(AGREEMENT).terms["layers"]
        assert list(told) == ["guarantors", "stake", "match"]
    client.get("/console/language/en")
    assert "guarantors, stake, match" in client.get(NAME).text


def test_e1b_a_release_lowers_the_line_at_once_and_needs_two_signatures(
    office: Office, client: TestClient[Litestar]
) -> None:
    office.staked()
    answer = submit(client, NAME, f"{NAME}/release", amount="200,000.01", password=PASSWORD)
    assert answer.status_code == 409
    assert "200,000.00" in answer.text
    answer = submit(client, NAME, f"{NAME}/release", amount="64,000.00", password=PASSWORD)
    assert answer.status_code == 303, answer.text
    with office.played() as village:
        assert village.held("903") == yuan("680000.00")
    page = client.get(NAME).text
    assert "释放缴存" in page
    assert "退回配套" in page
    sign_in(client, "feng")
    waiting = [key for key in acts(client, NAME) if key[1] == "sign"]
    assert len(waiting) == 2
    for case, act in waiting:
        assert do(client, NAME, case, act).status_code == 303


def test_r090_a_second_deposit_goes_back_by_a_release_of_its_own(
    office: Office, client: TestClient[Litestar]
) -> None:
    with office.played() as village:
        village.agree(variant="v1", match_ppm=0, grades=["A"])
        village.act("receipt.pooled", "line-p1", "system:bank_line", {
            "line": "line-p1", "amount": yuan("10000.00"), "agreement": AGREEMENT, "member": "m1",
            "pooling": "pooling-1",
        })  # fmt: skip
    for _ in range(2):
        answer = submit(client, NAME, f"{NAME}/release", amount="1,000.00", deposit="m1|",
                        password=PASSWORD)  # fmt: skip
        assert answer.status_code == 303, answer.text
    with office.played() as village:
        assert village.held("8051") == yuan("2000.00")


def test_a_match_is_claimed_by_staff_and_approved_by_the_finance_bureau(
    office: Office, client: TestClient[Litestar]
) -> None:
    with office.played() as village:
        village.agree()
        village.stake("200_000.00")
    assert "向财政局申请配套</" not in client.get(NAME).text
    answer = submit(client, NAME, f"{NAME}/match", password=PASSWORD)
    assert answer.status_code == 303, answer.text
    again = submit(client, NAME, f"{NAME}/match", password=PASSWORD)
    assert again.status_code == 409
    assert ("match-baiguo-1", "approve") not in acts(client, NAME)
    sign_in(client, "wang")
    assert "match-baiguo-1" in client.get("/console/approvals").text
    assert do(client, NAME, "match-baiguo-1", "approve").status_code == 303
    with office.played() as village:
        assert village.county_case("match-baiguo-1").state == "approved"
        assert village.county_case("match-baiguo-1").terms["amount"] == yuan("60000.00")


def test_a_new_version_shows_what_changes_and_the_line_before_and_after(
    office: Office, client: TestClient[Litestar]
) -> None:
    office.staked()
    offer = f"{NAME}/offer"
    wrong = submit(client, offer, offer, **{**PROPOSAL, "leverage": "4.99"}, password=PASSWORD)
    assert wrong.status_code == 422
    answer = submit(client, offer, offer, **{**PROPOSAL, "leverage": "7.5", "stop_ppm": "6"},
                    password=PASSWORD)  # fmt: skip
    assert answer.status_code == 303, answer.text
    page = _said(client.get(NAME).text)
    for said in ("待签的新版本", "5 ×", "7.5 ×", "1,000,000.00", "1,500,000.00"):
        assert said in page
    assert page.count("<strong>6%</strong>") == 1
    sign_in(client, "yuan")
    assert do(client, NAME, AGREEMENT, "amend").status_code == 303
    with office.played() as village:
        told = village.county_case(AGREEMENT).terms["offer"]["digest"]
        for role, person in (("council@coop", "c1"), ("council@coop", "c2"),
                             ("checker@bank", "b2")):  # fmt: skip
            village.act("agreement.amend", AGREEMENT, role, {"terms": told}, person=person)
        assert village.county_case(AGREEMENT).terms["version"] == 2
        assert village.held("903") == yuan("1500000.00")


def test_suspended_by_staff_and_resumed_by_bank_and_county(
    office: Office, client: TestClient[Litestar]
) -> None:
    office.staked()
    assert do(client, NAME, AGREEMENT, "suspend", reason="").status_code == 422
    assert do(client, NAME, AGREEMENT, "suspend", reason="breach").status_code == 303
    page = _said(client.get(NAME).text)
    assert "已暂停新增担保" in page
    assert "违约" in page
    assert (AGREEMENT, "end") in acts(client, NAME)
    ended = do(client, NAME, AGREEMENT, "end", reason="撤社")
    assert ended.status_code == 409
    assert "200,000.00" in ended.text
    for user in ("feng", "yuan"):
        sign_in(client, user)
        assert do(client, NAME, AGREEMENT, "resume").status_code == 303
    with office.played() as village:
        village.act("agreement.resume", AGREEMENT, "checker@bank", {}, person="b2")
        assert village.county_case(AGREEMENT).state == "open"


def test_i_17_the_pool_is_the_countys_alone(office: Office, client: TestClient[Litestar]) -> None:
    office.staked()
    claim = office.defaulted()
    paths = (
        POOL, f"{POOL}/live", NAME, f"{NAME}/offer", f"{POOL}/agreements/new",
        f"{POOL}/packages/new?agreement={AGREEMENT}", f"{POOL}/claims/{claim}",
        f"{POOL}/papers/{'a' * 64}",
    )  # fmt: skip
    for path in paths[:-1]:
        assert client.get(path).status_code == 200, path
    sign_in(client, "chen")
    for path in paths:
        assert client.get(path).status_code == 404, path
    data = {"case": claim, "act": "reject", "terms": "x", "minutes": "m"}
    assert submit(client, "/console/me", f"{POOL}/act", **data).status_code == 404
    sign_in(client, "yang")
    for nowhere in ("nobody", "claim-1", "%00"):
        assert client.get(f"{POOL}/agreements/{nowhere}").status_code in (400, 404)


def test_four_powers_and_roles_hold_whatever_a_form_says(
    office: Office, client: TestClient[Litestar]
) -> None:
    office.staked()
    shown = acts(client, NAME)[AGREEMENT, "suspend"]
    for user in ("yang", "wang"):
        sign_in(client, user)
        assert (AGREEMENT, "suspend") not in acts(client, NAME)
        token = {"csrf": _csrf(client)}
        data = {**shown, **token, "reason": "breach", "password": PASSWORD}
        assert client.post(f"{POOL}/act", data=data).status_code == 403
    unknown = {**shown, "csrf": _csrf(client), "act": "propose", "password": PASSWORD}
    assert client.post(f"{POOL}/act", data=unknown).status_code in (404, 409)


def _csrf(client: Any) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', client.get(NAME).text)
    assert found is not None
    return found[1]


def test_a_browser_reads_every_page_of_the_pool_in_both_languages(office: Office) -> None:
    faults: list[str] = []
    office.staked()
    claim = office.defaulted()
    with office.played() as village:
        village.second_group()
        first = village.cleared(4, "30_000.00")
    pages = {
        "pool": POOL, "agreement": NAME, "offer": f"{NAME}/offer",
        "agreement-new": f"{POOL}/agreements/new",
        "package-new": f"{POOL}/packages/new?agreement={AGREEMENT}",
        "claim": f"{POOL}/claims/{claim}", "approvals-pool": "/console/approvals",
    }  # fmt: skip
    with served(an_app(office.desk)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
        _listen(page, address, faults)
        page.goto(f"{address}{POOL}")
        page.fill("#user", "shang")
        page.fill("#password", PASSWORD)
        page.click("button.btn-primary")
        page.goto(f"{address}{pages['package-new']}")
        page.check(f"input[name='pick-{first}']")
        page.fill("input[name=password]", PASSWORD)
        page.click("form button.btn-primary")
        page.wait_for_url("**/pool/packages/package-*")
        pages["package"] = page.url.removeprefix(address)
        for language in ("zh", "en"):
            page.goto(f"{address}/console/language/{language}")
            for name, path in pages.items():
                answer = page.goto(f"{address}{path}")
                assert answer is not None
                assert answer.status == 200, (name, language)
                faults += [f"{name}: {one}" for one in (_serious(page) if language == "zh" else ())]
                _shot(page, f"{name}-{language}")
        browser.close()
    assert not faults, "\n".join(faults)


def test_covenants_of_the_form_are_those_of_the_rule() -> None:
    """A covenant that the form does not know could never be agreed on a page."""
    assert set(COVENANTS_SAID) <= set(PROPOSAL)
