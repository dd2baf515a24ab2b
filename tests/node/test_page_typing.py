"""What a bookkeeper types and mistypes on the page, in a real browser.

Nothing typed is lost or taken for something else, and what is private stays out of the book.
"""

import re

import pytest
from playwright.sync_api import expect

from contracts.money import typed_yuan
from journal import store
from journal.engine import reading
from services.cooperative_node import people
from tests.node.browser import PINS, Site
from tests.node.village import COOP, ID_NUMBER

CARD = "6222000011112222"


@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        ("1,234.5", 123_450),
        ("１，２３４．５", 123_450),
        (" ￥100 ", 10_000),
        ("100元", 10_000),
        ("1,234,567", 123_456_700),
        ("-5", -500),
    ],
)
def test_an_amount_is_read_as_people_type_it(typed: str, fen: int) -> None:
    assert typed_yuan(typed) == fen


@pytest.mark.parametrize(
    "typed", ["1,00", "5000,5", "1 000,5", "12,34", "1,2345", "1.005", "1e2", "五千", "", "--5"]
)
def test_a_slip_is_no_amount(typed: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(typed)}$"):
        typed_yuan(typed)


def test_a_decimal_comma_is_refused_and_not_a_hundredfold_loan(site: Site) -> None:
    page = site.page
    site.sign_in("accountant")
    site.go("loans/new")
    page.select_option("select[name=member]", "member-baiguo-001")
    page.fill("input[name=amount]", "5000,5")
    page.fill("input[name=benefit]", "-3")
    site.press("提交申请")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("金额“5000,5”不是金额，请写成 1234.56")
    expect(alert).to_contain_text("预计年增收“-3”不是金额")
    assert page.input_value("input[name=amount]") == "5000,5"
    assert page.input_value("select[name=member]") == "member-baiguo-001"


def test_a_refused_act_shows_what_was_typed_and_every_fault(site: Site) -> None:
    page = site.page
    site.sign_in("accountant")
    site.go("cases/member-baiguo-001")
    fold = page.locator("details", has_text="登记保险 · 会计").first
    fold.locator("summary").click()
    fold.get_by_label("保险公司").fill("人保财险")
    fold.get_by_label("保单号").fill("PICC-1")
    until = fold.get_by_label("保险至")
    until.evaluate("field => { field.type = 'text'; }")
    until.fill("2017-02-31")
    fold.get_by_label("保费").fill("1,2")
    fold.get_by_role("button").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("截止日期“2017-02-31”不是日期，请写成 2017-01-31")
    expect(alert).to_contain_text("保费“1,2”不是金额，请写成 1234.56")
    fold = page.locator("details", has_text="登记保险 · 会计").first
    expect(fold.get_by_label("保险公司")).to_be_visible()
    assert fold.get_by_label("保险公司").input_value() == "人保财险"
    assert fold.get_by_label("保单号").input_value() == "PICC-1"
    assert fold.get_by_label("保费").input_value() == "1,2"
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", name="What may be done")).to_be_visible()


def test_an_address_that_is_not_there_is_a_page_in_words(site: Site) -> None:
    site.sign_in("accountant")
    site.go("nowhere")
    expect(site.page.get_by_role("heading", name="没有办成")).to_be_visible()
    site.page.get_by_role("link", name="返回").click()
    expect(site.page.get_by_role("heading", name="今天")).to_be_visible()


def test_a_wrong_pin_keeps_who_wants_to_sign_in(site: Site) -> None:
    cashier = site.village.person["cashier"]
    site.sign_in("cashier", "999999")
    expect(site.page.get_by_role("alert")).to_contain_text("PIN 不对")
    assert site.page.input_value("select[name=person]") == cashier
    site.page.fill("input[name=pin]", PINS["cashier"])
    site.page.click("main button")
    expect(site.page.get_by_role("heading", name="今天")).to_be_visible()


def test_a_newcomers_card_and_id_number_are_checked_sealed_and_in_no_act(site: Site) -> None:
    village, page = site.village, site.page
    site.sign_in("accountant")
    site.go("members/new")
    page.fill("input[name=name]", " ")
    page.fill("input[name=household]", "ｈ－９９")
    page.fill("input[name=id_number]", "123")
    page.fill("input[name=card]", "abc")
    site.press("提交申请")
    alert = page.get_by_role("alert")
    for told in ("姓名没有填", "身份证号“123”的校验位", "一卡通卡号“abc”应为 16—19 位数字"):
        expect(alert).to_contain_text(told)
    grouped = f"{CARD[:4]} {CARD[4:8]} {CARD[8:]}"
    page.fill("input[name=name]", "𠮷田 福")
    page.fill("input[name=id_number]", "")
    page.fill(
        "input[name=card]", grouped.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    )
    site.press("提交申请")
    expect(page.get_by_role("heading", name="𠮷田 福")).to_be_visible()
    expect(page.locator("dl.facts").first).to_contain_text("尾号 2222")
    case = village.case(page.url.rpartition("/")[2])
    assert case.terms["household"] == "h-99"
    with reading(village.node.engine).connect() as conn:
        assert people.everyone(conn, village.node)[case.terms["person"]].card == CARD
        bodies = [bytes(body) for _, _, body in store.history(conn, case)]
    assert bodies
    for body in bodies:
        assert CARD.encode() not in body
        assert grouped.encode() not in body
        assert "card" not in str(case.terms)
    site.go("members?q=2222")
    expect(page.locator("main")).to_contain_text("𠮷田 福")


def test_one_id_number_is_one_person_and_one_member(site: Site) -> None:
    site.sign_in("accountant")
    site.go("members/new")
    site.page.fill("input[name=name]", "另一个名字")
    site.page.fill("input[name=household]", "h-98")
    site.page.fill("input[name=id_number]", ID_NUMBER)
    site.press("提交申请")
    alert = site.page.get_by_role("alert")
    expect(alert).to_contain_text("已有社员")
    expect(alert).not_to_contain_text(f"member-{COOP}")


def test_while_a_notice_hangs_the_page_says_until_when_and_folds_the_objection(
    site: Site,
) -> None:
    loan = site.village.loan(state="noticed")
    site.sign_in("accountant")
    site.go(f"cases/{loan}")
    due = site.village.case(loan).due
    expect(site.page.locator(".note")).to_contain_text(f"公示到 {due}")
    expect(site.page.get_by_role("button", name="提出异议")).to_be_hidden()


def test_what_the_bank_page_refuses_is_said_there_with_what_was_typed(site: Site) -> None:
    village, page = site.village, site.page
    loan = village.paid_loan()
    village.county.bank_line("repayment", "R1", village.county_day, loan=loan, amount=6_000_00)
    village.synchronise()
    site.sign_in("accountant")
    site.go("bank")
    form = page.locator("form[action$='/to-share']")
    form.locator("select[name=member]").select_option("member-baiguo-002")
    form.locator("input[name=amount]").fill("99,999")
    form.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_contain_text("99,999.00")
    expect(page.get_by_role("heading", name="来款与付款")).to_be_visible()
    form = page.locator("form[action$='/to-share']")
    assert form.locator("input[name=amount]").input_value() == "99,999"
    assert form.locator("select[name=member]").input_value() == "member-baiguo-002"
    page.reload()
    expect(page.get_by_role("heading", name="来款与付款")).to_be_visible()


def test_after_closing_the_page_shows_the_new_day_and_what_is_not_sent(site: Site) -> None:
    site.sign_in("accountant")
    site.go("close")
    site.page.locator("main button").click()
    expect(site.page.get_by_role("heading", name="已日结")).to_be_visible()
    opened = site.page.locator("main b").first.inner_text()
    unsent = site.page.locator("main b").nth(1).inner_text()
    expect(site.page.locator("header .day")).to_contain_text(opened)
    expect(site.page.locator("nav.main")).to_contain_text(f"收发 ({unsent})")


@pytest.mark.parametrize("path", ["", "members", "loans", "bank", "lending", "groups", "posts"])
def test_on_a_narrow_telephone_no_page_is_wider_than_the_screen(site: Site, path: str) -> None:
    site.village.loan(state="noticed")
    site.page.set_viewport_size({"width": 360, "height": 740})
    site.sign_in("accountant")
    site.go(path)
    wide = site.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= site.page.evaluate("window.innerWidth")
