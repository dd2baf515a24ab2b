"""Envelopes: a batch sealed with a signature over its exact bytes, and the form it travels in.

Node and county seal with their own key and read each other's; the same bytes go by network and
by USB. Checks the signature and the size, never what the acts say.
"""

import zlib
from base64 import b64decode, b64encode

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.batch import BATCH_BYTES_MAX, BATCH_DOMAIN, Batch, Envelope
from contracts.codec import SUITE, decode, encode, sign, verify

_LEVEL = 6


class Oversized(ValueError):
    """More bytes than a receiver reads; ``limit`` is the most."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit


def seal(batch: Batch, key: str, private: Ed25519PrivateKey) -> Envelope:
    """Sign a batch's canonical bytes with the key named ``key``."""
    return seal_bytes(encode(batch), BATCH_DOMAIN, key, private)


def seal_bytes(body: bytes, domain: str, key: str, private: Ed25519PrivateKey) -> Envelope:
    """Sign canonical bytes under a domain of their own: what is no batch never passes for one."""
    return Envelope(
        suite=SUITE,
        key=key,
        signature=b64encode(sign(private, domain, body)).decode(),
        body=msgspec.Raw(body),
    )


def signed_by(envelope: Envelope, public: bytes) -> bool:
    """True when the envelope's body stands, byte for byte, as this key's owner signed it."""
    try:
        signature = b64decode(envelope.signature, validate=True)
    except ValueError:
        return False
    return envelope.suite == SUITE and verify(public, BATCH_DOMAIN, bytes(envelope.body), signature)


def batch_of(envelope: Envelope) -> Batch:
    """The batch inside; check ``signed_by`` first. Raises msgspec.DecodeError, ValidationError."""
    return decode(bytes(envelope.body), Batch)


def pack(envelope: Envelope) -> bytes:
    """The bytes that travel: canonical JSON, compressed."""
    return zlib.compress(encode(envelope), _LEVEL)


def unpack(data: bytes, limit: int = BATCH_BYTES_MAX) -> Envelope:
    """Read bytes that travelled. Raises Oversized, ValueError (not zlib) or msgspec.DecodeError.

    Never inflates more than ``limit`` bytes, whatever the sender packed.
    """
    inflater = zlib.decompressobj()
    try:
        body = inflater.decompress(data, limit)
    except zlib.error as error:
        raise ValueError("zlib") from error
    if inflater.unconsumed_tail:
        raise Oversized(limit)
    if not inflater.eof or inflater.unused_data:
        raise ValueError("zlib")
    return decode(body, Envelope)
