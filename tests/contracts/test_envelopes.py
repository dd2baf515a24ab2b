"""Envelopes: the bytes that were signed are the bytes that travel, and no more than the limit."""

import zlib

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from contracts.batch import Batch
from contracts.codec import encode, public_bytes
from contracts.envelopes import Oversized, batch_of, pack, seal, signed_by, unpack

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = public_bytes(PRIVATE)
BATCH = Batch(
    book="N-baiguo", epoch=1, first=1, last=1, opening_digest="00" * 32,
    closing_digest="11" * 32, opening=(), closing=(), closes=None, applied=0,
    applied_digest="00" * 32, acts=(msgspec.Raw(b'{"type":"act.v1","b":1,"a":2}'),),
)  # fmt: skip


def test_a_sealed_batch_opens_as_it_was_and_is_its_key_s() -> None:
    envelope = unpack(pack(seal(BATCH, "k", PRIVATE)))
    assert signed_by(envelope, PUBLIC)
    assert encode(batch_of(envelope)) == encode(BATCH)
    assert bytes(batch_of(envelope).acts[0]) == bytes(BATCH.acts[0])


def test_one_changed_byte_breaks_the_signature() -> None:
    envelope = seal(BATCH, "k", PRIVATE)
    body = bytes(envelope.body)
    for place in range(len(body)):
        changed = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        forged = msgspec.structs.replace(envelope, body=msgspec.Raw(changed))
        assert not signed_by(forged, PUBLIC)


@pytest.mark.parametrize("change", [{"suite": "other"}, {"signature": "!"}, {"signature": ""}])
def test_another_suite_or_no_signature_is_nobody_s(change: dict[str, str]) -> None:
    envelope = msgspec.structs.replace(seal(BATCH, "k", PRIVATE), **change)
    assert not signed_by(envelope, PUBLIC)


def test_a_bomb_is_not_inflated_beyond_the_limit() -> None:
    with pytest.raises(Oversized):
        unpack(zlib.compress(b" " * 10_000_000), limit=1_000)


def test_bytes_after_the_end_and_a_cut_stream_are_refused() -> None:
    data = pack(seal(BATCH, "k", PRIVATE))
    for wrong in (data + b"x", data[:-1], b""):
        with pytest.raises(ValueError, match="zlib"):
            unpack(wrong)


@given(st.binary(max_size=300))
def test_any_bytes_open_or_are_refused(data: bytes) -> None:
    for body in (data, zlib.compress(data)):
        with pytest.raises((ValueError, msgspec.MsgspecError)):
            unpack(body)
