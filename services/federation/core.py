"""What the routes are handed: the county, its database, its settings, its throttle.

Built once by the composition root; ``node_request`` says which node asks. Holds no rule.
"""

from typing import Any

import msgspec
import sqlalchemy as sa
from litestar import Request

from contracts.ids import custody_book
from contracts.rejections import RejectionCode
from contracts.requests import KEY, verify_request
from journal import heads as journal_heads
from kernel.errors import Rejected
from services.federation.cases import node_keys, registers
from services.federation.county import County
from services.federation.settings import Settings
from services.federation.throttle import Throttle
from services.federation.transactions import in_transaction


class Core(msgspec.Struct, frozen=True, kw_only=True):
    """The county's service as its routes see it."""

    engine: sa.Engine
    county: County
    settings: Settings
    throttle: Throttle


def identify(core: Core, request: Request[Any, Any, Any], cooperative: str, body: bytes) -> str:
    """The id of the node key that signed this very request, once.

    Raises Rejected TOO_MANY_REQUESTS, COOPERATIVE_UNKNOWN; RequestRefused KEY_UNKNOWN,
    SIGNATURE_INVALID, REQUEST_STALE, REQUEST_REPLAYED.
    """
    now = core.county.ports.now()
    address = request.client.host if request.client else ""
    wait = core.throttle.wait_seconds(f"{address} {request.headers.get(KEY, '')[:80]}", now)
    if wait:
        raise Rejected(RejectionCode.TOO_MANY_REQUESTS, seconds=wait)

    def checked(conn: sa.Connection) -> str:
        registers.find_cooperative(conn, cooperative)
        today = journal_heads.read(conn, custody_book(cooperative)).open_date

        def public_of(key: str) -> bytes | None:
            found = node_keys.find_key(conn, key)
            mine = found is not None and found.cooperative == cooperative
            return found.signing if found and mine and found.valid_on(today) else None

        return verify_request(
            request.headers,
            request.method,
            target_of(request),
            body,
            public_of=public_of,
            now=now,
            nonces=node_keys.Nonces(conn, now),
        )

    return in_transaction(core.engine, checked)


def target_of(request: Request[Any, Any, Any]) -> str:
    """Path and query exactly as they were sent: that is what was signed."""
    path = request.scope.get("raw_path") or request.scope["path"].encode()
    query = request.scope.get("query_string", b"")
    return (path.partition(b"?")[0] + (b"?" + query if query else b"")).decode("latin-1")
