"""Vote forms in a real browser: nobody has voted before somebody says so (R-017)."""

from typing import Any

from playwright.sync_api import expect

from contracts.refusal_texts import TEXTS
from contracts.rejections import RejectionCode
from tests.node.browser import Site

COUNCIL = ("chair", "accountant", "council")


def chosen(site: Site) -> dict[str, str]:
    """What stands checked, by alias."""
    alias = {person: name for name, person in site.village.person.items()}
    radios = site.page.locator("table.votes input:checked:visible").all()
    return {
        alias[str(radio.get_attribute("name")).removeprefix("vote.")]: str(
            radio.get_attribute("value")
        )
        for radio in radios
    }


def votes(site: Site, loan: str) -> dict[str, Any]:
    return {hand.person: hand.vote for hand in site.village.case(loan).hands if hand.act == "vote"}


def test_r_017_one_press_on_a_fresh_vote_form_records_nobody_s_vote(site: Site) -> None:
    village, page = site.village, site.page
    loan = village.loan(state="endorsed")
    site.sign_in("accountant")
    site.go(f"cases/{loan}")
    assert chosen(site) == dict.fromkeys(COUNCIL, "")
    site.press("表决")
    zh, _ = TEXTS[RejectionCode.NOBODY_VOTED]
    expect(page.get_by_role("alert")).to_have_text(zh)
    assert votes(site, loan) == {}
    site.vote("yes", "chair")
    site.press("表决")
    assert votes(site, loan) == {village.person["chair"]: "yes"}
    assert set(chosen(site)) == {"accountant", "council"}


def test_a_guarantor_who_was_not_there_has_not_signed(site: Site) -> None:
    loan = site.village.loan(state="applied")
    site.sign_in("accountant")
    site.go(f"cases/{loan}")
    assert set(chosen(site).values()) == {""}
    site.press("联保签字")
    expect(site.page.get_by_role("alert")).to_contain_text("没有人表态")
    assert site.state() == "已申请，待联保签字"


def test_r_017_a_relative_abstains_already_and_cannot_say_yes(site: Site) -> None:
    village = site.village
    relative = village.person["council"]
    loan = village.loan(state="endorsed", relatives=(relative,))
    site.sign_in("accountant")
    site.go(f"cases/{loan}")
    assert chosen(site) == {"chair": "", "accountant": "", "council": "abstain"}
    for answer in ("yes", "no"):
        radio = site.page.locator(f"input[name='vote.{relative}'][value={answer}]")
        expect(radio.first).to_be_disabled()
    site.vote("yes", "chair", "accountant")
    site.press("表决")
    assert site.state() == "已通过，待公示"
    assert votes(site, loan)[relative] == "abstain"


def test_a_bookkeeper_enters_a_vote_by_keyboard_alone(site: Site) -> None:
    village, page = site.village, site.page
    loan = village.loan(state="endorsed")
    site.sign_in("accountant")
    site.go(f"cases/{loan}")
    page.locator("table.votes input:checked:visible").first.focus()
    rows = list(chosen(site))
    for presses in (1, 2, 1):
        for _ in range(presses):
            page.keyboard.press("ArrowRight")
        page.keyboard.press("Tab")
    expect(page.locator("input[name=minutes]:visible")).to_be_focused()
    page.keyboard.type("2017年第1号")
    page.keyboard.press("Enter")
    expect(page.locator(".chip").first).to_have_text("已通过，待公示")
    said = votes(site, loan)
    assert [said[village.person[alias]] for alias in rows] == ["yes", "no", "yes"]


def test_a_repayment_between_villages_is_asked_for_by_those_who_were_asked(site: Site) -> None:
    village, page = site.village, site.page
    village.county.propose("intercoop-t1", 30_000_00)
    village.county.lend_on(30_000_00, "intercoop-t1")
    village.synchronise()
    site.sign_in("accountant")
    site.go("lending")
    form = page.locator("form", has=page.locator("input[name=act][value=repay]"))
    expect(form.locator("input[name=by]:checked")).to_have_count(0)
    form.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_contain_text("没有人表态")
    form.locator(f"input[name=by][value='{village.person['chair']}']").check()
    form.get_by_role("button").click()
    expect(page.locator("main")).to_contain_text("本社已表态")
    said = village.case("voice-intercoop-t1-1")
    assert [hand.person for hand in said.hands] == [village.person["chair"]]
