"""Cases of a range of acts that others wrote: loaded as one set, folded, saved as one set.

Called by intake (the county's replica of N(i)) and by follow (a node's copy of K(i)). The chain
is the caller's to prove; which act belongs to which scope too.
"""

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa

from contracts.codec import decode
from contracts.ledger import Act
from journal import store, write
from journal.tables import case_link, cases
from kernel.cases import Case, fold
from kernel.processes import Table

_CASE = tuple(column.name for column in cases.columns)
_LINK = tuple(column.name for column in case_link.columns)


def load_all(conn: sa.Connection, scope: str, ids: Iterable[str]) -> dict[str, Case]:
    """Those of these cases that are there, by id, in one read."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    query = sa.select(cases.c.id, cases.c.body).where(
        cases.c.scope == scope, cases.c.id.in_(wanted)
    )
    return {str(name): decode(body.encode(), Case) for name, body in conn.execute(query)}


def fold_all(before: Mapping[str, Case], acts: Sequence[Act], table: Table) -> dict[str, Case]:
    """The cases after these acts, in their order.

    Raises InvariantViolation, or KeyError for a process this release does not know.
    """
    after: dict[str, Case] = {}
    for act in acts:
        known = after.get(act.case) or before.get(act.case)
        after[act.case] = fold(known, act, table[act.process])
    return after


def save_all(
    conn: sa.Connection,
    scope: str,
    before: Mapping[str, Case],
    after: Mapping[str, Case],
    table: Table,
) -> None:
    """Write folded cases and their new links: one statement for each kind of change."""
    fresh: list[write.Row] = []
    changed: list[write.Row] = []
    links: list[write.Row] = []
    for name, case in after.items():
        process = table[case.process]
        row = {"scope": scope, "id": name, **store.row_of(case, process)}
        old = before.get(name)
        (changed if old else fresh).append(tuple(row[column] for column in _CASE))
        have = set(store.links(old, process)) if old else set()
        for link, value in sorted(set(store.links(case, process)) - have):
            cells = {"scope": scope, "process": case.process, "name": link, "value": value}
            links.append(tuple({**cells, "case_id": name}[column] for column in _LINK))
    write.cases(conn, fresh, changed)
    write.links(conn, links)
