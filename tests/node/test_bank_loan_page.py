"""A guaranteed bank loan in a real browser: applied for, printed, voted, paid out, collected."""

from datetime import timedelta

from playwright.sync_api import expect

from tests.node.browser import Site
from tests.node.pool_county import PoolCounty, guaranteed
from tests.node.village import member


def test_a_bank_loan_goes_from_application_to_the_bank_s_payout(
    site: Site, pool: PoolCounty
) -> None:
    village, page = site.village, site.page
    pool.agree()
    pool.stake("100000.00")
    site.visit("bank-loans/new")
    page.select_option("select[name=member]", member(1))
    page.fill("input[name=amount]", "20,000.00")
    page.select_option("select[name=purpose]", "养殖")
    site.press("提交申请")
    assert site.state() == "已申请，待联保签字"
    application = page.url.rpartition("/")[2]
    with page.expect_popup() as paper:
        page.get_by_text("打印担保贷款申请表").click()
    expect(paper.value.locator("body")).to_contain_text("贰万元整")
    expect(paper.value.locator("body")).to_contain_text("反担保")
    site.vote("yes")
    site.press("联保签字")
    site.vote("yes")
    site.press("表决")
    assert site.state() == "已通过，待公示"
    with page.expect_popup() as paper:
        page.get_by_text("打印公示").click()
    expect(paper.value.locator("h1")).to_contain_text("担保贷款公示")
    site.press("张榜公示")
    site.go("")
    expect(page.locator("main")).to_contain_text("等着办的担保贷款")
    village.until_state(application, "cleared")
    village.synchronise()
    site.go(f"cases/{application}")
    expect(page.locator("main")).to_contain_text("由县联合社预留额度")
    guarantee = pool.guarantee(application)
    pool.pay_out(guarantee, "20000.00")
    village.synchronise()
    page.reload()
    expect(page.locator("main")).to_contain_text("银行已放款，在保")
    expect(page.locator("main")).to_contain_text(guarantee)
    site.go("bank-loans")
    expect(page.locator("tfoot")).to_contain_text("20,000.00")
    text = page.request.get(f"{site.base}/n/baiguo/lists/bank-loans.csv").text()
    assert "银行已放款，在保" in text
    site.go(f"cases/{member(1)}")
    expect(page.locator("main")).to_contain_text(application)


def test_an_application_says_everything_against_it_at_once(site: Site, pool: PoolCounty) -> None:
    pool.agree()
    site.visit("bank-loans/new")
    site.page.select_option("select[name=member]", member(1))
    site.page.fill("input[name=amount]", "50000.01")
    site.page.fill("input[name=term_months]", "25")
    site.press("提交申请")
    said = site.page.get_by_role("alert").locator("li").all_inner_texts()
    assert len(said) == 2
    assert any("超过单户上限" in one for one in said)
    assert any("24" in one for one in said)
    expect(site.page.locator("input[name=amount]")).to_have_value("50000.01")
    site.page.goto(f"{site.base}/n/baiguo/language/en")
    site.go("bank-loans/new")
    site.page.select_option("select[name=member]", member(1))
    site.page.fill("input[name=amount]", "50000.01")
    site.press("Submit")
    expect(site.page.get_by_role("alert")).to_contain_text("above the cap of 50,000.00")


def test_a_guaranteed_loan_in_arrears_at_the_bank_stands_on_the_collection_sheet(
    site: Site, pool: PoolCounty
) -> None:
    village = site.village
    guarantee = guaranteed(pool)
    pool.pay_out(guarantee, "20000.00")
    site.visit("due")
    expect(site.page.locator("main")).not_to_contain_text("本社担保的银行贷款")
    village.next_day()
    village.next_day()
    pool.in_arrears(guarantee, "20000.00")
    village.catch_up(village.county_day + timedelta(days=4))
    village.synchronise()
    site.go("due")
    expect(site.page.locator("main")).to_contain_text("银行逾期 5 天")
    expect(site.page.locator("main")).to_contain_text("20,000.00")
