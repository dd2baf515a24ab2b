"""Pages and papers of a village say council and supervisors as its own profile does (1.13)."""

from datetime import date

import pytest

from kernel.calendar import months_after
from tests.node.browser import Site

PAGES = (
    "", "posts", "loans/new", "bank-loans/new", "lending", "pool", "print/roster", "print/notice",
    "print/passbook/member-baiguo-001", "cases/{loan}",
)  # fmt: skip
EVERY = ("管委会", "理事会", "监督小组", "监事会")
SAID = {
    "DEFAULT": {
        "posts": ("理事会成员", "监事会负责人"), "loans/new": ("理事会表决",),
        "lending": ("由理事会签字",), "pool": ("成员大会和理事会",), "print/roster": ("监事会：",),
        "print/passbook/member-baiguo-001": ("请向监事会提出",),
        "print/notice": ("已经理事会表决", "向监事会提出"), "cases/{loan}": ("· 理事会",),
    },
    "WENXIAN": {
        "posts": ("管委会成员", "监督小组负责人"), "loans/new": ("管委会表决",),
        "lending": ("由管委会签字",), "pool": ("成员大会和管委会",),
        "print/roster": ("监督小组：",),
        "print/passbook/member-baiguo-001": ("请向监督小组提出",),
        "print/notice": ("已经管委会表决", "向监督小组提出"), "cases/{loan}": ("· 管委会",),
    },
}  # fmt: skip
NAMES = {"DEFAULT": ("理事会", "监事会"), "WENXIAN": ("管委会", "监督小组")}


@pytest.mark.parametrize("profile", SAID)
def test_every_page_and_paper_names_the_organs_as_the_policy_does(site: Site, profile: str) -> None:
    loan = site.village.loan(state="endorsed")
    site.village.county.tell_policy(profile)
    site.village.synchronise()
    site.sign_in("accountant")
    others = [name for name in EVERY if name not in NAMES[profile]]
    for path in PAGES:
        site.go(path.format(loan=loan))
        text = site.page.locator("body").inner_text()
        for words in SAID[profile].get(path, ()):
            assert words in text, (path, words)
        assert [name for name in others if name in text] == [], path
    # A village's own name is data, whatever it calls itself.
    assert site.page.locator("header b").inner_text() == "白果村互助社"


def test_beside_the_label_the_english_word_stays(site: Site) -> None:
    site.village.county.tell_policy("WENXIAN")
    site.village.synchronise()
    site.sign_in("accountant")
    site.page.get_by_role("link", name="English").click()
    site.go("posts")
    text = site.page.locator("body").inner_text()
    assert "council member" in text
    assert "head of supervisors" in text
    assert "管委会" not in text


def test_numbers_on_a_page_are_the_countys_own(site: Site) -> None:
    own = {"posts.term": 12, "guarantee.leaders_max": 1, "guarantee.led_max": 4}
    site.village.county.tell_policy("LANZHOU", county=own)
    site.village.synchronise()
    site.sign_in("accountant")
    site.go("groups")
    assert "带头人 1—1 户 + 贫困户 3—4 户" in site.page.locator("body").inner_text()
    site.go("posts")
    elected = date.fromisoformat(site.page.locator("input[name=elected_on]").input_value())
    until = date.fromisoformat(site.page.locator("input[name=until]").input_value())
    assert until == months_after(elected, 12)
