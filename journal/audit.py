"""Recompute everything from the acts' bytes and compare every row with it; say each difference.

Called by `lianhe federation audit` and `node audit`, by the demonstration at its end and by the
simulation; the nightly close proves only what moved. Reads in streams in the caller's transaction;
repairs and writes nothing. An edit that also rebuilds the chain is found by a witness: a head that
somebody outside was told.
"""

from collections.abc import Callable, Collection, Iterable, Iterator

import sqlalchemy as sa

from contracts.ids import kind_of
from journal import heads, store
from journal.audit_books import Place, audit_book, audit_strays
from journal.audit_cases import audit_cases
from journal.difference import Difference, Witness
from journal.registry import Registry
from journal.tables import case_link, cases

__all__ = ["Difference", "Witness", "audit", "audit_book", "audit_cases"]


def audit(
    conn: sa.Connection,
    registry: Registry,
    *,
    witnesses: Iterable[Witness] = (),
    blocked: Collection[tuple[str, Place]] = (),
    replicas: str = "",
    tell: Callable[[str], None] = lambda _book: None,
) -> Iterator[Difference]:
    """Every difference of every book and every case of this database; nothing when it is sound.

    ``blocked`` names (book, place) of balances held at floor = ceiling = balance. ``replicas`` is
    the kind of book that others own here: ``"N"`` at the county. ``tell`` hears each book before
    it is read. Wrap the call in one REPEATABLE
    READ transaction where others write meanwhile.
    """
    told = list(witnesses)
    books = [head.book for head in heads.read_all(conn)]
    for book in books:
        tell(book)
        mine = {place for name, place in blocked if name == book}
        yield from audit_book(
            conn, book, registry, witnesses=told, blocked=mine, replica=kind_of(book) == replicas
        )
    yield from audit_strays(conn)
    for witness in told:
        if witness.book not in books:
            yield Difference(
                book=witness.book,
                what="head_is_the_one_told",
                where=f"act {witness.seq}",
                expected=witness.digest.hex(),
                found="no book",
            )
    scopes = {book for book in books if kind_of(book) == "N"} | {store.COUNTY_SCOPE}
    for table in (cases, case_link):
        scopes.update(conn.scalars(sa.select(table.c.scope).distinct()))
    for scope in sorted(scopes):
        yield from audit_cases(conn, scope, registry)
