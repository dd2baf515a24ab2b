"""An export that proves itself: acts and table of each book, and a manifest the county signed.

Called by `lianhe export --format proof`; `lianhe verify` and the stand-alone verifier read it.
Only books the county holds, a village's as its replica: the county signs what it keeps itself.
"""

import hashlib
from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa

from contracts.codec import GENESIS, chain, encode
from contracts.envelopes import seal_bytes
from infra.export.rows import Book
from infra.export.tables import to_csv
from journal import heads
from journal.read import STREAM
from journal.tables import act
from kernel.errors import ensure
from services.federation.identity import CountyKeys
from verifier import container, export


class ExportedBook(msgspec.Struct, frozen=True, kw_only=True):
    """One book through ``seq``: its digest (hex), its last closed day, what its accounts hold.

    ``balances`` are debit less credit in fen by account and funding, none that is zero.
    """

    book: str
    seq: int
    digest: str
    closed: str
    balances: tuple[tuple[str, str, int], ...]


class ExportManifest(msgspec.Struct, frozen=True, kw_only=True, tag="export.v1"):
    """What the county signs: the books, and every file beside with its SHA-256 (hex)."""

    county: str
    books: tuple[ExportedBook, ...]
    files: tuple[tuple[str, str], ...]


def proven(books: Mapping[str, sa.Connection], county: str, keys: CountyKeys) -> bytes:
    """The zip of these books, read in transactions the caller keeps open.

    Raises InvariantViolation where a book's acts do not lead to its head.
    """
    told: list[ExportedBook] = []
    files: dict[str, bytes] = {}
    for name, conn in books.items():
        acts = _acts(conn, name)
        told.append(_book(conn, name, acts))
        files[export.acts_of(name)] = b"".join(body + b"\n" for body in acts)
        files[export.table_of(name)] = "".join(to_csv(Book(conn=conn, name=name))).encode()
    manifest = ExportManifest(
        county=county,
        books=tuple(told),
        files=tuple((name, hashlib.sha256(body).hexdigest()) for name, body in files.items()),
    )
    sealed = seal_bytes(encode(manifest), export.DOMAIN, keys.key, keys.signing)
    return container.pack({export.MANIFEST: encode(sealed), **files})


def _acts(conn: sa.Connection, book: str) -> list[bytes]:
    query = sa.select(act.c.body).where(act.c.book == book).order_by(act.c.seq)
    return [bytes(body) for (body,) in conn.execute(query, execution_options=STREAM)]


def _book(conn: sa.Connection, name: str, acts: Sequence[bytes]) -> ExportedBook:
    head, digest = heads.read(conn, name), GENESIS
    for body in acts:
        digest = chain(digest, body)
    ensure((len(acts), digest) == (head.seq, head.digest), "acts_lead_to_the_head", book=name)
    return ExportedBook(
        book=name,
        seq=head.seq,
        digest=digest.hex(),
        closed=head.closed_date,
        balances=tuple(
            (row.account, row.funding, row.debit_fen - row.credit_fen)
            for row in Book(conn=conn, name=name).trial()
            if row.debit_fen != row.credit_fen
        ),
    )
