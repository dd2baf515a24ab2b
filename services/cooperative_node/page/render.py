"""Templates into pages: one environment, the same helpers everywhere, nothing loaded from outside.

Called by page routes. Every value is escaped by the template engine; a page's headers forbid
scripts, styles and frames of any other origin.
"""

from datetime import datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Response
from litestar.enums import MediaType
from markupsafe import Markup

from contracts.money import scaled, show
from kernel.policy_kinds import display
from services.cooperative_node.page.visit import Visit
from services.cooperative_node.page.words import Words, yuan_in_words

STATIC = Path(__file__).parent / "static"
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; form-action 'self'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


@cache
def environment() -> Environment:
    """The templates; an unknown name in one is a bug, not an empty cell."""
    found = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["yuan"] = show
    found.filters["words"] = yuan_in_words
    found.filters["times"] = times
    found.filters["percent"] = percent
    found.filters["permille"] = lambda ppm: display("permille", ppm).removesuffix("‰")
    found.filters["moment"] = moment
    return found


def moment(text: str) -> str:
    """An ISO time as the clock of this computer shows it; "" stays ""."""
    return datetime.fromisoformat(text).astimezone().strftime("%Y-%m-%d %H:%M") if text else ""


def page(visit: Visit, template: str, status: int = 200, **context: Any) -> Response[str]:
    """A page for a visitor; one that refuses a form carries what was typed (village.js)."""
    csrf = Markup('<input type="hidden" name="csrf" value="{}">').format(visit.session.csrf)
    refused = visit.typed if status >= HTTPStatus.BAD_REQUEST else {}
    again = msgspec.json.encode(refused).decode() if refused else ""
    return plain(visit.words, template, status, visit=visit, csrf=csrf, again=again, **context)


def plain(words: Words, template: str, status: int = 200, **context: Any) -> Response[str]:
    """A page for somebody who is not signed in."""
    body = environment().get_template(template).render(w=words, t=words.t, **context)
    return Response(body, status_code=status, media_type=MediaType.HTML, headers=HEADERS)


def times(hundredths: int) -> str:
    """A leverage as people say it: 500 is 5, 750 is 7.5."""
    return scaled(hundredths, 2)


def percent(ppm: int) -> str:
    """A share as people say it: 200000 is 20."""
    return scaled(ppm, 4)
