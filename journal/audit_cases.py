"""Every case of a scope against the fold of its acts (I15), with its columns and links.

Called by journal.audit only. Merges three streams in case order in the caller's transaction;
writes nothing.
"""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec
import sqlalchemy as sa

from contracts.codec import decode, encode
from contracts.ids import FEDERATION_BOOK
from contracts.ledger import Act
from journal import heads, store
from journal.difference import Difference, differs
from journal.read import STREAM
from journal.registry import Registry
from journal.tables import act as act_table
from journal.tables import case_link
from journal.tables import cases as cases_table
from kernel.cases import Case, fold
from kernel.errors import InvariantViolation, Rejected, ensure
from kernel.processes import START, Process

_ACT, _CASE, _LINK = range(3)
Row = tuple[Any, ...]


def audit_cases(conn: sa.Connection, scope: str, registry: Registry) -> Iterator[Difference]:
    """Every difference of the cases of one scope, in case order; nothing when they are sound.

    Acts whose bytes cannot be read are left to the audit of their book.
    """
    books = {head.book for head in heads.read_all(conn)}
    streams = (_acts(conn, scope), _cases(conn, scope), _links(conn, scope))
    for case_id, rows in groupby(heapq.merge(*streams, key=itemgetter(0)), key=itemgetter(0)):
        found: tuple[list[Row], list[Row], list[Row]] = ([], [], [])
        for _, stream, row in rows:
            found[stream].append(row)
        yield from _case(scope, case_id, found, books, registry)


def _case(
    scope: str,
    case_id: str,
    found: tuple[list[Row], list[Row], list[Row]],
    books: set[str],
    registry: Registry,
) -> Iterator[Difference]:
    copies, stored, links = found
    where = f"case {case_id}"
    try:
        case, process, wanted = _folded([decode(body, Act) for (body,) in copies], books, registry)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return
    except (InvariantViolation, Rejected, KeyError) as error:
        yield differs(scope, "case_is_the_fold_of_its_acts", where, "acts that fold", error)
        return
    if case is None or process is None:
        yield differs(scope, "case_has_acts", where, "acts", stored or links)
        return
    if not stored:
        yield differs(scope, "case_is_the_fold_of_its_acts", where, case.state, "no case")
    else:
        row = store.row_of(case, process)
        expected, present = tuple(row.values()), tuple(stored[0])
        if expected != present:
            yield differs(scope, "case_is_the_fold_of_its_acts", where, expected, present)
    if sorted(links) != sorted(wanted):
        yield differs(scope, "links_are_the_cases", where, sorted(wanted), sorted(links))


def _folded(
    copies: Sequence[Act], books: set[str], registry: Registry
) -> tuple[Case | None, Process | None, set[Row]]:
    """Fold the acts of a case by step; every party's book holds its copy of each."""
    case: Case | None = None
    process: Process | None = None
    links: set[Row] = set()
    by_step = sorted(copies, key=lambda act: (act.step, act.book))
    for _, same in groupby(by_step, key=lambda act: act.step):
        acts = list(same)
        process = registry.table[acts[0].process]
        act = _home(acts, process, books)
        state = case.state if case else START
        row = process.transition(state, act.act)
        ensure(act.state in (row.to or state, state), "state_is_the_rows", case=act.case)
        case = fold(case, act, process)
        links.update((process.name, *pair) for pair in store.links(case, process))
    return case, process, links


def _home(acts: list[Act], process: Process, books: set[str]) -> Act:
    """The copy of the first party's book; all copies here agree, and none is missing."""
    wanted = dict.fromkeys(store.book_for(process.home, c) for c in acts[0].parties.values())
    by_book = {act.book: act for act in acts}
    ensure(len(by_book) == len(acts), "one_copy_a_book", case=acts[0].case, step=acts[0].step)
    here = [book for book in wanted if book in books]
    ensure(set(here) == set(by_book), "every_party_has_its_copy", case=acts[0].case, books=here)
    shared = {encode(_shared(act)) for act in acts}
    ensure(len(shared) == 1, "copies_agree", case=acts[0].case, step=acts[0].step)
    return by_book[here[0]]


def _shared(act: Act) -> Act:
    """An act without what is its book's own."""
    return msgspec.structs.replace(
        act, book="", seq=0, epoch=0, business_date=act.value_date, movements=()
    )


def _acts(conn: sa.Connection, scope: str) -> Iterator[tuple[str, int, Row]]:
    a = act_table.c
    if scope == store.COUNTY_SCOPE:
        mine: sa.ColumnElement[bool] = sa.or_(a.book.like("K-%"), a.book == FEDERATION_BOOK)
    else:
        mine = a.book == scope
    query = sa.select(a.case_id, a.body).where(mine).order_by(_plain(conn, a.case_id))
    return _tagged(conn, query, _ACT)


def _cases(conn: sa.Connection, scope: str) -> Iterator[tuple[str, int, Row]]:
    c = cases_table.c
    query = sa.select(c.id, *[column for column in c if column.name not in ("scope", "id")])
    return _tagged(conn, query.where(c.scope == scope).order_by(_plain(conn, c.id)), _CASE)


def _links(conn: sa.Connection, scope: str) -> Iterator[tuple[str, int, Row]]:
    c = case_link.c
    query = sa.select(c.case_id, c.process, c.name, c.value).where(c.scope == scope)
    return _tagged(conn, query.order_by(_plain(conn, c.case_id)), _LINK)


def _tagged(
    conn: sa.Connection, query: sa.Select[Any], stream: int
) -> Iterator[tuple[str, int, Row]]:
    rows: Iterable[Row] = conn.execute(query, execution_options=STREAM)
    return ((row[0], stream, tuple(row[1:])) for row in rows)


def _plain(conn: sa.Connection, column: sa.Column[str]) -> sa.ColumnElement[str]:
    """Order by bytes, as Python compares, whatever the database's language is."""
    return sa.collate(column, "C" if conn.dialect.name == "postgresql" else "BINARY")
