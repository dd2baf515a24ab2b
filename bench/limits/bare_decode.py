"""The limit of reading a delivery: inflate and decode, nothing verified, chained or compared."""

import zlib

import msgspec

from contracts.batch import Batch, Envelope
from contracts.ledger import Act

_envelope = msgspec.json.Decoder(Envelope)
_batch = msgspec.json.Decoder(Batch)
_act = msgspec.json.Decoder(Act)


def read(data: bytes) -> list[Act]:
    """The acts in delivered bytes, whoever sent them."""
    body = _envelope.decode(zlib.decompress(data)).body
    return [_act.decode(raw) for raw in _batch.decode(body).acts]
