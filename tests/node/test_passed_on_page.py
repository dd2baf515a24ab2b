"""P6.6 at the bookkeeper's: what came in on a claimed loan is passed on by the cashier's PIN."""

import pytest
from playwright.sync_api import expect

from tests.node.browser import PINS, Site
from tests.node.pool_county import PoolCounty, claimed, told
from tests.support.browser import serious
from tests.support.village import fen


@pytest.fixture
def claim(site: Site, pool: PoolCounty) -> str:
    """A claim the pool has met, and 4,999.99 its borrower paid the village."""
    pool.agree()
    told(pool, lambda: pool.stake("200000.00"))
    found = claimed(pool)
    told(pool, lambda: pool.accept(found, "20000.00"), lambda: pool.pay_claim(found))
    site.village.county.bank_line("unclaimed", "R7", site.village.county_day,
                                  amount=fen("4999.99"), claim=found)  # fmt: skip
    site.village.synchronise()
    return found


def test_the_page_knows_the_claim_and_the_cashier_passes_the_money_on(
    site: Site, claim: str
) -> None:
    village, page = site.village, site.page
    site.visit("bank")
    item = page.locator("details.act").first
    expect(item.locator("summary")).to_contain_text("已代偿贷款的还款")
    form = page.locator("form[action$='/pass-on']")
    expect(form.locator("select[name=claim]")).to_have_value(claim)
    expect(form).to_contain_text("欠银行 20,000.00")
    expect(form.locator("input[name=amount]")).to_have_value("4,999.99")
    assert item.locator("form").first.get_attribute("action") == form.get_attribute("action")
    form.locator("input[name=pin]").fill("000000")
    site.press("转交银行")
    expect(page.get_by_role("alert")).to_contain_text("出纳 PIN 不对")
    form.locator("input[name=amount]").fill("5000.00")
    form.locator("input[name=pin]").fill(PINS["cashier"])
    site.press("转交银行")
    expect(page.locator("main")).to_contain_text("超过尚欠 4,999.99")
    site.go("bank")
    form.locator("input[name=pin]").fill(PINS["cashier"])
    assert not serious(page, "bank")
    site.press("转交银行")
    expect(page.locator("details.act summary").first).to_contain_text("转交银行付款中")
    expect(page.locator("form[action$='/pass-on']")).to_have_count(0)
    asked = village.case("suspense-baiguo-001")
    assert asked.state == "asked"
    assert asked.hands[-1].person == village.person["cashier"]
    assert (asked.terms["pay"]["person"], asked.terms["pay"]["claim"]) == ("", claim)
    site.go("cases/suspense-baiguo-001")
    expect(page.locator("main")).to_contain_text(claim)
    expect(page.locator("main")).to_contain_text("转交银行")


def test_in_english_by_the_switch(site: Site, claim: str) -> None:
    site.visit("bank")
    site.page.get_by_role("link", name="English").click()
    form = site.page.locator("form[action$='/pass-on']")
    expect(form).to_contain_text("Paid on a claimed loan: on to its bank")
    expect(form.get_by_role("button")).to_have_text("Pass on to the bank")
    expect(form).to_contain_text(claim)
