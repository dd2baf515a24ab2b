"""The page in a real browser: a bookkeeper takes a loan the whole way, and what she may not do."""

from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from journal import store
from journal.engine import reading
from kernel.intercoop import terms_digest
from tests.node.browser import PINS, Site
from tests.node.village import COOP
from tests.support.browser import serious


def test_a_loan_goes_from_application_to_receipt(site: Site) -> None:
    village, page = site.village, site.page
    site.sign_in("accountant")
    expect(page.get_by_role("heading", name="今天")).to_be_visible()
    site.go("loans/new")
    page.select_option("select[name=member]", "member-baiguo-001")
    page.fill("input[name=amount]", "5,000.00")
    page.select_option("select[name=purpose]", "养殖")
    site.press("提交申请")
    assert site.state() == "已申请，待联保签字"
    site.vote("yes")
    site.press("联保签字")
    assert site.state() == "联保已签，待表决"
    site.vote("yes")
    site.vote("abstain", "council")
    page.fill("input[name=minutes]", "2017-01-10 理事会")
    site.press("表决")
    assert site.state() == "已通过，待公示"
    page.fill("input[name=place]", "村委会门口")
    site.press("张榜公示")
    assert site.state() == "公示中"
    loan = page.url.rpartition("/")[2]
    village.until_state(loan, "cleared")
    page.reload()
    with page.expect_popup() as paper:
        page.get_by_text("打印借款合同").click()
    expect(paper.value.locator("h1")).to_contain_text("合同编号：baiguo-2017-0001")
    assert page.input_value("input[name=number]") == "baiguo-2017-0001"
    page.fill("input[name=number]", "文借2017-8号")
    site.press("签订合同")
    assert site.state() == "已签合同，待放款"
    page.fill("input[name=pin]", "000000")
    site.press("发放付款指令")
    expect(page.get_by_role("alert")).to_contain_text("出纳 PIN 不对")
    assert village.case(loan).state == "contracted"
    page.fill("input[name=pin]", PINS["cashier"])
    site.press("发放付款指令")
    assert site.state() == "已发指令，等银行付款"
    hand = village.case(loan).hands[-1]
    assert (hand.person, hand.role) == (village.person["cashier"], "cashier@node")
    village.synchronise()
    village.county.pay()
    village.county.bank_line("repayment", "R1", village.county_day, loan=loan, amount=1_000_00)
    village.synchronise()
    page.reload()
    assert site.state() == "借款中"
    with page.expect_popup() as opened:
        page.get_by_text("打印收据").click()
    expect(opened.value.locator("body")).to_contain_text("壹仟元整")


def test_r_050_who_borrowed_is_to_be_visited_after_thirty_days_and_then_no_more(
    site: Site,
) -> None:
    village, page = site.village, site.page
    loan = village.paid_loan()
    paid_on = date.fromisoformat(village.case(loan).terms["paid_on"])
    village.catch_up(paid_on + timedelta(days=28))
    site.sign_in("accountant")
    expect(page.get_by_role("heading", name="该回访了")).to_have_count(0)
    village.next_day()
    site.go()
    due = page.locator("section", has=page.get_by_role("heading", name="该回访了"))
    due.get_by_role("link").click()
    assert page.url.endswith(f"/cases/{loan}")
    act = page.locator("details", has=page.locator(f"form[action$='{loan}/revisit']")).first
    act.locator("summary").click()
    act.locator("input[name=finding]").fill("买牛两头")
    act.locator("input[name=income_before]").fill("8,000")
    act.get_by_role("button", name="回访", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("借款前年收入、现年收入 须同时填或都不填")
    assert act.locator("input[name=finding]").input_value() == "买牛两头"
    assert act.locator("input[name=income_before]").input_value() == "8,000"
    act.locator("input[name=income_after]").fill("8,260.50")
    act.get_by_role("button", name="回访", exact=True).click()
    expect(page.locator("dl.facts")).to_contain_text("按申请使用")
    expect(page.locator("ol.history")).to_contain_text("买牛两头")
    told = village.case(loan).terms
    assert (told["income_before"], told["income_after"]) == (8_000_00, 8_260_50)
    site.go()
    expect(page.get_by_role("heading", name="该回访了")).to_have_count(0)


def test_r_053_a_late_loan_is_dunned_with_the_notice_printed_and_each_step_told_once(
    site: Site,
) -> None:
    village, page = site.village, site.page
    loan = village.paid_loan()
    due_on = date.fromisoformat(village.case(loan).terms["due_on"])
    village.catch_up(due_on - timedelta(days=1))
    site.sign_in("accountant")
    expect(page.get_by_role("heading", name="该催收了")).to_have_count(0)
    village.next_day()
    site.go()
    card = page.locator("section", has=page.get_by_role("heading", name="该催收了"))
    expect(card).to_contain_text("第 1 天的催收")
    with page.expect_popup() as paper:
        card.get_by_role("link", name="打印通知书").click()
    sheet = paper.value.locator(".sheet")
    expect(sheet).to_contain_text("借款逾期催收通知书")
    expect(sheet.locator("h1", has_text="联保责任催收通知书")).to_have_count(2)
    expect(sheet).to_contain_text("5,421.17")
    site.go("due")
    expect(page.locator("tbody tr, tr").filter(has_text="5,000.00").first).to_contain_text(
        "第 1 天"
    )
    page.get_by_role("link", name="baiguo-2017-0001").click()
    act = page.locator("details", has=page.locator(f"form[action$='{loan}/dun']")).first
    act.locator("summary").click()
    act.locator("input[name=note]").fill("答应月底还")
    act.get_by_role("button", name="催收", exact=True).click()
    expect(page.locator("ol.history")).to_contain_text("送达催收通知书 · 答应月底还")
    assert village.case(loan).terms["dunned_step"] == 1
    site.go()
    expect(page.get_by_role("heading", name="该催收了")).to_have_count(0)
    village.catch_up(due_on + timedelta(days=6))
    site.go("language/en")
    site.go()
    expect(page.locator("section", has_text="To be collected")).to_contain_text("step of day 7")


def test_r_058_insurance_is_recorded_before_the_payout_and_an_insurers_money_is_shown_as_such(
    site: Site,
) -> None:
    village, page = site.village, site.page
    village.county.tell_policy("DEFAULT", county={"insurance.required": True})
    village.synchronise()
    loan = village.loan()
    site.sign_in("accountant")
    site.go(f"cases/{loan}")
    expect(page.locator(".note.warn").first).to_contain_text("没有在保的意外伤害综合保险")
    site.go("cases/member-baiguo-001")
    act = page.locator("details", has=page.locator("form[action$='/insure']")).first
    act.locator("summary").click()
    act.locator("input[name=insurer]").fill("县人保")
    act.locator("input[name=number]").fill("PA-2017-88")
    act.locator("input[name=until]").fill("2018-03-31")
    act.locator("input[name=premium]").fill("20.00")
    act.get_by_role("button", name="登记保险", exact=True).click()
    expect(page.locator("dl.facts")).to_contain_text("至 2018-03-31")
    assert village.case("member-baiguo-001").terms["insurance_number"] == "PA-2017-88"
    village.do("loan", loan, "instruct", "cashier", by=("cashier",))
    village.synchronise()
    village.county.pay()
    village.county.bank_line("insurance", "I1", village.county_day, loan=loan, amount=6_000_00,
                             payer="insurer")  # fmt: skip
    village.synchronise()
    site.go(f"cases/{loan}")
    expect(page.locator("ol.history")).to_contain_text("保险赔付")
    with page.expect_popup() as opened:
        page.get_by_text("打印收据").click()
    expect(opened.value.locator("body")).to_contain_text("保险公司（被保险人 社员1）")
    assert village.case(loan).terms["outstanding"] == 0
    site.go("bank")
    expect(page.locator("main")).to_contain_text("还款多付")


def test_a_loan_is_found_by_its_contract_number_in_any_state(site: Site) -> None:
    loan = site.village.loan(state="contracted")
    site.sign_in("accountant")
    for words, count in (("0001", 1), ("baiguo-2017", 1), ("baiguo-2018", 0)):
        site.go(f"loans?q={words}")
        expect(site.page.get_by_role("link", name="baiguo-2017-0001")).to_have_count(count)
    site.go("loans?q=baiguo-2017-0001")
    site.page.get_by_role("link", name="baiguo-2017-0001").click()
    assert site.page.url.endswith(f"/cases/{loan}")


def test_the_day_is_closed_with_its_proof_shown_first(site: Site) -> None:
    site.sign_in("accountant")
    site.go("close")
    expect(site.page.locator(".note")).to_contain_text("试算平衡")
    before = site.village.county_day
    site.page.get_by_role("button", name="日结").click()
    expect(site.page.get_by_role("heading", level=1)).to_contain_text(f"已日结 {before}")
    site.go("sync")
    expect(site.page.locator("main")).to_contain_text("笔未发送")
    site.press("现在收发")
    expect(site.page.get_by_role("alert")).to_contain_text("没有发送成功")


def test_an_application_says_everything_that_stands_against_it(site: Site) -> None:
    site.sign_in("accountant")
    site.go("loans/new")
    site.page.select_option("select[name=member]", "member-baiguo-001")
    site.page.fill("input[name=amount]", "90000")
    site.page.fill("input[name=term_months]", "99")
    site.press("提交申请")
    said = site.page.get_by_role("alert").locator("li").all_inner_texts()
    assert any("R-043" in one for one in said)
    assert any("R-042" in one or "R-045" in one for one in said)
    expect(site.page.locator("input[name=amount]")).to_have_value("90000")


def test_the_council_signs_an_inter_cooperative_loan_under_its_exact_terms(site: Site) -> None:
    site.village.county.propose("intercoop-t1", 30_000_00)
    site.village.synchronise()
    site.sign_in("accountant")
    site.go("lending")
    expect(site.page.locator("main")).to_contain_text("叁万元整")
    site.page.get_by_role("button", name="同意签字").click()
    expect(site.page.get_by_role("alert")).to_contain_text("没有人表态")
    expect(site.page.locator("main")).not_to_contain_text("本社已表态")
    site.vote("yes")
    site.page.get_by_role("button", name="同意签字").click()
    expect(site.page.locator("main")).to_contain_text("本社已表态")
    expect(site.page.locator("main")).to_contain_text("随收发送县里")
    site.village.synchronise()
    site.page.reload()
    expect(site.page.locator("main")).to_contain_text("已送达县里")
    said = site.village.case("voice-intercoop-t1-1")
    with reading(site.village.node.engine).connect() as conn:
        case = store.load(conn, store.COUNTY_SCOPE, "intercoop-t1")
    assert case is not None
    assert said.terms["terms"] == terms_digest(case.terms)
    assert set(said.terms["votes"].values()) == {"yes"}


def test_a_refusal_names_persons_as_people_know_them(site: Site) -> None:
    loan = site.village.loan(state="endorsed")
    site.sign_in("accountant")
    site.go(f"cases/{loan}")
    mine = site.village.person["accountant"]
    site.page.evaluate(
        "([one, other]) => document.querySelector(`input[name='vote.${one}'][value=yes]`)"
        ".name = `vote.${other}`",
        [mine, site.village.person["m1"]],
    )
    site.vote("yes")
    site.press("表决")
    alert = site.page.get_by_role("alert")
    expect(alert).to_contain_text("社员1")
    assert "p-" not in alert.inner_text()


def test_money_paid_too_much_goes_back_by_the_cashier_s_own_pin(site: Site) -> None:
    village, page = site.village, site.page
    loan = village.paid_loan()
    village.county.bank_line("repayment", "R9", village.county_day, loan=loan, amount=5_100_00)
    village.synchronise()
    site.sign_in("accountant")
    site.go("bank")
    expect(page.locator("details.act summary").first).to_contain_text("社员1 还款多付")
    form = page.locator("form[action$='/pay-back']")
    expect(form.locator("select[name=member]")).to_have_value("member-baiguo-001")
    form.locator("input[name=pin]").fill("000000")
    site.press("退还来款")
    expect(page.get_by_role("alert")).to_contain_text("出纳 PIN 不对")
    form.locator("input[name=pin]").fill(PINS["cashier"])
    site.press("退还来款")
    expect(page.locator("details.act summary").first).to_contain_text("退款付款中")
    expect(page.locator("form[action$='/pay-back']")).to_have_count(0)
    asked = village.case("suspense-baiguo-001")
    assert asked.state == "asked"
    assert asked.hands[-1].person == village.person["cashier"]
    assert asked.terms["pay"]["person"] == village.person["m1"]


def test_members_are_found_by_pinyin_while_typing(site: Site) -> None:
    site.sign_in("accountant")
    site.go("members")
    assert site.page.locator("#rows tr").count() == 3
    site.page.fill("input[name=q]", "H002")
    expect(site.page.locator("#rows tr")).to_have_count(1)
    site.page.fill("input[name=q]", "sy")
    expect(site.page.locator("#rows tr")).to_have_count(3)


def test_a_supervisor_sees_all_and_enters_nothing_but_objections(site: Site) -> None:
    loan = site.village.loan(state="noticed")
    site.sign_in("supervisor_head")
    site.go(f"cases/{loan}")
    site.press("提出异议")
    assert site.state() == "有异议，待处理"
    site.go("book")
    expect(site.page.locator("main")).to_contain_text("30101")
    site.go(f"cases/{loan}")
    expect(site.page.locator("main")).to_contain_text("由会计录入")


LISTS = (
    "", "members", "members/new", "groups", "loans", "loans?show=active", "loans?show=ended",
    "loans/new", "due", "bank", "lending", "close", "sync", "posts", "book", "book?every=1",
)  # fmt: skip


def test_the_page_speaks_english_by_a_switch(site: Site) -> None:
    site.sign_in("accountant")
    site.page.get_by_role("link", name="English").click()
    expect(site.page.get_by_role("heading", level=1)).to_have_text("Today")
    for path in LISTS:
        site.go(path)
        expect(site.page.locator("html")).to_have_attribute("lang", "en")
        expect(site.page.get_by_role("link", name="中文")).to_have_attribute("lang", "zh-CN")


def test_no_page_has_a_serious_fault_of_access_in_either_language(site: Site) -> None:
    loan = site.village.loan(state="endorsed")
    site.village.county.propose("intercoop-t1", 30_000_00)
    site.village.synchronise()
    faults = []
    site.go("sign-in")
    faults += serious(site.page, "sign-in")
    site.sign_in("accountant")
    cases = ("member-baiguo-001", loan, "group-baiguo-01", "post-baiguo-1")
    papers = ("print/roster", "print/notice", f"print/passbook/{cases[0]}")
    for language in ("zh", "en"):
        site.go(f"language/{language}")
        for path in (*LISTS, *(f"cases/{one}" for one in cases), *papers):
            site.go(path)
            expect(site.page.locator("h1")).to_be_visible()
            faults += serious(site.page, f"{language} {path}")
    assert faults == []


def test_a_bookkeeper_can_sign_in_and_close_the_day_by_keyboard_alone(site: Site) -> None:
    page = site.page
    site.go("sign-in")
    # The PIN has the focus already; the name is one step back.
    expect(page.locator("input[name=pin]")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Home")
    names = page.locator("select[name=person] option").all_inner_texts()
    for _ in range(next(at for at, name in enumerate(names) if "会计" in name)):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type(PINS["accountant"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="今天")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    before = site.village.county_day
    site.go("close")
    page.get_by_role("button", name="日结").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text(f"已日结 {before}")


def test_a_wrong_pin_locks_after_five_and_a_page_without_a_session_shows_the_door(
    site: Site,
) -> None:
    for _ in range(5):
        site.sign_in("accountant", "999999")
        expect(site.page.get_by_role("alert")).to_contain_text("PIN 不对")
    site.sign_in("accountant")
    expect(site.page.get_by_role("alert")).to_contain_text("15 分钟")
    site.go("members")
    assert site.page.url.endswith("/sign-in")


@pytest.mark.parametrize("token", ["", "0" * 64])
def test_a_form_without_this_session_s_token_does_nothing(site: Site, token: str) -> None:
    site.sign_in("accountant")
    before = site.village.county_day
    form: dict[str, str | float | bool] = {"csrf": token, "closes": str(before)}
    answer = site.page.request.post(f"{site.base}/n/{COOP}/close", form=form, max_redirects=0)
    assert answer.status == 403
    foreign = site.page.request.post(
        f"{site.base}/n/{COOP}/close", form=form,
        headers={"origin": "http://elsewhere.example"},
    )  # fmt: skip
    assert foreign.status == 403
    assert site.village.county_day == before


def test_the_trial_balance_is_shown_and_exported_as_it_stood_on_a_date(site: Site) -> None:
    site.sign_in("accountant")
    site.go("book")
    expect(site.page.locator("tfoot td").last).not_to_have_text("0.00")
    site.page.fill("input[name=day]", "2000-01-01")
    site.press("查看")
    expect(site.page.locator("h2").first).to_contain_text("2000-01-01")
    expect(site.page.locator("tfoot td").last).to_have_text("0.00")
    with site.page.expect_download() as taken:
        site.page.get_by_role("link", name="CSV").click()
    assert taken.value.suggested_filename == f"{COOP}-balance-2000-01-01.csv"
    assert len(taken.value.path().read_text("utf-8-sig").splitlines()) == 1


def test_every_list_goes_to_excel_and_csv_without_cards(site: Site) -> None:
    site.sign_in("accountant")
    for name in ("members", "groups", "loans", "due", "bank", "balance"):
        sheet = site.page.request.get(f"{site.base}/n/{COOP}/lists/{name}.xlsx")
        assert sheet.body()[:2] == b"PK"
        text = site.page.request.get(f"{site.base}/n/{COOP}/lists/{name}.csv").text()
        assert "622626197001011234" not in text
        assert "6228480000000000018" not in text
