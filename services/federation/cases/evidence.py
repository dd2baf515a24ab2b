"""What a node signed and is not so: kept, and its book waits; what nobody can read: kept once.

Called by intake when a validly signed delivery was refused, in the transaction that answers it.
"""

import sqlalchemy as sa

from contracts.ids import custody_book, node_book
from contracts.rejections import Rejection, RejectionCode
from journal import heads as journal_heads
from journal.heads import OPEN, WAITING
from journal.perform import Command, perform
from kernel.errors import Rejected
from services.federation.cases import delivered, findings
from services.federation.cases.actors import INTAKE
from services.federation.county import County


def wait(
    conn: sa.Connection, county: County, cooperative: str, why: Rejected, data: bytes
) -> Rejection:
    """Keep what is false as evidence; the book waits for a hand-over, with a finding.

    A book that waits already needs no more evidence: its node is told to wait.
    """
    book, custody = node_book(cooperative), custody_book(cooperative)
    heads = journal_heads.lock(conn, [book, custody])
    if heads[book].mode != OPEN:
        return waits(conn, book).as_struct()
    told = why.as_struct()
    kept = delivered.keep_evidence(conn, cooperative, heads[custody].today, told, data)
    facts = {**findings.refusal_facts(told), "evidence": kept}
    perform(conn, county.world, Command(
        id=f"wait-{kept[:32]}", process="book", case=f"book-{cooperative}", act="wait",
        actor=INTAKE, facts=facts,
    ))  # fmt: skip
    heads[book].mode = WAITING
    journal_heads.save(conn, [heads[book]])
    delivered.set_reason(conn, book, told.code.value)
    findings.open_once(conn, county, "book_waits", book, cooperative=cooperative, facts=facts)
    return told


def waits(conn: sa.Connection, book: str) -> Rejected:
    """The refusal of a book that waits, with what it waits for."""
    return Rejected(RejectionCode.BOOK_WAITS, book=book, reason=delivered.reason_of(conn, book))


def keep_malformed(
    conn: sa.Connection, county: County, cooperative: str, why: Rejected, data: bytes
) -> None:
    """Signed, so from the node, but not readable: kept once, and somebody looks at the node."""
    book = node_book(cooperative)
    journal_heads.lock(conn, [custody_book(cooperative)])
    if findings.live(conn, "batch_malformed", book) is None:
        today = journal_heads.read(conn, custody_book(cooperative)).today
        told = why.as_struct()
        kept = delivered.keep_evidence(conn, cooperative, today, told, data)
        findings.open_once(
            conn, county, "batch_malformed", book, cooperative=cooperative,
            facts={**findings.refusal_facts(told), "evidence": kept},
        )  # fmt: skip
