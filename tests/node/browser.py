"""The village's page in a real browser: a founded village served on loopback, with what it did.

Used by the page tests of the node through the ``site`` fixture; notes what a page must never do:
load anything from outside, answer with a fault, or say an error on the console.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from playwright.sync_api import Locator, Page

from services.cooperative_node.app import create_app
from services.cooperative_node.host import Host
from services.cooperative_node.page import sign_ins
from services.cooperative_node.ports import real_ports
from tests.node.village import COOP, Village
from tests.support.browser import chromium

PINS = {"accountant": "135790", "cashier": "246802", "supervisor_head": "975310"}
STARTED_SECONDS = 30


class Ready(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.listening.set()


class Site:
    """The served village and the browser's page; notes what a page must never do."""

    def __init__(self, page: Page, base: str, village: Village) -> None:
        self.page = page
        self.base = base
        self.village = village
        self.outside: list[str] = []
        self.faults: list[str] = []
        page.on("request", self._asked)
        page.on("response", self._answered)
        page.on("console", self._said)

    def go(self, path: str = "") -> None:
        """Open a page of the village."""
        self.page.goto(f"{self.base}/n/{COOP}/{path}")

    def sign_in(self, post: str, pin: str = "") -> None:
        """Sign in as the holder of a post."""
        self.go("sign-in")
        self.page.select_option("select[name=person]", self.village.person[post])
        self.page.fill("input[name=pin]", pin or PINS[post])
        self.page.click("main button")

    def visit(self, path: str) -> None:
        """Hear what the county has said, sign in as the bookkeeper, open a page."""
        self.village.synchronise()
        self.sign_in("accountant")
        self.go(path)

    def press(self, act: str) -> None:
        """Press the button of an act."""
        self.page.get_by_role("button", name=act, exact=True).click()

    def vote(self, answer: str, *aliases: str, form: Locator | None = None) -> None:
        """Choose an answer for these persons, or for everybody who may still give it."""
        rows = (form or self.page).locator(f"table.votes input[value='{answer}']:enabled:visible")
        found = rows.all()
        assert found
        wanted = {f"vote.{self.village.person[alias]}" for alias in aliases}
        for radio in found:
            if not wanted or radio.get_attribute("name") in wanted:
                radio.check()

    def state(self) -> str:
        """The first chip: where the case stands."""
        return self.page.locator(".chip").first.inner_text()

    def _asked(self, request: Any) -> None:
        if not request.url.startswith(self.base):
            self.outside.append(request.url)

    def _answered(self, response: Any) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status} {response.url}")

    def _said(self, message: Any) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.faults.append(message.text)


@contextmanager
def served(village: Village, tmp_path: Path) -> Iterator[Site]:
    """A founded village served on loopback, three officers with a PIN, a Chinese browser."""
    village.founded()
    with village.node.engine.begin() as conn:
        for post, pin in PINS.items():
            sign_ins.set_pin(conn, village.person[post], pin)
    (tmp_path / "host").mkdir()
    (tmp_path / "host" / f"{COOP}.sqlite").symlink_to(str(village.node.engine.url.database))
    app = create_app(Host(tmp_path / "host", real_ports()))
    server = Ready(uvicorn.Config(app, port=0, log_level="critical", lifespan="on"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert server.listening.wait(STARTED_SECONDS)
    port = server.servers[0].sockets[0].getsockname()[1]
    with chromium() as browser:
        page = browser.new_context(locale="zh-CN").new_page()
        found = Site(page, f"http://127.0.0.1:{port}", village)
        yield found
    server.should_exit = True
    thread.join(STARTED_SECONDS)
    assert found.outside == []
    assert found.faults == []
