"""P4.1 at the bookkeeper's: an offer is posted by the council, shown with its end, withdrawn."""

from playwright.sync_api import expect

from tests.node.browser import Site
from tests.support.browser import serious


def test_the_council_posts_an_offer_on_the_lending_page_and_withdraws_it(site: Site) -> None:
    village, page = site.village, site.page
    site.visit("lending")
    page.locator("summary", has_text="愿借出").click()
    form = page.locator("form[action$='/lending/wishes/post_offer']")
    form.locator("input[name=amount]").fill("3000")
    form.locator("input[name=rate_ppm]").fill("3")
    form.locator("input[name=term_months]").fill("6")
    form.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_contain_text("没有人表态")
    assert form.locator("input[name=amount]").input_value() == "3000"
    form.locator("input[name=by]").first.check()
    assert not serious(page, "lending")
    form.get_by_role("button").click()
    posted = village.case("wish-baiguo-1")
    assert posted.state == "offered"
    assert (posted.terms["amount"], posted.terms["rate_ppm"]) == (300_000, 3_000)
    main = page.locator("main")
    expect(main).to_contain_text("3,000.00")
    expect(main).to_contain_text("挂牌借出")
    expect(main).to_contain_text(str(posted.due))
    page.locator("summary", has_text="撤回").click()
    out = page.locator("form[action$='/lending/wishes/withdraw']")
    out.locator("input[name=by]").first.check()
    out.get_by_role("button").click()
    expect(main).to_contain_text("已撤回")
    assert village.case("wish-baiguo-1").state == "withdrawn"
