"""The node's HTTP way to the county: what is not a readable answer is no answer."""

from collections.abc import Callable

import httpx
import pytest

from contracts.batch import Envelope
from contracts.codec import decode
from contracts.envelopes import pack
from services.cooperative_node.delivery import Unreachable, sealed_from
from services.cooperative_node.transport import HttpTransport, transport_of
from tests.node.village import Village

DAMAGED = [b"", b"{", b'{"type":"sync_state.v1"', b"\x78\x9c\x00damaged", bytes(64)]


def answering(village: Village, status: int, body: bytes) -> HttpTransport:
    """The village's own transport on a line on which every answer is this one."""
    line = httpx.MockTransport(lambda _request: httpx.Response(status, content=body))
    return transport_of(village.node, httpx.Client(transport=line, base_url="http://county.test"))


def an_envelope(village: Village) -> Envelope:
    return next(envelope for envelope, _ in sealed_from(village.node, 1))


@pytest.mark.parametrize("body", DAMAGED)
@pytest.mark.parametrize("ask", ["state", "send", "pull", "replica"])
def test_an_answer_cut_off_or_damaged_on_the_way_is_no_answer(
    village: Village, ask: str, body: bytes
) -> None:
    village.opened()
    line = answering(village, 200, body)
    asks: dict[str, Callable[[], object]] = {
        "state": line.state,
        "send": lambda: line.send(an_envelope(village)),
        "pull": lambda: line.pull(0),
        "replica": lambda: line.replica(0),
    }
    with pytest.raises(Unreachable):
        asks[ask]()


def test_a_whole_answer_is_read(village: Village) -> None:
    village.opened()
    sealed = an_envelope(village)
    again = answering(village, 200, pack(sealed)).pull(0)
    assert again is not None
    assert decode(bytes(again.body), dict[str, object])["book"] == village.node.book
