"""Papers of packages and claims, kept once under the SHA-256 of their bytes.

A case names a paper by its digest, so a paper that was changed is another paper. Called by the
bank portal, the console and the making of packages. A bank reads its own papers only.
"""

from hashlib import sha256

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.federation.county import County
from services.federation.tables import paper


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """One paper: hex digest, name, media type, whose bank may read it ("": none), its bytes."""

    digest: str
    name: str
    media: str
    bank: str
    body: bytes


def keep(
    conn: sa.Connection, county: County, name: str, media: str, bank: str, body: bytes
) -> str:
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


def find(conn: sa.Connection, digest: str) -> Paper | None:
    """A paper by its hex digest; None for one that is not there or no digest at all."""
    try:
        key = bytes.fromhex(digest)
    except ValueError:
        return None
    row = conn.execute(sa.select(paper).where(paper.c.digest == key)).mappings().first()
    if row is None:
        return None
    return Paper(
        digest=digest,
        name=row["name"],
        media=row["media"],
        bank=row["bank"],
        body=bytes(row["body"]),
    )
