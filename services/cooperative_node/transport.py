"""The way to the county over HTTP: every request signed, every refusal by its name.

Implements delivery.Transport. Made by the composition root of the node with the address written
at set-up; never follows a redirect and never goes where a user typed.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.batch import Envelope
from contracts.codec import decode
from contracts.envelopes import pack, unpack
from contracts.rejections import Rejection, RejectionCode
from contracts.requests import sign_request
from contracts.sync import BatchReceipt, SyncState
from journal import heads as journal_heads
from journal.engine import reading
from kernel.errors import Rejected
from services.cooperative_node import queries
from services.cooperative_node.delivery import Unreachable
from services.cooperative_node.set_up import county_of
from services.cooperative_node.world import Node

PULL_LIMIT = 2_000
"""Acts asked for in one answer."""
_T = TypeVar("_T")
_TIMEOUT = httpx.Timeout(60, connect=5)


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal in problem+json; fields this release does not know are passed over."""

    code: str = ""
    facts: dict[str, str] = {}
    title: str = ""


class HttpTransport:
    """One node's signed requests to ``/sync/{coop}/…`` of the county."""

    def __init__(
        self,
        client: httpx.Client,
        cooperative: str,
        key: str,
        private: Ed25519PrivateKey,
        now: Callable[[], datetime],
        nonce: Callable[[], str],
    ) -> None:
        self._client = client
        self._path = f"/sync/{cooperative}"
        self._key = key
        self._private = private
        self._now = now
        self._nonce = nonce

    def state(self) -> SyncState:
        """What the county holds and offers."""
        return _read(self._call("GET", "/state"), lambda body: decode(body, SyncState))

    def send(self, envelope: Envelope) -> BatchReceipt:
        """Hand over one batch."""
        answer = self._call("POST", "/batches", pack(envelope))
        return _read(answer, lambda body: decode(body, BatchReceipt))

    def pull(self, after: int) -> Envelope | None:
        """The next range of K(i)."""
        return self._range("/acts", after)

    def replica(self, after: int) -> Envelope | None:
        """The county's replica of N(i)."""
        return self._range("/replica", after)

    def _range(self, path: str, after: int) -> Envelope | None:
        answer = self._call("GET", f"{path}?after={after}&limit={PULL_LIMIT}")
        if answer.status_code == httpx.codes.NO_CONTENT:
            return None
        return _read(answer, unpack)

    def _call(self, method: str, target: str, body: bytes = b"") -> httpx.Response:
        whole = self._path + target
        headers = sign_request(
            self._private, self._key, method, whole, body, now=self._now(), nonce=self._nonce()
        )
        try:
            answer = self._client.request(method, whole, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise Unreachable(str(error)) from error
        if answer.is_success:
            return answer
        raise _refusal(answer)


def transport_of(node: Node, client: httpx.Client | None = None) -> HttpTransport:
    """The transport of a node as set up; ``client`` stands in for the network in tests."""
    with reading(node.engine).connect() as conn:
        county = county_of(conn)
        # A file that waits to be rebuilt has no book yet; its one key is the one to use.
        book = next((one for one in journal_heads.read_all(conn, "N")), None)
        key = queries.read_key(conn, book.key if book else "") or queries.read_keys(conn)[0]
    if client is None and not county.address:
        raise Unreachable("no address")
    return HttpTransport(
        client or httpx.Client(base_url=county.address, timeout=_TIMEOUT, follow_redirects=False),
        node.cooperative,
        key.key,
        Ed25519PrivateKey.from_private_bytes(key.signing),
        node.ports.now,
        node.ports.token,
    )


def _read(answer: httpx.Response, reader: Callable[[bytes], _T]) -> _T:
    """What an answer says; one that was cut off or damaged on the way is no answer."""
    try:
        return reader(answer.content)
    except (msgspec.MsgspecError, ValueError) as error:
        raise Unreachable(f"unreadable: {type(error).__name__}") from error


def _refusal(answer: httpx.Response) -> Exception:
    """A named refusal of the county; anything else is no answer at all."""
    try:
        problem = decode(answer.content, Problem)
        code = RejectionCode(problem.code)
    except (msgspec.MsgspecError, ValueError):
        return Unreachable(f"HTTP {answer.status_code}")
    told = Rejection(code=code, facts=problem.facts)
    return Rejected(told.code, **told.facts)
