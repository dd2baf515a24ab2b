"""The portal's front page: what waits for the bank, and for me; and the message door."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency

from services.federation.console import page
from services.federation.console.desk import BANK_AT, Visitor
from services.federation.portal import door, messages, queries, show
from services.federation.portal.papers_in import Upload
from services.federation.portal.window import MAKER


@get("/", sync_to_thread=True)
def inbox(visitor: NamedDependency[Visitor]) -> Response[Any]:
    """What waits for my roles first, then what waits for a colleague."""
    window = door.window_of(visitor)
    with visitor.reading() as conn:
        found = queries.inbox(conn, window)
        today = window.today(conn)
    return page.show_page(
        visitor,
        "bank_inbox.html",
        mine=[one for one in found if one.role in window.roles],
        others=[one for one in found if one.role not in window.roles],
        today=today,
        maker=MAKER in window.roles,
        bank=visitor.places.get(window.bank, (window.bank, window.bank)),
    )


@post("/messages", sync_to_thread=True)
def message(visitor: NamedDependency[Visitor], upload: NamedDependency[Upload]) -> Response[Any]:
    """Take an ISO 20022 message of the bank; what it asks waits for the checker."""
    file = upload.files.get("file")
    window = door.window_of(visitor)
    with show.refusing(visitor, "", BANK_AT) as out:
        try:
            order = messages.take(window, file.body if file else b"")
        except messages.DemandRefused as refused:
            raise refused.refusal from None
        out.go(f"{BANK_AT}/orders/{order.id}")
    return out.response
