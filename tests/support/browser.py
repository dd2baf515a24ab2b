"""A real browser, and what is wrong with a page for those who cannot see it."""

from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser of this test alone."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def serious(page: Page, name: str) -> list[str]:
    """What axe finds serious or worse: contrast, labels, names of buttons."""
    found = Axe().run(page).response["violations"]
    return [
        f"{name}: {one['id']} {one['nodes'][0]['html'][:160]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
