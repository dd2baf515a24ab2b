"""The console in a real browser: served on loopback, signed in to, every page looked at.

Notes what a page of console or portal must never do: load anything from outside, or fault.
"""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from litestar import Litestar
from playwright.sync_api import ConsoleMessage, Page, Request

from tests.federation.console_world import PASSWORD
from tests.support.browser import chromium, serious

SHOTS = os.environ.get("LIANHE_SHOTS", "")


@contextmanager
def staff_browser(app: Litestar, path: str, faults: list[str]) -> Iterator[tuple[Page, str]]:
    """A page opened by staff who signed in on asking for ``path``, and the console's address.

    ``faults`` grows by what the page did that it must never do.
    """
    with served(app) as address, chromium() as browser:
        page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
        listen(page, address, faults)
        page.goto(f"{address}{path}")
        shot(page, "sign-in")
        page.fill("#user", "shang")
        page.fill("#password", PASSWORD)
        page.click("button.btn-primary")
        yield page, address


def read_all(page: Page, address: str, pages: Mapping[str, str]) -> list[str]:
    """Open every page in both languages; the serious faults of access.

    The structure is one; contrast and labels are looked at in the first language.
    """
    found: list[str] = []
    for language in ("zh", "en"):
        page.goto(f"{address}/console/language/{language}")
        for name, path in pages.items():
            answer = page.goto(f"{address}{path}")
            assert answer is not None
            assert answer.status == 200, (name, language)
            found += serious(page, name) if language == "zh" else []
            shot(page, f"{name}-{language}")
    return found


def shot(page: Page, name: str) -> None:
    """A picture for whoever asked for one (LIANHE_SHOTS)."""
    if SHOTS:
        folder = Path(SHOTS)
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{name}.png", full_page=True)


@contextmanager
def served(app: Litestar) -> Iterator[str]:
    """The application on a port of its own, in this process."""
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="on")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            thread.join(0.02)
            assert thread.is_alive(), "the server did not start"
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def listen(page: Page, address: str, faults: list[str]) -> None:
    """Every error in the browser's console and every request to another host is a fault."""

    def said(message: ConsoleMessage) -> None:
        if message.type == "error":
            faults.append(f"{message.text} {message.location.get('url', '')}")

    def asked(request: Request) -> None:
        if not request.url.startswith(address):
            faults.append(f"asked {request.url}")

    page.on("console", said)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", asked)
