"""The door of the bank API: which registered key signed this very request, once; how it refuses.

Requests are signed as a node's are (contracts.requests), with a key of the register of bank keys:
it acts for one bank, in one role, for the person who answers for it. Called by the API's routes.
"""

from typing import Any

import msgspec
import sqlalchemy as sa
from litestar import Request, Response

from contracts import bank
from contracts.ids import COUNTY_BOOK
from contracts.rejections import RejectionCode
from contracts.requests import KEY, verify_request
from journal import heads as journal_heads
from kernel.errors import Rejected
from services.federation.bank_files.faults import BankFileRefused
from services.federation.cases import bank_keys, node_keys
from services.federation.cases.bank_reports import ReportRefused
from services.federation.core import Core, target_of
from services.federation.portal import sheets
from services.federation.portal.window import Window
from services.federation.problems import PROBLEM, Problem
from services.federation.transactions import in_transaction


def window_of(core: Core, request: Request[Any, Any, Any], body: bytes = b"") -> Window:
    """The window of the machine that signed this request.

    Raises Rejected TOO_MANY_REQUESTS; RequestRefused KEY_UNKNOWN, SIGNATURE_INVALID,
    REQUEST_STALE, REQUEST_REPLAYED.
    """
    now = core.county.ports.now()
    address = request.client.host if request.client else ""
    wait = core.throttle.wait_seconds(f"{address} {request.headers.get(KEY, '')[:80]}", now)
    if wait:
        raise Rejected(RejectionCode.TOO_MANY_REQUESTS, seconds=wait)

    def checked(conn: sa.Connection) -> Window:
        today = journal_heads.read(conn, COUNTY_BOOK).open_date
        found: dict[str, bank_keys.BankKey] = {}

        def public_of(key: str) -> bytes | None:
            entry = None if "\x00" in key else bank_keys.find(conn, key)
            if entry is None or not entry.valid_on(today):
                return None
            found[key] = entry
            return entry.signing

        key = verify_request(
            request.headers,
            request.method,
            target_of(request),
            body,
            public_of=public_of,
            now=now,
            nonces=node_keys.Nonces(conn, now),
        )
        entry = found[key]
        return Window(
            engine=core.engine,
            county=core.county,
            bank=entry.bank,
            roles=(entry.role,),
            person=entry.person,
        )

    return in_transaction(core.engine, checked)


def cells_problem(_request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """422 with every wrong cell, or with every fault of a message."""
    found: tuple[bank.CellError, ...] = ()
    if isinstance(error, ReportRefused):
        found = error.errors
    elif isinstance(error, BankFileRefused):
        found = sheets.cells_of(error.faults)
    en = f"Nothing was taken; wrong cells: {len(found)}."
    told = bank.CellsProblem(
        status=422, code="CELLS", title=en, zh=f"整份未收,有 {len(found)} 处有错,见各格。", en=en,
        cells=found,
    )  # fmt: skip
    return Response(msgspec.json.encode(told), status_code=422, media_type=PROBLEM)


def not_found(_request: Request[Any, Any, Any], _error: Exception) -> Response[bytes]:
    """404: another bank's case, one that never was and an address nobody serves are alike."""
    en = "There is no such thing, or it is not your bank's; check the address and the id."
    told = Problem(
        status=404,
        code="NOT_FOUND",
        title=en,
        zh="没有这一项,或不属于本行。请核对地址和编号。",
        en=en,
    )
    return Response(msgspec.json.encode(told), status_code=404, media_type=PROBLEM)
