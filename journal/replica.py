"""Cases of a range of acts that others wrote: loaded as one set, folded, saved as one set.

Called by intake (the county's replica of N(i)) and by follow (a node's copy of K(i)). The chain
is the caller's to prove; which act belongs to which scope too.
"""

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa

from contracts.codec import decode
from contracts.ledger import Act
from journal import store, write
from kernel.cases import Case, fold
from kernel.processes import Process, Table


def load_all(conn: sa.Connection, scope: str, ids: Iterable[str]) -> dict[str, Case]:
    """Those of these cases that are there, by id, in one read."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    found = write.read_cases(conn, scope, wanted)
    return {str(name): decode(body.encode(), Case) for name, body in found}


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
        cells = (scope, name, *store.cells_of(case, process))
        old = before.get(name)
        (changed if old else fresh).append(cells)
        if old is None or _relinked(old, case, process):
            have = set(store.links(old, process)) if old else set()
            new = sorted(set(store.links(case, process)) - have)
            links += [(scope, case.process, link, value, name) for link, value in new]
    write.cases(conn, fresh, changed)
    write.links(conn, links)


def _relinked(old: Case, new: Case, process: Process) -> bool:
    """Whether a term the case is found by has changed."""
    return any(old.terms.get(name) != new.terms.get(name) for name in process.links)
