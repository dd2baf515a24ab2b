"""The keys of nodes and the nonces they have spent: who may speak for a book, and only once.

Called by intake, hand-over, set-up and the routes that identify a node or a bank. Holds no book
and decides nothing of one. Callers own the transaction.
"""

from datetime import UTC, datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from contracts.sync import KeyCard
from services.federation.tables import node_key, nonce

# Every delivery asks this, so it is put together once.
_KEY = sa.select(node_key).where(node_key.c.key == sa.bindparam("name"))


class NodeKey(msgspec.Struct, frozen=True, kw_only=True):
    """A node's key in the register; ``revoked_on`` takes effect at receipt."""

    key: str
    cooperative: str
    epoch: int
    signing: bytes
    sealing: bytes
    valid_from: str
    valid_to: str
    revoked_on: str

    def valid_on(self, day: str) -> bool:
        """Whether what it signed is taken in on this day (ISO)."""
        ends = not self.valid_to or day <= self.valid_to
        return not self.revoked_on and self.valid_from <= day and ends


def register_key(conn: sa.Connection, card: KeyCard, *, epoch: int, valid_from: str) -> None:
    """Enter a node's public keys for one epoch of its book; the same card again changes nothing."""
    conn.execute(
        insert(node_key)
        .values(
            key=card.key,
            cooperative=card.cooperative,
            epoch=epoch,
            signing=bytes.fromhex(card.signing),
            sealing=bytes.fromhex(card.sealing),
            valid_from=valid_from,
            valid_to="",
            revoked_on="",
        )
        .on_conflict_do_nothing()
    )


def revoke_keys(conn: sa.Connection, cooperative_id: str, on: str, keep: str = "") -> None:
    """Revoke every key of a cooperative but ``keep``, from now on, whatever is under way."""
    conn.execute(
        node_key.update()
        .where(
            node_key.c.cooperative == cooperative_id,
            node_key.c.key != keep,
            node_key.c.revoked_on == "",
        )
        .values(revoked_on=on)
    )


def find_key(conn: sa.Connection, key: str) -> NodeKey | None:
    """A registered key, valid or not."""
    row = conn.execute(_KEY, {"name": key}).mappings().first()
    return None if row is None else NodeKey(**row)


class Nonces:
    """Remembers the nonces of signed requests (contracts.requests.NonceStore)."""

    def __init__(self, conn: sa.Connection, now: datetime) -> None:
        self._conn = conn
        self._now = now

    def first_use(self, key: str, value: str, until: datetime) -> bool:
        """Note a nonce until ``until``; False when this key has used it before."""
        self._conn.execute(nonce.delete().where(nonce.c.until < _moment(self._now)))
        noted = self._conn.execute(
            insert(nonce)
            .values(key=key, nonce=value, until=_moment(until))
            .on_conflict_do_nothing()
            .returning(nonce.c.nonce)
        )
        return noted.first() is not None


def _moment(when: datetime) -> str:
    return when.astimezone(UTC).isoformat()
