"""The virtual line between villages and county: it loses, doubles, holds up and damages messages.

A village's own HTTP transport speaks into it; at the other end stands the county's gate, which
does what the sync routes do: identify the request, then hand it to the cases, one transaction
each. What happens to which message is said by the event, never by chance here.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import sqlalchemy as sa

from contracts.codec import encode
from contracts.envelopes import pack
from contracts.ids import custody_book
from contracts.rejections import Rejection, RejectionCode
from contracts.requests import RequestRefused, verify_request
from journal import heads as journal_heads
from kernel.errors import Rejected
from services.cooperative_node.transport import HttpTransport, transport_of
from services.cooperative_node.world import Node
from services.federation.cases import intake, node_keys, ranges
from services.federation.county import County
from simulation.machine import Crashed, Machine

FINE, LOST, LOST_ANSWER, DOUBLED = "", "lost", "lost_answer", "doubled"
HELD_UP, DAMAGED, DAMAGED_ANSWER = "held_up", "damaged", "damaged_answer"
LINE_FAULTS = (LOST, LOST_ANSWER, DOUBLED, HELD_UP, DAMAGED, DAMAGED_ANSWER)
"""What can happen to one message on the line."""
_ADDRESS = "http://county.simulated"


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One request as it travels."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """One answer as it travels."""

    status: int
    body: bytes = b""


class Gate:
    """The county's end of the line."""

    def __init__(
        self,
        machine: Machine,
        county: Callable[[sa.Connection], County],
        now: Callable[[], datetime],
    ) -> None:
        self._machine = machine
        self._county = county
        self._now = now

    def ask(self, message: Message) -> Reply:
        """Answer one request, whoever sent it, in one transaction. Raises Crashed."""
        with self._machine.engine.begin() as conn:
            try:
                owner = self._identify(conn, message)
                return self._serve(conn, owner, message)
            except RequestRefused as refused:
                return _problem(refused.rejection)
            except Rejected as refused:
                return _problem(refused.as_struct())

    def _identify(self, conn: sa.Connection, message: Message) -> str:
        """The cooperative whose key signed the request; it may ask only for itself."""
        cooperative = urlsplit(message.target).path.split("/")[2]
        today = journal_heads.read(conn, custody_book(cooperative)).open_date

        def public(key: str) -> bytes | None:
            known = node_keys.find_key(conn, key)
            good = known and known.cooperative == cooperative and known.valid_on(today)
            return known.signing if known and good else None

        verify_request(
            message.headers, message.method, message.target, message.body,
            public_of=public, now=self._now(), nonces=node_keys.Nonces(conn, self._now()),
        )  # fmt: skip
        return cooperative

    def _serve(self, conn: sa.Connection, cooperative: str, message: Message) -> Reply:
        address = urlsplit(message.target)
        county = self._county(conn)
        match message.method, address.path.split("/")[3]:
            case "POST", "batches":
                return answer_of(intake.deliver(conn, county, cooperative, message.body))
            case "GET", "state":
                return Reply(status=200, body=encode(ranges.state(conn, cooperative)))
            case "GET", ("acts" | "replica") as what:
                tell = ranges.custody_range if what == "acts" else ranges.replica_range
                after = int(parse_qs(address.query)["after"][0])
                envelope = tell(conn, county, cooperative, after)
                return Reply(status=200, body=pack(envelope)) if envelope else Reply(status=204)
        return Reply(status=404)


def answer_of(answer: intake.Answer) -> Reply:
    """A receipt or a refusal of intake as it travels."""
    if answer.receipt is not None:
        return Reply(status=200, body=encode(answer.receipt))
    return _problem(answer.refusal or Rejection(code=RejectionCode.BATCH_MALFORMED))


class VirtualLine(httpx.BaseTransport):
    """One exchange over the line; the n-th message suffers the n-th of ``faults``."""

    def __init__(
        self,
        gate: Gate,
        faults: Sequence[str],
        late: list[Message],
        county_stopped: Callable[[], None],
    ) -> None:
        self._gate = gate
        self._faults = list(faults)
        self._late = late
        self._county_stopped = county_stopped
        self.suffered: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry one request, as the line is told to."""
        message = Message(
            method=request.method,
            target=request.url.raw_path.decode(),
            headers=dict(request.headers),
            body=request.read(),
        )
        fault = self._faults.pop(0) if self._faults else FINE
        if fault:
            self.suffered.append(fault)
        if fault == LOST:
            raise httpx.ConnectTimeout(fault)
        if fault == HELD_UP:
            self._late.append(message)
            raise httpx.ReadTimeout(fault)
        if fault == DAMAGED:
            message = msgspec.structs.replace(message, body=flipped(message.body or b"\0"))
        try:
            reply = self._gate.ask(message)
            if fault == DOUBLED:
                self._gate.ask(message)
        except Crashed:
            self._county_stopped()
            raise httpx.ReadError("county stopped") from None
        if fault == LOST_ANSWER:
            raise httpx.ReadTimeout(fault)
        body = reply.body
        if fault == DAMAGED_ANSWER:
            # Answers that are signed may be damaged anywhere; the others are cut off, since the
            # line is a TLS line and no byte of theirs changes unseen.
            body = flipped(body) if "/state" not in message.target else body[: len(body) // 2]
        return httpx.Response(reply.status, content=body)


def over(node: Node, line: VirtualLine) -> HttpTransport:
    """The village's own transport, speaking into this line."""
    return transport_of(node, httpx.Client(transport=line, base_url=_ADDRESS))


def flipped(body: bytes, place: int = -1) -> bytes:
    """The bytes with one bit changed: at ``place``, or in the middle."""
    if not body:
        return body
    at = len(body) // 2 if place < 0 else place % len(body)
    return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]


def _problem(refusal: Rejection) -> Reply:
    told = {"code": refusal.code.value, "facts": refusal.facts, "title": refusal.text()}
    return Reply(status=422, body=encode(told))
