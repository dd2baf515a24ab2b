"""The last step of a night: K books close quoting N heads, all heads are signed, a day opens.

Called by night under its done-mark. A book in which nothing moved since its last close gets no
act; its day ends all the same. What falls due on the day that opens is performed here.
"""

from collections import Counter
from datetime import date

import msgspec
import sqlalchemy as sa

from contracts.codec import decode, encode, sign, verify
from contracts.ids import COUNTY_BOOK, FEDERATION_BOOK, cooperative_of, is_countys, node_book
from journal import heads as journal_heads
from journal import store
from journal.difference import Difference, Witness, differs
from journal.heads import Head
from journal.perform import Command, perform
from kernel.cases import Case
from services.federation.cases import driver, escalations, findings, registers
from services.federation.cases.actors import CLOSER
from services.federation.county import County
from services.federation.tables import heads_vector

HEADS_DOMAIN = "heads.v1"
"""Signature domain of the vector of all heads."""


class HeadLine(msgspec.Struct, frozen=True, array_like=True):
    """One head in the vector: book, sequence, digest (hex), last closed day ("" for none)."""

    book: str
    seq: int
    digest: str
    closed: str


class HeadsVector(msgspec.Struct, frozen=True, kw_only=True, tag="heads.v1"):
    """Every head of the county at the end of a business date, signed and given to all (I16)."""

    county: str
    business_date: date
    heads: tuple[HeadLine, ...]


class SignedVector(msgspec.Struct, frozen=True, kw_only=True):
    """A vector's exact bytes with the county's signature over them."""

    key: str
    signature: bytes
    body: bytes


def open_next(conn: sa.Connection, county: County, on: date) -> Counter[str]:
    """Close the K books of ``on``, sign all heads, open the next business date, do what is due."""
    counts: Counter[str] = Counter()
    following = county.world.calendar.next_business_day(on)
    books = [head.book for head in journal_heads.read_all(conn) if is_countys(head.book)]
    journal_heads.lock(conn, books)
    before = _told(conn)
    villages = {head.book: head for head in journal_heads.read_all(conn, "N")}
    for head in journal_heads.read_all(conn, "K"):
        village = villages.get(node_book(cooperative_of(head.book)))
        if village is not None and _moved(before, head, village):
            _close(conn, county, head, village, on)
            counts["books_closed"] += 1
    _end_day(conn, books, on, following)
    _sign(conn, county, on)
    counts.update(_due(conn, county, following))
    return counts


def newest(conn: sa.Connection) -> SignedVector | None:
    """The last signed vector as it is handed out, byte for byte."""
    query = sa.select(heads_vector).order_by(heads_vector.c.business_date.desc()).limit(1)
    row = conn.execute(query).first()
    if row is None:
        return None
    return SignedVector(key=row.key, signature=bytes(row.signature), body=bytes(row.body))


def witnesses(conn: sa.Connection, key: bytes) -> tuple[list[Witness], list[Difference]]:
    """What every signed vector says of every book, and the vectors ``key`` did not sign."""
    told: list[Witness] = []
    forged: list[Difference] = []
    for row in conn.execute(sa.select(heads_vector).order_by(heads_vector.c.business_date)):
        if verify(key, HEADS_DOMAIN, row.body, row.signature):
            vector = decode(row.body, HeadsVector)
            told += [Witness(book=one.book, seq=one.seq, digest=bytes.fromhex(one.digest))
                     for one in vector.heads]  # fmt: skip
        else:
            forged.append(differs(
                COUNTY_BOOK, "heads_are_signed", row.business_date, "the county's signature", "none"
            ))  # fmt: skip
    return told, forged


def _told(conn: sa.Connection) -> dict[str, int]:
    """Where every book stood when heads were last signed."""
    query = sa.select(heads_vector.c.body).order_by(heads_vector.c.business_date.desc()).limit(1)
    body = conn.execute(query).scalar()
    return {} if body is None else {one.book: one.seq for one in decode(body, HeadsVector).heads}


def _moved(before: dict[str, int], head: Head, village: Head) -> bool:
    return before.get(head.book) != head.seq or before.get(village.book) != village.seq


def _close(conn: sa.Connection, county: County, head: Head, village: Head, on: date) -> None:
    """K(i) closes its day and countersigns the head of N(i) it holds."""
    name = cooperative_of(head.book)
    perform(conn, county.world, Command(
        id=f"close-{on.isoformat()}", process="book", case=f"book-{name}", act="close",
        actor=CLOSER,
        facts={
            "closes": on.isoformat(),
            "n_seq": village.seq,
            "n_digest": village.digest.hex(),
            "n_closed": village.closed_date,
        },
    ))  # fmt: skip


def _end_day(conn: sa.Connection, books: list[str], on: date, following: date) -> None:
    """Every book of the county closes the same date; a closed day never reopens."""
    heads = [journal_heads.read(conn, book) for book in books]
    for head in heads:
        head.closed_date, head.open_date = on.isoformat(), following.isoformat()
    journal_heads.save(conn, heads)


def _sign(conn: sa.Connection, county: County, on: date) -> None:
    told = HeadsVector(
        county=county.name,
        business_date=on,
        heads=tuple(
            HeadLine(head.book, head.seq, head.digest.hex(), head.closed_date)
            for head in journal_heads.read_all(conn)
        ),
    )
    body = encode(told)
    conn.execute(
        heads_vector.insert().values(
            business_date=on.isoformat(),
            key=county.keys.key,
            signature=sign(county.keys.signing, HEADS_DOMAIN, body),
            body=body,
        )
    )


def _due(conn: sa.Connection, county: County, today: date) -> Counter[str]:
    """Deadlines that fall on the day that opens, and money that was announced and did not come."""
    counts: Counter[str] = Counter()
    for case in store.due(conn, store.COUNTY_SCOPE, today.isoformat()):
        driver.advance(conn, county, case.id)
        counts[f"{case.process}.{case.due_act}"] += 1
        if case.due_act == "chase":
            _chased(conn, county, case)
    counts["escalations_settled"] += escalations.all_moved_on(conn, county)
    for receipt in registers.overdue_receipts(conn, _late_since(conn, county, today)):
        findings.open_once(
            conn, county, findings.RECEIPT_MISSING, receipt.id, cooperative=_village(receipt),
            facts={"amount": receipt.amount, "expected_on": receipt.expected_on},
        )  # fmt: skip
        counts["receipts_missing"] += 1
    return counts


def _village(receipt: registers.ExpectedReceipt) -> str:
    """Whose finding it is: a village's, or the county's own where the federation is paid."""
    return "" if receipt.cooperative == FEDERATION_BOOK else receipt.cooperative


def _chased(conn: sa.Connection, county: County, case: Case) -> None:
    """The bank has not answered in time: the payment stays, somebody must ask the bank."""
    findings.open_once(
        conn, county, "payment_unanswered", case.id, cooperative=case.parties.get("coop", ""),
        facts={"case": case.id, "amount": case.terms.get("amount", 0)},
    )  # fmt: skip


def _late_since(conn: sa.Connection, county: County, today: date) -> str:
    """The last date by which announced money is late: its days are those of a bank's answer."""
    days = county.world.policy(conn, "").days("payment.answer_days")
    late = today
    for _ in range(days):
        late = _business_day_before(county, late)
    return late.isoformat()


def _business_day_before(county: County, day: date) -> date:
    before = date.fromordinal(day.toordinal() - 1)
    while not county.world.calendar.is_business_day(before):
        before = date.fromordinal(before.toordinal() - 1)
    return before
