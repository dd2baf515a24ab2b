"""The console's pool: lines, agreements, money; by HTTP and by browser, in two languages (P6)."""

import re
from typing import Any

from litestar import Litestar
from litestar.testing import TestClient
from playwright.sync_api import expect

from contracts.money import yuan
from tests.federation.browser import read_all, staff_browser
from tests.federation.console_world import PASSWORD, an_app, sign_in, submit, told_by
from tests.federation.pool_office import NAME, POOL, PROPOSAL, Office, acts, do
from tests.support.pool import AGREEMENT, COVENANTS_SAID


def test_a_proposal_with_faults_names_every_one_beside_its_field_and_writes_nothing(
    office: Office, visitor: TestClient[Litestar]
) -> None:
    wrong = {**PROPOSAL, "leverage": "10.01", "match_ppm": "29", "loan_cap": "50000.01",
             "term_max": "25", "layers": "stake, stake"}  # fmt: skip
    answer = submit(visitor, f"{POOL}/agreements/new", f"{POOL}/agreements", **wrong,
                    password=PASSWORD)  # fmt: skip
    assert answer.status_code == 422
    assert answer.text.count('aria-invalid="true"') == 5
    for said in ("10.01", "29", "50,000.01", "25"):
        assert said in answer.text
    unread = {**PROPOSAL, "leverage": "4.999", "wait_days": "-1", "base": "moon"}
    answer = submit(visitor, f"{POOL}/agreements/new", f"{POOL}/agreements", **unread,
                    password=PASSWORD)  # fmt: skip
    assert answer.status_code == 422
    assert answer.text.count('role="alert" id="wrong-') == 3
    nobody = submit(visitor, f"{POOL}/agreements/new", f"{POOL}/agreements",
                    **{**PROPOSAL, "coop": "nobody"}, password=PASSWORD)  # fmt: skip
    assert "请选择互助社和银行" in nobody.text
    assert "还没有合作协议" in visitor.get(POOL).text
    with office.played() as village:
        assert village.held("903") == 0


def test_an_agreement_is_proposed_signed_under_its_digest_and_opens(
    office: Office, visitor: TestClient[Litestar]
) -> None:
    made = submit(visitor, f"{POOL}/agreements/new", f"{POOL}/agreements", **PROPOSAL,
                  password=PASSWORD)  # fmt: skip
    assert made.status_code == 303, made.text
    assert made.headers["location"] == NAME
    shown = acts(visitor, NAME)[AGREEMENT, "sign"]
    with office.played() as village:
        assert shown["terms"] == village.county_case(AGREEMENT).terms["digest"]
    forged = visitor.post(f"{POOL}/act", data={**shown, "terms": "0" * 64, "password": PASSWORD})
    assert forged.status_code == 409
    for user in ("feng", "yuan", "wang"):
        sign_in(visitor, user)
        assert (AGREEMENT, "sign") in acts(visitor, NAME)
        # the inbox offers the very same
        assert AGREEMENT in visitor.get("/console/approvals").text
        assert do(visitor, NAME, AGREEMENT, "sign").status_code == 303
    with office.played() as village:
        for role, person in (("meeting@coop", "p-minutes"), ("council@coop", "c1"),
                             ("council@coop", "c2"), ("checker@bank", "b2")):  # fmt: skip
            village.act("agreement.sign", AGREEMENT, role, {}, person=person)
        assert village.county_case(AGREEMENT).state == "open"
    assert "已生效" in told_by(visitor.get(NAME).text)


def test_e1_the_gauges_show_line_use_and_what_mends_an_over_use(
    office: Office, visitor: TestClient[Litestar]
) -> None:
    office.staked()
    page = told_by(visitor.get(POOL).text)
    assert "1,000,000.00" in page
    with office.played() as village:
        for number in (1, 2, 3):
            village.running(number, "50_000.00")
    live = visitor.get(f"{POOL}/live").text
    assert 'hx-get="/console/pool/live"' in live
    assert "在保 150,000.00" in live
    assert "可用 850,000.00" in live
    csv = visitor.get(f"{POOL}?as=csv&list=agreements").content.decode("utf-8-sig").splitlines()
    assert csv[1].split(",")[6:15] == [
        "200000.00", "0.00", "60000.00", "0.00", "1000000.00", "150000.00", "0.00", "850000.00",
        "0.00",
    ]  # fmt: skip


def test_each_gauge_tells_line_used_reserved_headroom_and_match_due(
    office: Office, visitor: TestClient[Litestar]
) -> None:
    """County, bank and cooperative: 200,000 at five, 60,000 of match not come, 30,000 reserved."""
    with office.played() as village:
        village.agree()
        village.stake("200_000.00")
        village.running(1, "50_000.00")
        village.reserve(2, "30_000.00")
    live = visitor.get(f"{POOL}/live").text
    rows = re.findall(r'<div class="picture-row gauge-row">(.*?)</div>', live, re.DOTALL)
    told = [re.findall(r'<span class="money[^>]*>([^<]*)</span>', row) for row in rows]
    one = ["1,000,000.00", "80,000.00", "30,000.00", "920,000.00", "60,000.00"]
    assert told == [one] * 3


def test_r_086_an_over_use_is_red_and_says_what_ends_it(
    office: Office, visitor: TestClient[Litestar]
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
    for page in (told_by(visitor.get(POOL).text), told_by(visitor.get(NAME).text)):
        assert "60,000.00" in page
        assert "12,000.00" in page  # the top-up: 60,000 ÷ 5
    assert 'class="overdue"' in visitor.get(f"{POOL}/live").text
    visitor.get("/console/language/en")
    assert "a top-up of" in visitor.get(NAME).text


def test_the_form_speaks_the_readers_language_and_reads_both(
    office: Office, visitor: TestClient[Litestar]
) -> None:
    page = visitor.get(f"{POOL}/agreements/new").text
    assert 'value="联保人、违约人打包资金、缴存、配套、其他成员打包"' in page
    said = {**PROPOSAL, "layers": "联保人、缴存, match"}
    made = submit(visitor, f"{POOL}/agreements/new", f"{POOL}/agreements", **said,
                  password=PASSWORD)  # fmt: skip
    assert made.status_code == 303
    with office.played() as village:
        told = village.county_case(AGREEMENT).terms["layers"]
        assert list(told) == ["guarantors", "stake", "match"]
    visitor.get("/console/language/en")
    assert "guarantors, stake, match" in visitor.get(NAME).text


def test_e1b_a_release_lowers_the_line_at_once_and_needs_two_signatures(
    office: Office, visitor: TestClient[Litestar]
) -> None:
    office.staked()
    answer = submit(visitor, NAME, f"{NAME}/release", amount="200,000.01", password=PASSWORD)
    assert answer.status_code == 409
    assert "200,000.00" in answer.text
    answer = submit(visitor, NAME, f"{NAME}/release", amount="64,000.00", password=PASSWORD)
    assert answer.status_code == 303, answer.text
    with office.played() as village:
        assert village.held("903") == yuan("680000.00")
    page = visitor.get(NAME).text
    assert "释放缴存" in page
    assert "退回配套" in page
    sign_in(visitor, "feng")
    waiting = [key for key in acts(visitor, NAME) if key[1] == "sign"]
    assert len(waiting) == 2
    for case, act in waiting:
        assert do(visitor, NAME, case, act).status_code == 303


def test_r090_a_second_deposit_goes_back_by_a_release_of_its_own(
    office: Office, visitor: TestClient[Litestar]
) -> None:
    with office.played() as village:
        village.agree(variant="v1", match_ppm=0, grades=["A"])
        village.act("receipt.pooled", "line-p1", "system:bank_line", {
            "line": "line-p1", "amount": yuan("10000.00"), "agreement": AGREEMENT, "member": "m1",
            "pooling": "pooling-1",
        })  # fmt: skip
    for _ in range(2):
        answer = submit(visitor, NAME, f"{NAME}/release", amount="1,000.00", deposit="m1|",
                        password=PASSWORD)  # fmt: skip
        assert answer.status_code == 303, answer.text
    with office.played() as village:
        assert village.held("8051") == yuan("2000.00")


def test_a_match_is_claimed_by_staff_and_approved_by_the_finance_bureau(
    office: Office, visitor: TestClient[Litestar]
) -> None:
    with office.played() as village:
        village.agree()
        village.stake("200_000.00")
    assert "向财政局申请配套</" not in visitor.get(NAME).text
    answer = submit(visitor, NAME, f"{NAME}/match", password=PASSWORD)
    assert answer.status_code == 303, answer.text
    again = submit(visitor, NAME, f"{NAME}/match", password=PASSWORD)
    assert again.status_code == 409
    assert ("match-baiguo-1", "approve") not in acts(visitor, NAME)
    sign_in(visitor, "wang")
    assert "match-baiguo-1" in visitor.get("/console/approvals").text
    assert do(visitor, NAME, "match-baiguo-1", "approve").status_code == 303
    with office.played() as village:
        assert village.county_case("match-baiguo-1").state == "approved"
        assert village.county_case("match-baiguo-1").terms["amount"] == yuan("60000.00")


def test_a_new_version_shows_what_changes_and_the_line_before_and_after(
    office: Office, visitor: TestClient[Litestar]
) -> None:
    office.staked()
    offer = f"{NAME}/offer"
    wrong = submit(visitor, offer, offer, **{**PROPOSAL, "leverage": "4.99"}, password=PASSWORD)
    assert wrong.status_code == 422
    answer = submit(visitor, offer, offer, **{**PROPOSAL, "leverage": "7.5", "stop_ppm": "6"},
                    password=PASSWORD)  # fmt: skip
    assert answer.status_code == 303, answer.text
    page = told_by(visitor.get(NAME).text)
    for said in ("待签的新版本", "5 ×", "7.5 ×", "1,000,000.00", "1,500,000.00"):
        assert said in page
    assert page.count("<strong>6%</strong>") == 1
    sign_in(visitor, "yuan")
    assert do(visitor, NAME, AGREEMENT, "amend").status_code == 303
    with office.played() as village:
        told = village.county_case(AGREEMENT).terms["offer"]["digest"]
        for role, person in (("council@coop", "c1"), ("council@coop", "c2"),
                             ("checker@bank", "b2")):  # fmt: skip
            village.act("agreement.amend", AGREEMENT, role, {"terms": told}, person=person)
        assert village.county_case(AGREEMENT).terms["version"] == 2
        assert village.held("903") == yuan("1500000.00")


def test_suspended_by_staff_and_resumed_by_bank_and_county(
    office: Office, visitor: TestClient[Litestar]
) -> None:
    office.staked()
    assert do(visitor, NAME, AGREEMENT, "suspend", reason="").status_code == 422
    assert do(visitor, NAME, AGREEMENT, "suspend", reason="breach").status_code == 303
    page = told_by(visitor.get(NAME).text)
    assert "已暂停新增担保" in page
    assert "违约" in page
    assert (AGREEMENT, "end") in acts(visitor, NAME)
    ended = do(visitor, NAME, AGREEMENT, "end", reason="撤社")
    assert ended.status_code == 409
    assert "200,000.00" in ended.text
    for user in ("feng", "yuan"):
        sign_in(visitor, user)
        assert do(visitor, NAME, AGREEMENT, "resume").status_code == 303
    with office.played() as village:
        village.act("agreement.resume", AGREEMENT, "checker@bank", {}, person="b2")
        assert village.county_case(AGREEMENT).state == "open"


def test_i_17_the_pool_is_the_countys_alone(office: Office, visitor: TestClient[Litestar]) -> None:
    office.staked()
    claim = office.defaulted()
    paths = (
        POOL, f"{POOL}/live", NAME, f"{NAME}/offer", f"{POOL}/agreements/new",
        f"{POOL}/packages/new?agreement={AGREEMENT}", f"{POOL}/claims/{claim}",
        f"{POOL}/papers/{'a' * 64}",
    )  # fmt: skip
    for path in paths[:-1]:
        assert visitor.get(path).status_code == 200, path
    sign_in(visitor, "chen")
    for path in paths:
        assert visitor.get(path).status_code == 404, path
    data = {"case": claim, "act": "reject", "terms": "x", "minutes": "m"}
    assert submit(visitor, "/console/me", f"{POOL}/act", **data).status_code == 404
    sign_in(visitor, "yang")
    for nowhere in ("nobody", "claim-1", "%00"):
        assert visitor.get(f"{POOL}/agreements/{nowhere}").status_code in (400, 404)


def test_four_powers_and_roles_hold_whatever_a_form_says(
    office: Office, visitor: TestClient[Litestar]
) -> None:
    office.staked()
    shown = acts(visitor, NAME)[AGREEMENT, "suspend"]
    for user in ("yang", "wang"):
        sign_in(visitor, user)
        assert (AGREEMENT, "suspend") not in acts(visitor, NAME)
        token = {"csrf": _csrf(visitor)}
        data = {**shown, **token, "reason": "breach", "password": PASSWORD}
        assert visitor.post(f"{POOL}/act", data=data).status_code == 403
    unknown = {**shown, "csrf": _csrf(visitor), "act": "propose", "password": PASSWORD}
    assert visitor.post(f"{POOL}/act", data=unknown).status_code in (404, 409)


def _csrf(visitor: Any) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', visitor.get(NAME).text)
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
    with staff_browser(an_app(office.desk), POOL, faults) as (page, address):
        page.goto(f"{address}{pages['package-new']}")
        page.check(f"input[name='pick-{first}']")
        page.fill("input[name=password]", PASSWORD)
        page.click("form button.btn-primary")
        page.wait_for_url("**/pool/packages/package-*")
        pages["package"] = page.url.removeprefix(address)
        faults += read_all(page, address, pages)
    assert not faults, "\n".join(faults)


def test_in_a_browser_who_goes_back_from_a_refusal_finds_the_form_as_typed(
    office: Office,
) -> None:
    office.staked()
    with staff_browser(an_app(office.desk), NAME, []) as (page, _):
        page.fill("#amount", "1,00")
        page.fill("#minutes", "第3号纪要")
        page.fill("form[action$='/release'] input[name=password]", PASSWORD)
        page.click("form[action$='/release'] button")
        refused = page.locator("[data-refused]")
        expect(refused).to_contain_text("金额: 须为元,写成 1234.56")
        page.get_by_role("link", name="返回", exact=True).click()
        expect(page.locator("#amount")).to_have_value("1,00")
        expect(page.locator("#minutes")).to_have_value("第3号纪要")
        password = page.locator("form[action$='/release'] input[name=password]")
        expect(password).to_have_value("")
        page.reload()
        expect(page.locator("#amount")).to_have_value("")


def test_covenants_of_the_form_are_those_of_the_rule() -> None:
    """A covenant that the form does not know could never be agreed on a page."""
    assert set(COVENANTS_SAID) <= set(PROPOSAL)
