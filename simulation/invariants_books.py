"""Invariants of single books and of copies of a book: I1, I2, I3, I4, I5, I7.

Recomputed from the acts' bytes alone, with sums and chains of this module's own: nothing of the
code under test decides here. Called after every night by simulation.checks.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from simulation.queries import Files, Row
from simulation.tally import Tally

_CHAIN = b"lianhe.act\x00"
_FREE_AND_HELD = ("80101", "80102")
_STAKES = ("802", "8021", "805", "8051")
_MOVEMENT = ("debit", "debit_key", "credit", "credit_key", "funding", "amount")
Place = tuple[str, str, str, str]


def books_are_sound(tally: Tally, here: Files) -> None:
    """I1, I2, I3, I7 of every book in one file."""
    for book, rows in here.acts.items():
        _chain(tally, here, book, rows)
        _once(tally, book, rows)
    _sums(tally, here)


def nothing_changed(tally: Tally, here: Files, witnesses: Mapping[str, tuple[int, bytes]]) -> None:
    """I3: every head that was seen before is still on the way to the head of now."""
    for book, (seq, digest) in witnesses.items():
        rows = here.acts.get(book, [])
        now = rows[seq - 1].digest if 0 < seq <= len(rows) else b"\0" * 32
        tally.hold(
            "I3", "a prefix of a book changed", fine=seq == 0 or now == digest,
            book=book, seq=seq, at=here.name,
        )  # fmt: skip


def copies_agree(tally: Tally, owner: Files, copy: Files, book: str) -> None:
    """I4: what a copy holds of a book are the owner's first acts, byte by byte."""
    theirs, ours = owner.acts.get(book, []), copy.acts.get(book, [])
    tally.hold(
        "I4", "a copy is ahead of its owner", fine=len(ours) <= len(theirs),
        book=book, copy=len(ours), owner=len(theirs),
    )  # fmt: skip
    for one, other in zip(ours, theirs, strict=False):
        tally.hold(
            "I4", "a copy differs from its owner", fine=one.body == other.body,
            book=book, seq=one.seq,
        )  # fmt: skip


def mirrors_agree(tally: Tally, county: Files, where: Files, coop: str) -> None:
    """I5: N 10201 and 10901 are exactly what K(i) held at the book's own cursor.

    And I2 act by act: what follows a custody act moves the same amount as that act.
    """
    book, custody = f"N-{coop}", f"K-{coop}"
    if book not in where.heads:
        return
    cursor = where.heads[book]["cursor"]
    held = [row for row in county.acts[custody] if row.seq <= cursor]
    for account, parts in (("10201", _FREE_AND_HELD), ("10901", _STAKES)):
        node = sum(_moved(row, (account,)) for row in where.acts[book])
        there = -sum(_moved(row, parts) for row in held)
        tally.hold(
            "I5", "mirror at the cursor", fine=node == there,
            book=book, at=where.name, account=account, node=node, custody=there, cursor=cursor,
        )  # fmt: skip
    by_seq = {row.seq: row for row in county.acts[custody]}
    for row in where.acts[book]:
        name, _, seq = row.id.rpartition("/")
        if name == custody and seq.isdigit():
            there = -_moved(by_seq[int(seq)], _FREE_AND_HELD)
            tally.hold(
                "I2", "follow moves what custody moved", fine=_moved(row, ("10201",)) == there,
                book=book, seq=row.seq, custody=there,
            )  # fmt: skip


def _chain(tally: Tally, here: Files, book: str, rows: list[Row]) -> None:
    digest = bytes(32)
    day = ""
    for place, row in enumerate(rows, 1):
        digest = hashlib.sha256(_CHAIN + digest + row.body).digest()
        told = row.told
        same = (told["book"], told["seq"], told["id"]) == (book, place, row.id)
        tally.hold(
            "I3", "act chained, numbered and named", fine=digest == row.digest and same,
            book=book, seq=row.seq, at=here.name,
        )  # fmt: skip
        tally.hold(
            "I3", "business dates never go back", fine=told["business_date"] >= day,
            book=book, seq=row.seq,
        )  # fmt: skip
        day = told["business_date"]
    head = here.heads.get(book)
    tally.hold(
        "I3", "head is the last act",
        fine=head is not None and (head["seq"], head["digest"]) == (len(rows), digest),
        book=book, at=here.name,
    )  # fmt: skip


def _once(tally: Tally, book: str, rows: list[Row]) -> None:
    ids = {row.id for row in rows}
    tally.hold("I7", "an act id stands once in a book", fine=len(ids) == len(rows), book=book)
    told = all(row.told["request"] == row.request for row in rows)
    tally.hold("I7", "the request is the one the act names", fine=told, book=book)


def _sums(tally: Tally, here: Files) -> None:
    """I1, I2: movements are the acts' own, balances are their sums, debits are credits."""
    sums: dict[Place, int] = {}
    for book, rows in here.acts.items():
        for row in rows:
            told = [tuple(one) for one in row.told.get("movements", ())]
            stored = here.movements.get((book, row.seq), [])
            tally.hold(
                "I2", "movements stored are the act's own", fine=told == stored,
                book=book, seq=row.seq, told=len(told), stored=len(stored), at=here.name,
            )  # fmt: skip
            for debit, debit_key, credit, credit_key, funding, amount in told:
                tally.hold("I2", "an amount is above zero", fine=amount > 0, book=book, seq=row.seq)
                for account, key, sign in ((debit, debit_key, 1), (credit, credit_key, -1)):
                    place = (book, account, key, funding)
                    sums[place] = sums.get(place, 0) + sign * amount
    known = {(book, row.seq) for book, rows in here.acts.items() for row in rows}
    stray = [place for place in here.movements if place not in known]
    tally.hold("I2", "no movement without its act", fine=not stray, stray=stray[:3])
    wanted = {place: amount for place, amount in sums.items() if amount}
    for place in sorted(wanted.keys() | here.balances.keys()):
        tally.hold(
            "I1", "a balance is the sum of its movements",
            fine=wanted.get(place, 0) == here.balances.get(place, 0),
            place=place, movements=wanted.get(place, 0), balance=here.balances.get(place, 0),
            at=here.name,
        )  # fmt: skip
    total: dict[tuple[str, str], int] = {}
    for (book, _, _, funding), amount in here.balances.items():
        total[book, funding] = total.get((book, funding), 0) + amount
    for (book, funding), amount in total.items():
        tally.hold(
            "I1", "debits are credits", fine=amount == 0, book=book, funding=funding, sum=amount
        )


def _moved(row: Row, accounts: tuple[str, ...]) -> int:
    """Net change of these accounts by one act, debit positive (fen)."""
    moved: list[tuple[Any, ...]] = row.told.get("movements", [])
    return sum(m[5] * ((m[0] in accounts) - (m[2] in accounts)) for m in moved)
