"""The only encoder, decoder, digest and signature of everything that is signed or chained.

Bytes are signed and stored, never re-encoded objects. Every digest and signature carries a
suite id, so that SM2/SM3 can follow Ed25519/SHA-256 (targets.md 2). Called by every room.
"""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import Any, TypeVar, cast

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SUITE = "ed25519-sha256.v1"
"""Suite id of the digests and signatures made here."""
_DOMAIN = b"lianhe."
_encoder = msgspec.json.Encoder(order="deterministic")
_T = TypeVar("_T")


def encode(value: Any) -> bytes:
    """Canonical bytes of a contract: UTF-8 JSON, struct fields in order, dict keys sorted."""
    return _encoder.encode(value)


def decode(body: bytes, kind: type[_T]) -> _T:
    """Strictly decode bytes into a contract; raises msgspec.DecodeError / ValidationError."""
    found: _T = _decoder(cast("Any", kind)).decode(body)
    return found


@cache
def _decoder(kind: Any) -> Any:
    return msgspec.json.Decoder(kind)


def learn_types() -> int:
    """Let msgspec look into every struct that is defined by now; how many there are.

    It learns a struct at its first use and shows it to other threads half learned: two first
    requests at once could end the process (SIGSEGV in msgspec 0.22). A program that has threads
    calls this before it starts the first, when all its modules are loaded.
    """
    known = list(_below(msgspec.Struct))
    for kind in known:
        # What cannot be decoded at all is learned by nobody later either.
        with suppress(TypeError, NameError, ValueError):
            msgspec.json.Decoder(kind)
    return len(known)


def _below(kind: type) -> Iterator[type]:
    one: type
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


def digest(domain: str, *parts: bytes) -> bytes:
    """SHA-256 over a domain name and length-prefixed parts: no two inputs share bytes."""
    state = hashlib.sha256(_DOMAIN + domain.encode() + b"\x00")
    for part in parts:
        state.update(len(part).to_bytes(8, "big"))
        state.update(part)
    return state.digest()


def chain(previous: bytes, body: bytes) -> bytes:
    """Digest of a book after one more act: the previous digest and the act's exact bytes."""
    return hashlib.sha256(b"lianhe.act\x00" + previous + body).digest()


GENESIS = bytes(32)
"""Digest of an empty book."""


def sign(key: Ed25519PrivateKey, domain: str, body: bytes) -> bytes:
    """Detached signature over domain-separated exact bytes."""
    return key.sign(digest("sign." + domain, SUITE.encode(), body))


def verify(public: bytes, domain: str, body: bytes, signature: bytes) -> bool:
    """True when ``signature`` is the key's over these exact bytes in this domain."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(
            signature, digest("sign." + domain, SUITE.encode(), body)
        )
    except (InvalidSignature, ValueError):
        return False
    return True


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """The 32 raw bytes of a private key's public half."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
