"""A batch: a contiguous, signed range of one book on its way to whoever proves it.

Nodes send N(i) up in batches; the county answers K(i) in the same form. Called by delivery,
intake and verify; it holds bytes and never interprets an act.
"""

from datetime import date

import msgspec

from contracts.persons import PersonRecord

BATCH_DOMAIN = "batch"
BATCH_BYTES_MAX = 64 * 1024 * 1024
"""Largest body a receiver reads (bytes, decompressed)."""


class Totals(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One account's balance on its normal side (fen), summed over keys, at one funding."""

    account: str
    funding: str
    amount: int


class Batch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="batch.v1"):
    """Acts ``first``..``last`` of ``book``. ``closes`` is the day this batch ends, if it does.

    ``applied`` is the sequence of the other side's book the sender has followed and
    ``applied_digest`` that book's digest there: each side countersigns the other's head.
    """

    book: str
    epoch: int
    first: int
    last: int
    opening_digest: str
    closing_digest: str
    opening: tuple[Totals, ...]
    closing: tuple[Totals, ...]
    closes: date | None
    applied: int
    applied_digest: str
    acts: tuple[msgspec.Raw, ...]
    persons: tuple[PersonRecord, ...] = ()


class Envelope(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="envelope.v1"
):
    """Exact bytes with a detached signature. ``body`` is signed as it stands, byte for byte."""

    suite: str
    key: str
    signature: str
    body: msgspec.Raw
