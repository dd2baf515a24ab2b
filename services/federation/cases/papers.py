"""Papers of packages and claims, kept once under the SHA-256 of their bytes.

A case names a paper by its digest, so a paper that was changed is another paper. Called by the
bank portal, the console and the making of packages. A bank reads its own papers only.
"""

from collections.abc import Sequence
from hashlib import sha256

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.federation.county import County
from services.federation.tables import paper

_HEX = 64


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """One paper: hex digest, name, media type, whose bank may read it ("": none), its bytes."""

    digest: str
    name: str
    media: str
    bank: str
    body: bytes


def keep(conn: sa.Connection, county: County, name: str, media: str, bank: str, body: bytes) -> str:
    """Keep a paper; the same bytes again change nothing. Returns the hex digest."""
    digest = sha256(body).digest()
    conn.execute(
        insert(paper)
        .values(
            digest=digest,
            name=name,
            media=media,
            bank=bank,
            kept_on=county.ports.moment()[:10],
            body=body,
        )
        .on_conflict_do_nothing()
    )
    return digest.hex()


def find(conn: sa.Connection, digest: str, bank: str | None = None) -> Paper | None:
    """A paper by its hex digest, for a bank its own alone; None for one that is not there."""
    if not is_digest(digest):
        return None
    query = sa.select(paper).where(paper.c.digest == bytes.fromhex(digest))
    if bank is not None:
        query = query.where(paper.c.bank == bank)
    row = conn.execute(query.order_by(paper.c.bank).limit(1)).mappings().first()
    if row is None:
        return None
    return Paper(
        digest=digest,
        name=row["name"],
        media=row["media"],
        bank=row["bank"],
        body=bytes(row["body"]),
    )


def names(conn: sa.Connection, bank: str, digests: Sequence[str]) -> dict[str, str]:
    """Hex digest → name, for those of these papers that are the bank's."""
    wanted = [bytes.fromhex(one) for one in digests if is_digest(one)]
    query = sa.select(paper.c.digest, paper.c.name).where(
        paper.c.bank == bank, paper.c.digest.in_(wanted)
    )
    return {bytes(digest).hex(): str(name) for digest, name in conn.execute(query)}


def is_digest(text: str) -> bool:
    """Whether a text is a SHA-256 in lower-case hex."""
    return len(text) == _HEX and set(text) <= set("0123456789abcdef")
