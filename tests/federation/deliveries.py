"""Deliveries of all kinds: true, cut otherwise, tampered with, and signed but false.

Builders of the intake tests. A dishonest node is its own key over content it made up.
"""

from collections.abc import Callable
from typing import Any

import msgspec
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.batch import Batch, Envelope, Totals
from contracts.codec import chain, decode, encode
from contracts.envelopes import batch_of, pack, seal
from contracts.ids import node_book
from contracts.ledger import Act
from contracts.rejections import RejectionCode as Code
from journal import heads
from journal.engine import reading
from services.cooperative_node import delivery, queries
from services.federation.cases.intake import Answer
from tests.federation.life import Life
from tests.federation.villager import Villager

BOOK = node_book("baiguo")
TABLES = ("head", "act", "movement", "balance", "cases", "batch", "person", "evidence")


def sealed(village: Villager, first: int = 1) -> list[Envelope]:
    """What the village would deliver from an act on."""
    return [envelope for envelope, _ in delivery.sealed_from(village.node, first)]


def resealed(village: Villager, envelope: Envelope, **changes: Any) -> bytes:
    """The batch with other content, signed by the village's own true key: a dishonest node."""
    batch = msgspec.structs.replace(batch_of(envelope), **changes)
    return pack(seal(batch, village.card.key, own_key(village)))


def own_key(village: Villager) -> Ed25519PrivateKey:
    """The node's private key."""
    with reading(village.node.engine).connect() as conn:
        key = queries.read_key(conn, village.card.key)
    assert key is not None
    return Ed25519PrivateKey.from_private_bytes(key.signing)


def rewritten(envelope: Envelope, change: Callable[[Act], Act], at: int = -1) -> dict[str, Any]:
    """The parts of a batch whose act ``at`` was changed and everything chained again."""
    batch = batch_of(envelope)
    acts = [decode(bytes(raw), Act) for raw in batch.acts]
    acts[at] = change(acts[at])
    digest, bodies = bytes.fromhex(batch.opening_digest), []
    for act in acts:
        body = encode(act)
        digest = chain(digest, body)
        bodies.append(msgspec.Raw(body))
    return {"acts": tuple(bodies), "closing_digest": digest.hex()}


def everything(life: Life) -> dict[str, list[tuple[object, ...]]]:
    """All rows a delivery could touch."""
    with life.engine.connect() as conn:
        rows = {
            table: conn.execute(sa.select(sa.text("*")).select_from(sa.text(table))).all()
            for table in TABLES
        }
    return {table: sorted((tuple(row) for row in found), key=repr) for table, found in rows.items()}


def code(answer: Answer) -> Code | None:
    """The refusal's code."""
    return answer.refusal.code if answer.refusal else None


def replica_mode(life: Life, book: str = BOOK) -> str:
    """Mode of a replica."""
    with life.engine.connect() as conn:
        return heads.read(conn, book).mode


def falsehoods(baiguo: Villager, envelope: Envelope) -> dict[str, tuple[Code, bytes]]:
    batch = batch_of(envelope)
    money = (*batch.closing, Totals("10201", "own", 500_000))
    return {
        "closing digest": (
            Code.BATCH_FORK, resealed(baiguo, envelope, closing_digest="00" * 32)
        ),
        "opening digest": (
            Code.BATCH_FORK, resealed(baiguo, envelope, **_from(batch, bytes([7] * 32)))
        ),
        "closing totals": (
            Code.BATCH_TOTALS_FALSE, resealed(baiguo, envelope, closing=money)
        ),
        "opening and closing totals": (
            Code.BATCH_TOTALS_FALSE, resealed(baiguo, envelope, opening=money, closing=money)
        ),
        "a custody head never signed": (
            Code.BATCH_FORK, resealed(baiguo, envelope, applied=1, applied_digest="11" * 32)
        ),
        "custody acts that do not exist": (
            Code.BATCH_FORK, resealed(baiguo, envelope, applied=999)
        ),
    }  # fmt: skip


def _from(batch: Batch, opening: bytes) -> dict[str, Any]:
    digest = opening
    for raw in batch.acts:
        digest = chain(digest, bytes(raw))
    return {"opening_digest": opening.hex(), "closing_digest": digest.hex()}
