"""Sync with the village nodes: batches in; K(i), the replica and signed heads out.

Every request is signed by the node's registered key over method, target, body, time and nonce
(contracts.requests). Bodies are packed envelopes; refusals are problem+json.
"""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter, RawBody

from contracts.batch import Envelope
from contracts.envelopes import pack
from contracts.sync import BatchReceipt, SyncState
from journal.engine import reading
from kernel.errors import Rejected
from services.federation.cases import closing, intake, ranges
from services.federation.core import Core, identify
from services.federation.transactions import in_transaction

ENVELOPE = "application/vnd.lianhe.envelope"
After = Annotated[int, QueryParameter(name="after", ge=0, le=2**53)]
Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=ranges.ACTS_MAX)]
Asked = Request[Any, Any, Any]
Asks = NamedDependency[Core]


class SignedHeads(msgspec.Struct, frozen=True, kw_only=True, tag="signed_heads.v1"):
    """The county's newest vector of all heads, signed (hex) under domain ``heads.v1``."""

    key: str
    signature: str
    body: msgspec.Raw


@post("/{cooperative:str}/batches", sync_to_thread=True, status_code=200)
def batches(cooperative: FromPath[str], request: Asked, body: RawBody, core: Asks) -> BatchReceipt:
    """Take in one packed envelope; the receipt says what the county now holds."""
    identify(core, request, cooperative, body)
    limit = core.settings.delivery_bytes
    answer = in_transaction(
        core.engine,
        lambda conn: intake.deliver(conn, core.county, cooperative, body, limit),
    )
    if answer.receipt is None:
        refusal = answer.refusal
        raise Rejected(refusal.code, **refusal.facts) if refusal else RuntimeError
    return answer.receipt


@get("/{cooperative:str}/state", sync_to_thread=True)
def state(cooperative: FromPath[str], request: Asked, core: Asks) -> SyncState:
    """What the county holds of N(i) and offers of K(i)."""
    identify(core, request, cooperative, b"")
    with reading(core.engine).connect() as conn:
        return ranges.state(conn, cooperative)


@get("/{cooperative:str}/acts", sync_to_thread=True)
def acts(
    cooperative: FromPath[str],
    request: Asked,
    core: Asks,
    after: After = 0,
    limit: Limit = ranges.ACTS_MAX,
) -> Response[bytes]:
    """The acts of K(i) after a sequence as a packed envelope; 204 when there are none."""
    identify(core, request, cooperative, b"")
    with reading(core.engine).connect() as conn:
        return _packed(ranges.custody_range(conn, core.county, cooperative, after, limit))


@get("/{cooperative:str}/replica", sync_to_thread=True)
def replica(
    cooperative: FromPath[str],
    request: Asked,
    core: Asks,
    after: After = 0,
    limit: Limit = ranges.ACTS_MAX,
) -> Response[bytes]:
    """The county's replica of N(i) after a sequence, for its new owner; 204 when it ends there."""
    identify(core, request, cooperative, b"")
    with reading(core.engine).connect() as conn:
        return _packed(ranges.replica_range(conn, core.county, cooperative, after, limit))


@get("/{cooperative:str}/heads", sync_to_thread=True)
def heads(cooperative: FromPath[str], request: Asked, core: Asks) -> Response[bytes]:
    """The newest signed vector of all heads; 204 before the first night."""
    identify(core, request, cooperative, b"")
    with reading(core.engine).connect() as conn:
        found = closing.newest(conn)
    if found is None:
        return Response(b"", status_code=204)
    told = SignedHeads(key=found.key, signature=found.signature.hex(), body=msgspec.Raw(found.body))
    return Response(msgspec.json.encode(told), media_type="application/json")


def router() -> Router:
    """Everything under ``/sync``."""
    return Router(path="/sync", route_handlers=[batches, state, acts, replica, heads])


def _packed(envelope: Envelope | None) -> Response[bytes]:
    if envelope is None:
        return Response(b"", status_code=204)
    return Response(pack(envelope), media_type=ENVELOPE)
