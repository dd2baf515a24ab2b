"""An application on a port of its own, and a browser that misses nothing: tests with Chromium."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from axe_playwright_python.sync_playwright import Axe
from litestar import Litestar
from playwright.sync_api import ConsoleMessage, Page, Request

CHROMIUM = "/usr/bin/chromium"
SHOTS = os.environ.get("LIANHE_SHOTS", "")


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


def serious(page: Page) -> list[str]:
    """What axe finds serious or worse: contrast, labels, names of buttons."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:160]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def shot(page: Page, name: str) -> None:
    """A picture for whoever asked for one (LIANHE_SHOTS)."""
    if SHOTS:
        folder = Path(SHOTS)
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{name}.png", full_page=True)
