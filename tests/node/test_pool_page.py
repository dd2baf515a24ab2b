"""The pool's pages in a real browser: what a bookkeeper sees, says, applies for and prints."""

import pytest
from playwright.sync_api import Locator, expect

from journal import store
from journal.engine import reading
from kernel.cases import Case
from tests.node.browser import Site
from tests.node.pool_county import AGREEMENT, PoolCounty, apply, claimed, guaranteed
from tests.node.village import Village
from tests.support.browser import serious
from tests.support.village import fen


def county_case(village: Village, name: str) -> Case:
    with reading(village.node.engine).connect() as conn:
        found = store.load(conn, store.COUNTY_SCOPE, name)
    assert found is not None
    return found


def voted(form: Locator, minutes: str) -> None:
    """Enter what the meeting decided: 28 were there, 27 for it."""
    for name, said in (("minutes", minutes), ("present", "28"), ("yes", "27")):
        form.locator(f"input[name={name}]").fill(said)
    form.get_by_role("button").click()


def test_meeting_and_council_sign_the_very_terms_shown(site: Site, pool: PoolCounty) -> None:
    pool.propose()
    site.village.synchronise()
    site.sign_in("accountant")
    expect(site.page.locator("main")).to_contain_text("风险补偿金：等表态")
    site.go("pool")
    main = site.page.locator("main")
    for words in ("5 倍", "30%", "20%", "伍万元整", "90", "1. 联保人先行代偿", "2. 互助社缴存"):
        expect(main).to_contain_text(words)
    meeting = site.page.locator(f"#{AGREEMENT}-sign-meeting")
    voted(meeting, "2017年第2号")
    expect(main).to_contain_text("2017年第2号 实到28人 同意27人")
    expect(site.page.locator(f"#{AGREEMENT}-sign-meeting")).to_have_count(0)
    council = site.page.locator(f"#{AGREEMENT}-sign-council")
    council.get_by_role("button").click()
    expect(site.page.get_by_role("alert")).to_contain_text("没有人表态")
    site.vote("yes", form=council)
    council.get_by_role("button").click()
    expect(site.page.locator(f"#{AGREEMENT}-sign-council")).to_have_count(0)
    digest = county_case(site.village, AGREEMENT).terms["digest"]
    for number, role in ((1, "meeting@node"), (2, "council@node")):
        voice = site.village.case(f"voice-{AGREEMENT}-{number}")
        assert (voice.terms["act"], voice.terms["terms"]) == ("sign", digest)
        assert voice.hands[0].role == role
        pool.hear(voice)
    # The accountant wrote the meeting's minutes and votes in the council: two steps, two signers.
    signed = [hand.role for hand in pool.case(AGREEMENT).signed]
    assert signed == ["meeting@coop", *["council@coop"] * 3]


def test_a_council_without_a_majority_is_asked_again_and_the_rest_may_vote(
    site: Site, pool: PoolCounty
) -> None:
    pool.propose()
    site.visit("pool")
    form = site.page.locator(f"#{AGREEMENT}-sign-council")
    site.vote("yes", "chair", form=form)
    form.get_by_role("button").click()
    left = site.page.locator(f"#{AGREEMENT}-sign-council table tr td:first-child")
    assert sorted(left.all_inner_texts()) == sorted(["李建国", "张桂兰"])


def test_the_meeting_votes_to_stake_and_the_gauge_shows_the_line(
    site: Site, pool: PoolCounty
) -> None:
    village = site.village
    pool.agree()
    site.visit("pool")
    form = site.page.locator(f"#{AGREEMENT}-stake-meeting")
    form.locator("summary").click()
    expect(form).to_contain_text("560,000.00")
    form.locator("input[name=amount]").fill("200,000.00")
    voted(form, "2017年第3号")
    voice = village.case(f"voice-{AGREEMENT}-1")
    assert (voice.terms["act"], voice.terms["amount"]) == ("stake", fen("200000.00"))
    assert (voice.terms["process"], voice.hands[0].role) == ("agreement", "meeting@node")
    pool.stake("200000.00")
    pool.match()
    guarantee = pool.guarantee(apply(village))
    pool.pay_out(guarantee, "20000.00")
    pool.guarantee(apply(village, 2, "30000.00"), line=2)
    village.synchronise()
    site.go("pool")
    gauge = site.page.locator("svg.gauge")
    expect(gauge).to_have_attribute(
        "aria-label",
        "额度 1,000,000.00, 在保 20,000.00, 预留 30,000.00, 可用 950,000.00, 超额 0.00",
    )
    assert [one.get_attribute("width") for one in gauge.locator("rect").all()] == [
        "1000", "50", "20", "4",
    ]  # fmt: skip
    expect(site.page.locator("main")).to_contain_text("壹佰万元整")
    expect(site.page.locator("main")).to_contain_text("与县里一致")
    site.go("")
    expect(site.page.locator(".figures")).to_contain_text("风险补偿金，冻结")
    expect(site.page.locator(".figures")).to_contain_text("200,000.00")


def test_the_council_signs_a_package_and_its_borrower_abstains(
    site: Site, pool: PoolCounty
) -> None:
    village = site.village
    line = guaranteed(pool)
    pool.package((line,), "20000.00")
    site.visit("pool")
    expect(site.page.locator("main")).to_contain_text("社员1")
    form = site.page.locator("#package-1-sign-council")
    site.vote("yes", form=form)
    form.get_by_role("button").click()
    voice = village.case("voice-package-1-1")
    assert (voice.terms["process"], voice.terms["terms"]) == ("package", "d" * 64)
    assert set(voice.terms["votes"].values()) == {"yes"}
    expect(site.page.locator("#package-1-sign-council")).to_have_count(0)


def test_a_claim_is_seen_with_what_is_owed_and_over_use_is_said(
    site: Site, pool: PoolCounty
) -> None:
    village = site.village
    pool.agree()
    pool.stake("6000.00")
    village.synchronise()
    pool.guarantee(apply(village, 2, "10000.00"), line=2)
    claim = claimed(pool)
    pool.accept(claim, "20000.00")
    pool.pay_claim(claim)
    site.visit("pool")
    main = site.page.locator("main")
    expect(main).to_contain_text("超额使用 10,000.00 元")
    expect(main).to_contain_text("已代偿，追偿中")
    expect(main).to_contain_text("6,000.00")
    site.go("book")
    expect(main).to_contain_text("11304")
    site.go("")
    expect(site.page.locator(".figures")).to_contain_text("应收代偿追偿")


def test_r081_a_member_signs_the_pooling_form_and_it_is_printed_with_its_clause(
    site: Site, pool: PoolCounty
) -> None:
    village, page = site.village, site.page
    pool.agree(variant="v1", match_ppm=0, grades=["A"])
    village.paid_loan()
    site.sign_in("accountant")
    site.go("poolings")
    page.fill("input[name=amount]", "4,000.00")
    site.press("记录申请")
    assert site.state() == "已签申请书，待刷卡缴存"
    with page.expect_popup() as paper:
        page.get_by_text("打印打包担保申请书").click()
    expect(paper.value.locator("body")).to_contain_text("互相担保：申请人同意")
    expect(paper.value.locator("body")).to_contain_text("肆仟元整")
    pool.pooled(1, "4000.00", "pooling-baiguo-0001")
    village.synchronise()
    page.reload()
    assert site.state() == "已缴存打包"
    site.go("poolings")
    expect(page.locator("tfoot")).to_contain_text("4,000.00")
    expect(page.locator("main")).to_contain_text("没有可打包的已发放借款")


def test_a_new_version_on_offer_is_signed_by_its_own_digest(site: Site, pool: PoolCounty) -> None:
    village = site.village
    pool.agree()
    pool.offer(leverage=1000)
    site.visit("pool")
    form = site.page.locator(f"#{AGREEMENT}-amend-council")
    expect(form).to_contain_text("10 倍")
    site.vote("yes", form=form)
    form.get_by_role("button").click()
    voice = village.case(f"voice-{AGREEMENT}-1")
    offer = county_case(village, AGREEMENT).terms["offer"]
    assert (voice.terms["act"], voice.terms["terms"]) == ("amend", offer["digest"])
    assert offer["digest"] != county_case(village, AGREEMENT).terms["digest"]


def test_what_may_not_be_said_is_refused_by_name(site: Site, pool: PoolCounty) -> None:
    pool.agree()
    site.visit("pool")
    form = site.page.locator(f"#{AGREEMENT}-stake-meeting")
    form.locator("summary").click()
    form.locator("input[name=amount]").fill("0.001")
    voted(form, "1")
    expect(site.page.get_by_role("alert")).to_contain_text("金额“0.001”不是金额")
    csrf = site.page.locator("input[name=csrf]").first.get_attribute("value") or ""
    answer = site.page.request.post(
        f"{site.base}/n/baiguo/pool/{AGREEMENT}",
        form={"csrf": csrf, "act": "sign", "role": "council@node", "minutes": "1"},
    )
    assert answer.status == 409
    assert "没有" in answer.text() or AGREEMENT in answer.text()


def test_no_more_is_staked_or_asked_back_than_there_is(site: Site, pool: PoolCounty) -> None:
    village = site.village
    pool.agree()
    site.visit("pool")
    alert = site.page.get_by_role("alert")

    def says(act: str, amount: str) -> None:
        form = site.page.locator(f"#{AGREEMENT}-{act}-meeting")
        if form.get_attribute("open") is None:
            form.locator("summary").click()
        form.locator("input[name=amount]").fill(amount)
        voted(form, "2017年第3号")

    says("stake", "560,000.01")
    expect(alert).to_contain_text("缴存 560,000.01 元超过可用互助资金 560,000.00 元")
    pool.stake("200000.00")
    guarantee = pool.guarantee(apply(village))
    pool.pay_out(guarantee, "20000.00")
    village.synchronise()
    site.go("pool")
    says("release", "196,000.01")
    expect(alert).to_contain_text("申请释放 196,000.01 元,现可释放 196,000.00 元")
    with reading(village.node.engine).connect() as conn:
        assert store.load(conn, village.node.book, f"voice-{AGREEMENT}-1") is None
    site.go("pool")
    says("release", "196,000.00")
    assert village.case(f"voice-{AGREEMENT}-1").terms["amount"] == fen("196000.00")


def test_the_pool_s_pages_are_free_of_serious_faults_for_those_who_hear_them(
    site: Site, pool: PoolCounty
) -> None:
    village = site.village
    line = guaranteed(pool)
    pool.package((line,), "20000.00")
    pool.offer(leverage=1000)
    village.synchronise()
    site.sign_in("accountant")
    found: list[str] = []
    for path in ("", "pool", "bank-loans", "bank-loans/new", "poolings",
                 "cases/bank_loan-baiguo-0001"):  # fmt: skip
        site.go(path)
        found += serious(site.page, path)
    assert found == []


@pytest.mark.parametrize("path", ["pool", "bank-loans", "bank-loans/new", "poolings"])
def test_the_pool_s_pages_speak_english_and_stand_empty(site: Site, path: str) -> None:
    site.sign_in("accountant")
    site.page.get_by_role("link", name="English").click()
    site.go(path)
    expect(site.page.locator("html")).to_have_attribute("lang", "en")
    expect(site.page.get_by_role("heading", level=1)).to_be_visible()


def test_the_resolution_is_printed_and_unknown_papers_are_not(site: Site, pool: PoolCounty) -> None:
    site.sign_in("accountant")
    base = f"{site.base}/n/baiguo/print"
    for path in ("pool-resolution", "bank-loan/bank_loan-9", "pooling/pooling-9"):
        assert site.page.request.get(f"{base}/{path}").status == 404
    pool.agree()
    site.village.synchronise()
    answer = site.page.request.get(f"{base}/pool-resolution")
    assert "成员大会决议" in answer.text()
    assert county_case(site.village, AGREEMENT).terms["digest"] in answer.text()
