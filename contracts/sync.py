"""What node and county tell each other about where they stand, beside the batches themselves.

``GET /sync/{coop}/state`` answers SyncState, ``POST /sync/{coop}/batches`` answers BatchReceipt,
``KeyCard`` is the text by which a node's keys are registered. Holds no rule.
"""

from datetime import date

import msgspec


class SyncState(msgspec.Struct, frozen=True, kw_only=True, tag="sync_state.v1"):
    """What the county holds of N(i) and offers of K(i). Digests are hex.

    ``mode`` is the replica's: ``open``, or ``waiting`` with ``reason`` until a hand-over.
    ``business_date`` is the county's open day.
    """

    cooperative: str
    business_date: date
    epoch: int
    seq: int
    digest: str
    k_seq: int
    k_digest: str
    mode: str = "open"
    reason: str = ""


class BatchReceipt(msgspec.Struct, frozen=True, kw_only=True, tag="batch_receipt.v1"):
    """The county holds N(i) through ``seq`` with this digest (hex); K(i) now ends at ``k_seq``."""

    seq: int
    digest: str
    k_seq: int


class KeyCard(msgspec.Struct, frozen=True, kw_only=True, tag="key_card.v1"):
    """The public half of a node's keys (hex), carried to the county by hand and registered there.

    ``signing`` is Ed25519 (batches and requests), ``sealing`` X25519 (person records). ``key`` is
    the id both are known by.
    """

    cooperative: str
    key: str
    signing: str
    sealing: str


class CountyCard(msgspec.Struct, frozen=True, kw_only=True, tag="county_card.v1"):
    """The public half of the county's keys (hex), written into a node when it is set up."""

    key: str
    signing: str
    sealing: str
    address: str = ""
