"""What was delivered: receipts to answer replays with, closing totals, reasons, evidence.

Called by intake and hand-over in their transaction; the books themselves are journal's.
"""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from contracts.batch import Totals
from contracts.codec import decode, digest, encode
from contracts.rejections import Rejection
from contracts.sync import BatchReceipt
from journal.tables import act as act_table
from services.federation.cases.reading import Balances, Reading, balances
from services.federation.tables import batch as batch_table
from services.federation.tables import evidence, replica

# Every delivery asks these, so they are put together once.
_RECEIPT = sa.select(batch_table.c.receipt).where(batch_table.c.digest == sa.bindparam("digest"))
_KEEP = batch_table.insert()
_ENDING = insert(replica)
_END = _ENDING.on_conflict_do_update(
    index_elements=[replica.c.book], set_={"closing": _ENDING.excluded.closing}
)
_CLOSING = sa.select(replica.c.closing).where(replica.c.book == sa.bindparam("book"))
_DIGESTS = sa.select(act_table.c.seq, act_table.c.digest).where(
    act_table.c.book == sa.bindparam("book"),
    act_table.c.seq.between(sa.bindparam("first"), sa.bindparam("last")),
)


def receipt_of(conn: sa.Connection, body_digest: bytes) -> BatchReceipt | None:
    """The answer these very bytes got before."""
    body = conn.execute(_RECEIPT, {"digest": body_digest}).scalar()
    return None if body is None else decode(body.encode(), BatchReceipt)


def keep(conn: sa.Connection, read: Reading, key: str, today: date, receipt: BatchReceipt) -> None:
    """Remember an accepted batch, its answer, and the totals its book now ends with."""
    batch = read.batch
    row = {
        "digest": read.digest,
        "book": batch.book,
        "first": batch.first,
        "last": batch.last,
        "closes": batch.closes.isoformat() if batch.closes else "",
        "key": key,
        "business_date": today.isoformat(),
        "receipt": encode(receipt).decode(),
    }
    conn.execute(_KEEP, row)
    if batch.last == receipt.seq:
        closing = encode(batch.closing).decode()
        conn.execute(_END, {"book": batch.book, "closing": closing, "reason": ""})


def closing_of(conn: sa.Connection, book: str) -> Balances:
    """Totals the last accepted batch of a book ended with; its rows are proven nightly."""
    body = conn.execute(_CLOSING, {"book": book}).scalar()
    return {} if body is None else balances(decode(body.encode(), tuple[Totals, ...]))


def reason_of(conn: sa.Connection, book: str) -> str:
    """Why a book waits, "" while it does not."""
    found = conn.execute(sa.select(replica.c.reason).where(replica.c.book == book)).scalar()
    return str(found or "")


def set_reason(conn: sa.Connection, book: str, reason: str) -> None:
    """Say why a book waits, or that it no longer does."""
    conn.execute(
        insert(replica)
        .values(book=book, closing="[]", reason=reason)
        .on_conflict_do_update(index_elements=[replica.c.book], set_={"reason": reason})
    )


def digests(conn: sa.Connection, book: str, first: int, last: int) -> dict[int, bytes]:
    """Digest of a book after each act of a range, by sequence."""
    asked = {"book": book, "first": first, "last": last}
    return {int(seq): bytes(found) for seq, found in conn.execute(_DIGESTS, asked)}


def keep_evidence(
    conn: sa.Connection, cooperative: str, today: date, why: Rejection, data: bytes
) -> str:
    """Keep delivered bytes as evidence; the hex digest they are found by."""
    name = digest("evidence", data)
    conn.execute(
        insert(evidence)
        .values(
            digest=name,
            cooperative=cooperative,
            business_date=today.isoformat(),
            code=why.code.value,
            facts=encode(why.facts).decode(),
            body=data,
        )
        .on_conflict_do_nothing()
    )
    return name.hex()
