"""Signed requests: a node proves who asks, what exactly, when, and that it asks once.

``sign_request`` makes the headers of one HTTP request, ``verify_request`` checks them. Signed are
method, target (path and query), body digest, time, nonce and key id, length-prefixed. Called by
the node's transport and the federation's sync routes; reads no clock and keeps no nonce itself.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.codec import digest, encode, sign, verify
from contracts.rejections import Rejection, RejectionCode

KEY, TIME, NONCE, SIGNATURE = (
    "lianhe-key",
    "lianhe-time",
    "lianhe-nonce",
    "lianhe-signature",
)
"""Header names, in the lower case HTTP servers hand them over in."""
WINDOW = timedelta(minutes=10)
"""How far a request's time may be from the receiver's clock; nonces are kept twice as long."""
_DOMAIN = "request.v1"
_NONCE_LENGTHS = range(16, 65)


class NonceStore(Protocol):
    """Remembers nonces; lives in the receiver's database."""

    def first_use(self, key: str, nonce: str, until: datetime) -> bool:
        """Note a nonce until ``until``; False when this key has used it before."""


class RequestRefused(Exception):
    """A request that is not what a registered node signed just now."""

    def __init__(self, rejection: Rejection) -> None:
        super().__init__(rejection.code.value)
        self.rejection = rejection


def sign_request(
    private: Ed25519PrivateKey,
    key: str,
    method: str,
    target: str,
    body: bytes,
    *,
    now: datetime,
    nonce: str,
) -> dict[str, str]:
    """Headers that prove this request. ``now`` is timezone-aware; ``nonce`` 16–64 characters."""
    time = now.astimezone(UTC).isoformat()
    signature = sign(private, _DOMAIN, _signed(key, method, target, body, time, nonce))
    return {KEY: key, TIME: time, NONCE: nonce, SIGNATURE: b64encode(signature).decode()}


def verify_request(
    headers: Mapping[str, str],
    method: str,
    target: str,
    body: bytes,
    *,
    public_of: Callable[[str], bytes | None],
    now: datetime,
    nonces: NonceStore,
) -> str:
    """The id of the key that signed this request.

    ``public_of`` answers for keys valid now. Raises RequestRefused with KEY_UNKNOWN,
    SIGNATURE_INVALID, REQUEST_STALE or REQUEST_REPLAYED; a nonce is used up only by a request
    that is otherwise good.
    """
    key, time, nonce = (headers.get(name, "") for name in (KEY, TIME, NONCE))
    public = public_of(key)
    if public is None:
        raise _refused(RejectionCode.KEY_UNKNOWN, key=key)
    signed = _signed(key, method, target, body, time, nonce)
    if len(nonce) not in _NONCE_LENGTHS or not verify(public, _DOMAIN, signed, _signature(headers)):
        raise _refused(RejectionCode.SIGNATURE_INVALID)
    sent = _time(time)
    if sent is None or abs(now - sent) > WINDOW:
        raise _refused(RejectionCode.REQUEST_STALE, sent=time, now=now.astimezone(UTC).isoformat())
    if not nonces.first_use(key, nonce, sent + 2 * WINDOW):
        raise _refused(RejectionCode.REQUEST_REPLAYED, nonce=nonce)
    return key


def _signed(key: str, method: str, target: str, body: bytes, time: str, nonce: str) -> bytes:
    whole = digest("body", body).hex()
    return encode([key, method.upper(), target, whole, time, nonce])


def _signature(headers: Mapping[str, str]) -> bytes:
    try:
        return b64decode(headers.get(SIGNATURE, ""), validate=True)
    except ValueError:
        return b""


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _refused(code: RejectionCode, **facts: str) -> RequestRefused:
    return RequestRefused(Rejection(code=code, facts=facts))
