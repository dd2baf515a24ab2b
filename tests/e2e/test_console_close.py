"""The console's button closes the day: a browser presses it, Temporal runs it, the page tells.

The whole stack of a county, played some nights; then staff sign in and close the open day from the
page alone, and watch it to its end without reloading.
"""

import pytest
from playwright.sync_api import Browser, expect

from infra.county_directory import find, load
from services.federation.console.nights import STEPS
from tests.e2e.running import Running, running
from tests.support.browser import chromium

NIGHTS = 3
CLOSED_MILLISECONDS = 60_000
"""How long the browser waits for a close that takes less than a second when nothing else runs."""


def open_date(own: Running) -> str:
    return str(own.rows("SELECT open_date FROM head WHERE book = 'K-0'")[0][0])


@pytest.mark.timeout(240)
def test_staff_close_the_day_by_the_button_and_watch_temporal_do_it() -> None:
    with running(load(find("two_villages"))) as own:
        own.player.open()
        for _ in own.player.play(NIGHTS):
            pass
        day = open_date(own)
        # The browser has an event loop of its own: the nights above are played before it.
        with chromium() as browser:
            asked = close_by_button(browser, own, day)
        assert any(f"/nights/{day}/progress" in url for url in asked)
        assert open_date(own) > day
        done = own.rows("SELECT step FROM night WHERE business_date = :day AND finished <> ''",
                        day=day)  # fmt: skip
        assert {row[0] for row in done} == set(STEPS)
        failed = own.rows("SELECT sum(failed) FROM proof WHERE business_date = :day", day=day)
        assert failed == [(0,)]


def close_by_button(browser: Browser, own: Running, day: str) -> list[str]:
    """Sign in, press the button, watch it to its end without a reload; what the page asked for."""
    staff = next(one for one in own.stack.logins if one.user == "federation.maker")
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{own.stack.address}/console/nights")
    page.fill("#user", staff.user)
    page.fill("#password", staff.password)
    page.click("button.btn-primary")
    page.get_by_role("button", name=f"日结 {day}").click()
    expect(page.locator("h1")).to_have_text(day)
    closed = page.locator("#night .pill").first
    expect(closed).to_have_text("已日结", timeout=CLOSED_MILLISECONDS)
    expect(page.locator(".close-steps li.done")).to_have_count(len(STEPS))
    expect(page.locator("#night[hx-get]")).to_have_count(0)
    following = open_date(own)
    page.get_by_role("link", name=f"当前业务日 {following}").click()
    expect(page.get_by_role("button", name=f"日结 {following}")).to_be_visible()
    return asked
